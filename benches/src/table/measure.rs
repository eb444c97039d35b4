//! Timing.

use std::hint::black_box;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use netsentinel_benches::{Ignore, pipeline};
use netsentinel_capture::Capture;
use netsentinel_core::config::Config;
use netsentinel_core::decode::decode;
use netsentinel_core::pipeline::Judge;
use netsentinel_core::{Clean, Pipeline};
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
    /// The first packets of the capture, or all of them.
    pub(crate) packets: u64,
    /// The least of all rounds; none where there is a note.
    pub(crate) time: Option<Duration>,
    /// The least of all rounds, where the system tells: what one round has freed may stay with the
    /// process in the next.
    pub(crate) memory: Option<u64>,
    /// Why there is no time.
    pub(crate) note: Option<&'static str>,
}

impl Row {
    pub(crate) fn new(what: &'static str, packets: u64) -> Self {
        Self { what, packets, time: None, memory: None, note: None }
    }

    /// Counts another round.
    pub(crate) fn add(&mut self, time: Duration, memory: Option<u64>) {
        self.time = Some(self.time.map_or(time, |best| best.min(time)));
        self.memory = [self.memory, memory].into_iter().flatten().min();
    }
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
    ("all detectors, mapped", |_, mapped| {
        let mut pipeline = pipeline(BUILTIN);
        Ok(timed(|| push_all(&mut pipeline, mapped)))
    }),
    ("all detectors, streamed", |path, _| run(&mut pipeline(BUILTIN), path)),
    ("all detectors, 2 workers", |path, _| {
        let config = Config::default();
        let two = NonZeroUsize::MIN.saturating_add(1);
        let builder = Pipeline::builder(&config).detectors(BUILTIN).reputation(Arc::new(Clean));
        run(&mut builder.build_workers(two)?, path)
    }),
];

/// Goes through each capture in every way that has `only` in its name, `rounds` times all in turn.
pub(crate) fn inputs(paths: &[PathBuf], rounds: u32, only: &str) -> Result<Vec<Measured>> {
    let (walk, ways) = PASSES.split_at(1);
    let passes = || walk.iter().chain(ways.iter().filter(|(what, _)| what.contains(only)));
    let mut inputs = paths.iter().map(|path| input(path, passes())).collect::<Result<Vec<_>>>()?;
    for _ in 0..rounds.max(1) {
        for ((measured, mapped), path) in inputs.iter_mut().zip(paths) {
            for (row, (_, pass)) in measured.rows.iter_mut().zip(passes()) {
                let (time, memory) = pass(path, mapped)
                    .with_context(|| format!("can not measure on {}", path.display()))?;
                row.add(time, memory);
            }
        }
    }
    Ok(inputs.into_iter().map(|(measured, _)| measured).collect())
}

/// A capture, of which nothing has been measured yet.
fn input<'p>(
    path: &Path,
    passes: impl Iterator<Item = &'p (&'static str, Pass)>,
) -> Result<(Measured, Mapped)> {
    let mapped =
        Mapped::open(path).with_context(|| format!("can not measure on {}", path.display()))?;
    // Reads all of it, so that no disk is measured.
    let (packets, wire_bytes, _) = mapped.walk();
    ensure!(packets > 0, "{} has no packets", path.display());
    let row = |(what, _): &(&'static str, Pass)| Row::new(what, packets);
    let rows = passes.map(row).collect();
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    Ok((Measured { name, packets, wire_bytes, rows }, mapped))
}

/// Judges the capture as `sentinel-replay` does.
fn run(judge: &mut impl Judge, path: &Path) -> Result<(Duration, Option<u64>)> {
    let mut capture = Capture::open(path)?;
    let mut end = Ok(());
    let measured = timed(|| end = judge.run(&mut capture, &mut Ignore));
    end?;
    Ok(measured)
}

fn push_all(judge: &mut impl Judge, mapped: &Mapped) {
    let mut records = mapped.records();
    // Two are fetched while one is judged, so that the core does not wait for the memory of each.
    let mut ahead = [records.next(), records.next()];
    while let Some(record) = ahead[0] {
        ahead = [ahead[1], records.next()];
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
