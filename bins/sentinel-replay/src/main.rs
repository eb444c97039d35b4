//! `sentinel-replay`: replays captures through the NetSentinel detectors.
//!
//! Alerts go to standard output in packet order; progress, warnings and the summary to standard
//! error. Exit status: 0 done, 1 `--fail-on` was met, 2 wrong usage or unreadable input.
#![forbid(unsafe_code)]

mod cli;
mod config;
mod output;
mod progress;
mod replay;
mod reputation;
mod stats;
mod upload;

use std::process::ExitCode;

use clap::Parser;
use netsentinel_cli::EXIT_UNUSABLE;
use netsentinel_core::text::shown;

use cli::Cli;
use replay::Outcome;

/// `--fail-on` was met.
const EXIT_ALERTS: u8 = 1;

fn main() -> ExitCode {
    let cli = Cli::parse();
    cli.log.start();
    let result = if cli.check_config { config::check(&cli) } else { replay::run(&cli) };
    match result {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::FailOnMet) => ExitCode::from(EXIT_ALERTS),
        Ok(Outcome::Unreadable) => ExitCode::from(EXIT_UNUSABLE),
        Err(error) => {
            tracing::error!("{}", shown(&format!("{error:#}")));
            ExitCode::from(EXIT_UNUSABLE)
        }
    }
}
