//! `netsentinel-load`: puts a NetSentinel server under load over real TLS, and tells what it took.
//!
//! For `script/bench server` and `script/lab`. Every run is bounded in time; it sends only where it
//! is told to.
#![allow(clippy::print_stdout, reason = "its output is the report")]

mod args;
mod ingest;
mod peer;
mod process;
mod quantiles;
mod sample;
mod soak;
mod watch;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

use args::{Args, Load};

fn main() -> Result<ExitCode> {
    let args = Args::parse();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let failed = runtime.block_on(async {
        match &args.load {
            Load::Ingest(ingest) => ingest::run(ingest).await,
            Load::Soak(soak) => soak::run(soak).await,
            Load::Watch(watch) => watch::run(watch).await,
        }
    })?;
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
