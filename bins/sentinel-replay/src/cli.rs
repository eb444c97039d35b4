//! What the command line says.

use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Parser};
use netsentinel_cli::{LogArgs, Pace};
use netsentinel_core::Severity;
use netsentinel_core::config::Profile;
use netsentinel_core::config::setting::MemoryLimit;
use netsentinel_core::format::Format;

/// Replays captures through the NetSentinel detectors and prints their alerts.
///
/// Reads pcap and pcapng, plain or compressed by gzip, zstd or lz4. Alerts go to standard output in
/// packet order; everything else to standard error.
#[derive(Debug, Parser)]
#[command(version, after_help = EXIT_STATUS)]
pub(crate) struct Cli {
    /// The captures, in the order in which they were made; `-` is standard input.
    #[arg(value_name = "CAPTURE", required_unless_present_any = ["check_config", "judge"])]
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

    /// How alerts are written: ndjson (if nothing else is said), eve, cef, ecs or table.
    #[arg(long)]
    pub(crate) format: Option<Format>,

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

    /// Memory that all tables together stay within, such as `256M` or `1G`; goes before the
    /// configuration's `memory_limit`.
    #[arg(long, value_name = "SIZE", value_parser = memory)]
    pub(crate) memory_limit: Option<MemoryLimit>,

    /// Prints counts and table sizes to standard error at the end, as one JSON object.
    #[arg(long)]
    pub(crate) stats: bool,

    /// How many threads judge packets, beside the one that reads where there are several; the alerts are
    /// the same for any number. By default as many as pay: up to 4 for large files, else 1.
    #[arg(long, value_name = "N", value_parser = workers)]
    pub(crate) workers: Option<NonZeroUsize>,

    /// Replays in time with the capture: `real`, or a factor such as 10 for ten times as fast.
    #[arg(long, value_name = "real|FACTOR")]
    pub(crate) pace: Option<Pace>,

    /// Ends with status 1 if an alert is at least this severe.
    #[arg(long, value_name = "SEVERITY")]
    pub(crate) fail_on: Option<Severity>,

    /// Tells, in place of the alerts, why these addresses did or did not raise any: what each rule counted about
    /// them, and what spared them. Several are separated by commas; `all` tells of everybody. In
    /// sentences, or with `--format ndjson` as one JSON object an address.
    #[arg(long, value_name = "ADDRESS|all", value_delimiter = ',', value_parser = explained)]
    #[arg(conflicts_with = "server")]
    pub(crate) explain: Vec<Explained>,

    #[command(flatten)]
    pub(crate) judging: JudgingArgs,

    #[command(flatten)]
    pub(crate) log: LogArgs,
}

/// Judging labelled captures.
#[derive(Debug, Args)]
#[command(next_help_heading = "Judging labelled captures")]
pub(crate) struct JudgingArgs {
    /// Replays the captures that this CSV table lists, each by itself and several at once, and prints how
    /// many attacks were found and how many innocents alarmed, as Markdown. The table has a header; its column
    /// `path` names the capture, `labels` what is in it, separated by `;`: the ids of the detectors that are
    /// to raise an alert, or `benign`.
    #[arg(long, value_name = "LABELS")]
    #[arg(conflicts_with_all = ["check_config", "server", "pace", "stats", "fail_on", "explain", "format", "workers"])]
    pub(crate) judge: Option<PathBuf>,

    /// Where the paths of the table begin; without it, in its own folder.
    #[arg(long, value_name = "DIR", requires = "judge")]
    pub(crate) root: Option<PathBuf>,

    /// What labels of your own mean: a CSV table with the columns `label` and `detectors`.
    #[arg(long, value_name = "FILE", requires = "judge")]
    pub(crate) judge_map: Option<PathBuf>,

    /// Also writes the result into this file, as JSON.
    #[arg(long, value_name = "FILE", requires = "judge")]
    pub(crate) judge_json: Option<PathBuf>,

    /// Ends with status 1 if a smaller part of the labelled attacks was found.
    #[arg(long, value_name = "PERCENT", requires = "judge", value_parser = percent)]
    pub(crate) min_recall: Option<f64>,

    /// Ends with status 1 if a larger part of the benign captures had any alert.
    #[arg(long, value_name = "PERCENT", requires = "judge", value_parser = percent)]
    pub(crate) max_false_alarms: Option<f64>,
}

/// Of whom `--explain` tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Explained {
    /// Of everybody.
    All,
    /// Of this address.
    Host(IpAddr),
}

const EXIT_STATUS: &str = "Exit status: 0 done, 1 --fail-on was met, or a limit of --judge was not \
                           kept, 2 wrong usage or unreadable input. A capture that is cut short is read as far as it goes, with a \
                           warning.";

/// Mebibytes, or a number with the unit `M` or `G`.
fn memory(text: &str) -> Result<MemoryLimit, String> {
    let (number, mebibytes) = match text.strip_suffix('G') {
        Some(number) => (number, 1_024),
        None => (text.strip_suffix('M').unwrap_or(text), 1),
    };
    let number = number.parse::<u64>().ok().filter(|number| *number > 0);
    number
        .and_then(|number| MemoryLimit::new(number.checked_mul(mebibytes)?))
        .ok_or_else(|| "expected a size from 1M to 1024G, such as 256M".into())
}

fn profile(text: &str) -> Result<Profile, String> {
    match text {
        "seed" => Ok(Profile::Seed),
        "tuned" => Ok(Profile::Tuned),
        _ => Err("expected seed or tuned".into()),
    }
}

fn explained(text: &str) -> Result<Explained, String> {
    match text {
        "all" => Ok(Explained::All),
        _ => text.parse().map(Explained::Host).map_err(|_| "expected an IP address, or all".into()),
    }
}

fn percent(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(percent) if (0.0..=100.0).contains(&percent) => Ok(percent),
        _ => Err("expected a number from 0 to 100".into()),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units() {
        let mebibytes = |text| memory(text).ok().and_then(MemoryLimit::bytes).map(|n| n >> 20);
        assert_eq!(["64", "64M", "2G"].map(mebibytes), [Some(64), Some(64), Some(2_048)]);
        for wrong in ["", "M", "0", "-1", "64K", "1.5G", "2000G", "99999999999999999999"] {
            assert!(memory(wrong).is_err(), "{wrong}");
        }
    }
}
