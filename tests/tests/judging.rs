//! `sentinel-replay --judge`: recall and false alarms over captures that somebody has labelled.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by a panic")]

use std::path::Path;

use netsentinel_quality::Meanings;
use netsentinel_tests::capture::scenario_pcap;
use netsentinel_tests::program::{Ended, Replay};
use netsentinel_tests::shared::root;
use serde_json::Value;

const LABELS: &str = "\
# Made for a test.
note,labels,path
\"a scan, found\",port_scan,found.pcap
a scan below the threshold,near_miss;recon,missed.pcap
no attack,benign,quiet.pcap
";

/// Two scans, only one of which reaches its threshold, and something quiet.
fn captures() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, scenario) in
        [("found", "port_scan-above"), ("missed", "port_scan-below"), ("quiet", "icmp_flood-below")]
    {
        let path = folder.path().join(name).with_extension("pcap");
        std::fs::write(path, scenario_pcap(scenario)).unwrap();
    }
    std::fs::write(folder.path().join("labels.csv"), LABELS).unwrap();
    folder
}

fn judge(folder: &Path, options: &[&str]) -> Ended {
    let table = folder.join("labels.csv");
    Replay::new(["-q", "--profile", "seed", "--judge"]).arg(table).args(options).run()
}

#[test]
fn recall_and_false_alarms_are_told() {
    let folder = captures();
    let json = folder.path().join("out.json");
    let ended = judge(folder.path(), &["--judge-json", json.to_str().unwrap()]);
    ended.assert_silent_success();
    assert!(ended.out.starts_with("- 3 captures, 1 of them benign\n- recall: 100.0 % (1 of 1)\n"));
    assert!(ended.out.contains("Labels that mean no detector: near_miss 1, recon 1"));
    let json: Value = serde_json::from_slice(&std::fs::read(json).unwrap()).unwrap();
    assert_eq!((&json["labelled"], &json["found"]), (&1.into(), &1.into()));
    assert_eq!(json["benign"]["with_alert"], 0);
}

#[test]
fn labels_of_ones_own_are_understood_and_limits_kept() {
    let folder = captures();
    let map = folder.path().join("map.csv");
    std::fs::write(&map, "label,detectors\nrecon,port_scan\n").unwrap();
    let map = ["--judge-map", map.to_str().unwrap()];
    let code = |more: &[&str]| judge(folder.path(), &[&map[..], more].concat()).code;
    assert_eq!(code(&[]), 0);
    assert_eq!(code(&["--min-recall", "50", "--max-false-alarms", "0"]), 0);
    assert_eq!(code(&["--min-recall", "50.1"]), 1);
    let ended = judge(folder.path(), &map);
    assert!(ended.out.contains("\nMissed:\n\n- port_scan: `missed.pcap` (near_miss, recon)\n"));
}

#[test]
fn the_paths_may_begin_elsewhere() {
    let folder = captures();
    let elsewhere = tempfile::tempdir().unwrap();
    std::fs::write(elsewhere.path().join("labels.csv"), LABELS).unwrap();
    let ended = judge(elsewhere.path(), &["--root", folder.path().to_str().unwrap()]);
    ended.assert_silent_success();
    let lost = judge(elsewhere.path(), &[]);
    assert_eq!(lost.code, 2);
    assert!(lost.out.contains("- 3 more could not be read\n"), "{}", lost.out);
    assert_eq!(lost.err.lines().count(), 3, "{}", lost.err);
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let folder = captures();
    let table = folder.path().join("labels.csv");
    for (text, told) in [
        ("path;labels\n", "labels.csv: line 1: the header has no column `path`"),
        ("path,labels\nx.pcap,\n", "labels.csv: line 2, column `labels`: nothing is there"),
        ("path,labels\n\"x.pcap\n", "labels.csv: line 2, column 1: a quote that is not closed"),
    ] {
        std::fs::write(&table, text).unwrap();
        let ended = judge(folder.path(), &[]);
        assert_eq!((ended.code, ended.out.as_str()), (2, ""));
        assert!(ended.err.contains(told), "{}", ended.err);
    }
}

#[test]
fn wrong_usage_is_told() {
    for (options, told) in [
        (&["--judge", "x", "y.pcap"][..], "takes the captures that its table lists"),
        (&["--judge", "x", "--explain", "all"], "cannot be used with"),
        (&["--root", "x", "y.pcap"], "--judge <LABELS>"),
        (&["--judge", "x", "--min-recall", "101"], "expected a number from 0 to 100"),
    ] {
        let ended = Replay::new(options).run();
        assert_eq!((ended.code, ended.out.as_str()), (2, ""), "{options:?}");
        assert!(ended.err.contains(told), "{options:?}: {}", ended.err);
    }
}

#[test]
fn what_labels_mean_is_documented() {
    let page = std::fs::read_to_string(root().join("docs/quality.md")).unwrap();
    for (detector, label) in Meanings::synonyms() {
        let row = page.lines().find(|line| line.contains(&format!("`{label}`")));
        let row = row.unwrap_or_else(|| panic!("docs/quality.md does not tell of {label}"));
        assert!(row.ends_with(&format!("| `{detector}` |")), "{row}");
    }
}
