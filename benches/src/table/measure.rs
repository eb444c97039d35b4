//! Timing.

use std::hint::black_box;
use std::num::NonZeroUsize;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use netsentinel_benches::{Ignore, pipeline};
use netsentinel_capture::Capture;
use netsentinel_core::config::Config;
use netsentinel_core::decode::decode;
use netsentinel_core::pipeline::Judge;
use netsentinel_core::{Pipeline, Source as _};
use netsentinel_detectors::BUILTIN;

use crate::capture::Mapped;

/// What was measured on one capture.
pub(crate) struct Measured {
    pub(crate) name: String,
    pub(crate) packets: u64,
    pub(crate) wire_bytes: u64,
    /// The bare walk comes first.
    pub(crate) rows: Vec<Row>,
}

/// One way to go through the capture.
pub(crate) struct Row {
    pub(crate) what: &'static str,
    /// The least of all rounds.
    pub(crate) time: Duration,
    /// The least of all rounds, where the system tells: what one round has freed may stay with the
    /// process in the next.
    pub(crate) memory: Option<u64>,
}

/// A way to go through a capture: how long it took, and the memory in use at its end.
type Pass = fn(&Path, &Mapped) -> Result<(Duration, Option<u64>)>;

const PASSES: [(&str, Pass); 5] = [
    ("bare walk, mapped", |_, mapped| {
        Ok(timed(|| {
            black_box(mapped.walk());
        }))
    }),
    ("decode, mapped", |_, mapped| {
        Ok(timed(|| {
            for record in mapped.records() {
                black_box(&decode(&record));
            }
        }))
    }),
    ("8 detectors, mapped", |_, mapped| {
        let mut pipeline = pipeline(BUILTIN);
        Ok(timed(|| push_all(&mut pipeline, mapped)))
    }),
    ("8 detectors, streamed", |path, _| {
        let mut pipeline = pipeline(BUILTIN);
        let mut capture = Capture::open(path)?;
        let mut end = Ok(());
        let measured = timed(|| {
            end = loop {
                match capture.next_record() {
                    Ok(Some(record)) => pipeline.push(&record, &mut Ignore),
                    Ok(None) => break Ok(()),
                    Err(error) => break Err(error),
                }
            };
            pipeline.finish(&mut Ignore);
        });
        end?;
        Ok(measured)
    }),
    ("8 detectors, 2 workers", |_, mapped| {
        let config = Config::default();
        let two = NonZeroUsize::MIN.saturating_add(1);
        let mut workers = Pipeline::builder(&config).detectors(BUILTIN).build_workers(two)?;
        Ok(timed(|| push_all(&mut workers, mapped)))
    }),
];

/// Goes through the capture in every way that has `only` in its name, `rounds` times in turn.
pub(crate) fn input(path: &Path, rounds: u32, only: &str) -> Result<Measured> {
    let mapped = Mapped::open(path)?;
    let (packets, wire_bytes, _) = mapped.walk();
    ensure!(packets > 0, "no packets");
    let (walk, ways) = PASSES.split_at(1);
    let passes = || walk.iter().chain(ways.iter().filter(|(what, _)| what.contains(only)));
    let row = |(what, _): &(&'static str, Pass)| Row { what, time: Duration::MAX, memory: None };
    let mut rows: Vec<Row> = passes().map(row).collect();
    for _ in 0..rounds.max(1) {
        for (row, (_, pass)) in rows.iter_mut().zip(passes()) {
            let (time, memory) = pass(path, &mapped)?;
            row.time = row.time.min(time);
            row.memory = [row.memory, memory].into_iter().flatten().min();
        }
    }
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Measured { name, packets, wire_bytes, rows })
}

fn push_all(judge: &mut impl Judge, mapped: &Mapped) {
    for record in mapped.records() {
        judge.push(&record, &mut Ignore);
    }
    judge.finish(&mut Ignore);
}

/// Runs `pass`; what it works on is still there when the memory is looked at.
fn timed(mut pass: impl FnMut()) -> (Duration, Option<u64>) {
    let start = Instant::now();
    pass();
    let time = start.elapsed();
    (time, anonymous_memory())
}

/// Resident memory without files: the mapped capture would hide the rest. The engine gives nothing
/// back while it lives, so that this is also its peak.
fn anonymous_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}
