//! Captures built byte by byte, in every variant of the formats.

use std::io::Write;

use lz4_flex::frame::FrameEncoder;

/// A byte order to write numbers in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Little,
    Big,
}

pub(super) const ORDERS: [Order; 2] = [Order::Little, Order::Big];

impl Order {
    pub(super) fn u16(self, n: u16) -> [u8; 2] {
        if self == Self::Big { n.to_be_bytes() } else { n.to_le_bytes() }
    }

    pub(super) fn u32(self, n: u32) -> [u8; 4] {
        if self == Self::Big { n.to_be_bytes() } else { n.to_le_bytes() }
    }

    pub(super) fn u64(self, n: u64) -> [u8; 8] {
        if self == Self::Big { n.to_be_bytes() } else { n.to_le_bytes() }
    }

    pub(super) fn words(self, words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|word| self.u32(*word)).collect()
    }
}

/// A pcap file's header.
pub(super) fn pcap_header(order: Order, magic: u32, minor: u16, link: u32) -> Vec<u8> {
    let version = [order.u16(2), order.u16(minor)].concat();
    [order.u32(magic).to_vec(), version, order.words(&[0, 0, 65_535, link])].concat()
}

/// A pcap record: seconds, ticks, captured and wire length as told, then `data`.
pub(super) fn pcap_record(order: Order, header: [u32; 4], data: &[u8]) -> Vec<u8> {
    [&order.words(&header), data].concat()
}

/// A pcapng block around `body`, which is padded.
pub(super) fn block(order: Order, kind: u32, body: &[u8]) -> Vec<u8> {
    let padded = body.len().next_multiple_of(4);
    let len = order.u32(padded as u32 + 12);
    [&order.u32(kind), &len, body, &vec![0; padded - body.len()], &len].concat()
}

/// The header of a pcapng section.
pub(super) fn section(order: Order, major: u16) -> Vec<u8> {
    let version = [order.u16(major), order.u16(0)].concat();
    let body = [&order.u32(0x1a2b_3c4d)[..], &version, &order.u64(u64::MAX)].concat();
    block(order, 0x0a0d_0d0a, &body)
}

/// An option, padded.
pub(super) fn option(order: Order, code: u16, value: &[u8]) -> Vec<u8> {
    let padding = value.len().next_multiple_of(4) - value.len();
    let head = [order.u16(code), order.u16(value.len() as u16)].concat();
    [&head, value, &vec![0; padding]].concat()
}

/// An interface description.
pub(super) fn interface(order: Order, link: u16, snaplen: u32, options: &[u8]) -> Vec<u8> {
    let head = [order.u16(link), order.u16(0)].concat();
    block(order, 1, &[&head, &order.u32(snaplen)[..], options].concat())
}

/// An enhanced packet of interface `id` at `ticks`.
pub(super) fn enhanced(order: Order, id: u32, ticks: u64, wire_len: u32, data: &[u8]) -> Vec<u8> {
    let (high, low) = ((ticks >> 32) as u32, ticks as u32);
    let head = order.words(&[id, high, low, data.len() as u32, wire_len]);
    block(order, 6, &[&head, data].concat())
}

/// An obsolete packet block of interface `id` at `ticks`, with 7 packets dropped before.
pub(super) fn obsolete(order: Order, id: u16, ticks: u64, wire_len: u32, data: &[u8]) -> Vec<u8> {
    let (high, low) = ((ticks >> 32) as u32, ticks as u32);
    let ids = [order.u16(id), order.u16(7)].concat();
    let head = order.words(&[high, low, data.len() as u32, wire_len]);
    block(order, 2, &[&ids, &head, data].concat())
}

/// A simple packet of `wire_len` bytes on the wire.
pub(super) fn simple(order: Order, wire_len: u32, data: &[u8]) -> Vec<u8> {
    block(order, 3, &[&order.u32(wire_len), data].concat())
}

pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(super) fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).unwrap()
}

pub(super) fn lz4(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = FrameEncoder::new(Vec::new());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A pcap file of three packets: whole, cut by the snap length, and empty.
pub(super) fn small_pcap(order: Order) -> Vec<u8> {
    [
        pcap_header(order, 0xa1b2_3c4d, 4, 1),
        pcap_record(order, [10, 1, 5, 5], b"first"),
        pcap_record(order, [11, 2, 6, 900], b"second"),
        pcap_record(order, [12, 3, 0, 40], b""),
    ]
    .concat()
}

/// A pcapng file of two sections with blocks of every kind and four packets.
pub(super) fn small_pcapng(order: Order) -> Vec<u8> {
    [
        section(order, 1),
        interface(order, 1, 0, &option(order, 2, b"eth0")),
        enhanced(order, 0, 1_000_001, 5, b"first"),
        block(order, 0x1234, b"unknown"),
        simple(order, 6, b"second"),
        section(Order::Big, 1),
        interface(Order::Big, 101, 0, &[]),
        block(Order::Big, 4, b"names of hosts"),
        obsolete(Order::Big, 0, 2_000_002, 900, b"third"),
        enhanced(Order::Big, 0, 3_000_003, 1, b"4"),
    ]
    .concat()
}
