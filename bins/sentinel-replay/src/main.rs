//! `sentinel-replay`: replays captures through the NetSentinel detectors.
//!
//! Alerts go to standard output in packet order; progress, warnings and the summary to standard
//! error. Exit status: 0 done, 1 `--fail-on` was met or a limit of `--judge` was not kept, 2 wrong usage or
//! unreadable input.
#![forbid(unsafe_code)]

mod cli;
mod config;
mod explain;
mod judging;
mod output;
mod progress;
mod replay;
mod reputation;
mod stats;
mod upload;
mod workers;

use std::process::ExitCode;

use clap::Parser;
use netsentinel_cli::EXIT_UNUSABLE;
use netsentinel_core::text::shown;

use cli::Cli;
use replay::Outcome;

/// `--fail-on` was met, or a limit of `--judge` was not kept.
const EXIT_ALERTS: u8 = 1;

fn main() -> ExitCode {
    let cli = Cli::parse();
    cli.log.start();
    let result = match &cli.judging.judge {
        _ if cli.check_config => config::check(&cli),
        Some(labels) => judging::run(&cli, labels),
        None => replay::run(&cli),
    };
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
