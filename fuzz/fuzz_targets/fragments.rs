//! Fragments in any order, overlapping, contradicting, late: what reassembly makes of them against
//! a model that keeps every byte, the first that arrived for each place.
//!
//! The datagrams carry a TCP segment in IPv4, which the pipeline looks into only once they are
//! whole; a detector of our own collects the payloads.
#![no_main]

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use netsentinel_core::{
    Context, Descriptor, Detector, DetectorKind, Interest, LinkType, Packet, Party, Pipeline,
    Record, Registration, Setup, Severity, Timestamp, Usage,
};
use netsentinel_fuzz::{Input, config};

/// Fragments of one run: fewer than the limit of one datagram.
const FRAGMENTS_MAX: u64 = 1_000;
const TIMEOUT_NS: u64 = 30_000_000_000;
const DATAGRAM_MAX: usize = 65_535;
/// IPv4 that goes on to the end of the datagram (length 0), and TCP with ACK.
const INNER: [u8; 40] = [
    0x45, 0, 0, 0, 0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, //
    0x9c, 0x40, 1, 187, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x10, 0xff, 0xff, 0, 0, 0, 0,
];

/// Of these it takes the TCP header up to its window for a segment to be one.
const INNER_LEAST: usize = 20 + 16;
/// Between runs all that is left times out.
const PAUSE: Duration = Duration::from_secs(60);
/// Before time ends, in seconds: a run takes less than the rest.
const TIME_MAX: i64 = 9_000_000_000;

