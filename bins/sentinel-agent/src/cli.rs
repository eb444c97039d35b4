//! What the command line says.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use netsentinel_cli::LogArgs;

/// Watches the network and reports to a NetSentinel server.
///
/// Captures packets, runs the detectors on them, keeps each alert on the disk until the server has
/// answered for it, and sends it over verified TLS.
#[derive(Debug, Parser)]
#[command(version, after_help = AFTER_HELP)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    #[command(flatten)]
    pub(crate) options: Options,

    #[command(flatten)]
    pub(crate) log: LogArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Finds what would keep the agent from working, and says what to do.
    Doctor,
    /// Lists the interfaces that can be captured on.
    Interfaces,
    /// Checks the configuration and prints every key as it counts.
    TestConfig,
}

/// What goes before the configuration.
#[derive(Clone, Debug, Args)]
pub(crate) struct Options {
    /// The configuration, as `sentinel-certs agent` makes it.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// Address of the server, as `https://HOST:PORT`; goes before `agent.server_url`.
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) server: Option<String>,

    /// An interface to capture on, or `any`; may be given several times. Goes before
    /// `agent.interfaces`.
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) iface: Vec<String>,

    /// Captures only what this filter, in the language of tcpdump, lets through. Goes before
    /// `agent.filter`.
    #[arg(long, global = true, value_name = "BPF")]
    pub(crate) filter: Option<String>,
}

const AFTER_HELP: &str = "Signals: HUP reads the configuration anew without losing a window, TERM \
                          and INT stop within ten seconds with nothing lost.\n\nThe shared key may \
                          also come from the environment: NETSENTINEL_API_KEY.\n\nExit status: 0 \
                          stopped as asked, 1 doctor found something wrong, 2 it can not start.";

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn options_may_follow_the_command() {
        let cli = Cli::try_parse_from(["agent", "doctor", "--config", "a.json", "-v"]).unwrap();
        assert!(matches!(cli.command, Some(Command::Doctor)));
        assert_eq!(cli.options.config, Some("a.json".into()));
    }
}
