//! Counts the instructions that each stage of the engine takes for a packet, and compares them with
//! what is on record. Needs valgrind.

mod callgrind;
mod pcapng;
mod record;
mod stages;
mod table;

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use record::Record;

/// Counts instructions a packet, stage by stage, by valgrind's callgrind.
#[derive(Debug, Parser)]
struct Cli {
    /// Fail where a stage takes more than 5 % more than is on record.
    #[arg(long, conflicts_with = "record")]
    check: bool,
    /// Put what is counted on record.
    #[arg(long)]
    record: bool,
    /// The compiler, as `rustc --version` tells it.
    #[arg(long, value_name = "TEXT", default_value = "unknown")]
    compiler: String,
    /// The record.
    #[arg(long, value_name = "FILE", default_value = "benches/instructions.json")]
    file: PathBuf,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Go through all stages once; what is run under valgrind.
    #[command(hide = true)]
    Stages,
}

fn main() -> Result<ExitCode> {
    let cli = Cli::parse();
    let mut out = io::stdout().lock();
    if cli.command.is_some() {
        stages::run(&mut out)?;
        return Ok(ExitCode::SUCCESS);
    }
    let counted = Record::new(cli.compiler, &callgrind::count()?);
    if cli.record {
        counted.write(&cli.file)?;
        writeln!(out, "{}", table::plain(&counted))?;
        return Ok(ExitCode::SUCCESS);
    }
    let known = Record::read(&cli.file)?;
    let comparison = known.compare(&counted);
    writeln!(out, "{}", table::against(&known, &counted))?;
    write!(out, "{comparison}")?;
    let failed = cli.check && comparison.is_worse();
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
