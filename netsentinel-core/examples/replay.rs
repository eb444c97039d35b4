//! Replays captures from code and counts the alerts by rule:
//! `cargo run --example replay -- capture.pcap …`
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "an example prints")]

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;

use netsentinel_capture::Capture;
use netsentinel_core::config::Config;
use netsentinel_core::{Alert, Pipeline};
use netsentinel_detectors::BUILTIN;

fn main() -> Result<(), Box<dyn Error>> {
    for path in std::env::args().skip(1) {
        println!("{path}");
        for (rule, alerts) in replay(Path::new(&path))? {
            println!("  {alerts:>6} {rule}");
        }
    }
    Ok(())
}

/// How many alerts each rule raises on the capture at `path`.
fn replay(path: &Path) -> Result<BTreeMap<String, u64>, Box<dyn Error>> {
    let config =
        Config::parse(r#"{ "port_scan_threshold": 20, "internal_networks": ["10.0.0.0/8"] }"#)?;
    let mut pipeline = Pipeline::builder(&config).detectors(BUILTIN).build()?;
    let mut capture = Capture::open(path)?;
    let mut counts = BTreeMap::new();
    pipeline.run(&mut capture, &mut |alert: Alert| {
        // An update continues an alert that was told before.
        if alert.update == 0 {
            *counts.entry(alert.rule.into_owned()).or_insert(0) += 1;
        }
    })?;
    if let Some(warning) = capture.warning() {
        eprintln!("{}: {warning}", path.display());
    }
    Ok(counts)
}
