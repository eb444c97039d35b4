//! Makes repeatable attack and benign traffic: captures, or packets on an interface.
#![forbid(unsafe_code)]

mod cli;
mod output;
mod send;
mod start;

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::Parser as _;
use netsentinel_synth::SCENARIOS;

use cli::{Cli, Command};

/// Exit code for wrong usage and failed output, the same that clap uses.
const FAILURE: u8 = 2;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.command {
        Some(Command::List) => io::stdout().write_all(list().as_bytes()).map_err(Into::into),
        None => match &cli.run.iface {
            Some(interface) => send::send(&cli.run, interface),
            None => output::write(&cli.run),
        },
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        // Who reads our output has seen enough.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            // There is nobody left to tell when this fails.
            let _ = writeln!(io::stderr(), "sentinel-sim: {error:#}");
            ExitCode::from(FAILURE)
        }
    }
}

/// The scenarios, one a line.
fn list() -> String {
    let width = SCENARIOS.iter().map(|entry| entry.name.len()).max().unwrap_or_default();
    let mut text = String::new();
    for entry in SCENARIOS {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{:width$}  {}", entry.name, entry.summary);
    }
    text
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
