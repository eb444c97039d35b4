//! `sentinel-agent`: watches the network and reports to a NetSentinel server.
//!
//! Three threads: one captures and judges, one writes alerts to the spool, and the main one runs the
//! uplink, the heartbeats and the signals. Exit status: 0 stopped as asked, 1 `doctor` found
//! something wrong, 2 it can not start.
#![forbid(unsafe_code)]

mod cli;
mod doctor;
mod interfaces;
mod judging;
mod privileges;
mod reputation;
mod run;
mod settings;
mod signals;
mod spooling;
mod status;
mod supervisor;
mod uplink_filter;

use std::process::ExitCode;

use clap::Parser;
use netsentinel_cli::EXIT_UNUSABLE;
use netsentinel_core::text::shown;

use cli::{Cli, Command};

fn main() -> ExitCode {
    let cli = Cli::parse();
    cli.log.start();
    let result = match &cli.command {
        None => run::run(&cli),
        Some(Command::Doctor) => doctor::run(&cli),
        Some(Command::Interfaces) => interfaces::print(),
        Some(Command::TestConfig) => settings::test(&cli),
    };
    result.unwrap_or_else(|error| {
        tracing::error!("{}", shown(&format!("{error:#}")));
        ExitCode::from(EXIT_UNUSABLE)
    })
}
