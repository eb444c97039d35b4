//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand};

#[derive(Debug, Parser)]
#[command(version, about = "Puts a NetSentinel server under load over TLS")]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) load: Load,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Load {
    /// Agents that send full batches as fast as the server answers.
    Ingest(Ingest),
    /// Many agents with heartbeats and now and then an alert.
    Soak(Soak),
    /// Follows the live feed and tells how old alerts are when they come.
    Watch(Watch),
}

/// Which server, and by what right.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Target {
    /// The agents' port, as https://HOST:PORT.
    #[arg(long)]
    pub(crate) server: String,
    /// The authority's certificate.
    #[arg(long)]
    pub(crate) ca: PathBuf,
    /// The configuration that holds the shared key.
    #[arg(long)]
    pub(crate) config: PathBuf,
    /// The server's process, to tell its memory.
    #[arg(long)]
    pub(crate) pid: Option<u32>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Ingest {
    #[command(flatten)]
    pub(crate) target: Target,
    #[arg(long, default_value_t = 4)]
    pub(crate) agents: usize,
    /// Alerts in a request.
    #[arg(long, default_value_t = 500)]
    pub(crate) batch: usize,
    #[arg(long, default_value = "20", value_parser = seconds)]
    pub(crate) seconds: Duration,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Soak {
    #[command(flatten)]
    pub(crate) target: Target,
    #[arg(long, default_value_t = 500)]
    pub(crate) agents: usize,
    #[arg(long, default_value = "300", value_parser = seconds)]
    pub(crate) seconds: Duration,
    /// Seconds between the heartbeats of an agent.
    #[arg(long, default_value = "30", value_parser = seconds)]
    pub(crate) heartbeat: Duration,
    /// Seconds between the alerts of an agent.
    #[arg(long, default_value = "5", value_parser = seconds)]
    pub(crate) pause: Duration,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Watch {
    /// The port of the GUI, as https://HOST:PORT.
    #[arg(long)]
    pub(crate) server: String,
    /// The authority's certificate.
    #[arg(long)]
    pub(crate) ca: PathBuf,
    /// A file with a token.
    #[arg(long)]
    pub(crate) token_file: PathBuf,
    #[arg(long, default_value = "30", value_parser = seconds)]
    pub(crate) seconds: Duration,
    /// Fails if the 99th percentile is longer than so many milliseconds.
    #[arg(long)]
    pub(crate) p99_max_ms: Option<u64>,
}

fn seconds(text: &str) -> Result<Duration, String> {
    match text.parse() {
        Ok(seconds @ 1..=3_600) => Ok(Duration::from_secs(seconds)),
        _ => Err("expected a number of seconds from 1 to 3600".into()),
    }
}
