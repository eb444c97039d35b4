//! Settings that change while a pipeline runs: what was counted goes on counting.
#![allow(clippy::unwrap_used, reason = "a test that can not be set up fails")]

use std::num::NonZeroUsize;

use netsentinel_core::config::{Config, reference};
use netsentinel_core::pipeline::Sharing;
use netsentinel_core::{
    Alert, Context, Descriptor, Detector, DetectorKind, Interest, Judge, LinkType, Mac, Packet,
    Party, Pipeline, Record, Registration, Setup, Severity, TcpFlags, Timestamp, Usage,
};
use netsentinel_detectors::BUILTIN;
use netsentinel_synth::frame::{Frame, Segment};
use netsentinel_synth::{Options, SynthPacket, scenario};
use serde_json::{Map, Value, json};

/// A detector that was written before anybody thought of changing settings.
struct Stubborn;

impl Detector for Stubborn {
    fn on_packet(&mut self, _: &Packet<'_>, _: &mut Context<'_>) {}
    fn usage(&self) -> Usage {
        Usage::default()
    }
}

#[derive(Default, serde::Serialize, serde::Deserialize)]
#[serde(default)]
struct Settings {
    stubborn_limit: u8,
}

impl DetectorKind for Stubborn {
    type Settings = Settings;
    const DESCRIPTOR: Descriptor = Descriptor {
        id: "stubborn",
        category: "Stubborn",
        severity: Severity::Low,
        attack: &[],
        interest: Interest::IP,
        judges: Party::Source,
        summary: "minds nothing and changes never",
        rules: &[],
        guards: &[],
    };
    fn new(_: Settings, _: &Setup) -> Self {
        Self
    }
}

fn config(text: &str) -> Config {
    Config::parse(text).unwrap()
}

/// A pipeline whose SYNs are counted, so that each frame has its number.
struct Watched {
    judge: Box<dyn Judge>,
    alerts: Vec<Alert>,
    frames: u64,
}

impl Watched {
    fn new(text: &str) -> Self {
        let config = config(text);
        let pipeline = Pipeline::builder(&config).detectors(BUILTIN).build().unwrap();
        Self { judge: Box::new(pipeline), alerts: Vec::new(), frames: 0 }
    }

    /// Connections of one host to `ports` of another, a millisecond apart.
    fn syns(&mut self, ports: impl IntoIterator<Item = u16>) -> &mut Self {
        for port in ports {
            let mut data = Vec::new();
            Frame::new(&mut data)
                .ethernet(Mac([2; 6]), Mac([4; 6]))
                .ipv4([10, 0, 0, 1].into(), [10, 0, 0, 2].into())
                .tcp(Segment::new(40_000, port, TcpFlags::SYN), &[]);
            self.frames += 1;
            let record = Record {
                frame: self.frames,
                timestamp: Timestamp::from_parts(1_800_000_000, self.frames as i64 * 1_000_000),
                link: LinkType::ETHERNET,
                wire_len: data.len() as u32,
                data: &data,
                interface: None,
            };
            self.judge.push(&record, &mut self.alerts);
        }
        self
    }

    /// The keys applied and those that need a restart.
    fn reconfigure(&mut self, text: &str) -> [String; 2] {
        let told = self.judge.reconfigure(&config(text)).unwrap();
        [told.applied.join(" "), told.needs_restart.join(" ")]
    }

    #[track_caller]
    fn assert_raised(&self, expected: &[(&str, u64, u64)]) {
        let raised = self.alerts.iter().filter(|alert| alert.update == 0);
        let told: Vec<_> = raised.map(|alert| (&*alert.rule, alert.frame, alert.count)).collect();
        assert_eq!(told, expected);
    }
}

