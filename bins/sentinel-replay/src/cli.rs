//! What the command line says.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Parser;
use netsentinel_cli::{LogArgs, Pace};
use netsentinel_core::Severity;
use netsentinel_core::config::Profile;
use netsentinel_core::format::Format;

/// Replays captures through the NetSentinel detectors and prints their alerts.
///
/// Reads pcap and pcapng, plain or compressed by gzip, zstd or lz4. Alerts go to standard output in
/// packet order; everything else to standard error.
#[derive(Debug, Parser)]
#[command(version, after_help = EXIT_STATUS)]
pub(crate) struct Cli {
    /// The captures, in the order in which they were made; `-` is standard input.
    #[arg(value_name = "CAPTURE", required_unless_present = "check_config")]
    pub(crate) captures: Vec<PathBuf>,

    /// The configuration; without it every key has its default.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// Checks the configuration, prints all keys as they count, and ends.
    #[arg(long, requires = "config")]
    pub(crate) check_config: bool,

    /// Which set of rules to follow; goes before the configuration's `profile`.
    #[arg(long, value_parser = profile)]
    pub(crate) profile: Option<Profile>,

    /// How alerts are written: ndjson, eve, cef, ecs or table.
    #[arg(long, default_value_t = Format::Ndjson)]
    pub(crate) format: Format,

    /// Also sends the alerts to a server, as an agent would: `https://HOST:PORT`. The configuration
    /// must hold the authority's certificate and the key, as `sentinel-certs agent` makes it.
    #[arg(long, value_name = "URL", requires = "config")]
    pub(crate) server: Option<String>,

    /// What is known of endpoints: a JSON object of indicator and tier.
    #[arg(long, value_name = "FILE")]
    pub(crate) reputation: Option<PathBuf>,

    /// What providers said of endpoints, as an agent or a server has saved it. All of it counts, however
    /// old; nobody is asked.
    #[arg(long, value_name = "FILE", conflicts_with = "reputation")]
    pub(crate) reputation_cache: Option<PathBuf>,

    /// Prints counts and table sizes to standard error at the end, as one JSON object.
    #[arg(long)]
    pub(crate) stats: bool,

    /// How many threads judge packets; the alerts are the same for any number.
    #[arg(long, value_name = "N", default_value = "1", value_parser = workers)]
    pub(crate) workers: NonZeroUsize,

    /// Replays in time with the capture: `real`, or a factor such as 10 for ten times as fast.
    #[arg(long, value_name = "real|FACTOR")]
    pub(crate) pace: Option<Pace>,

    /// Ends with status 1 if an alert is at least this severe.
    #[arg(long, value_name = "SEVERITY")]
    pub(crate) fail_on: Option<Severity>,

    #[command(flatten)]
    pub(crate) log: LogArgs,
}

const EXIT_STATUS: &str = "Exit status: 0 done, 1 --fail-on was met, 2 wrong usage or unreadable \
                           input. A capture that is cut short is read as far as it goes, with a \
                           warning.";

fn profile(text: &str) -> Result<Profile, String> {
    match text {
        "seed" => Ok(Profile::Seed),
        "tuned" => Ok(Profile::Tuned),
        _ => Err("expected seed or tuned".into()),
    }
}

/// More threads than any machine pays for are a slip of the hand.
const WORKERS_MAX: usize = 64;

fn workers(text: &str) -> Result<NonZeroUsize, String> {
    match text.parse::<NonZeroUsize>() {
        Ok(workers) if workers.get() <= WORKERS_MAX => Ok(workers),
        _ => Err(format!("expected a number from 1 to {WORKERS_MAX}")),
    }
}
