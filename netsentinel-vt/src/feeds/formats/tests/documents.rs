//! Lists that are JSON documents.

use super::*;
use crate::feeds::formats::Manifest;

const EVENT: &str = r#"{"Event": {
  "info": "sample", "Orgc": {"name": "x", "uuid": "y"}, "Tag": [{"name": "tlp:white"}],
  "Attribute": [
    {"type": "ip-dst", "category": "Network activity", "value": "192.0.2.7", "to_ids": true},
    {"type": "ip-src", "value": "198.51.100.0/24", "to_ids": true},
    {"type": "ip-dst|port", "value": "192.0.2.8|443", "to_ids": true},
    {"type": "domain", "value": "bad.example", "to_ids": true},
    {"type": "hostname", "value": "c2.bad.example", "to_ids": true},
    {"type": "domain|ip", "value": "worse.example|192.0.2.9", "to_ids": true},
    {"type": "ip-dst", "value": "8.8.8.8", "to_ids": false},
    {"type": "ip-dst", "value": "192.0.2.66"},
    {"type": "ip-dst", "value": "192.0.2.67", "to_ids": true, "deleted": true},
    {"type": "sha256", "value": "e3b0", "to_ids": true},
    {"type": "ip-dst", "value": "10.0.0.1", "to_ids": true},
    {"type": 5, "value": "192.0.2.68", "to_ids": true}
  ],
  "Object": [{"name": "ip-port", "Attribute": [
    {"type": "ip-dst", "value": "2001:db8::7", "to_ids": true}]}, {"name": "empty"}]
}}"#;

#[test]
fn misp_counts_what_is_for_detection() {
    let expected = [
        "192.0.2.7",
        "198.51.100.0/24",
        "192.0.2.8",
        "bad.example",
        "c2.bad.example",
        "worse.example",
        "192.0.2.9",
        "2001:db8::7",
    ];
    let (found, skipped) = parsed(FeedFormat::Misp, EVENT);
    assert_eq!(found, expected);
    assert_eq!(skipped, [(Skip::Malformed, 1), (Skip::NotGlobal, 1)]);
    let (found, _) = parsed(FeedFormat::Misp, format!("{EVENT}\n{EVENT}\n"));
    assert_eq!(found.len(), 2 * expected.len(), "events may follow each other");
    assert_eq!(parsed(FeedFormat::Misp, "").0, Vec::<String>::new());
}

#[test]
fn misp_refuses_what_is_no_event() {
    for (text, told) in [
        ("{}", "manifest.json"),
        (r#"{"0000": {"info": "x"}}"#, "manifest.json"),
        (r#"{"Event": {"Attribute": [{"type": "domain""#, "JSON"),
        (r#"{"Event": {"Attribute": 5}}"#, "JSON"),
        (&format!("{EVENT} x"), "JSON"),
        ("[]", "JSON"),
    ] {
        let error = refused(FeedFormat::Misp, text);
        assert!(error.contains(told), "{text}: {error}");
    }
}

#[test]
fn a_manifest_names_the_latest_events_first_and_no_other_files() {
    let text = r#"{
      "11111111-1111-4111-8111-111111111111": {"timestamp": "100", "info": "a"},
      "22222222-2222-4222-8222-222222222222": {"timestamp": 300},
      "../../etc/passwd": {"timestamp": "900"},
      "33333333-3333-4333-8333-333333333333": {"timestamp": "200"}}"#;
    let manifest = Manifest::read(text.as_bytes()).unwrap();
    let firsts: Vec<_> = manifest.events.iter().map(|name| &name[..3]).collect();
    assert_eq!(firsts, ["222", "333", "111"]);
    assert!(manifest.events.iter().all(|name| name.ends_with(".json") && name.len() == 41));
    assert!(Manifest::read(EVENT.as_bytes()).is_err());
    assert!(Manifest::read(&b"{}"[..]).is_err());
}

fn bundle(indicators: &[&str]) -> String {
    let objects: Vec<_> = indicators
        .iter()
        .map(|rest| format!(r#"{{"type": "indicator", "spec_version": "2.1", {rest}}}"#))
        .collect();
    format!(
        r#"{{"type": "bundle", "id": "bundle--1", "objects": [{{"type": "identity"}}, {}]}}"#,
        objects.join(", ")
    )
}

#[test]
fn stix_counts_what_is_valid_now() {
    let pattern = |ip: &str, rest: &str| {
        format!(r#""pattern": "[ipv4-addr:value = '{ip}']", "pattern_type": "stix"{rest}"#)
    };
    let text = bundle(&[
        &pattern("192.0.2.1", ""),
        &pattern(
            "192.0.2.2",
            r#", "valid_from": "2026-01-01T00:00:00.000Z", "valid_until": "2027-01-01T00:00:00Z""#,
        ),
        &pattern("192.0.2.3", r#", "valid_until": "2026-01-01T00:00:00Z""#),
        &pattern("192.0.2.4", r#", "valid_from": "2027-01-01T00:00:00Z""#),
        &pattern("192.0.2.5", r#", "revoked": true"#),
        &pattern("192.0.2.6", r#", "indicator_types": ["benign"]"#),
        &pattern("192.0.2.7", r#", "valid_until": "some day""#),
        r#""pattern": "alert tcp", "pattern_type": "snort""#,
        r#""pattern": "[domain-name:value = 'bad.example' OR ipv6-addr:value = '2001:db8::/48']""#,
        r#""pattern": "[file:name = 'x']""#,
        r#""pattern": 5"#,
        r#""name": "no pattern""#,
    ]);
    let (found, skipped) = parsed(FeedFormat::Stix, text);
    assert_eq!(found, ["192.0.2.1", "192.0.2.2", "bad.example", "2001:db8::/48"]);
    let expected = [(Skip::Malformed, 1), (Skip::NotValidNow, 4), (Skip::OtherPattern, 4)];
    assert_eq!(skipped, expected);
}

#[test]
fn stix_refuses_what_is_no_bundle() {
    for text in ["", "{}", "[]", "{\"objects\": 1}", "{\"objects\": [", "{\"objects\": []} x"] {
        refused(FeedFormat::Stix, text);
    }
}
