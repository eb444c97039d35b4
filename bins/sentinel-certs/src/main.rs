//! `sentinel-certs`: makes and renews the certificates and keys of a NetSentinel installation.
//!
//! What it made and what it found goes to standard output, warnings and errors to standard error.
//! Exit status: 0 done, 1 `show` found something that needs attention, 2 an error; nothing is then
//! half done.
#![forbid(unsafe_code)]

mod agent;
mod cli;
mod config_text;
mod folder;
mod host;
mod init;
mod output;
mod rotate;
mod server_url;
mod show;

use std::process::ExitCode;

use clap::Parser;
use netsentinel_cli::EXIT_UNUSABLE;
use netsentinel_core::text::shown;

use cli::{Cli, Command};

/// Something needs attention.
const EXIT_ATTENTION: u8 = 1;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Done,
    NeedsAttention,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    cli.log.start();
    let result = match &cli.command {
        Command::Init(options) => init::run(&cli, options),
        Command::Agent(options) => agent::run(&cli, options),
        Command::Rotate(options) => rotate::run(&cli, options),
        Command::Show(options) => show::run(&cli, options),
    };
    match result {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::NeedsAttention) => ExitCode::from(EXIT_ATTENTION),
        Err(error) => {
            tracing::error!("{}", shown(&format!("{error:#}")));
            ExitCode::from(EXIT_UNUSABLE)
        }
    }
}
