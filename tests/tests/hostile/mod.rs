//! Text that an attacker writes, from the frame to every format.

use netsentinel_core::alert::Agent;
use netsentinel_core::config::Config;
use netsentinel_core::format::Format;
use netsentinel_core::{Alert, LinkType, Mac, Pipeline, Record};
use netsentinel_detectors::BUILTIN;
use netsentinel_synth::Frame;
use netsentinel_tests::replay::START;
use proptest::prelude::*;
use serde_json::Value;

/// A query for a name of these labels, each cut at 63 bytes, as many as a message has room for.
fn query(labels: &[&[u8]]) -> Vec<u8> {
    let mut message = vec![0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    let mut room = 254;
    for label in labels.iter().filter(|label| !label.is_empty()) {
        let label = &label[..label.len().min(63)];
        if label.len() + 1 > room {
            break;
        }
        room -= label.len() + 1;
        message.push(label.len() as u8);
        message.extend_from_slice(label);
    }
    message.extend_from_slice(&[0, 0, 16, 0, 1]);
    message
}

/// What is said of a query for such a name, seen at such an interface by such a host.
pub(crate) fn alerts(labels: &[&[u8]], interface: &str, hostname: &str) -> Vec<Alert> {
    let mut data = Vec::new();
    let (a, b) = (Mac([2, 0, 0, 0, 0, 1]), Mac([2, 0, 0, 0, 0, 2]));
    let length = Frame::new(&mut data)
        .ethernet(a, b)
        .ipv4([10, 0, 0, 7].into(), [192, 0, 2, 53].into())
        .udp(50_000, 53, &query(labels));
    let record = |frame, seconds| Record {
        frame,
        timestamp: START.after(std::time::Duration::from_secs(seconds)),
        link: LinkType::ETHERNET,
        wire_len: length as u32,
        data: &data,
        interface: Some(interface),
    };
    let agent = Agent { id: hostname.into(), hostname: hostname.into(), os: "linux".into() };
    // The seed rule tells of a single name.
    let config = r#"{"profile": "seed", "dns_tunnel_query_len": 1, "max_hosts": 16}"#;
    let config = Config::parse(config).unwrap();
    let dns = BUILTIN.iter().find(|each| each.descriptor().id == "dns_tunnelling").unwrap();
    let builder = Pipeline::builder(&config).detectors(std::slice::from_ref(dns)).agent(agent);
    let mut pipeline: Pipeline = builder.build().unwrap();
    let mut alerts = Vec::new();
    pipeline.push(&record(1, 0), &mut alerts);
    pipeline.push(&record(2, 1), &mut alerts);
    pipeline.finish(&mut alerts);
    alerts
}

/// The seven fields of a CEF header and the keys of its extension, in their order.
fn cef_fields(line: &str) -> (Vec<String>, Vec<String>) {
    let mut fields = vec![String::new()];
    let mut characters = line.chars();
    while fields.len() < 8 {
        match characters.next().unwrap() {
            '\\' => fields.last_mut().unwrap().extend(characters.next()),
            '|' => fields.push(String::new()),
            other => fields.last_mut().unwrap().push(other),
        }
    }
    fields.pop();
    let (mut keys, mut word) = (Vec::new(), String::new());
    while let Some(character) = characters.next() {
        match character {
            '\\' => {
                let escaped = characters.next().unwrap();
                assert!("\\=nr".contains(escaped), "\\{escaped} in {line}");
                word.push('\\');
            }
            '=' => keys.push(std::mem::take(&mut word)),
            ' ' => word.clear(),
            other => word.push(other),
        }
    }
    (fields, keys)
}

/// What may stand in no line, whatever the format.
fn forges(c: char) -> bool {
    let turns = ('\u{202a}'..='\u{202e}').contains(&c) || ('\u{2066}'..='\u{2069}').contains(&c);
    c.is_control() || turns || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}')
}

/// Labels of any bytes, and of bytes that mean something somewhere.
fn label() -> impl Strategy<Value = Vec<u8>> {
    let telling = proptest::sample::select(b"\\=|\" \n\r\t\x1b[]{}\0\x7f\x9b<>&%'n".to_vec());
    let bytes = prop_oneof![any::<u8>(), telling];
    proptest::collection::vec(bytes, 1..64)
}

/// Any text, with what matters in it more often.
fn text() -> impl Strategy<Value = String> {
    let telling: Vec<char> =
        "\\=|\" \n\r\t\u{1b}[\u{9b}\u{202e}\u{2066}\u{2028}\u{feff}é".chars().collect();
    let character = prop_oneof![any::<char>(), proptest::sample::select(telling)];
    proptest::collection::vec(character, 0..20).prop_map(String::from_iter)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..Default::default() })]

    #[test]
    fn nothing_an_attacker_writes_forges_anything(
        labels in proptest::collection::vec(label(), 1..5),
        interface in text(),
        hostname in text(),
    ) {
        // The space keeps every name from being looked up, so that all alerts have one shape.
        let labels: Vec<&[u8]> = labels.iter().map(|l| &**l).chain([&b"x x"[..]]).collect();
        let found = alerts(&labels, &interface, &hostname);
        let harmless = alerts(&[b"example", b"x x"], "eth0", "sensor");
        prop_assert_eq!((found.len(), harmless.len()), (2, 2));
        for (alert, harmless) in found.iter().zip(&harmless) {
            for format in Format::ALL {
                let line = format.line(alert);
                prop_assert!(!line.contains(forges), "{}: {:?}", format, line);
            }
            let back: Alert = serde_json::from_str(&Format::Ndjson.line(alert)).unwrap();
            prop_assert_eq!(&back, alert);
            for format in [Format::Eve, Format::Ecs] {
                let [event, plain] = [alert, harmless].map(|a| shape(&format.line(a)));
                prop_assert_eq!(event, plain);
            }
            let (fields, keys) = cef_fields(&Format::Cef.line(alert));
            let (plain_fields, plain_keys) = cef_fields(&Format::Cef.line(harmless));
            prop_assert_eq!(&fields[..7], &plain_fields[..7]);
            prop_assert_eq!(keys, plain_keys);
        }
    }
}

/// All paths through a JSON object, without its values.
fn shape(line: &str) -> Vec<String> {
    fn walk(value: &Value, path: &str, into: &mut Vec<String>) {
        match value {
            Value::Object(map) => {
                for (key, value) in map {
                    walk(value, &format!("{path}/{key}"), into);
                }
            }
            Value::Array(list) => {
                for value in list {
                    walk(value, &format!("{path}/-"), into);
                }
            }
            _ => into.push(path.to_owned()),
        }
    }
    let mut paths = Vec::new();
    walk(&serde_json::from_str(line).unwrap(), "", &mut paths);
    // An empty name is left out.
    paths.retain(|path| path != "/host");
    paths
}
