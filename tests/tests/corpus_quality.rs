//! How well profile `tuned` judges the labelled captures beside the repository: what
//! `sentinel-replay --judge` tells, held to limits. `docs/quality.md` explains each miss and each false alarm.
#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

use std::num::NonZeroUsize;

use netsentinel_core::Pipeline;
use netsentinel_core::config::Config;
use netsentinel_detectors::BUILTIN;
use netsentinel_quality::{Expectation, Labels, Meanings, Quality, judge};
use netsentinel_tests::corpus::{corpus, tell};

/// At least so much of what is labelled is found, in percent.
const RECALL_MIN: f64 = 95.0;
/// At most so many of the benign captures have an alert, in percent.
const BENIGN_ALARMS_MAX: f64 = 1.0;
/// No detector finds less of what is labelled for it, in percent.
const DETECTOR_RECALL_MIN: f64 = 80.0;

/// Captures judged at once.
const THREADS: NonZeroUsize = NonZeroUsize::new(2).unwrap();

#[test]
fn attacks_are_found_and_innocents_spared() {
    let Some(corpus) = corpus("the quality of the tuned profile") else { return };
    let text = std::fs::read_to_string(corpus.join("labels.csv")).unwrap();
    let meanings = Meanings::of(BUILTIN.iter().map(|entry| entry.descriptor().id));
    let mut labels = Labels::parse(&text).unwrap();
    // The others tell nothing of quality: damaged files, and attacks that no detector is for.
    labels.captures.retain(|capture| meanings.expect(capture) != Expectation::Nothing);

    let config = Config::parse(r#"{"profile": "tuned"}"#).unwrap();
    let builder = Pipeline::builder(&config).detectors(BUILTIN);
    let judged = judge(&labels, &corpus, &builder, THREADS, &|_| {}).unwrap();
    let quality = Quality::of(&labels, &judged, &meanings);
    tell(&format!("the corpus, profile tuned:\n{quality}"));

    assert!(quality.unread.iter().all(|unread| unread.counts), "{:?}", quality.unread);
    assert!(quality.labelled > 50 && quality.benign.captures > 200);
    assert!(quality.recall_percent().unwrap() >= RECALL_MIN);
    assert!(quality.benign_alarm_percent().unwrap() <= BENIGN_ALARMS_MAX);
    for detector in &quality.detectors {
        if let Some(recall) = detector.recall_percent() {
            assert!(recall >= DETECTOR_RECALL_MIN, "{}", detector.detector);
        }
    }
}
