//! The output formats against what others say of them: Suricata's schema, the published Community
//! ID baselines, our own generated schema, and whatever an attacker may write.
#![allow(clippy::unwrap_used, reason = "the helpers of a test may fail it")]

mod hostile;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use netsentinel_capture::Capture;
use netsentinel_core::alert::{Agent, community_id};
use netsentinel_core::decode::decode;
use netsentinel_core::format::Format;
use netsentinel_core::sensor::{CaptureCounters, PacketLoss};
use netsentinel_core::{Alert, Network, Source as _, Transport};
use netsentinel_synth::SCENARIOS;
use netsentinel_tests::replay::{START, builtin, builtin_knowing, replay, scenario_packets};
use netsentinel_tests::shared::vector;
use serde::Deserialize;
use serde_json::Value;

/// Alerts and updates of all scenarios, some with reputation, and hostile ones.
fn all_alerts() -> Vec<Alert> {
    let known = r#"{"203.0.113.0": "LOW", "203.0.113.20": {"tier": "HIGH", "detail": "5 malicious"},
        "203.0.113.40": "LOW", "tunnel.example.com": "CRITICAL"}"#;
    let attacks = SCENARIOS.iter().filter(|entry| entry.name.ends_with("-above"));
    let alone = attacks.flat_map(|entry| replay(&mut builtin("{}"), &scenario_packets(entry.name)));
    let together = replay(&mut builtin_knowing("{}", known), &scenario_packets("showcase"));
    let hostile = hostile::alerts(&[b"a|b=c\\d\"e\n\r\x1b[31m", &[0xff; 60]], "eth0\n", "h|x");
    alone.chain(together).chain(hostile).collect()
}

/// What the sensor tells of itself: no addresses, no packet, no technique.
fn sensor_alert() -> Alert {
    let counters = CaptureCounters { received: 4_000, dropped_kernel: 100, ..Default::default() };
    let loss = PacketLoss::new().sample(START, &counters).unwrap();
    loss.alert("eth0\n\"=|", &Agent { id: "a7".into(), ..Agent::default() })
}

#[test]
fn eve_lines_are_valid_by_suricatas_schema() {
    let Some(path) = vector("eve-schema.json") else { return };
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let mut alerts = all_alerts();
    alerts.push(sensor_alert());
    assert!(alerts.iter().any(|alert| alert.update > 0));
    assert!(alerts.iter().any(|alert| alert.reputation.is_some()));
    for alert in alerts {
        let line = Format::Eve.line(&alert);
        let event: Value = serde_json::from_str(&line).unwrap();
        let errors: Vec<_> = validator.iter_errors(&event).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?} in {line}");
    }
}

#[test]
fn our_own_lines_are_valid_by_the_generated_schema() {
    let schema = serde_json::to_value(schemars::schema_for!(Alert)).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for alert in all_alerts().into_iter().chain([sensor_alert()]) {
        let line = Format::Ndjson.line(&alert);
        let written: Value = serde_json::from_str(&line).unwrap();
        let errors: Vec<_> = validator.iter_errors(&written).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?} in {line}");
        let properties: BTreeSet<_> = schema["properties"].as_object().unwrap().keys().collect();
        assert_eq!(written.as_object().unwrap().keys().collect::<BTreeSet<_>>(), properties);
        let mut broken = written;
        broken["timestamp"] = 5.into();
        assert!(!validator.is_valid(&broken));
    }
}

/// One line of a Community ID baseline.
#[derive(Debug, Deserialize)]
struct Expected {
    proto: u8,
    saddr: IpAddr,
    daddr: IpAddr,
    sport: Option<u16>,
    dport: Option<u16>,
    communityid: String,
}

/// Of the packets of all baseline captures: protocol, addresses, and the Community ID for `seed`.
fn computed(
    folder: &std::path::Path,
    seed: u16,
) -> BTreeMap<(u8, IpAddr, IpAddr), BTreeSet<String>> {
    let mut found: BTreeMap<_, BTreeSet<String>> = BTreeMap::new();
    for name in ["icmp", "icmp6", "ipv6", "rsvp", "sctp", "tcp", "udp"] {
        let mut capture = Capture::open(&folder.join(format!("{name}.pcap"))).unwrap();
        while let Some(record) = capture.next_record().unwrap() {
            let decoded = decode(&record);
            let Network::Ip(ip) = decoded.headers.network else { continue };
            let key = (ip.protocol, ip.source, ip.destination);
            found.entry(key).or_default().insert(community_id(&ip, seed));
            assert!(
                !matches!(ip.transport, Transport::Other(_)) || [46, 132].contains(&ip.protocol)
            );
        }
    }
    found
}

