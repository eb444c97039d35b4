//! Several workers against one pipeline: the same alerts in the same order, written the same, and the
//! same counts, on every scenario, floods included, on random traffic and, where the corpus is there, on
//! every capture of it.
#![allow(clippy::unwrap_used, reason = "the helpers of a test may fail it")]

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use netsentinel_capture::Capture;
use netsentinel_core::config::Config;
use netsentinel_core::format::Format;
use netsentinel_core::pipeline::{Judge, Sharing, Stats};
use netsentinel_core::{Alert, Block, LinkType, Pipeline, Record, Source, Timestamp};
use netsentinel_detectors::BUILTIN;
use netsentinel_synth::{Options, SCENARIOS};
use netsentinel_tests::corpus::{corpus, tell};
use proptest::prelude::*;
use serde_json::{Value, json};

/// How many workers, and when they judge side by side.
type Way = (usize, Sharing);
/// One, which the others are compared with.
const ONE: Way = (1, Sharing::Never);
const WAYS: [Way; 5] = [
    (2, Sharing::Always),
    (2, Sharing::WhenItPays),
    (3, Sharing::Always),
    (4, Sharing::WhenItPays),
    (8, Sharing::Never),
];
/// The profiles, and the ways in which captures of the corpus are compared under them.
const PROFILES: [(&str, &[Way]); 2] = [("seed", &[(2, Sharing::Always)]), ("tuned", &WAYS)];
/// Packets of a capture that are compared; the largest of the corpus have far more of the same.
const PACKETS_MAX: u64 = 40_000;

/// What came of a run, as far as it must not depend on the number of workers.
#[derive(PartialEq, Eq, Debug)]
struct Outcome {
    lines: Vec<String>,
    counts: Value,
}

/// What workers make of `source`, as far as it can be read.
fn outcome<S: Source>(profile: &str, (workers, sharing): Way, source: &mut S) -> Outcome {
    let config = Config::parse(&json!({ "profile": profile }).to_string()).unwrap();
    let builder = Pipeline::builder(&config).detectors(BUILTIN);
    let mut lines = Vec::new();
    let mut print = |alert: Alert| lines.push(Format::Ndjson.line(&alert));
    // What was read before an error is judged, and compared all the same.
    let stats = match NonZeroUsize::new(workers).filter(|workers| workers.get() > 1) {
        Some(workers) => {
            let mut judge = builder.sharing(sharing).build_workers(workers).unwrap();
            let _ = judge.run(source, &mut print);
            judge.stats()
        }
        None => {
            let mut judge = builder.build().unwrap();
            let _ = Judge::run(&mut judge, source, &mut print);
            judge.stats()
        }
    };
    Outcome { lines, counts: counts(&stats) }
}

/// Everything that is counted but how full the tables are.
fn counts(stats: &Stats) -> Value {
    let rules = stats.detectors.iter().map(|(id, detector)| (*id, json!(detector.rules)));
    json!({
        "packets": stats.packets,
        "bytes": stats.bytes,
        "late": stats.packets_out_of_order,
        "malformed": stats.malformed,
        "fragments": stats.fragments,
        "alerts": stats.alerts,
        "severities": stats.alerts_by_severity,
        "rules": rules.collect::<std::collections::BTreeMap<_, _>>(),
    })
}

/// Runs `work` on every item, on all cores.
fn on_all_cores<T: Sync>(items: &[T], work: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                    work(item);
                }
            });
        }
    });
}

#[test]
fn every_scenario_gives_the_same_on_any_number_of_workers() {
    on_all_cores(SCENARIOS, |entry| {
        for (profile, _) in PROFILES {
            let options = Options { packets: Some(60_000), ..Options::default() };
            let run = || entry.run(&options).unwrap();
            let one = outcome(profile, ONE, &mut run());
            for way in WAYS {
                let many = outcome(profile, way, &mut run());
                assert_eq!(many, one, "{} on {way:?}, {profile}", entry.name);
            }
        }
    });
}

