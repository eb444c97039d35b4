//! Whether profile `seed` raises what the oracle of the corpus expects: for each detector and
//! source the same first frame, nothing missing and nothing more.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Mutex;

use netsentinel_capture::Capture;
use netsentinel_core::config::Config;
use netsentinel_core::{Alert, Pipeline};
use netsentinel_detectors::BUILTIN;
use netsentinel_tests::corpus::{corpus, repository, tell};
use serde::Deserialize;

/// One detector's alerts by one key.
type Key = (String, String);
/// The first frame of each.
type Frames = BTreeMap<Key, u64>;

/// Captures are judged on so many threads.
const THREADS: usize = 2;

/// A difference that we hold to be the oracle's limit, as `docs/oracle-differences.md` explains it.
struct Difference {
    file: &'static str,
    detector: &'static str,
    key: &'static str,
    /// First frame by the oracle.
    oracle: Option<u64>,
    /// First frame by us.
    ours: Option<u64>,
}

#[rustfmt::skip]
const DIFFERENCES: &[Difference] = &[
    Difference { file: "attacks/port_scan/lab_scan_nmap_fragmented_top60.pcap", detector: "port_scan", key: "10.77.0.2", oracle: None, ours: Some(60) },
    Difference { file: "hard/tcpdump_arp-oobr.pcap", detector: "arp_spoofing", key: "170.170.170.170", oracle: Some(270), ours: Some(285) },
    Difference { file: "hard/tcpdump_arp-oobr.pcap", detector: "arp_spoofing", key: "192.168.0.37", oracle: Some(1480), ours: Some(1916) },
    Difference { file: "hard/tcpdump_arp-oobr.pcap", detector: "arp_spoofing", key: "192.168.0.38", oracle: Some(1321), ours: None },
];

/// Detectors by the oracle's names for their rules; its other rules are not those of the profile.
const RULES: [(&str, &str); 8] = [
    ("port_scan", "port_scan"),
    ("syn_flood", "syn_flood"),
    ("icmp_flood", "icmp_flood"),
    ("suspicious_port", "suspicious_port"),
    ("arp_spoof", "arp_spoofing"),
    ("dns_tunnel", "dns_tunnelling"),
    ("exfil", "data_exfiltration"),
    ("brute_force", "brute_force"),
];

/// What the oracle says of one capture.
#[derive(Deserialize)]
struct Expected {
    file: String,
    nonmonotonic: bool,
    fires: Vec<Fire>,
}

#[derive(Deserialize)]
struct Fire {
    rule: String,
    source: String,
    frame: u64,
    /// `outer` where it is seen only in the outer header of a tunnel.
    view: String,
}

#[test]
fn the_seed_profile_agrees_with_the_oracle() {
    let Some(corpus) = corpus("agreement with the oracle") else { return };
    let text = std::fs::read_to_string(corpus.join("oracle_expected.jsonl")).unwrap();
    let all: Vec<Expected> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (in_order, out_of_order): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|expected| !expected.nonmonotonic);

    let judged = judge_all(&corpus, &in_order);
    let mut met = BTreeSet::new();
    let mut report = String::new();
    let mut fires = 0;
    for (expected, ours) in in_order.iter().zip(judged) {
        let (oracle, outer_only) = expected.frames();
        fires += oracle.len();
        for difference in differences(&expected.file, &oracle, &ours, &outer_only) {
            match known(&difference) {
                Some(index) => drop(met.insert(index)),
                None => writeln!(report, "{difference:?}").unwrap(),
            }
        }
    }
    tell(&format!(
        "oracle: {} captures, {fires} first alerts, {} known differences; {} captures whose times \
         are out of order left out",
        in_order.len(),
        met.len(),
        out_of_order.len(),
    ));
    assert!(report.is_empty(), "(file, detector, key, oracle's frame, ours):\n{report}");
    assert_eq!(met.len(), DIFFERENCES.len(), "a known difference is no more: take it off the list");
    assert!(fires > 0);
}

