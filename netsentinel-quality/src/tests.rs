//! Whole runs, over captures made here.

use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;

use netsentinel_capture::PcapWriter;
use netsentinel_core::config::Config;
use netsentinel_core::{LinkType, Pipeline, Record};
use netsentinel_detectors::BUILTIN;
use netsentinel_synth::{Options, scenario};

use crate::{Judged, Labels, Meanings, Quality, judge};

/// Writes the scenario as a capture.
fn write(folder: &Path, name: &str) {
    let file = fs::File::create(folder.join(name).with_extension("pcap")).unwrap();
    let mut out = PcapWriter::new(file, LinkType::ETHERNET, 262_144).unwrap();
    for packet in scenario::find(name).unwrap().run(&Options::default()).unwrap() {
        out.write(&Record {
            frame: 0,
            timestamp: packet.timestamp,
            link: LinkType::ETHERNET,
            wire_len: packet.wire_len,
            data: &packet.data,
            interface: None,
        })
        .unwrap();
    }
    out.finish().unwrap();
}

const LABELS: &str = "path,labels\n\
    port_scan-above.pcap,stealth_scan;synthetic\n\
    port_scan-below.pcap,port_scan\n\
    brute_force-above.pcap,benign\n\
    icmp_flood-above.pcap,malware\n\
    icmp_flood-below.pcap,benign\n\
    nowhere.pcap,benign\n\
    text.pcap,port_scan\n";

fn run(folder: &Path, threads: usize) -> (Quality, Vec<Judged>) {
    let config = Config::parse(r#"{"profile": "seed"}"#).unwrap();
    let builder = Pipeline::builder(&config).detectors(BUILTIN);
    let labels = Labels::parse(LABELS).unwrap();
    let threads = NonZeroUsize::new(threads).unwrap();
    let judged = judge(&labels, folder, &builder, threads, &|_| {}).unwrap();
    let meanings = Meanings::of(BUILTIN.iter().map(|entry| entry.descriptor().id));
    (Quality::of(&labels, &judged, &meanings), judged)
}

fn captures() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in [
        "port_scan-above",
        "port_scan-below",
        "brute_force-above",
        "icmp_flood-above",
        "icmp_flood-below",
    ] {
        write(folder.path(), name);
    }
    fs::write(folder.path().join("text.pcap"), "no capture").unwrap();
    folder
}

#[test]
fn captures_are_judged_by_what_is_said_of_them() {
    let folder = captures();
    let (quality, judged) = run(folder.path(), 2);
    assert_eq!((quality.captures, quality.labelled, quality.found), (5, 2, 1));
    assert_eq!((quality.benign.captures, quality.benign.with_alert), (2, 1));
    assert_eq!(quality.benign_alarm_percent(), Some(50.0));
    let of = |id: &str| quality.detectors.iter().find(|of| of.detector == id).unwrap();
    let scans = of("port_scan");
    assert_eq!((scans.labelled, scans.found, scans.missed.len()), (2, 1, 1));
    assert_eq!(scans.missed[0].path, "port_scan-below.pcap");
    assert_eq!((scans.recall_percent(), scans.precision_percent()), (Some(50.0), Some(100.0)));
    let guesses = of("brute_force");
    assert_eq!((guesses.labelled, guesses.on_benign.len()), (0, 1));
    assert_eq!((guesses.recall_percent(), guesses.precision_percent()), (None, Some(0.0)));
    assert_eq!(guesses.on_benign[0].alerts, guesses.benign_alerts);
    assert!(guesses.benign_alerts_per_hour.unwrap() > 0.0);
    assert_eq!(of("icmp_flood").on_others[0].path, "icmp_flood-above.pcap");
    let labels: Vec<_> = quality.labels_without_detector.keys().collect();
    assert_eq!(labels, ["malware", "synthetic"]);
    assert_eq!(quality.unread.len(), 2);
    assert!(quality.unread.iter().all(|unread| !unread.counts));
    assert!(judged[0].packets > 0 && judged[0].lasts.as_secs() > 0);
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let folder = captures();
    let told = [1, 3].map(|threads| run(folder.path(), threads).0.to_string());
    assert_eq!(told[0], told[1]);
}

#[test]
fn it_is_told_as_markdown_and_as_json() {
    let folder = captures();
    let (quality, _) = run(folder.path(), 1);
    let text = quality.to_string();
    for expected in [
        "- 5 captures, 2 of them benign\n- 2 more could not be read\n- recall: 50.0 % (1 of 2)\n",
        "\n- port_scan: `port_scan-below.pcap` (port_scan)\n",
        "\n- `nowhere.pcap`: can not be opened",
        "\nLabels that mean no detector: malware 1, synthetic 1\n",
        "\nAlerts on benign captures:\n\n- brute_force: `brute_force-above.pcap` (benign)\n  - 1 of brute_force/",
    ] {
        assert!(text.contains(expected), "{expected:?} is not in:\n{text}");
    }
    let widths: Vec<_> = text.lines().filter(|l| l.starts_with('|')).map(str::len).collect();
    assert!(widths.len() > 3 && widths.iter().all(|width| *width == widths[0]), "{text}");
    let json = serde_json::to_value(&quality).unwrap();
    assert_eq!(json["detectors"][0]["missed"][0]["path"], "port_scan-below.pcap");
}
