//! Measures decoding and the whole engine against a bare walk over the headers of the same captures,
//! and beside them other programs.

mod budgets;
mod capture;
mod child;
mod cli;
mod compare;
mod document;
mod machine;
mod measure;
mod peers;
mod table;

use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use clap::Parser as _;

use cli::{Cli, Command};
use document::Document;

fn main() -> Result<ExitCode> {
    let cli = Cli::parse();
    let mut out = io::stdout().lock();
    if let Some(Command::Compare { a, b }) = &cli.command {
        let text = compare::text(&Document::read(a)?, &Document::read(b)?);
        out.write_all(text.as_bytes())?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut inputs = measure::inputs(&cli.captures, cli.rounds, &cli.only)?;
    let limit = Duration::from_secs(cli.peer_seconds);
    let missing = peers::add(&mut inputs, &cli.captures, cli.rounds, &cli.only, limit)?;
    let document = Document::new(cli.commit, cli.compiler, &inputs, missing);
    for path in &cli.json {
        document.write(path)?;
    }
    write!(out, "{}", table::text(&document))?;
    let budgets = budgets::of(&document);
    write!(out, "\n{}", budgets::text(&budgets))?;
    let failed = cli.strict && !budgets.iter().all(budgets::Budget::is_met);
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
