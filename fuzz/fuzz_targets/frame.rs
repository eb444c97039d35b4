//! Frames of every link type, through decoding and through the whole pipeline.
//!
//! Each frame is told by a link type, a step of time, how much longer it was on the wire, its length
//! and its bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use netsentinel_core::decode::decode;
use netsentinel_core::{LinkType, Record, Timestamp};
use netsentinel_fuzz::{Input, alerts_of, check_alert, check_slices, kept_alerts_of};

const LINKS: [LinkType; 14] = [
    LinkType::ETHERNET,
    LinkType::NULL,
    LinkType::PPP,
    LinkType::RAW_BSD,
    LinkType::RAW_OPENBSD,
    LinkType::PPP_HDLC,
    LinkType::RAW,
    LinkType::LOOP,
    LinkType::LINUX_SLL,
    LinkType::IPV4,
    LinkType::IPV6,
    LinkType::LINUX_SLL2,
    LinkType(51),
    LinkType(u32::MAX),
];

/// Of so many inputs one is judged in pipelines of its own as well.
const ONE_IN: usize = 64;

fuzz_target!(|bytes: &[u8]| {
    let first = Timestamp::from_parts(1_800_000_000, 0);
    for record in records(bytes, first) {
        check_slices(&decode(&record).headers, record.data);
    }
    let (alerts, counted) = kept_alerts_of(|start| records(bytes, start));
    alerts.iter().for_each(check_alert);
    assert_eq!(counted, alerts.iter().filter(|alert| alert.update == 0).count() as u64);
    // Hashes are keyed anew in every pipeline; nothing may depend on it.
    if bytes.len() % ONE_IN == 0 {
        let (once, stats) = alerts_of(records(bytes, first));
        assert_eq!(alerts_of(records(bytes, first)).0, once);
        serde_json::to_string(&stats).expect("counts are JSON");
    }
});

fn records(bytes: &[u8], start: Timestamp) -> impl Iterator<Item = Record<'_>> {
    let mut input = Input(bytes);
    let mut timestamp = start;
    let mut frame = 0;
    std::iter::from_fn(move || {
        if input.is_empty() {
            return None;
        }
        let link = LINKS[usize::from(input.u8()) % LINKS.len()];
        timestamp = input.moment(timestamp);
        let cut = u32::from(input.u8());
        let len = usize::from(input.u16());
        let data = input.bytes(len);
        frame += 1;
        let wire_len = data.len() as u32 + cut;
        Some(Record { frame, timestamp, link, wire_len, data, interface: Some("lo\u{1b}[0m") })
    })
}
