//! All numbers, unrounded, as JSON that later runs are compared with.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

use crate::machine;
use crate::measure::{self, Measured};

/// A whole run.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Document {
    pub(crate) commit: String,
    pub(crate) compiler: String,
    pub(crate) cpu: String,
    pub(crate) cores: usize,
    /// Programs that are not installed, so that there are no rows of them.
    pub(crate) missing: Vec<String>,
    pub(crate) inputs: Vec<Input>,
}

/// A capture.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Input {
    pub(crate) input: String,
    pub(crate) packets: u64,
    pub(crate) wire_bytes: u64,
    /// The bare walk comes first.
    pub(crate) rows: Vec<Row>,
}

/// One way to go through it.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Row {
    pub(crate) what: String,
    /// The first packets of the capture, or all of them.
    pub(crate) packets: u64,
    pub(crate) memory_bytes: Option<u64>,
    pub(crate) rates: Option<Rates>,
    /// Why there are no rates.
    pub(crate) note: Option<String>,
}

/// What a time comes to.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub(crate) struct Rates {
    pub(crate) seconds: f64,
    pub(crate) packets_per_second: f64,
    /// Of the wire.
    pub(crate) bits_per_second: f64,
    /// Packets a second as against the bare walk over the same capture.
    pub(crate) ratio_to_walk: f64,
    /// Packets a second as against the bare walk over the first capture.
    pub(crate) ratio_to_first_walk: f64,
}

impl Document {
    pub(crate) fn new(
        commit: String,
        compiler: String,
        inputs: &[Measured],
        missing: Vec<String>,
    ) -> Self {
        let first_walk = inputs.first().map_or(0.0, walk);
        let inputs = inputs.iter().map(|input| Input::new(input, first_walk)).collect();
        let cores = std::thread::available_parallelism().map_or(0, usize::from);
        Self { commit, compiler, cpu: machine::cpu(), cores, missing, inputs }
    }

    pub(crate) fn read(path: &Path) -> Result<Self> {
        let text =
            fs::read_to_string(path).with_context(|| format!("can not read {}", path.display()))?;
        serde_json::from_str(&text).with_context(|| {
            format!("{} was not written by this version of --json", path.display())
        })
    }

    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self)? + "\n";
        fs::write(path, text).with_context(|| format!("can not write {}", path.display()))
    }

    /// The row of this name on the capture of this name, if it was measured to its end.
    pub(crate) fn row(&self, input: &str, what: &str) -> Option<(&Row, Rates)> {
        let input = self.inputs.iter().find(|found| found.input == input)?;
        let row = input.rows.iter().find(|row| row.what == what)?;
        Some((row, row.rates?))
    }
}

impl Input {
    fn new(measured: &Measured, first_walk: f64) -> Self {
        let walk = walk(measured);
        let bits = measured.wire_bytes as f64 * 8.0 / measured.packets as f64;
        let row = |row: &measure::Row| Row {
            what: row.what.to_owned(),
            packets: row.packets,
            memory_bytes: row.memory,
            note: row.note.filter(|_| row.time.is_none()).map(str::to_owned),
            rates: row.time.map(|time| {
                let rate = rate(row.packets, time);
                Rates {
                    seconds: time.as_secs_f64(),
                    packets_per_second: rate,
                    bits_per_second: rate * bits,
                    ratio_to_walk: rate / walk,
                    ratio_to_first_walk: rate / first_walk,
                }
            }),
        };
        Self {
            input: measured.name.clone(),
            packets: measured.packets,
            wire_bytes: measured.wire_bytes,
            rows: measured.rows.iter().map(row).collect(),
        }
    }
}

/// Packets a second of the bare walk.
fn walk(measured: &Measured) -> f64 {
    let time = measured.rows.first().and_then(|row| row.time);
    time.map_or(0.0, |time| rate(measured.packets, time))
}

fn rate(packets: u64, time: Duration) -> f64 {
    packets as f64 / time.as_secs_f64()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A run over captures of these names: a walk of 100 ms, and each of `rows` with its milliseconds
    /// and megabytes, over a million packets of 125 bytes.
    pub(crate) fn run(names: &[&str], rows: &[(&'static str, u64, u64)]) -> Document {
        let row = |&(what, millis, megabytes): &(&'static str, u64, u64)| measure::Row {
            what,
            packets: 1_000_000,
            time: Some(Duration::from_millis(millis)),
            memory: Some(megabytes * 1_000_000),
            note: None,
        };
        let rows = || [("walk", 100, 0)].iter().chain(rows).map(row).collect();
        let input = |name: &&str| Measured {
            name: (*name).into(),
            packets: 1_000_000,
            wire_bytes: 125_000_000,
            rows: rows(),
        };
        let inputs: Vec<_> = names.iter().map(input).collect();
        Document::new("c0ffee".into(), "rustc 1".into(), &inputs, vec!["suricata".into()])
    }

    #[test]
    fn rates_are_told_against_both_walks() {
        let mut slow = measure::Row::new("walk", 10);
        slow.add(Duration::from_micros(2), Some(7));
        slow.add(Duration::from_micros(1), Some(9));
        assert_eq!((slow.time, slow.memory), (Some(Duration::from_micros(1)), Some(7)));
        let input =
            |name: &str, rows| Measured { name: name.into(), packets: 10, wire_bytes: 100, rows };
        let half = measure::Row { packets: 5, ..walk_of("half", 1) };
        let stopped = measure::Row { note: Some("STOPPED"), ..measure::Row::new("stopped", 10) };
        let first = input("mixed", vec![walk_of("walk", 2)]);
        let second = input("flood", vec![walk_of("walk", 1), half, stopped]);
        let document = Document::new(String::new(), String::new(), &[first, second], Vec::new());
        let (_, rates) = document.row("flood", "half").unwrap();
        assert_eq!((rates.ratio_to_walk, rates.ratio_to_first_walk), (0.5, 1.0));
        assert_eq!(rates.bits_per_second.round(), 5.0 * 80.0 * 1e6);
        assert!(document.row("flood", "stopped").is_none());
        assert_eq!(document.inputs[1].rows[2].note.as_deref(), Some("STOPPED"));
    }

    fn walk_of(what: &'static str, micros: u64) -> measure::Row {
        measure::Row { time: Some(Duration::from_micros(micros)), ..measure::Row::new(what, 10) }
    }

    #[test]
    fn a_run_is_written_and_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.json");
        run(&["mixed"], &[("rest", 400, 1)]).write(&path).unwrap();
        let read = Document::read(&path).unwrap();
        assert_eq!((&*read.commit, &read.missing[..]), ("c0ffee", &["suricata".to_owned()][..]));
        assert_eq!(read.row("mixed", "rest").unwrap().1.ratio_to_walk, 0.25);
        fs::write(&path, "{}").unwrap();
        assert!(Document::read(&path).unwrap_err().to_string().ends_with("of --json"));
    }
}