thread_local! {
    /// Kept from run to run, because making it takes longer than a run.
    static PIPELINE: RefCell<Pipeline> = RefCell::new(pipeline());
    static COLLECTED: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

fuzz_target!(|bytes: &[u8]| {
    PIPELINE.with_borrow_mut(|kept| {
        if kept.newest().is_some_and(|newest| newest.as_secs() > TIME_MAX) {
            *kept = pipeline();
        }
        run(kept, bytes);
    });
});

fn run(pipeline: &mut Pipeline, bytes: &[u8]) {
    COLLECTED.take();
    let mut model = Model::default();
    let mut input = Input(bytes);
    let start = pipeline.newest().unwrap_or(Timestamp::from_parts(1_800_000_000, 0));
    let mut now = start.after(PAUSE);
    let before = pipeline.stats().fragments;
    let mut seen = 0;
    while !input.is_empty() && seen < FRAGMENTS_MAX {
        let piece = Piece::read(&mut input, seen);
        now = now.max(input.moment(now));
        if piece.offset == 0 && !piece.more {
            continue;
        }
        seen += 1;
        let packet = piece.packet();
        let record = Record {
            frame: seen,
            timestamp: now,
            link: LinkType::RAW,
            wire_len: packet.len() as u32,
            data: &packet,
            interface: None,
        };
        pipeline.push(&record, &mut |_| {});
        model.add(&piece, now);
    }
    let after = pipeline.stats().fragments;
    assert_eq!(after.seen - before.seen, seen);
    assert_eq!(after.reassembled - before.reassembled, model.reassembled, "{after:?}");
    assert_eq!((after.given_up, after.too_many), (0, 0), "the model has no limits");
    assert!(COLLECTED.take() == model.payloads, "{after:?}");
}

fn pipeline() -> Pipeline {
    let own = [Registration::of::<Collector>()];
    Pipeline::builder(config()).detectors(&own).build().expect("a good configuration")
}

/// One fragment.
struct Piece {
    key: u8,
    offset: usize,
    more: bool,
    data: Vec<u8>,
}

impl Piece {
    fn read(input: &mut Input<'_>, number: u64) -> Self {
        let flags = input.u8();
        let (units, len) = (usize::from(input.u16() & 0x1fff), usize::from(input.u16() & 0x0fff));
        // Often near the start, where pieces meet.
        let offset = if flags & 8 == 0 { units % 32 * 8 } else { units * 8 };
        let byte = |at: usize| INNER.get(at).copied().unwrap_or(number as u8);
        let data = (offset..offset + len).map(byte).collect();
        Self { key: flags & 3, offset, more: flags & 4 != 0, data }
    }

    fn packet(&self) -> Vec<u8> {
        if self.key & 1 == 0 { self.ipv4() } else { self.ipv6() }
    }

    fn ipv4(&self) -> Vec<u8> {
        let length = (20 + self.data.len()) as u16;
        let field = (self.offset / 8) as u16 | u16::from(self.more) << 13;
        let mut packet = vec![0x45, 0];
        packet.extend(length.to_be_bytes());
        packet.extend([0, self.key]);
        packet.extend(field.to_be_bytes());
        packet.extend([64, 4, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2]);
        packet.extend(&self.data);
        packet
    }

    fn ipv6(&self) -> Vec<u8> {
        let mut packet = vec![0x60, 0, 0, 0];
        packet.extend((8 + self.data.len() as u16).to_be_bytes());
        packet.extend([44, 64]);
        packet.extend([0xfd; 32]);
        packet.extend([4, 0]);
        packet.extend((self.offset as u16 | u16::from(self.more)).to_be_bytes());
        packet.extend([0, 0, 0, self.key]);
        packet.extend(&self.data);
        packet
    }
}

/// Every byte of every datagram that is not whole yet.
#[derive(Default)]
struct Model {
    datagrams: HashMap<u8, Datagram>,
    reassembled: u64,
    payloads: Vec<Vec<u8>>,
}

struct Datagram {
    since: Timestamp,
    bytes: Vec<Option<u8>>,
    len: Option<usize>,
}

impl Model {
    fn add(&mut self, piece: &Piece, now: Timestamp) {
        let len = piece.data.len();
        let usable = if piece.more { len - len % 8 } else { len };
        let end = piece.offset + usable;
        if usable == 0 || end > DATAGRAM_MAX {
            return;
        }
        let fresh = || Datagram { since: now, bytes: Vec::new(), len: None };
        let datagram = self.datagrams.entry(piece.key).or_insert_with(fresh);
        if now.nanos_since(datagram.since) > TIMEOUT_NS {
            *datagram = fresh();
        }
        let fits = match datagram.len {
            Some(len) => end <= len && (piece.more || end == len),
            None => piece.more || datagram.bytes.len() <= end,
        };
        if !fits {
            return;
        }
        if !piece.more {
            datagram.len = Some(end);
        }
        let reach = datagram.bytes.len().max(end);
        datagram.bytes.resize(reach, None);
        for (place, byte) in datagram.bytes[piece.offset..end].iter_mut().zip(&piece.data) {
            place.get_or_insert(*byte);
        }
        if datagram.len != Some(reach) {
            return;
        }
        let Some(whole) = datagram.bytes.iter().copied().collect::<Option<Vec<u8>>>() else {
            return;
        };
        self.datagrams.remove(&piece.key);
        self.reassembled += 1;
        if whole.len() >= INNER_LEAST {
            self.payloads.push(whole.get(INNER.len()..).unwrap_or_default().to_vec());
        }
    }
}

/// Collects the payload of every TCP segment.
struct Collector;

impl Detector for Collector {
    fn on_packet(&mut self, packet: &Packet<'_>, _: &mut Context<'_>) {
        let Some(ip) = packet.ip() else { return };
        COLLECTED.with_borrow_mut(|collected| collected.push(ip.payload().to_vec()));
    }

    fn usage(&self) -> Usage {
        Usage::default()
    }
}

#[derive(Default, serde::Serialize, serde::Deserialize)]
struct Settings {}

impl DetectorKind for Collector {
    type Settings = Settings;

    const DESCRIPTOR: Descriptor = Descriptor {
        id: "collector",
        category: "Collector",
        severity: Severity::Low,
        attack: &[],
        interest: Interest::TCP,
        judges: Party::Either,
        summary: "keeps what comes",
        rules: &[],
        guards: &[],
    };

    fn new(_: Settings, _: &Setup) -> Self {
        Self
    }
}
