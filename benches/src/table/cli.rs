//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

/// Measures on each capture: a bare walk over the headers, decoding, all eight detectors, and other
/// programs where they are installed.
///
/// Captures must be classic pcap of Ethernet, little-endian with nanoseconds, as sentinel-sim
/// writes it. The first one is what the others are compared with.
#[derive(Debug, Parser)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    /// Times that everything is measured, in turn; the best counts.
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub(crate) rounds: u32,
    /// Measure, beside the walk, only what has this in its name; for profiling.
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(crate) only: String,
    /// Most seconds that another program may take for a capture; 0 leaves them out.
    #[arg(long, value_name = "S", default_value_t = 30)]
    pub(crate) peer_seconds: u64,
    /// Write the numbers as JSON, too; may be given several times.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Vec<PathBuf>,
    /// What is measured, as git calls it.
    #[arg(long, value_name = "ID", default_value = "unknown")]
    pub(crate) commit: String,
    /// The compiler, as `rustc --version` tells it.
    #[arg(long, value_name = "TEXT", default_value = "unknown")]
    pub(crate) compiler: String,
    /// Fail where a budget is not met.
    #[arg(long)]
    pub(crate) strict: bool,
    /// Captures to measure on.
    #[arg(required = true, value_name = "CAPTURE")]
    pub(crate) captures: Vec<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Tell how the ratios of two runs differ, from what --json has written.
    Compare { a: PathBuf, b: PathBuf },
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn captures_are_measured_or_two_runs_compared() {
        Cli::command().debug_assert();
        assert!(Cli::try_parse_from(["table"]).is_err());
        let measure = Cli::try_parse_from(["table", "--json", "a", "--json", "b", "c"]).unwrap();
        assert_eq!((measure.json.len(), measure.captures.len()), (2, 1));
        let compare = Cli::try_parse_from(["table", "compare", "a", "b"]).unwrap();
        assert!(compare.command.is_some() && compare.captures.is_empty());
    }
}