#[test]
fn every_known_difference_is_explained() {
    let path = repository().join("docs/oracle-differences.md");
    let text = std::fs::read_to_string(path).unwrap();
    let rows = text.lines().filter(|line| line.starts_with("| `"));
    let mut documented = Vec::new();
    for row in rows {
        let cells: Vec<_> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [names @ .., reason] = cells.as_slice() else { panic!("no cells: {row}") };
        assert!(reason.len() > 20, "no reason: {row}");
        documented.push(names.join(" "));
    }
    let frame = |frame: Option<u64>| frame.map_or("never".into(), |frame| frame.to_string());
    let in_code = DIFFERENCES.iter().map(|d| {
        format!("`{}` {} `{}` {} {}", d.file, d.detector, d.key, frame(d.oracle), frame(d.ours))
    });
    assert_eq!(documented, in_code.collect::<Vec<_>>());
}

/// The first frame of each alert of each capture, in their order.
fn judge_all(corpus: &Path, captures: &[Expected]) -> Vec<Frames> {
    let results: Vec<_> = captures.iter().map(|_| Mutex::new(Frames::new())).collect();
    let next = Mutex::new(captures.iter().zip(&results));
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                loop {
                    let Some((expected, result)) = next.lock().unwrap().next() else { break };
                    *result.lock().unwrap() = judge(&corpus.join(&expected.file));
                }
            });
        }
    });
    results.into_iter().map(|result| result.into_inner().unwrap()).collect()
}

/// What profile `seed` raises first, by detector and key. A capture that can not be read, or not to
/// its end, counts as far as it goes: the oracle's reader does the same.
fn judge(path: &Path) -> Frames {
    let config = Config::parse(r#"{"profile": "seed"}"#).unwrap();
    let mut pipeline = Pipeline::builder(&config).detectors(BUILTIN).build().unwrap();
    let mut alerts = Vec::new();
    if let Ok(mut capture) = Capture::open(path) {
        let _ = pipeline.run(&mut capture, &mut alerts);
    }
    let mut frames = Frames::new();
    for alert in &alerts {
        frames.entry((alert.detector.to_string(), key(alert))).or_insert(alert.frame);
    }
    frames
}

/// What the oracle counts the alerts of a rule by.
fn key(alert: &Alert) -> String {
    let source = alert.source.ip.unwrap();
    match (&*alert.detector, alert.target.ip, alert.target.port) {
        ("suspicious_port", _, Some(port)) => format!("{source},{port}"),
        ("brute_force", Some(target), Some(port)) => format!("{source},{target},{port}"),
        _ => source.to_string(),
    }
}

impl Expected {
    /// The first frames of the profile's rules; and the keys seen in an outer header only.
    fn frames(&self) -> (Frames, BTreeSet<Key>) {
        let (mut frames, mut outer_only) = (Frames::new(), BTreeSet::new());
        for fire in &self.fires {
            let Some((_, detector)) = RULES.iter().find(|(rule, _)| *rule == fire.rule) else {
                continue;
            };
            let key = ((*detector).to_owned(), fire.source.clone());
            if fire.view == "outer" {
                outer_only.insert(key);
            } else {
                frames.insert(key, fire.frame);
            }
        }
        (frames, outer_only)
    }
}

type Found = (String, Key, Option<u64>, Option<u64>);

fn differences(
    file: &str,
    oracle: &Frames,
    ours: &Frames,
    outer_only: &BTreeSet<Key>,
) -> Vec<Found> {
    let keys: BTreeSet<&Key> = oracle.keys().chain(ours.keys()).collect();
    keys.into_iter()
        .filter(|key| oracle.contains_key(key) || !outer_only.contains(key))
        .map(|key| (key, oracle.get(key).copied(), ours.get(key).copied()))
        .filter(|(_, theirs, ours)| theirs != ours)
        .map(|(key, theirs, ours)| (file.to_owned(), key.clone(), theirs, ours))
        .collect()
}

/// Index of a difference in the list.
fn known((file, (detector, key), oracle, ours): &Found) -> Option<usize> {
    DIFFERENCES.iter().position(|known| {
        (known.file, known.detector, known.key, known.oracle, known.ours)
            == (file.as_str(), detector.as_str(), key.as_str(), *oracle, *ours)
    })
}
