//! A detector of one's own beside the built-in ones: its settings, its place in the order, and when
//! its methods are called.
#![allow(clippy::unwrap_used, reason = "the helpers of a test may fail it")]

mod own;

use std::time::Duration;

use netsentinel_core::config::{Config, ConfigError};
use netsentinel_core::{Alert, Interest, Pipeline, Registration, TcpFlags};
use netsentinel_detectors::BUILTIN;
use netsentinel_synth::SynthPacket;
use netsentinel_tests::replay::{START, raised, replay};

use own::{Clashing, Diary, NAMES, Names, Settings, segment, written};

const OWN: &[Registration] = &[Registration::of::<Names>()];
const DIARY: &[Registration] = &[Registration::of::<Diary>()];
const CLASHING: &[Registration] = &[Registration::of::<Clashing>()];

fn pipeline(config: &str, lists: &[&[Registration]]) -> Result<Pipeline, ConfigError> {
    let config = Config::parse(config).unwrap();
    lists.iter().fold(Pipeline::builder(&config), |builder, list| builder.detectors(list)).build()
}

fn at(millis: u64, packet: SynthPacket) -> SynthPacket {
    SynthPacket { timestamp: START.after(Duration::from_millis(millis)), ..packet }
}

/// A SYN of a client to port 4444 of another host.
fn contact() -> SynthPacket {
    segment(50_000, 4444, TcpFlags::SYN)
}

fn rules(alerts: &[Alert]) -> Vec<&str> {
    raised(alerts).iter().map(|alert| &*alert.rule).collect()
}

#[test]
fn its_alerts_are_made_like_those_of_the_others() {
    let mut pipeline = pipeline("{}", &[BUILTIN, OWN]).unwrap();
    let alerts = replay(&mut pipeline, &[contact(), at(2_000, contact())]);
    let own: Vec<_> = alerts.iter().filter(|alert| alert.detector == "names").collect();
    let [alert, closing] = own[..] else { panic!("{alerts:?}") };
    assert_eq!((&*alert.rule, &*alert.category, alert.frame), (NAMES.id, "Names", 1));
    assert_eq!((alert.count, alert.threshold, alert.update), (1, 1, 0));
    assert_eq!((closing.count, closing.update), (2, 1));
    let stats = pipeline.stats();
    let rule = &stats.detectors["names"].rules[NAMES.id];
    assert_eq!((rule.alerts, rule.suppressed_by["cooldown"]), (1, 1));
    assert_eq!(stats.detectors.len(), BUILTIN.len() + 1);
}