#[test]
fn community_ids_are_the_published_ones() {
    for (baseline, seed) in [("baseline_deflt.json", 0), ("baseline_seed1.json", 1)] {
        let Some(path) = vector(&format!("community-id/{baseline}")) else { return };
        let text = std::fs::read_to_string(&path).unwrap();
        let published: Vec<Expected> = serde_json::from_str(&text).unwrap();
        assert!(published.len() > 20);
        let mut expected: BTreeMap<_, BTreeSet<String>> = BTreeMap::new();
        for each in published {
            assert_eq!(each.sport.is_some(), each.dport.is_some());
            let key = (each.proto, each.saddr, each.daddr);
            expected.entry(key).or_default().insert(each.communityid);
        }
        assert_eq!(computed(path.parent().unwrap(), seed), expected, "seed {seed}");
    }
}

#[test]
fn every_format_tells_the_essentials() {
    for alert in all_alerts() {
        let ends = [alert.source.ip, alert.target.ip].map(|ip| ip.unwrap().to_string());
        for format in Format::ALL {
            let line = format.line(&alert);
            for essential in [alert.category.as_ref(), &ends[0], &ends[1]] {
                assert!(line.contains(essential), "{format}: no {essential} in {line}");
            }
        }
        let ecs: Value = serde_json::from_str(&Format::Ecs.line(&alert)).unwrap();
        assert_eq!(ecs["event"]["id"], alert.id.to_string());
        assert_eq!(ecs["event"]["kind"], "alert");
        assert_eq!(ecs["source"]["ip"], *ends[0]);
        assert_eq!(ecs["threat"]["technique"]["id"].as_array().unwrap().len(), alert.attack.len());
        let cef = Format::Cef.line(&alert);
        assert!(cef.starts_with("CEF:0|NetSentinel|NetSentinel|"), "{cef}");
        assert!(cef.contains(&format!(" externalId={} ", alert.id)), "{cef}");
    }
}

#[test]
fn an_alert_without_addresses_is_told_in_every_format() {
    let alert = sensor_alert();
    for format in Format::ALL {
        let line = format.line(&alert);
        assert!(!line.contains(char::is_control), "{format}: {line}");
        for essential in ["Sensor", "100 packets were lost on eth0", "2.5 %"] {
            assert!(line.contains(essential), "{format}: no {essential} in {line}");
        }
        assert!(!line.contains("null") || format == Format::Ndjson || format == Format::Ecs);
    }
    assert_eq!(serde_json::from_str::<Alert>(&Format::Ndjson.line(&alert)).unwrap(), alert);
    let eve: Value = serde_json::from_str(&Format::Eve.line(&alert)).unwrap();
    for absent in ["src_ip", "dest_ip", "proto", "pcap_cnt", "flow_id", "ether"] {
        assert!(eve.get(absent).is_none(), "{absent} in {eve}");
    }
    assert_eq!(eve["alert"]["signature_id"], 1_000_901);
    assert_eq!(eve["alert"]["severity"], 2);
    let ecs: Value = serde_json::from_str(&Format::Ecs.line(&alert)).unwrap();
    for absent in ["source", "destination", "related", "network", "threat"] {
        assert!(ecs.get(absent).is_none(), "{absent} in {ecs}");
    }
    assert_eq!(ecs["rule"]["id"], "sensor/packet_loss");
    let cef = Format::Cef.line(&alert);
    assert!(cef.contains("|sensor/packet_loss|Sensor|5|rt="), "{cef}");
    assert!(!cef.contains(" src=") && !cef.contains(" dst="), "{cef}");
    let table = Format::Table.line(&alert);
    assert_eq!(table.split_whitespace().nth(3), Some("-"), "{table}");
}

#[test]
fn signatures_of_the_sensor_are_nobody_elses() {
    use netsentinel_core::sensor::{DETECTOR, RULES};
    for registration in netsentinel_detectors::BUILTIN {
        let descriptor = registration.descriptor();
        assert_ne!(descriptor.id, DETECTOR);
        assert!(descriptor.rules.iter().all(|rule| rule.signature < 1_000_901));
    }
    assert!(RULES.iter().all(|rule| (1_000_901..=1_000_999).contains(&rule.signature)));
}
