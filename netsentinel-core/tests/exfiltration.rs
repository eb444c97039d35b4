//! Where the bytes went that data_exfiltration tells of.
#![allow(clippy::unwrap_used, reason = "a test that can not be set up fails")]

use netsentinel_core::config::Config;
use netsentinel_core::{Alert, LinkType, Mac, Pipeline, Record, Timestamp};
use netsentinel_synth::frame::Frame;

#[test]
fn what_was_sent_before_a_silence_does_not_name_the_destination() {
    let config = Config::parse(r#"{ "exfil_bytes_threshold": 5000 }"#).unwrap();
    let mut pipeline =
        Pipeline::builder(&config).detectors(netsentinel_detectors::BUILTIN).build().unwrap();
    let mut alerts: Vec<Alert> = Vec::new();
    // A backup of 100 kB, an hour of silence, 5 kB to somebody else.
    let backup = (0..100).map(|n| (n, [203, 0, 113, 1]));
    let theft = (0..5).map(|n| (3600 + n, [198, 51, 100, 2]));
    for (second, destination) in backup.chain(theft) {
        let mut frame = Vec::new();
        Frame::new(&mut frame)
            .ethernet(Mac([2; 6]), Mac([4; 6]))
            .ipv4([10, 0, 0, 1].into(), destination.into())
            .udp(40_000, 443, &[0; 1000]);
        let record = Record {
            frame: 1,
            timestamp: Timestamp::from_parts(1_800_000_000 + second, 0),
            link: LinkType::ETHERNET,
            wire_len: frame.len() as u32,
            data: &frame,
            interface: None,
        };
        pipeline.push(&record, &mut alerts);
    }
    let last = alerts.iter().rfind(|alert| alert.update == 0).unwrap();
    assert_eq!(last.evidence["top_destination"], "198.51.100.2", "{last:?}");
    assert_eq!(last.target.to_string(), "198.51.100.2");
    assert!(last.evidence["top_destination_bytes"].as_u64() <= Some(last.count));
}