#[test]
fn its_settings_are_read_from_the_same_object() {
    let text = r#"{"names_threshold": 2, "port_scan_threshold": 3}"#;
    let mut patient = pipeline(text, &[BUILTIN, OWN]).unwrap();
    let alerts = replay(&mut patient, &[contact(), at(1, contact())]);
    let own = alerts.iter().find(|alert| alert.detector == "names").unwrap();
    assert_eq!((own.frame, own.threshold), (2, 2));
    let wrong = pipeline(r#"{"names_threshold": 0}"#, &[BUILTIN, OWN]).err().unwrap();
    assert!(wrong.to_string().starts_with("key \"names_threshold\": must be"), "{wrong}");
    assert_eq!(OWN[0].defaults()["names_threshold"], Settings::default().threshold.get());
}

#[test]
fn its_keys_are_known_only_where_it_is_registered() {
    let config = Config::parse(r#"{"names_threshold": 2, "names_treshold": 2}"#).unwrap();
    let told = |lists: &[&[Registration]]| -> Vec<String> {
        config.unknown_keys(lists).iter().map(ToString::to_string).collect()
    };
    let misspelt = "unknown key \"names_treshold\": did you mean \"names_threshold\"?";
    assert_eq!(told(&[BUILTIN, OWN]), [misspelt]);
    assert_eq!(told(&[BUILTIN]).len(), 2);
}

#[test]
fn two_detectors_can_not_read_the_same_key() {
    let error = pipeline("{}", &[BUILTIN, CLASHING]).err().unwrap();
    assert!(matches!(error, ConfigError::SharedKey { .. }));
    assert_eq!(
        error.to_string(),
        "key \"port_scan_threshold\" is read by both port_scan and clashing"
    );
    assert!(pipeline("{}", &[OWN, OWN]).is_err());
    assert!(pipeline("{}", &[CLASHING, OWN]).is_ok());
}

#[test]
fn alerts_on_one_packet_come_in_the_order_of_the_registry() {
    let (mine, theirs) = (NAMES.id, "suspicious_port/contact");
    let seed = r#"{"profile": "seed"}"#;
    let order = |lists| rules(&replay(&mut pipeline(seed, lists).unwrap(), &[contact()])).join(" ");
    assert_eq!(order(&[BUILTIN, OWN]), format!("{theirs} {mine}"));
    assert_eq!(order(&[OWN, BUILTIN]), format!("{mine} {theirs}"));
}

#[test]
fn the_others_say_the_same_whether_it_is_there_or_not() {
    let packets = netsentinel_tests::replay::scenario_packets("showcase");
    let alone = replay(&mut pipeline("{}", &[BUILTIN]).unwrap(), &packets);
    let mut beside = replay(&mut pipeline("{}", &[OWN, BUILTIN, DIARY]).unwrap(), &packets);
    assert!(beside.iter().any(|alert| alert.detector == "names"));
    beside.retain(|alert| alert.detector != "names" && alert.detector != "diary");
    assert_eq!(beside, alone);
}

/// What the diary says of `packets`, as frame numbers from 1 and milliseconds.
fn diary(config: &str, packets: &[SynthPacket]) -> String {
    drop(written());
    replay(&mut pipeline(config, &[BUILTIN, DIARY]).unwrap(), packets);
    written().join(", ")
}

#[test]
fn ticks_come_with_each_new_second_before_its_first_packet() {
    let packets = [500, 900, 1_100, 1_200, 5_000, 4_000].map(|millis| at(millis, contact()));
    assert_eq!(
        diary("{}", &packets),
        "packet 1, packet 2, tick 1100, packet 3, packet 4, tick 5000, packet 5, packet 6, \
         end 5000 CaptureEnd after 6, finish 5000"
    );
}

#[test]
fn packets_come_only_of_the_kinds_asked_for() {
    let udp = own::packet(|frame| frame.udp(50_000, 4444, b"x"));
    let ping = own::packet(|frame| frame.echo_request(1, 1, b"x"));
    assert!(Diary::INTEREST == (Interest::TCP | Interest::FLOW));
    // The flow table follows UDP for whoever asks for flows, whatever packets it asks for.
    assert_eq!(
        diary("{}", &[udp, ping, contact()]),
        "packet 3, end 0 CaptureEnd after 1, end 0 CaptureEnd after 1, finish 0"
    );
}

#[test]
fn flows_end_when_both_sides_say_so_or_one_breaks_off() {
    let fin = TcpFlags::FIN | TcpFlags::ACK;
    let closed = [contact(), segment(50_000, 4444, fin), segment(4444, 50_000, fin)];
    assert_eq!(
        diary("{}", &closed),
        "packet 1, packet 2, packet 3, end 0 Closed after 3, finish 0"
    );
    let reset = [contact(), segment(4444, 50_000, TcpFlags::RST)];
    assert_eq!(diary("{}", &reset), "packet 1, packet 2, end 0 Reset after 2, finish 0");
}

#[test]
fn flows_end_by_silence_and_for_want_of_room() {
    let (idle, other) = (301_000, segment(50_001, 80, TcpFlags::SYN));
    assert_eq!(
        diary("{}", &[contact(), at(idle, other)]),
        "packet 1, end 301000 Idle after 1, tick 301000, packet 2, \
         end 301000 CaptureEnd after 1, finish 301000"
    );
    let many: Vec<_> = (0..17).map(|n| segment(50_000 + n, 80, TcpFlags::SYN)).collect();
    let diary = diary(r#"{"max_flows": 16}"#, &many);
    assert_eq!(diary.matches("Evicted after 1").count(), 1, "{diary}");
    assert_eq!(diary.matches("CaptureEnd after 1").count(), 16, "{diary}");
    assert!(diary.contains("packet 16, end 0 Evicted after 1, packet 17"), "{diary}");
}
