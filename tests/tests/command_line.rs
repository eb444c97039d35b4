//! `sentinel-replay` as its users call it: options, exit status, what is told where.
#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use netsentinel_core::Timestamp;
use netsentinel_synth::{Options, SynthPacket};
use netsentinel_tests::capture::{Order, Ticks, packets, pcap, scenario_pcap};
use netsentinel_tests::program::{Ended, Replay};
use serde_json::Value;
use tempfile::TempDir;

/// A folder of small captures.
struct Captures(TempDir);

impl Captures {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    fn packets(&self, name: &str, packets: &[SynthPacket]) -> PathBuf {
        self.file(name, pcap(packets, Order::Little, Ticks::Nanos))
    }

    /// One alert of severity HIGH, by a host of the site.
    fn scan(&self) -> PathBuf {
        self.file("scan.pcap", scenario_pcap("port_scan-above"))
    }
}

fn replay(options: &[&str], capture: &Path) -> Ended {
    Replay::new(options).arg(capture).run()
}

#[test]
fn the_exit_status_tells_how_it_went() {
    let captures = Captures::new();
    let (scan, quiet) =
        (captures.scan(), captures.file("quiet.pcap", scenario_pcap("port_scan-below")));
    let missing = captures.0.path().join("missing");
    let code = |options: &[&str], capture: &Path| replay(options, capture).code;
    assert_eq!(code(&[], &quiet), 0);
    assert_eq!(code(&[], &scan), 0);
    assert_eq!(code(&["--fail-on", "low"], &quiet), 0);
    assert_eq!(code(&["--fail-on", "low"], &scan), 1);
    assert_eq!(code(&["--fail-on", "HIGH"], &scan), 1);
    assert_eq!(code(&["--fail-on", "critical"], &scan), 0);
    assert_eq!(code(&["--fail-on", "high"], &missing), 2);
    let both = Replay::new(["--fail-on", "high"]).arg(&scan).arg(&missing).run();
    assert_eq!((both.code, both.alerts().len()), (2, 1));
}

#[test]
fn wrong_usage_is_told() {
    let captures = Captures::new();
    let scan = captures.scan();
    for (options, told) in [
        (&["--format", "xml"][..], "expected ndjson, eve, cef, ecs or table"),
        (&["--profile", "loud"], "expected seed or tuned"),
        (&["--fail-on", "worst"], "expected low, medium, high or critical"),
        (&["--workers", "0"], "--workers"),
        (&["--workers", "65"], "--workers"),
        (&["--pace", "0"], "expected real or a factor above 0"),
        (&["-q", "-v"], "cannot be used with"),
        (&["--check-config"], "--config <FILE>"),
        (&["--frobnicate"], "unexpected argument"),
    ] {
        let ended = replay(options, &scan);
        assert_eq!((ended.code, ended.out.as_str()), (2, ""), "{options:?}");
        assert!(ended.err.contains(told), "{options:?}: {}", ended.err);
    }
    assert_eq!(Replay::new([""; 0]).run().code, 2);
    let help = Replay::new(["--help"]).run();
    assert_eq!((help.code, help.err.as_str()), (0, ""));
    assert!(help.out.contains("--fail-on") && help.out.contains("Exit status"));
    let version = Replay::new(["--version"]).run();
    assert!(version.out.starts_with("sentinel-replay 0."), "{}", version.out);
}

