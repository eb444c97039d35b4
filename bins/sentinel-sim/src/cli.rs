//! The command line.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::anyhow;
use clap::{ArgGroup, Args, Parser, Subcommand};
use netsentinel_core::Timestamp;
use netsentinel_synth::{Options, ScenarioEntry, scenario};

use crate::send::Speed;
use crate::start;

/// Makes repeatable attack and benign traffic: the same scenario, seed and options give the same
/// packets, byte for byte, into a file or onto a test interface.
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

/// What is made, and where it goes.
#[derive(Args, Debug)]
#[command(group = ArgGroup::new("output").required(true).args(["to", "iface"]))]
pub(crate) struct RunArgs {
    /// Name of the scenario, as `sentinel-sim list` tells it.
    #[arg(required = true)]
    pub(crate) scenario: Option<String>,
    /// Pcap file to write; `-` is standard output.
    #[arg(long, value_name = "FILE")]
    pub(crate) to: Option<PathBuf>,
    /// Overwrite the file if it exists.
    #[arg(long, conflicts_with = "iface")]
    pub(crate) force: bool,
    /// Interface to send the packets on; needs root or CAP_NET_RAW.
    #[arg(long, value_name = "NAME")]
    pub(crate) iface: Option<String>,
    /// How fast to send: `real`, a factor such as 10, or `max` for as fast as can be.
    #[arg(long, value_name = "real|FACTOR|max", conflicts_with = "to", default_value = "real")]
    pub(crate) pace: Speed,
    /// Send the scenario this often, one run after the other.
    #[arg(long, value_name = "N", conflicts_with = "to", default_value = "1")]
    pub(crate) repeat: NonZeroU32,
    /// Send even on an interface that a default route leaves by: on a network that others use.
    #[arg(long, conflicts_with = "to")]
    pub(crate) on_real_network: bool,
    /// Chooses among variants of the scenario.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Stop after this many packets.
    #[arg(long, value_name = "N")]
    pub(crate) packets: Option<u64>,
    /// Stop after this many seconds of packet time.
    #[arg(long, value_name = "S")]
    pub(crate) duration: Option<u32>,
    /// Hosts taking part (mixed, scans, dns, long-flows, showcase).
    #[arg(long, value_name = "N")]
    pub(crate) hosts: Option<u32>,
    /// Packets a second (mixed, flood, flood-hide, scans, dns, long-flows, showcase).
    #[arg(long, value_name = "N")]
    pub(crate) rate: Option<u32>,
    /// Time of the first moment: RFC 3339 or seconds since 1970 [default: 2026-01-01T00:00:00Z].
    #[arg(long, value_name = "TIME", value_parser = start::parse)]
    pub(crate) start: Option<Timestamp>,
    /// Keep this many bytes of each packet [default: the scenario's]; sent packets are whole.
    #[arg(long, value_name = "N", conflicts_with = "iface")]
    pub(crate) snaplen: Option<u32>,
}

impl RunArgs {
    /// The scenario.
    pub(crate) fn entry(&self) -> anyhow::Result<&'static ScenarioEntry> {
        let name = self.scenario.as_deref().unwrap_or_default();
        scenario::find(name)
            .ok_or_else(|| anyhow!("unknown scenario {name:?}: see `sentinel-sim list`"))
    }

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
    fn a_scenario_needs_one_place_to_go_and_list_needs_nothing() {
        assert!(Cli::try_parse_from(["sim", "mixed"]).is_err());
        assert!(Cli::try_parse_from(["sim", "mixed", "--to", "-", "--iface", "veth0"]).is_err());
        assert!(Cli::try_parse_from(["sim"]).is_err());
        let list = Cli::try_parse_from(["sim", "list"]).unwrap();
        assert!(matches!(list.command, Some(Command::List)));
        let run = Cli::try_parse_from(["sim", "mixed", "--to", "-", "--seed", "9"]).unwrap().run;
        assert_eq!((run.scenario.as_deref(), run.options().seed), (Some("mixed"), 9));
    }

    #[test]
    fn sending_has_a_pace_and_files_have_none() {
        let parse = |more: &[&str]| {
            let args = ["sim", "mixed"].iter().chain(more);
            Cli::try_parse_from(args).map(|cli| cli.run)
        };
        let run = parse(&["--iface", "veth0", "--pace", "max", "--repeat", "3"]).unwrap();
        assert_eq!((run.pace, run.repeat.get(), run.on_real_network), (Speed::Max, 3, false));
        let plain = parse(&["--iface", "veth0"]).unwrap();
        assert_eq!(plain.pace, "real".parse().unwrap());
        for wrong in [["--pace", "0"], ["--repeat", "0"], ["--snaplen", "64"]] {
            assert!(parse(&["--iface", "veth0", wrong[0], wrong[1]]).is_err(), "{wrong:?}");
        }
        for wrong in [&["--pace", "max"][..], &["--repeat", "2"], &["--on-real-network"]] {
            assert!(parse(&[&["--to", "-"], wrong].concat()).is_err(), "{wrong:?}");
        }
        assert!(parse(&["--iface", "veth0", "--force"]).is_err());
    }
}