#[test]
fn half_of_a_scan_before_and_half_after_make_one() {
    let mut watched = Watched::new("{}");
    watched.syns(100..110);
    assert_eq!(watched.reconfigure(r#"{"port_scan_threshold": 20}"#)[0], "port_scan_threshold");
    watched.syns(110..119).assert_raised(&[]);
    watched.syns(119..120).assert_raised(&[("port_scan/vertical", 20, 20)]);
    assert_eq!(
        (watched.alerts[0].threshold, watched.alerts[0].evidence["ports"][0].as_u64()),
        (20, Some(100))
    );
}

#[test]
fn a_lower_threshold_holds_from_the_next_packet_on() {
    let mut watched = Watched::new(r#"{"syn_flood_threshold": 200}"#);
    watched.syns([80; 50]).assert_raised(&[]);
    watched.reconfigure(r#"{"syn_flood_threshold": 40, "syn_flood_window": 60}"#);
    watched.syns([80]).assert_raised(&[("syn_flood/source", 51, 40)]);
}

#[test]
fn an_open_alert_stays_the_same() {
    let mut watched = Watched::new(r#"{"port_scan_threshold": 3}"#);
    watched.syns(100..105);
    let told = watched.reconfigure(r#"{"port_scan_threshold": 2, "alert_cooldown": 60}"#);
    assert_eq!(told, ["alert_cooldown port_scan_threshold", ""]);
    watched.syns(105..108).assert_raised(&[("port_scan/vertical", 3, 3)]);
    // Twenty seconds of quiet: longer than the old cooldown, shorter than the new one.
    watched.frames += 20_000;
    watched.syns(110..112);
    watched.judge.finish(&mut watched.alerts);
    let [raised, closing] = &watched.alerts[..] else { panic!("{:?}", watched.alerts) };
    assert_eq!(
        (&closing.id, closing.update, closing.count),
        (&raised.id, 1, 9),
        "110 was alone in its window"
    );
}

#[test]
fn a_shorter_cooldown_closes_what_is_open() {
    let mut watched = Watched::new(r#"{"port_scan_threshold": 3}"#);
    watched.syns(100..105);
    watched.reconfigure(r#"{"port_scan_threshold": 3, "alert_cooldown": 2}"#);
    let newest = watched.judge.newest().unwrap();
    watched.judge.advance(newest.after(std::time::Duration::from_secs(3)), &mut watched.alerts);
    assert_eq!(watched.alerts.last().unwrap().update, 1);
}

#[test]
fn a_wrong_key_changes_nothing() {
    let mut watched = Watched::new("{}");
    watched.syns(100..110);
    // The detectors before the wrong one read theirs without a fault.
    let wrong = r#"{"port_scan_threshold": 2, "alert_cooldown": 1, "bruteforce_window": 0}"#;
    let error = watched.judge.reconfigure(&config(wrong)).unwrap_err().to_string();
    assert!(error.starts_with("key \"bruteforce_window\": must be"), "{error}");
    watched.syns(110..114).assert_raised(&[]);
    watched.syns(114..115).assert_raised(&[("port_scan/vertical", 15, 15)]);
    assert_eq!(watched.reconfigure("{}"), ["", ""], "the old values hold");
}

#[test]
fn what_can_not_change_is_told_every_time() {
    let registry = [BUILTIN, &[Registration::of::<Stubborn>()]].concat();
    let defaults = Config::default();
    let mut pipeline = Pipeline::builder(&defaults).detectors(&registry).build().unwrap();
    let text = r#"{"max_hosts": 32, "max_flows": 32, "profile": "seed", "stubborn_limit": 7,
        "dns_tunnel_query_len": 40}"#;
    for applied in [&["dns_tunnel_query_len"][..], &[]] {
        let told = pipeline.reconfigure(&config(text)).unwrap();
        assert_eq!(told.applied, applied);
        assert_eq!(told.needs_restart, ["max_flows", "max_hosts", "profile", "stubborn_limit"]);
    }
    let room = |pipeline: &Pipeline| pipeline.stats().detectors["port_scan"].usage.max_keys;
    let unchanged = Pipeline::builder(&defaults).detectors(&registry).build().unwrap();
    assert_eq!(room(&pipeline), room(&unchanged));
    let told = pipeline.reconfigure(&defaults).unwrap();
    assert_eq!(
        (&*told.applied, told.needs_restart.len()),
        (&["dns_tunnel_query_len".into()][..], 0)
    );
}

/// Other values for keys that can change.
const OTHER: &str = r#"{"alert_cooldown": 5, "internal_networks": ["10.0.0.0/8", "192.168.0.0/16"],
    "port_scan_threshold": 9, "port_scan_window": 20, "syn_flood_threshold": 70,
    "syn_flood_window": 9, "icmp_flood_threshold": 40, "icmp_flood_window": 2,
    "suspicious_ports": [9, 22, 4444], "dns_tunnel_query_len": 30, "exfil_bytes_threshold": 4000000,
    "exfil_window": 70, "bruteforce_threshold": 10, "bruteforce_window": 300,
    "bruteforce_ports": [3389, 22]}"#;

/// Another value than `default` for `key`.
fn other_value(key: &str, default: &Value) -> Value {
    let descriptors = || BUILTIN.iter().map(Registration::descriptor);
    match (key, default) {
        ("disabled_rules", _) => json!([descriptors().flat_map(|d| d.rules).next().unwrap().id]),
        ("disabled_guards", _) => {
            json!(descriptors().flat_map(|d| d.guards).take(1).map(|g| g.id).collect::<Vec<_>>())
        }
        (_, Value::Array(list)) => list[1..].into(),
        (_, Value::Bool(on)) => (!on).into(),
        (_, Value::Number(number)) => match number.as_u64() {
            Some(whole) => (whole + 1).into(),
            None => (number.as_f64().unwrap() * 0.75).into(),
        },
        // Refused, so that the test tells which key it is.
        _ => Value::Null,
    }
}

#[test]
fn every_key_of_every_detector_can_change() {
    let fixed = ["profile", "max_hosts", "max_flows", "memory_limit"];
    let deployment = serde_json::to_value(Config::default().deployment).unwrap();
    let changes = reference(&[BUILTIN])
        .into_iter()
        .filter(|(key, _)| !fixed.contains(&key.as_str()) && deployment.get(key).is_none())
        .map(|(key, default)| (key.clone(), other_value(&key, &default), default))
        .filter(|(_, other, default)| other != default)
        .map(|(key, other, _)| (key, other));
    let changes: Map<String, Value> = changes.collect();
    let mut pipeline = Pipeline::builder(&Config::default()).detectors(BUILTIN).build().unwrap();
    let text = serde_json::to_string(&changes).unwrap();
    let mut applied = pipeline.reconfigure(&config(&text)).unwrap().applied;
    applied.sort();
    let mut expected: Vec<_> = changes.keys().cloned().collect();
    expected.sort();
    assert_eq!(applied, expected);
}

fn showcase() -> Vec<SynthPacket> {
    scenario::find("showcase").unwrap().run(&Options::default()).unwrap().collect()
}

/// The alerts on the showcase, with `text` taken over after `at` packets.
fn taken_over(mut judge: impl Judge, text: &str, at: usize) -> Vec<Alert> {
    let mut alerts = Vec::new();
    for (n, packet) in showcase().iter().enumerate() {
        if n == at {
            judge.reconfigure(&config(text)).unwrap();
        }
        let record = Record {
            frame: n as u64 + 1,
            timestamp: packet.timestamp,
            link: LinkType::ETHERNET,
            wire_len: packet.wire_len,
            data: &packet.data,
            interface: None,
        };
        judge.push(&record, &mut alerts);
    }
    judge.finish(&mut alerts);
    alerts
}

#[test]
fn taken_over_at_once_settings_do_what_they_do_from_the_start() {
    let build = |text| Pipeline::builder(&config(text)).detectors(BUILTIN).build().unwrap();
    let alerts = taken_over(build("{}"), OTHER, 0);
    let detectors: std::collections::BTreeSet<_> =
        alerts.iter().map(|alert| &*alert.detector).collect();
    assert_eq!(detectors.len(), 8, "{detectors:?}");
    assert_eq!(alerts, taken_over(build(OTHER), OTHER, usize::MAX));
    assert_ne!(alerts, taken_over(build("{}"), OTHER, usize::MAX));
}

#[test]
fn workers_take_over_at_the_same_packet() {
    let defaults = Config::default();
    let builder = || Pipeline::builder(&defaults).detectors(BUILTIN);
    let half = showcase().len() / 2;
    let one = taken_over(builder().build().unwrap(), OTHER, half);
    let workers =
        builder().sharing(Sharing::Always).build_workers(NonZeroUsize::new(3).unwrap()).unwrap();
    assert_eq!(taken_over(workers, OTHER, half), one);
    let mut workers =
        builder().sharing(Sharing::Always).build_workers(NonZeroUsize::new(2).unwrap()).unwrap();
    assert!(workers.reconfigure(&config(r#"{"syn_flood_window": 0}"#)).is_err());
    assert_eq!(workers.reconfigure(&defaults).unwrap().applied, [""; 0]);
}
