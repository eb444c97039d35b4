//! Measures live capture with all eight detectors behind one ring and behind several, fed by tcpreplay on a
//! pair of virtual interfaces. `script/bench live` makes them, in a network namespace of their own.

mod args;
mod feed;
mod measure;
mod report;

use std::fs;
use std::io::{self, Write as _};

use anyhow::{Context as _, Result};
use args::Cli;
use clap::Parser as _;

fn main() -> Result<()> {
    let cli = Cli::parse();
    let mut out = io::stdout().lock();
    let mut rows = Vec::new();
    write!(out, "{}", report::HEADER)?;
    for path in &cli.captures {
        let feed = feed::Feed::new(path, &cli.send, cli.senders, cli.loops)?;
        let measured = measure::capture(&cli, &feed)
            .with_context(|| format!("can not measure on {}", path.display()))?;
        for row in measured {
            write!(out, "{}", report::row(&row))?;
            rows.push(row);
        }
        out.flush()?;
    }
    if let Some(path) = &cli.json {
        let text = serde_json::to_string_pretty(&report::document(&rows))?;
        fs::write(path, text + "\n")
            .with_context(|| format!("can not write {}", path.display()))?;
    }
    Ok(())
}
