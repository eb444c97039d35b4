//! Tables sized by one limit: what they say of themselves stays within it, what is resident does while
//! a flood fills them, and what hides in the flood is found all the same.
#![allow(clippy::unwrap_used, reason = "the helpers of a test may fail it")]

use std::num::NonZeroUsize;
use std::sync::Mutex;

use netsentinel_core::config::Config;
use netsentinel_core::pipeline::{BuildError, Stats};
use netsentinel_core::{Judge as _, Pipeline, PipelineBuilder};
use netsentinel_detectors::BUILTIN;
use netsentinel_synth::{Options, SynthPacket, scenario};
use netsentinel_tests::replay::{PROFILES, builtin, push, raised};

/// What the process may take besides its tables: alerts, and what the allocator keeps.
const BESIDES: usize = 12 << 20;

/// One test at a time: memory is measured.
static ALONE: Mutex<()> = Mutex::new(());

fn config(mebibytes: usize, profile: &str) -> String {
    format!(r#"{{"memory_limit": {mebibytes}, "profile": "{profile}"}}"#)
}

fn builder(config: &Config) -> PipelineBuilder<'_> {
    Pipeline::builder(config).detectors(BUILTIN)
}

/// The least whole limit that works, as the error of one that does not tells it.
fn least(profile: &str) -> usize {
    let config = Config::parse(&config(1, profile)).unwrap();
    let Some(error) = builder(&config).build().err().map(|error| error.to_string()) else {
        return 1;
    };
    assert!(error.starts_with("key \"memory_limit\": 1 MiB are too little"), "{error}");
    error.rsplit_once(' ').unwrap().1.parse().unwrap()
}

/// Resident memory of this process that is no file's.
fn resident() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"))?;
    Some(line.split_ascii_whitespace().next()?.parse::<usize>().ok()? << 10)
}

fn assert_within(stats: &Stats, mebibytes: usize, what: &str) {
    let memory = stats.memory;
    assert_eq!(memory.limit, Some(mebibytes << 20), "{what}");
    assert!(memory.bytes <= mebibytes << 20, "{what}: {memory:?}");
    let tables = stats.tables.values().chain(stats.detectors.values().map(|d| &d.usage));
    assert_eq!(tables.map(|usage| usage.bytes).sum::<usize>(), memory.bytes, "{what}");
    for (id, detector) in &stats.detectors {
        let tables = detector.tables.values().map(|usage| usage.bytes).sum::<usize>();
        assert_eq!(tables, detector.usage.bytes, "{id}: a table is not told");
    }
}

#[test]
fn all_tables_stay_within_the_limit_and_use_it() {
    let _alone = ALONE.lock();
    for profile in PROFILES {
        let least = least(profile);
        for mebibytes in [least, least + 8, 64, 200] {
            let what = format!("{profile}, {mebibytes} MiB");
            let config = Config::parse(&config(mebibytes, profile)).unwrap();
            let stats = builder(&config).build().unwrap().stats();
            assert_within(&stats, mebibytes, &what);
            let used = stats.memory.bytes as f64 / (mebibytes << 20) as f64;
            assert!(mebibytes <= least + 8 || used > 0.9, "{what}: {used}");
        }
    }
}

#[test]
fn workers_share_the_limit() {
    let _alone = ALONE.lock();
    let limited = Config::parse(&config(128, "tuned")).unwrap();
    let workers = NonZeroUsize::new(3).unwrap();
    let stats = builder(&limited).build_workers(workers).unwrap().stats();
    assert_within(&stats, 128, "3 workers");
    let least = Config::parse(&config(least("tuned"), "tuned")).unwrap();
    let too_many = builder(&least).build_workers(NonZeroUsize::new(500).unwrap());
    assert!(matches!(too_many, Err(BuildError::Config(_))));
}

#[test]
fn a_flood_fills_no_more_than_the_limit_and_hides_no_scan() {
    let _alone = ALONE.lock();
    let options = Options { rate: Some(20_000), ..Options::default() };
    let run = || scenario::find("flood-hide").unwrap().run(&options).unwrap();
    for profile in PROFILES {
        let mebibytes = least(profile) + 16;
        let before = resident();
        let mut pipeline = builtin(&config(mebibytes, profile));
        let mut alerts = Vec::new();
        for (frame, packet) in (1..).zip(run()) {
            let packet: SynthPacket = packet;
            push(&mut pipeline, frame, &packet, &mut alerts);
        }
        let after = resident();
        assert_within(&pipeline.stats(), mebibytes, profile);
        if let (Some(before), Some(after)) = (before, after) {
            let taken = after.saturating_sub(before);
            assert!(taken <= (mebibytes << 20) + BESIDES, "{profile}: {taken} bytes resident");
        }
        pipeline.finish(&mut alerts);
        let scans = raised(&alerts).iter().filter(|alert| alert.detector == "port_scan").count();
        assert!(scans > 0, "{profile}: the scan is lost at {mebibytes} MiB");
    }
}