#[test]
fn stats_are_one_json_object() {
    let captures = Captures::new();
    let all = packets("showcase", &Options::default());
    let path = captures.packets("showcase.pcap", &all);
    let ended = replay(&["-q", "--stats"], &path);
    assert_eq!((ended.code, ended.told().len()), (0, 1));
    let stats: Value = serde_json::from_str(&ended.err).unwrap();
    let fields: Vec<&str> = stats.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        fields,
        [
            "alerts",
            "alerts_by_severity",
            "bytes",
            "captures",
            "detectors",
            "fragments",
            "malformed",
            "memory",
            "packets",
            "packets_out_of_order",
            "packets_per_second",
            "seconds",
            "tables",
        ]
    );
    let bytes: u64 = all.iter().map(|packet| u64::from(packet.wire_len)).sum();
    assert_eq!(stats["captures"], serde_json::json!([path]));
    assert_eq!(
        (stats["packets"].as_u64(), stats["bytes"].as_u64()),
        (Some(all.len() as u64), Some(bytes))
    );
    assert_eq!(stats["packets_out_of_order"], 0);
    assert_eq!(stats["malformed"], serde_json::json!({}));
    let seconds = stats["seconds"].as_f64().unwrap();
    let rate = stats["packets_per_second"].as_f64().unwrap();
    assert!(seconds > 0.0 && (rate * seconds / all.len() as f64 - 1.0).abs() < 0.01);

    let raised = ended.alerts().iter().filter(|alert| alert["update"] == 0).count();
    let by_severity = stats["alerts_by_severity"].as_object().unwrap();
    let sum: u64 = by_severity.values().filter_map(Value::as_u64).sum();
    assert_eq!((stats["alerts"].as_u64(), sum), (Some(raised as u64), raised as u64));
    let detectors = stats["detectors"].as_object().unwrap();
    assert_eq!(detectors.len(), 9);
    for (id, detector) in detectors {
        let usage = |field: &str| detector["usage"][field].as_u64().unwrap();
        assert!(usage("keys") <= usage("max_keys"), "{id}");
        assert_eq!(usage("evictions"), 0, "{id}");
        assert!(usage("bytes") < 64 << 20, "{id}");
        let alerts = detector["rules"].as_object().unwrap().values().map(|rule| &rule["alerts"]);
        // The showcase is of what both profiles tell.
        assert!(alerts.filter_map(Value::as_u64).sum::<u64>() >= 1 || id == "udp_flood", "{id}");
    }
}

#[test]
fn stats_count_what_could_not_be_decoded() {
    let captures = Captures::new();
    let options = Options { snaplen: Some(30), ..Options::default() };
    let path = captures.packets("cut.pcap", &packets("port_scan-above", &options));
    let ended = replay(&["-q", "--stats"], &path);
    assert_eq!((ended.code, ended.out.as_str()), (0, ""));
    let stats: Value = serde_json::from_str(&ended.err).unwrap();
    assert!(stats["malformed"]["ipv4"]["snapped"].as_u64().unwrap() > 100, "{}", ended.err);
}

#[test]
fn every_format_says_the_same() {
    let captures = Captures::new();
    let scan = captures.scan();
    let out = |format: &str| {
        let ended = replay(&["-q", "--format", format], &scan);
        ended.assert_silent_success();
        ended.out
    };
    let json = |format: &str| -> Value { serde_json::from_str(&out(format)).unwrap() };
    let own = json("ndjson");
    assert_eq!((&own["rule"], &own["frame"]), (&"port_scan/vertical".into(), &309.into()));
    let source = &own["source"]["ip"];
    let eve = json("eve");
    assert_eq!((&eve["event_type"], &eve["src_ip"]), (&"alert".into(), source));
    assert_eq!(eve["pcap_cnt"], own["frame"]);
    let ecs = json("ecs");
    assert_eq!((&ecs["@timestamp"], &ecs["source"]["ip"]), (&own["timestamp"], source));
    let source = source.as_str().unwrap();
    let cef = out("cef");
    assert!(cef.starts_with("CEF:0|NetSentinel|") && cef.contains(&format!("src={source}")));
    let table = out("table");
    assert_eq!(table.lines().count(), 2);
    assert!(table.starts_with("TIME ") && table.contains(own["message"].as_str().unwrap()));
    assert_eq!(replay(&["-q"], &scan).out, out("ndjson"));
}

