//! A capture mapped into memory: the least that reading a packet can cost.

use std::fs::File;
use std::path::Path;

use anyhow::{Result, ensure};
use memmap2::Mmap;
use netsentinel_core::{LinkType, Record, Timestamp};

const FILE_HEADER: usize = 24;
const RECORD_HEADER: usize = 16;
/// Little-endian, nanoseconds, version 2.4.
const MAGIC: [u8; 8] = [0x4d, 0x3c, 0xb2, 0xa1, 2, 0, 4, 0];

/// A mapped capture of Ethernet frames.
pub(crate) struct Mapped(Mmap);

impl Mapped {
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let map = map(&File::open(path)?)?;
        let header = map.get(..FILE_HEADER).unwrap_or_default();
        ensure!(
            header.starts_with(&MAGIC) && header.ends_with(&[1, 0, 0, 0]),
            "not a little-endian pcap file of Ethernet with nanoseconds"
        );
        Ok(Self(map))
    }

    /// The bare walk: sums up, of each packet, the numbers that any engine must read. Returns the
    /// number of packets, the bytes on the wire, and the sum.
    pub(crate) fn walk(&self) -> (u64, u64, u64) {
        let (mut packets, mut wire_bytes, mut sum) = (0, 0, 0_u64);
        let mut rest = self.records_bytes();
        while let Some((header, behind)) = rest.split_first_chunk::<RECORD_HEADER>() {
            let [seconds, nanos, captured, wire_len] = numbers(header);
            let Some((frame, behind)) = behind.split_at_checked(captured as usize) else { break };
            rest = behind;
            packets += 1;
            wire_bytes += u64::from(wire_len);
            sum = sum.wrapping_add(u64::from(seconds ^ nanos)).wrapping_add(headers(frame));
        }
        (packets, wire_bytes, sum)
    }

    /// The packets.
    pub(crate) fn records(&self) -> impl Iterator<Item = Record<'_>> {
        let mut rest = self.records_bytes();
        let mut frame = 0;
        std::iter::from_fn(move || {
            let (header, behind) = rest.split_first_chunk::<RECORD_HEADER>()?;
            let [seconds, nanos, captured, wire_len] = numbers(header);
            let (data, behind) = behind.split_at_checked(captured as usize)?;
            rest = behind;
            frame += 1;
            let timestamp = Timestamp::from_parts(i64::from(seconds), i64::from(nanos));
            let link = LinkType::ETHERNET;
            Some(Record { frame, timestamp, link, wire_len, data, interface: None })
        })
    }

    fn records_bytes(&self) -> &[u8] {
        self.0.get(FILE_HEADER..).unwrap_or_default()
    }
}

/// EtherType, addresses, protocol, ports: of a frame of TCP or UDP in IPv4 or IPv6.
#[inline(always)]
fn headers(frame: &[u8]) -> u64 {
    let Some(head) = frame.first_chunk::<38>() else { return frame.len() as u64 };
    let u32_at = |at: usize| {
        u64::from(u32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]))
    };
    let ether_type = u64::from(u16::from_be_bytes([head[12], head[13]]));
    let addresses = u32_at(26).wrapping_add(u32_at(30));
    let ports = match frame.get(54..58) {
        Some(&[a, b, c, d]) if ether_type == 0x86dd => u64::from(u32::from_be_bytes([a, b, c, d])),
        _ => u32_at(34),
    };
    ether_type + u64::from(head[23]) + addresses + ports
}

#[inline(always)]
fn numbers(header: &[u8; RECORD_HEADER]) -> [u32; 4] {
    let (words, _) = header.as_chunks::<4>();
    words.first_chunk().map_or([0; 4], |words| words.map(u32::from_le_bytes))
}

#[allow(unsafe_code, reason = "there is no safe way to map a file")]
fn map(file: &File) -> std::io::Result<Mmap> {
    // SAFETY: the map is only read. Who changes or cuts the file while it is measured on changes
    // the numbers, or ends this program by a signal; nothing else depends on the bytes.
    unsafe { Mmap::map(file) }
}
