//! What is split into fragments is judged, and judged once.
#![allow(clippy::unwrap_used, reason = "a test that can not be set up fails")]

use netsentinel_core::config::Config;
use netsentinel_core::{Alert, LinkType, Mac, Pipeline, Record, Timestamp};
use netsentinel_synth::frame::{Dns, Frame, fragments};

/// The frames at which a query for a long name is told, sent in fragments of `size` bytes, and how
/// often it counted in the end.
fn told(size: usize) -> Vec<(u64, u64)> {
    let name = ["exfiltrated"; 6].join(".") + ".example";
    let mut frame = Vec::new();
    Frame::new(&mut frame)
        .ethernet(Mac([2; 6]), Mac([4; 6]))
        .ipv4([10, 0, 0, 1].into(), [10, 0, 0, 2].into())
        .dns(40_000, 53, &Dns::query(1, &name, 16));
    let mut pipeline = Pipeline::builder(&Config::parse(r#"{"profile": "seed"}"#).unwrap())
        .detectors(netsentinel_detectors::BUILTIN)
        .build()
        .unwrap();
    let mut alerts: Vec<Alert> = Vec::new();
    for (n, piece) in fragments(&frame, size, 7).iter().enumerate() {
        let record = Record {
            frame: n as u64 + 1,
            timestamp: Timestamp::from_parts(1_800_000_000, 0),
            link: LinkType::ETHERNET,
            wire_len: piece.len() as u32,
            data: piece,
            interface: None,
        };
        pipeline.push(&record, &mut alerts);
    }
    pipeline.finish(&mut alerts);
    assert!(alerts.iter().all(|alert| alert.rule == "dns_tunnelling/long_name"));
    let stats = pipeline.stats();
    let held = stats.detectors["dns_tunnelling"].rules["dns_tunnelling/long_name"].suppressed_by["cooldown"];
    alerts.iter().map(|alert| (alert.frame, held)).collect()
}

#[test]
fn a_query_is_judged_once_when_its_question_is_whole() {
    // 8 bytes of UDP, 12 of DNS, 81 of name, 4 of type and class.
    assert_eq!(told(8), [(14, 0)]);
    assert_eq!(told(48), [(3, 0)]);
    assert_eq!(told(104), [(2, 0)]);
    assert_eq!(told(1_000), [(1, 0)]);
}
