//! `netsentinel-bench-feeds`: what a long list takes in memory and time. How long a peek takes is the
//! business of the criterion bench `feeds`.
#![allow(clippy::print_stdout, reason = "its output is the report")]

mod load;
mod memory;

use anyhow::{Context as _, Result};
use clap::Parser;
use netsentinel_core::RiskTier;
use netsentinel_vt::feeds::FeedSet;

use load::{list, load};
use memory::{megabytes, resident};

/// Loads a list of addresses, domains and some networks, loads it anew with a part of it changed, and tells
/// what both took. Lists are streamed from files in a folder that is removed.
#[derive(Debug, Parser)]
struct Cli {
    /// Lines of the list.
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    indicators: u64,
    /// Of a hundred lines, how many are others the second time.
    #[arg(long, value_name = "PERCENT", default_value_t = 2,
        value_parser = clap::value_parser!(u64).range(0..=100))]
    changed: u64,
}

fn main() -> Result<()> {
    let cli = Cli::parse();
    let folder = tempfile::tempdir().context("can not make a folder")?;
    let changed = cli.indicators * cli.changed / 100;
    let (first, second) = (folder.path().join("first"), folder.path().join("second"));
    let text = list(&first, 0..cli.indicators)?;
    list(&second, changed..cli.indicators + changed)?;

    let set = FeedSet::default();
    let feed = set.add("list", RiskTier::High).context("no place for a list")?;
    let before = resident();
    println!("text: {text} bytes, {:.1} a line", text as f64 / cli.indicators as f64);
    println!("empty: {} bytes, resident {}", set.bytes(), megabytes(before));
    for (what, path) in [("first load", &first), ("reload", &second), ("reload", &first)] {
        let loaded = load(&set, feed, path)?;
        println!(
            "{what}: {} indicators in {:.3} s, {} bytes ({:.2} of the text), resident {} \
             ({:.2} of the text), at most {} meanwhile",
            loaded.listed,
            loaded.took.as_secs_f64(),
            loaded.table,
            loaded.table as f64 / text as f64,
            megabytes(loaded.resident),
            ratio(loaded.resident, before, text),
            megabytes(loaded.peak),
        );
    }
    Ok(())
}

/// What has become resident since `before`, as a part of the text.
fn ratio(now: Option<u64>, before: Option<u64>, text: u64) -> f64 {
    let grown = now.zip(before).map_or(f64::NAN, |(now, before)| now as f64 - before as f64);
    grown / text as f64
}
