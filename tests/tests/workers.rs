//! Several workers against one pipeline: the same alerts in the same order, written the same, on
//! every scenario and, where the corpus is there, on every capture of an attack.
#![allow(clippy::unwrap_used, reason = "the helpers of a test may fail it")]

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use netsentinel_capture::Capture;
use netsentinel_core::config::Config;
use netsentinel_core::format::Format;
use netsentinel_core::pipeline::Judge;
use netsentinel_core::{Alert, Pipeline, Source};
use netsentinel_detectors::BUILTIN;
use netsentinel_synth::{Options, SCENARIOS};
use netsentinel_tests::corpus::{corpus, tell};

/// Beside one, which is compared with.
const WORKERS: [usize; 2] = [2, 3];

/// What `workers` print of `source`, as far as it can be read.
fn lines(workers: usize, source: &mut impl Source) -> Vec<String> {
    let config = Config::default();
    let builder = Pipeline::builder(&config).detectors(BUILTIN);
    let mut lines = Vec::new();
    let mut print = |alert: Alert| lines.push(Format::Ndjson.line(&alert));
    // What was read before an error is judged, and compared all the same.
    let _ = match NonZeroUsize::new(workers).filter(|workers| workers.get() > 1) {
        Some(workers) => builder.build_workers(workers).unwrap().run(source, &mut print),
        None => Judge::run(&mut builder.build().unwrap(), source, &mut print),
    };
    lines
}

#[test]
fn every_scenario_gives_the_same_on_any_number_of_workers() {
    // A flood overflows the tables, and then what each worker remembers may differ.
    for entry in SCENARIOS.iter().filter(|entry| !entry.name.starts_with("flood")) {
        let run = || entry.run(&Options { packets: Some(60_000), ..Options::default() }).unwrap();
        let one = lines(1, &mut run());
        assert_eq!(one.is_empty(), entry.fires.is_empty(), "{}", entry.name);
        for workers in WORKERS {
            assert_eq!(lines(workers, &mut run()), one, "{} on {workers}", entry.name);
        }
    }
}

#[test]
fn every_attack_of_the_corpus_gives_the_same_on_any_number_of_workers() {
    let Some(corpus) = corpus("workers on captures of attacks") else { return };
    let (mut captures, mut alerts) = (0, 0);
    for path in files(&corpus.join("attacks")) {
        let Ok(mut capture) = Capture::open(&path) else { continue };
        let one = lines(1, &mut capture);
        for workers in WORKERS {
            let many = lines(workers, &mut Capture::open(&path).unwrap());
            assert_eq!(many, one, "{} on {workers}", path.display());
        }
        captures += 1;
        alerts += one.len();
    }
    tell(&format!("workers: {captures} captures of attacks, {alerts} lines each the same"));
    assert!(captures > 0 && alerts > 0);
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}
