//! Recordings of our own lab: every attack is found, and nobody who only looks like one is accused.
//!
//! `script/lab record` makes them anew, by real tools; `script/lab keep` takes them into
//! `tests/captures/lab`, whose README tells more.
#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use netsentinel_core::Pipeline;
use netsentinel_core::config::Config;
use netsentinel_detectors::BUILTIN;
use netsentinel_quality::{Labels, Meanings, Quality, judge};
use netsentinel_tests::corpus::tell;
use netsentinel_tests::shared::root;

/// What profile `tuned` does not judge as it should: the detector, the recording. Whatever is mended is
/// taken off the list.
const NOT_YET: &[(&str, &str)] = &[];

/// Recordings judged at once.
const THREADS: NonZeroUsize = NonZeroUsize::new(2).unwrap();

fn folder() -> PathBuf {
    root().join("tests/captures/lab")
}

fn labels() -> Labels {
    Labels::parse(&std::fs::read_to_string(folder().join("labels.csv")).unwrap()).unwrap()
}

fn quality(profile: &str) -> Quality {
    let config = Config::parse(&format!(r#"{{"profile": "{profile}"}}"#)).unwrap();
    let builder = Pipeline::builder(&config).detectors(BUILTIN);
    let labels = labels();
    let judged = judge(&labels, &folder(), &builder, THREADS, &|_| {}).unwrap();
    let meanings = Meanings::of(BUILTIN.iter().map(|entry| entry.descriptor().id));
    Quality::of(&labels, &judged, &meanings)
}

/// Detectors and recordings that are not judged as they should.
fn wrong(quality: &Quality) -> BTreeSet<(&str, &str)> {
    let of = |detector: &'static str, path| (detector, name(path));
    let missed = quality.detectors.iter().flat_map(|detector| {
        detector.missed.iter().map(|miss| of(detector.detector, miss.path.as_str()))
    });
    let accused = quality.detectors.iter().flat_map(|detector| {
        detector.on_benign.iter().map(|alarm| of(detector.detector, alarm.path.as_str()))
    });
    missed.chain(accused).collect()
}

fn name(path: &str) -> &str {
    path.strip_suffix(".pcap.gz").unwrap()
}

#[test]
fn the_tuned_profile_finds_every_attack_and_accuses_nobody_else() {
    let quality = quality("tuned");
    tell(&format!("recordings of the lab, profile tuned:\n{quality}"));
    assert!(quality.unread.is_empty(), "{:?}", quality.unread);
    assert!(quality.labels_without_detector.is_empty(), "{:?}", quality.labels_without_detector);
    let wrong = wrong(&quality);
    let known: BTreeSet<_> = NOT_YET.iter().copied().collect();
    let new: Vec<_> = wrong.difference(&known).collect();
    assert!(new.is_empty(), "not judged as it should: {new:?}");
    let mended: Vec<_> = known.difference(&wrong).collect();
    assert!(mended.is_empty(), "mended, so take it off the list: {mended:?}");
}

#[test]
fn the_tuned_profile_finds_what_the_seed_rules_find() {
    let [seed, tuned] = ["seed", "tuned"].map(quality);
    for (seed, tuned) in seed.detectors.iter().zip(&tuned.detectors) {
        for miss in &tuned.missed {
            let also = seed.missed.iter().any(|other| other.path == miss.path);
            assert!(also, "{}: only seed finds {}", seed.detector, miss.path);
        }
    }
}

#[test]
fn each_recording_is_labelled_and_each_detector_has_one() {
    let listed: BTreeSet<_> = labels().captures.into_iter().map(|one| one.path).collect();
    let entries = std::fs::read_dir(folder()).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let there: BTreeSet<_> = names.filter(|name| name.ends_with(".pcap.gz")).collect();
    assert_eq!(listed, there);
    let quality = quality("seed");
    for detector in &quality.detectors {
        assert!(detector.labelled > 0, "no attack for {}", detector.detector);
    }
    assert!(quality.benign.captures >= quality.detectors.len() as u64);
}