#[test]
fn a_flood_that_overflows_every_table_gives_the_same_on_any_number_of_workers() {
    let floods: Vec<_> = SCENARIOS.iter().filter(|entry| entry.name.starts_with("flood")).collect();
    assert!(!floods.is_empty());
    on_all_cores(&floods, |entry| {
        let options = Options { packets: Some(400_000), ..Options::default() };
        let one = outcome("tuned", ONE, &mut entry.run(&options).unwrap());
        for way in [(2, Sharing::WhenItPays), (8, Sharing::Always)] {
            let many = outcome("tuned", way, &mut entry.run(&options).unwrap());
            assert_eq!(many, one, "{} on {way:?}", entry.name);
        }
    });
}

/// The first blocks of a capture, and how many packets there were in them.
struct First(Capture, u64);

impl Source for First {
    type Error = netsentinel_capture::CaptureError;

    fn next_record(&mut self) -> Result<Option<Record<'_>>, Self::Error> {
        self.0.next_record()
    }

    fn fill(&mut self, block: &mut Block) -> Result<bool, Self::Error> {
        let more = self.0.fill(block)?;
        self.1 += block.len() as u64;
        Ok(more && self.1 < PACKETS_MAX)
    }
}

#[test]
fn every_capture_of_the_corpus_gives_the_same_on_any_number_of_workers() {
    let Some(corpus) = corpus("workers on captures") else { return };
    let captures: Vec<PathBuf> =
        ["attacks", "benign", "hard"].iter().flat_map(|name| files(&corpus.join(name))).collect();
    let compared = Mutex::new((0, 0));
    on_all_cores(&captures, |path| {
        if Capture::open(path).is_err() {
            return;
        }
        for (profile, ways) in PROFILES {
            let open = || First(Capture::open(path).unwrap(), 0);
            let one = outcome(profile, ONE, &mut open());
            for way in ways.iter().copied() {
                let many = outcome(profile, way, &mut open());
                assert_eq!(many, one, "{} on {way:?}, {profile}", path.display());
            }
            let mut compared = compared.lock().unwrap();
            *compared = (compared.0 + 1, compared.1 + one.lines.len());
        }
    });
    let (captures, lines) = *compared.lock().unwrap();
    tell(&format!("workers: {captures} captures and profiles, {lines} lines each the same"));
    assert!(captures > 0 && lines > 0);
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// Records in memory.
struct Frames<'a>(std::slice::Iter<'a, (i64, Vec<u8>)>, u64);

impl Source for Frames<'_> {
    type Error = std::convert::Infallible;

    fn next_record(&mut self) -> Result<Option<Record<'_>>, Self::Error> {
        self.1 += 1;
        Ok(self.0.next().map(|(nanos, data)| Record {
            frame: self.1,
            timestamp: Timestamp::from_nanos(*nanos),
            link: LinkType::ETHERNET,
            wire_len: data.len() as u32,
            data,
            interface: None,
        }))
    }
}

/// Packets of all scenarios in random order and some of them damaged.
fn traffic() -> impl Strategy<Value = Vec<(i64, Vec<u8>)>> {
    let mut pool: Vec<Vec<u8>> = Vec::new();
    for entry in SCENARIOS {
        let mut run = entry.run(&Options { packets: Some(60), ..Options::default() }).unwrap();
        while let Ok(Some(record)) = run.next_record() {
            pool.push(record.data.to_vec());
        }
    }
    let damage = prop_oneof![
        6 => Just(None),
        1 => (any::<prop::sample::Index>(), any::<u8>()).prop_map(Some),
    ];
    let packet = (prop::sample::select(pool), damage, 0..1_500_000_000_i64);
    prop::collection::vec(packet, 0..600).prop_map(|packets| {
        let mut now = 1_800_000_000_000_000_000_i64;
        let dated = packets.into_iter().map(|(mut data, damage, later)| {
            if let Some((at, byte)) = damage.filter(|_| !data.is_empty()) {
                let at = at.index(data.len());
                data[at] = byte;
            }
            // Sometimes much, often little, now and then backwards.
            now += if later % 7 == 0 { later } else { later / 1_000 };
            (if later % 11 == 0 { now - later } else { now }, data)
        });
        dated.collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn random_traffic_gives_the_same_on_any_number_of_workers(frames in traffic()) {
        for (profile, _) in PROFILES {
            let one = outcome(profile, ONE, &mut Frames(frames.iter(), 0));
            for way in [(2, Sharing::Always), (5, Sharing::WhenItPays)] {
                let many = outcome(profile, way, &mut Frames(frames.iter(), 0));
                prop_assert_eq!(&many, &one);
            }
        }
    }
}
