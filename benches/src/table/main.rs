//! Measures decoding and the whole engine against a bare walk over the headers of the same capture.

mod capture;
mod measure;
mod report;

use std::fs;
use std::io::{self, Write as _};
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Parser;

/// Measures on each capture: a bare walk over the headers, decoding, and all eight detectors.
///
/// Captures must be classic pcap of Ethernet, little-endian with nanoseconds, as sentinel-sim
/// writes it.
#[derive(Debug, Parser)]
struct Cli {
    /// Times that everything is measured, in turn; the best counts.
    #[arg(long, value_name = "N", default_value_t = 5)]
    rounds: u32,
    /// Measure, beside the walk, only what has this in its name; for profiling.
    #[arg(long, value_name = "TEXT", default_value = "")]
    only: String,
    /// Write the numbers as JSON, too.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Captures to measure on.
    #[arg(required = true, value_name = "CAPTURE")]
    captures: Vec<PathBuf>,
}

fn main() -> Result<()> {
    let cli = Cli::parse();
    let mut out = io::stdout().lock();
    let mut inputs = Vec::new();
    write!(out, "{}", report::HEADER)?;
    for path in &cli.captures {
        let input = measure::input(path, cli.rounds, &cli.only)
            .with_context(|| format!("can not measure on {}", path.display()))?;
        write!(out, "{}", report::rows(&input))?;
        out.flush()?;
        inputs.push(input);
    }
    if let Some(path) = &cli.json {
        let text = serde_json::to_string_pretty(&report::document(&inputs))?;
        fs::write(path, text + "\n")
            .with_context(|| format!("can not write {}", path.display()))?;
    }
    Ok(())
}
