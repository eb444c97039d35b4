//! `sentinel-replay --reputation-cache`: what providers said, replayed without asking anybody.
#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

use std::path::PathBuf;

use netsentinel_tests::capture::scenario_pcap;
use netsentinel_tests::program::{Ended, Replay};
use tempfile::TempDir;

const HEADER: &str = r#"{"netsentinel_reputation":1,"saved":"2020-01-01T00:00:00.000000000Z"}"#;

/// A scan by 10.0.0.66, with files beside it.
struct Scan(TempDir);

impl Scan {
    fn new() -> Self {
        let scan = Self(tempfile::tempdir().unwrap());
        scan.file("scan.pcap", scenario_pcap("port_scan-above"));
        scan
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// Replays the scan with a cache of these lines.
    fn with(&self, lines: &[&str], options: &[&str]) -> Ended {
        let cache = self.file("cache.ndjson", lines.join("\n"));
        let replay = Replay::new(options).arg("--reputation-cache").arg(cache);
        replay.arg(self.0.path().join("scan.pcap")).run()
    }
}

/// A line of a cache: over long ago, as it would be for a live sensor.
fn line(indicator: &str, tier: &str, detail: &str) -> String {
    let verdict = format!(r#"{{"provider":"virustotal","tier":"{tier}","detail":"{detail}"}}"#);
    let until = "2020-01-01T00:00:00.000000000Z";
    let part = format!(r#"{{"provider":"virustotal","until":"{until}","verdicts":[{verdict}]}}"#);
    format!(r#"{{"indicator":"{indicator}","parts":[{part}]}}"#)
}

#[test]
fn what_was_said_moves_thresholds_whenever_it_was_said() {
    let scan = Scan::new();
    for (tier, detail, threshold, severity) in [
        ("CRITICAL", "11 malicious", 2, "CRITICAL"),
        ("HIGH", "5 malicious", 4, "CRITICAL"),
        ("MEDIUM", "1 malicious", 8, "CRITICAL"),
        ("LOW", "reputation -12", 12, "HIGH"),
    ] {
        let ended = scan.with(&[HEADER, &line("10.0.0.66", tier, detail)], &["-q"]);
        ended.assert_silent_success();
        let alert = &ended.alerts()[0];
        assert_eq!(
            (&alert["severity"], &alert["count"], &alert["threshold"]),
            (&severity.into(), &threshold.into(), &threshold.into())
        );
        let message = alert["message"].as_str().unwrap();
        assert!(message.ends_with(&format!(" [VT:{tier} — {detail}]")), "{message}");
        assert_eq!(alert["reputation"]["verdicts"][0]["provider"], "virustotal");
    }
    let clean = scan.with(&[HEADER, &line("10.0.0.67", "CRITICAL", "11 malicious")], &["-q"]);
    assert_eq!(clean.alerts()[0]["threshold"], 15);
}

#[test]
fn replaying_again_says_the_same() {
    let scan = Scan::new();
    let mut lines = vec![HEADER.to_owned(), line("10.0.0.66", "CRITICAL", "11 malicious")];
    lines.extend((0..2_000).map(|n| line(&format!("bad-{n}.org"), "HIGH", "5 malicious")));
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let first = scan.with(&lines, &["-q"]);
    assert!(first.out.contains("[VT:CRITICAL — 11 malicious]"));
    assert_eq!(scan.with(&lines, &["-q"]), first);
    assert_eq!(scan.with(&lines, &["-q", "--workers", "3"]), first);
}

#[test]
fn what_is_allowed_is_clean() {
    let scan = Scan::new();
    let config = r#"{"reputation": {"allow_networks": ["10.0.0.64/29"]}}"#;
    let config = scan.file("config.json", config);
    let options = ["-q", "--config", config.to_str().unwrap()];
    let ended = scan.with(&[HEADER, &line("10.0.0.66", "CRITICAL", "11 malicious")], &options);
    assert_eq!(ended.alerts()[0]["threshold"], 15);
}

#[test]
fn a_file_that_can_not_be_used_is_named() {
    let scan = Scan::new();
    for wrong in ["", r#"{"10.0.0.66": "CRITICAL"}"#, &HEADER.replace(":1,", ":2,")] {
        let ended = scan.with(&[wrong], &[]);
        assert_eq!((ended.code, ended.out.as_str(), ended.told().len()), (2, "", 1), "{wrong}");
        for told in ["cache.ndjson", r#"{"netsentinel_reputation":1"#] {
            assert!(ended.err.contains(told), "{wrong}: {}", ended.err);
        }
    }
    let missing = Replay::new(["--reputation-cache", "none.ndjson", "-"]).run();
    assert_eq!((missing.code, missing.told().len()), (2, 1));
    assert!(missing.err.contains("none.ndjson"), "{}", missing.err);
    let both = scan.with(&[HEADER], &["--reputation", "table.json"]);
    assert!(both.code == 2 && both.err.contains("cannot be used with"), "{}", both.err);
    let senseless = scan.with(&[HEADER, "{}", &line("10.0.0.66", "HIGH", "5 malicious")], &[]);
    assert_eq!((senseless.code, &senseless.alerts()[0]["threshold"]), (0, &4.into()));
    assert!(senseless.err.contains("left out 1 line"), "{}", senseless.err);
}