#[test]
fn the_configuration_counts_and_the_command_line_goes_before_it() {
    let captures = Captures::new();
    let scan = captures.scan();
    let with = |config: &str, options: &[&str]| {
        let path = captures.file("config.json", config);
        Replay::new(options).arg("--config").arg(path).arg(&scan).run()
    };
    assert_eq!(with(r#"{"port_scan_threshold": 14}"#, &["-q"]).alerts()[0]["threshold"], 14);
    assert_eq!(with(r#"{"port_scan_threshold": 16}"#, &["-q"]).out, "");
    let misspelt = with(r#"{"port_scan_treshold": 16}"#, &[]);
    assert_eq!((misspelt.code, misspelt.alerts().len()), (0, 1));
    assert!(misspelt.err.contains(r#"did you mean "port_scan_threshold"?"#), "{}", misspelt.err);
    for wrong in [r#"{"port_scan_threshold": "many"}"#, r#"{"port_scan_window": 0}"#, "[]", "{"] {
        let ended = with(wrong, &[]);
        assert_eq!((ended.code, ended.out.as_str(), ended.told().len()), (2, "", 1), "{wrong}");
        assert!(ended.err.contains("config.json"), "{wrong}: {}", ended.err);
    }
    let seed = with(r#"{"profile": "tuned"}"#, &["-q", "--profile", "seed"]);
    assert_eq!(seed, replay(&["-q", "--profile", "seed"], &scan));
    assert_eq!(seed.alerts().len(), 1);
}

#[test]
fn a_configuration_can_be_checked_by_itself() {
    let captures = Captures::new();
    let check = |config: &str| {
        let path = captures.file("config.json", config);
        Replay::new(["--check-config", "--config"]).arg(path).run()
    };
    let good = check(r#"{"syn_flood_threshold": 300, "virustotal_api_key": "s3cret"}"#);
    assert_eq!(good.code, 0, "{}", good.err);
    let effective: Value = serde_json::from_str(&good.out).unwrap();
    assert_eq!(effective["syn_flood_threshold"], 300);
    assert_eq!(effective["port_scan_threshold"], 15);
    assert!(!good.out.contains("s3cret") && !good.err.contains("s3cret"));
    assert!(good.err.contains("config.json: valid"));

    let bad = check(r#"{"syn_flood_threshold": 0}"#);
    assert_eq!((bad.code, bad.out.as_str()), (2, ""));
    assert!(bad.err.contains(r#"key "syn_flood_threshold": must be a whole number from 1"#));
    let unknown = check(r#"{"syn_flood_treshold": 300, "\u001b[2Jevil": 1}"#);
    assert_eq!((unknown.code, unknown.told().len()), (2, 2));
    assert!(unknown.err.contains(r#"did you mean "syn_flood_threshold"?"#), "{}", unknown.err);
    assert!(!unknown.err.contains('\u{1b}'));
}

#[test]
fn reputation_lowers_thresholds_and_raises_severities() {
    let captures = Captures::new();
    let scan = captures.scan();
    let with = |table: &str, options: &[&str]| {
        let path = captures.file("reputation.json", table);
        Replay::new(options).arg("--reputation").arg(path).arg(&scan).run()
    };
    let known = with(r#"{"10.0.0.66": {"tier": "HIGH", "detail": "5 malicious"}}"#, &["-q"]);
    known.assert_silent_success();
    let alert = &known.alerts()[0];
    assert_eq!((&alert["severity"], &alert["base_severity"]), (&"CRITICAL".into(), &"HIGH".into()));
    assert_eq!((&alert["count"], &alert["threshold"]), (&4.into(), &4.into()));
    assert!(alert["message"].as_str().unwrap().ends_with(" [VT:HIGH — 5 malicious]"));
    assert_eq!(with(r#"{"10.0.0.66": "CLEAN"}"#, &["-q"]).alerts()[0]["threshold"], 15);
    for wrong in ["[1]", r#"{"10.0.0.66": "EVIL"}"#, r#"{"not a name!": "HIGH"}"#, "{"] {
        let ended = with(wrong, &[]);
        assert_eq!((ended.code, ended.out.as_str(), ended.told().len()), (2, "", 1), "{wrong}");
        assert!(ended.err.contains("reputation.json"), "{wrong}: {}", ended.err);
    }
}

#[test]
fn captures_that_continue_each_other_are_judged_as_one() {
    let captures = Captures::new();
    let all = packets("port_scan-above", &Options::default());
    let middle = all[all.len() / 2].timestamp;
    let (first, second): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|packet| packet.timestamp < middle);
    let late = |by: i64| -> Vec<SynthPacket> {
        let later = |p: &SynthPacket| Timestamp::from_nanos(p.timestamp.as_nanos() + by);
        second.iter().map(|p| SynthPacket { timestamp: later(p), ..p.clone() }).collect()
    };
    let one = captures.packets("1.pcap", &first);
    let two = captures.packets("2.pcap", &second);
    let next_day = captures.packets("3.pcap", &late(86_400_000_000_000));
    let run = |paths: [&PathBuf; 2]| Replay::new(["--stats"]).arg(paths[0]).arg(paths[1]).run();
    let stats = |ended: &Ended| ended.told().iter().filter(|line| line.starts_with('{')).count();

    assert_eq!(replay(&["-q"], &one).out + &replay(&["-q"], &two).out, "");
    let together = run([&one, &two]);
    assert_eq!((together.code, together.alerts().len(), stats(&together)), (0, 1, 1));
    assert!(together.err.contains("2 captures, "), "{}", together.err);
    for unrelated in [[&two, &one], [&one, &next_day]] {
        let ended = run(unrelated);
        assert_eq!((ended.code, ended.out.as_str(), stats(&ended)), (0, "", 2));
        assert!(ended.err.contains("does not continue what came before: judged by itself"));
    }
}

#[test]
fn a_reader_that_has_gone_is_no_error() {
    let mut child = Replay::new(["-q", "-", "--pace", "1000000"]).start_piped();
    drop(child.stdout.take());
    let ended = Replay::feed(child, &scenario_pcap("showcase"));
    assert_eq!((ended.code, ended.err.as_str()), (0, ""));
}

#[test]
fn as_much_is_told_as_is_asked_for() {
    let captures = Captures::new();
    let scan = captures.scan();
    assert_eq!(replay(&["-q"], &scan).err, "");
    let usual = replay(&[], &scan);
    assert!(usual.err.starts_with(" INFO 1 capture, "), "{}", usual.err);
    assert!(usual.err.ends_with(": 1 alert (1 HIGH)\n"), "{}", usual.err);
    assert_eq!(usual.told().len(), 1);
    let table = captures.file("known.json", r#"{"192.0.2.1": "LOW"}"#);
    let chatty = Replay::new(["-v"]).arg("--reputation").arg(table).arg(&scan).run();
    assert!(chatty.err.contains("DEBUG") && chatty.err.contains("1 indicators"), "{}", chatty.err);
    let json = replay(&["--log-format", "json"], &scan);
    assert!(json.told().iter().all(|line| serde_json::from_str::<Value>(line).is_ok()));
    for ended in [usual, chatty, json] {
        assert_eq!(ended.out, replay(&["-q"], &scan).out);
    }
}

#[test]
fn a_paced_replay_takes_its_time_and_says_the_same() {
    let captures = Captures::new();
    let scan = captures.scan();
    let started = Instant::now();
    // The capture spans 10 s and more.
    let paced = replay(&["-q", "--pace", "100"], &scan);
    assert!(started.elapsed() >= Duration::from_millis(100));
    assert_eq!(paced, replay(&["-q"], &scan));
    let two = captures.packets("two.pcap", &packets("port_scan-above", &Options::default())[..1]);
    assert_eq!(replay(&["-q", "--pace", "real"], &two).code, 0);
}
