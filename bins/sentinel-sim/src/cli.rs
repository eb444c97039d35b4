//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use netsentinel_core::Timestamp;
use netsentinel_synth::Options;

use crate::start;

/// Writes repeatable attack and benign captures: the same scenario, seed and options give the same
/// file, byte for byte.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) run: RunArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the scenarios.
    List,
}

/// What is written, and where to.
#[derive(Args, Debug)]
pub(crate) struct RunArgs {
    /// Name of the scenario, as `sentinel-sim list` tells it.
    #[arg(required = true)]
    pub(crate) scenario: Option<String>,
    /// Pcap file to write; `-` is standard output.
    #[arg(long, value_name = "FILE", required = true)]
    pub(crate) to: Option<PathBuf>,
    /// Overwrite the file if it exists.
    #[arg(long)]
    pub(crate) force: bool,
    /// Chooses among variants of the scenario.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Stop after this many packets.
    #[arg(long, value_name = "N")]
    pub(crate) packets: Option<u64>,
    /// Stop after this many seconds of packet time.
    #[arg(long, value_name = "S")]
    pub(crate) duration: Option<u32>,
    /// Workstations taking part (mixed, showcase).
    #[arg(long, value_name = "N")]
    pub(crate) hosts: Option<u32>,
    /// Packets a second (mixed, flood, flood-hide, showcase).
    #[arg(long, value_name = "N")]
    pub(crate) rate: Option<u32>,
    /// Time of the first moment: RFC 3339 or seconds since 1970 [default: 2026-01-01T00:00:00Z].
    #[arg(long, value_name = "TIME", value_parser = start::parse)]
    pub(crate) start: Option<Timestamp>,
    /// Keep this many bytes of each packet [default: the scenario's].
    #[arg(long, value_name = "N")]
    pub(crate) snaplen: Option<u32>,
}

impl RunArgs {
    /// The options of the run.
    pub(crate) fn options(&self) -> Options {
        let default = Options::default();
        Options {
            seed: self.seed,
            start: self.start.unwrap_or(default.start),
            duration: self.duration.map(|seconds| Duration::from_secs(u64::from(seconds))),
            packets: self.packets,
            hosts: self.hosts,
            rate: self.rate,
            snaplen: self.snaplen,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_scenario_needs_a_file_and_list_needs_nothing() {
        assert!(Cli::try_parse_from(["sim", "mixed"]).is_err());
        assert!(Cli::try_parse_from(["sim"]).is_err());
        let list = Cli::try_parse_from(["sim", "list"]).unwrap();
        assert!(matches!(list.command, Some(Command::List)));
        let run = Cli::try_parse_from(["sim", "mixed", "--to", "-", "--seed", "9"]).unwrap().run;
        assert_eq!((run.scenario.as_deref(), run.options().seed), (Some("mixed"), 9));
    }
}
