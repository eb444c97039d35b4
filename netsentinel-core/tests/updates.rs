//! What the closing update of an alert tells.
#![allow(clippy::unwrap_used, reason = "a test that can not be set up fails")]

use netsentinel_core::config::Config;
use netsentinel_core::{Alert, LinkType, Mac, Pipeline, Record, TcpFlags, Timestamp};
use netsentinel_synth::frame::{Frame, Segment};

#[test]
fn an_update_tells_of_its_own_target_whether_it_is_internal() {
    let config =
        Config::parse(r#"{ "profile": "seed", "port_scan_threshold": 2, "suspicious_ports": [] }"#)
            .unwrap();
    let mut pipeline =
        Pipeline::builder(&config).detectors(netsentinel_detectors::BUILTIN).build().unwrap();
    let mut alerts: Vec<Alert> = Vec::new();
    // Two ports outside raise the alert, one inside extends it.
    for (n, target) in [[203, 0, 113, 1], [203, 0, 113, 1], [10, 0, 0, 2]].into_iter().enumerate() {
        let mut frame = Vec::new();
        Frame::new(&mut frame)
            .ethernet(Mac([2; 6]), Mac([4; 6]))
            .ipv4([10, 0, 0, 1].into(), target.into())
            .tcp(Segment::new(40_000, 80 + n as u16, TcpFlags::SYN), &[]);
        let record = Record {
            frame: n as u64 + 1,
            timestamp: Timestamp::from_parts(1_800_000_000, n as i64),
            link: LinkType::ETHERNET,
            wire_len: frame.len() as u32,
            data: &frame,
            interface: None,
        };
        pipeline.push(&record, &mut alerts);
    }
    pipeline.finish(&mut alerts);
    let targets: Vec<_> =
        alerts.iter().map(|a| (a.update, a.target.to_string(), a.target.internal)).collect();
    assert_eq!(
        targets,
        [(0, "203.0.113.1:81".into(), Some(false)), (1, "10.0.0.2:82".into(), Some(true))]
    );
}
