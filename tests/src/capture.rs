//! Captures made in memory, in every container that is read.
#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

use std::io::Write;

use lz4_flex::frame::{BlockSize, FrameEncoder, FrameInfo};
use netsentinel_core::Timestamp;
use netsentinel_synth::{Options, SynthPacket, scenario};

const NANOS_PER_SECOND: i64 = 1_000_000_000;
const ETHERNET: u32 = 1;

/// A byte order to write numbers in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Least significant byte first.
    Little,
    /// Most significant byte first.
    Big,
}

/// How fine the time stamps of a pcap file are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ticks {
    /// A millionth of a second.
    Micros,
    /// A billionth.
    Nanos,
}

/// The packets of a scenario.
pub fn packets(name: &str, options: &Options) -> Vec<SynthPacket> {
    scenario::find(name).unwrap().run(options).unwrap().collect()
}

/// A scenario with its default options, as a pcap file of nanoseconds.
pub fn scenario_pcap(name: &str) -> Vec<u8> {
    pcap(&packets(name, &Options::default()), Order::Little, Ticks::Nanos)
}

/// The same packets at whole microseconds, which every container can hold.
pub fn at_micros(mut packets: Vec<SynthPacket>) -> Vec<SynthPacket> {
    for packet in &mut packets {
        let nanos = packet.timestamp.as_nanos();
        packet.timestamp = Timestamp::from_nanos(nanos - nanos.rem_euclid(1_000));
    }
    packets
}

/// A pcap file.
pub fn pcap(packets: &[SynthPacket], order: Order, ticks: Ticks) -> Vec<u8> {
    let (magic, nanos_per_tick) = match ticks {
        Ticks::Micros => (0xa1b2_c3d4, 1_000),
        Ticks::Nanos => (0xa1b2_3c4d, 1),
    };
    let version = match order {
        Order::Little => 2 | 4 << 16,
        Order::Big => 2 << 16 | 4,
    };
    let mut out = order.words(&[magic, version, 0, 0, 262_144, ETHERNET]);
    for SynthPacket { timestamp, wire_len, data } in packets {
        let nanos = timestamp.as_nanos();
        let seconds = u32::try_from(nanos / NANOS_PER_SECOND).unwrap();
        let rest = (nanos % NANOS_PER_SECOND / nanos_per_tick) as u32;
        out.extend(order.words(&[seconds, rest, data.len() as u32, *wire_len]));
        out.extend(data);
    }
    out
}

/// A pcapng file with one interface of nanoseconds.
pub fn pcapng(packets: &[SynthPacket], order: Order) -> Vec<u8> {
    const NANOSECONDS: [u8; 8] = [9, 0, 1, 0, 9, 0, 0, 0];
    const NANOSECONDS_BIG: [u8; 8] = [0, 9, 0, 1, 9, 0, 0, 0];
    let (version, link, resolution) = match order {
        Order::Little => (1, ETHERNET, NANOSECONDS),
        Order::Big => (1 << 16, ETHERNET << 16, NANOSECONDS_BIG),
    };
    let section = order.words(&[0x1a2b_3c4d, version, u32::MAX, u32::MAX]);
    let interface = [order.words(&[link, 0]), resolution.to_vec(), vec![0; 4]].concat();
    let mut out = [order.block(0x0a0d_0d0a, &section), order.block(1, &interface)].concat();
    for SynthPacket { timestamp, wire_len, data } in packets {
        let nanos = timestamp.as_nanos();
        let head = [0, (nanos >> 32) as u32, nanos as u32, data.len() as u32, *wire_len];
        out.extend(order.block(6, &[&order.words(&head)[..], data].concat()));
    }
    out
}

/// Compressed by gzip.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Compressed by zstd.
pub fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap()
}

/// Compressed by lz4, as a frame of small blocks, so that a part of it says something.
pub fn lz4(bytes: &[u8]) -> Vec<u8> {
    let blocks = FrameInfo::new().block_size(BlockSize::Max64KB);
    let mut encoder = FrameEncoder::with_frame_info(blocks, Vec::new());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

impl Order {
    fn words(self, words: &[u32]) -> Vec<u8> {
        let bytes = |word: &u32| match self {
            Self::Little => word.to_le_bytes(),
            Self::Big => word.to_be_bytes(),
        };
        words.iter().flat_map(bytes).collect()
    }

    /// A pcapng block.
    fn block(self, kind: u32, body: &[u8]) -> Vec<u8> {
        let padding = body.len().next_multiple_of(4) - body.len();
        let len = (body.len() + padding + 12) as u32;
        [&self.words(&[kind, len])[..], body, &vec![0; padding], &self.words(&[len])].concat()
    }
}
