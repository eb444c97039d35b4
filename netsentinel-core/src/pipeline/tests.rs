//! What a detector is shown, and when.

use std::cell::RefCell;

use super::*;
use crate::dns::Messages;
use crate::{
    Context, Descriptor, Detector, DetectorKind, Interest, LinkType, Packet, Party, Registration,
    Setup, Severity, Usage,
};

thread_local! {
    static SEEN: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Writes down names asked for, and ticks.
struct Witness(Messages);

impl Detector for Witness {
    fn on_packet(&mut self, packet: &Packet<'_>, _: &mut Context<'_>) {
        self.0.find(packet, |message| {
            let names = message.questions().map(|question| question.name.to_string());
            SEEN.with_borrow_mut(|seen| seen.extend(names));
        });
    }

    fn on_tick(&mut self, cx: &mut Context<'_>) {
        SEEN.with_borrow_mut(|seen| seen.push(format!("tick {}", cx.now().as_nanos())));
    }

    fn usage(&self) -> Usage {
        self.0.usage()
    }
}

#[derive(Default, serde::Serialize, serde::Deserialize)]
struct Settings {}

impl DetectorKind for Witness {
    type Settings = Settings;

    const DESCRIPTOR: Descriptor = Descriptor {
        id: "witness",
        category: "Witness",
        severity: Severity::Low,
        attack: &[],
        interest: Interest::DNS,
        judges: Party::Either,
        summary: "writes down what it sees",
        rules: &[],
        guards: &[],
    };

    fn new(_: Settings, _: &Setup) -> Self {
        Self(Messages::new())
    }
}

fn seen<'a>(packets: impl IntoIterator<Item = (i64, &'a [u8])>) -> Vec<String> {
    let own = [Registration::of::<Witness>()];
    let mut pipeline = Pipeline::builder(&Config::default()).detectors(&own).build().unwrap();
    for ((nanos, data), frame) in packets.into_iter().zip(1..) {
        let record = Record {
            frame,
            timestamp: Timestamp::from_nanos(nanos),
            link: LinkType::RAW,
            wire_len: data.len() as u32,
            data,
            interface: None,
        };
        pipeline.push(&record, &mut |_| {});
    }
    SEEN.take()
}

/// An IPv4 packet, cut into fragments with `size` bytes of payload each.
fn pieces(protocol: u8, payload: &[u8], size: usize) -> Vec<Vec<u8>> {
    let last = payload.len().div_ceil(size) - 1;
    let piece = |(n, data): (usize, &[u8])| {
        let [l0, l1] = (20 + data.len() as u16).to_be_bytes();
        let more = if n < last { 0x2000 } else { 0 };
        let [f0, f1] = (more | (n * size / 8) as u16).to_be_bytes();
        let header = [0x45, 0, l0, l1, 0, 7, f0, f1, 64, protocol, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];
        [&header, data].concat()
    };
    payload.chunks(size).enumerate().map(piece).collect()
}

/// A query for `a.example`.
const QUERY: &[u8] = b"\0\x07\x01\0\0\x01\0\0\0\0\0\0\x01a\x07example\0\0\x10\0\x01";

#[test]
fn a_name_that_fragments_split_is_seen() {
    let length = 8 + QUERY.len() as u8;
    let udp = [&[0x9c, 0x40, 0, 53, 0, length, 0, 0], QUERY].concat();
    for size in [8, 16, 24] {
        let pieces = pieces(17, &udp, size);
        assert_eq!(seen(pieces.iter().map(|piece| (0, &piece[..]))), ["a.example"], "{size}");
    }
}

#[test]
fn a_segment_in_fragments_is_one_piece_of_its_stream() {
    let header = [0x9c, 0x40, 0, 53, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x10, 0xff, 0xff, 0, 0, 0, 0];
    let tcp = [&header[..], &[0, QUERY.len() as u8], QUERY].concat();
    for size in [8, 16, 24, 32] {
        let pieces = pieces(6, &tcp, size);
        assert_eq!(seen(pieces.iter().map(|piece| (0, &piece[..]))), ["a.example"], "{size}");
    }
}

#[test]
fn a_tick_begins_every_second_in_which_a_packet_comes() {
    let second = 1_000_000_000;
    let times = [5, second - 1, second, 2 * second - 1, 5 * second + 7, 5 * second, 6 * second];
    let ticks = seen(times.map(|nanos| (nanos, &[][..])));
    assert_eq!(ticks, ["tick 1000000000", "tick 5000000007", "tick 6000000000"]);
    let ends = [i64::MIN, i64::MIN + 1, -1, 0, i64::MAX - 1, i64::MAX, i64::MAX];
    let ticks = seen(ends.map(|nanos| (nanos, &[][..])));
    assert_eq!(ticks.last().unwrap(), "tick 9223372036854775806", "{ticks:?}");
}
