//! `netsentinel-bench-reputation`: what a whole pipeline takes with reputation, against without.
//!
//! The two run by turns on the same packets, round by round, so that whatever else the machine does
//! falls on both. A third runs without reputation too: how far it is from the first is the noise.
#![allow(clippy::print_stdout, reason = "its output is the report")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Parser;
use netsentinel_benches::known::known;
use netsentinel_benches::{Ignore, Traffic, pipeline_knowing};
use netsentinel_core::{Clean, Reputation};
use netsentinel_detectors::BUILTIN;

/// Of all rounds the fastest part counts: what is slower was disturbed.
const FASTEST: usize = 5;

/// Compares pipelines with and without reputation, by turns in one run.
#[derive(Debug, Parser)]
struct Cli {
    /// Packets of a round.
    #[arg(long, value_name = "N", default_value_t = 20_000)]
    packets: u64,
    /// Rounds of each.
    #[arg(long, value_name = "N", default_value_t = 300,
        value_parser = clap::value_parser!(u32).range(5..))]
    rounds: u32,
}

fn main() {
    let cli = Cli::parse();
    let traffic = Traffic::mixed(cli.packets);
    let off = || Arc::new(Clean) as Arc<dyn Reputation>;
    let kinds = [off(), known() as Arc<dyn Reputation>, off()];
    let mut took: [Vec<Duration>; 3] = Default::default();
    for _ in 0..cli.rounds {
        for (reputation, took) in kinds.iter().zip(&mut took) {
            took.push(round(&traffic, reputation));
        }
    }
    let [off, on, again] = took.map(|all| fastest(all, cli.packets));
    println!("{} packets a round, {} rounds, the fastest fifth of each", cli.packets, cli.rounds);
    println!("without reputation: {off:.1} ns a packet");
    println!("with it:            {on:.1} ns a packet, {:.3} of without", on / off);
    println!("without it again:   {again:.1} ns a packet, {:.3} of the first", again / off);
}

fn round(traffic: &Traffic, reputation: &Arc<dyn Reputation>) -> Duration {
    let mut pipeline = pipeline_knowing(BUILTIN, Arc::clone(reputation));
    let began = Instant::now();
    traffic.records().for_each(|record| pipeline.push(&record, &mut Ignore));
    began.elapsed()
}

/// The mean of the fastest fifth, in nanoseconds a packet.
fn fastest(mut rounds: Vec<Duration>, packets: u64) -> f64 {
    rounds.sort_unstable();
    rounds.truncate((rounds.len() / FASTEST).max(1));
    let sum: Duration = rounds.iter().sum();
    sum.as_nanos() as f64 / rounds.len() as f64 / packets as f64
}
