//! The classic pcap format: one header, then records to the end.

use netsentinel_core::{LinkType, Timestamp};
use pcap_parser::parse_pcap_header;

use crate::MAX_RECORD;
use crate::buffer::Buffer;
use crate::capture::Packet;
use crate::stop::Stop;
use crate::warning::SecondCapture;

/// The lower half of the link type field; the upper tells the length of the frame check sequence.
const LINK_TYPE_MASK: u32 = 0xffff;

/// Reads the records of a pcap file.
///
/// The parser reads the file's header only: its functions for records do not know the lengths of
/// old captures, and limit none.
pub(crate) struct Pcap {
    link: LinkType,
    nanos_per_tick: i64,
    big_endian: bool,
    /// Length of a record's header: 16 bytes, or 24 in Kuznetzov's variant.
    header_len: usize,
    lengths: Lengths,
    /// The magic as a record's seconds would show it, were a header in a record's place.
    magic: u32,
    second_capture: Option<u64>,
}

/// In which order a record's header tells its two lengths.
#[derive(Clone, Copy)]
enum Lengths {
    /// Captured, then on the wire.
    Ordered,
    /// The other way round: before version 2.3.
    Swapped,
    /// Either way, as long as no more is captured than was on the wire: version 2.3.
    Either,
}

impl Pcap {
    const HEADER_LEN: usize = 24;

    /// Whether a capture that starts with `magic` is a pcap file.
    pub(crate) fn detect(magic: [u8; 4]) -> bool {
        matches!(
            magic,
            [0xd4, 0xc3, 0xb2, 0xa1]
                | [0xa1, 0xb2, 0xc3, 0xd4]
                | [0x4d, 0x3c, 0xb2, 0xa1]
                | [0xa1, 0xb2, 0x3c, 0x4d]
                | [0x34, 0xcd, 0xb2, 0xa1]
        )
    }

    /// Reads the file's header.
    pub(crate) fn open(buffer: &mut Buffer) -> Result<Self, Stop> {
        if !buffer.require(Self::HEADER_LEN)? {
            return Err(Stop::CutShort);
        }
        let Ok((_, header)) = parse_pcap_header(buffer.unread()) else {
            return Err(Stop::Damaged { offset: 0, what: "the header can not be read".into() });
        };
        buffer.consume(Self::HEADER_LEN);
        let lengths = match (header.version_major, header.version_minor) {
            (2, 0..3) => Lengths::Swapped,
            (2, 3) => Lengths::Either,
            (2, _) => Lengths::Ordered,
            (major, minor) => {
                let what = format!("pcap version {major}.{minor}, only 2 is known");
                return Err(Stop::Unsupported(what));
            }
        };
        let big_endian = header.is_bigendian();
        Ok(Self {
            link: LinkType(header.network.0.cast_unsigned() & LINK_TYPE_MASK),
            nanos_per_tick: if header.is_nanosecond_precision() { 1 } else { 1000 },
            big_endian,
            header_len: if header.is_modified_format() { 24 } else { 16 },
            lengths,
            magic: if big_endian { header.magic_number.swap_bytes() } else { header.magic_number },
            second_capture: None,
        })
    }

    /// Where a second file header was seen in a record's place.
    pub(crate) fn second_capture(&self) -> Option<u64> {
        self.second_capture
    }

    /// The next packet, or `None` at the end.
    #[inline(always)]
    pub(crate) fn next(&mut self, buffer: &mut Buffer) -> Result<Option<Packet>, Stop> {
        if !buffer.require(self.header_len)? {
            return if buffer.unread().is_empty() { Ok(None) } else { Err(Stop::CutShort) };
        }
        let [seconds, ticks, first, second] = self.header(buffer.unread());
        if seconds == self.magic && first == 0 && second == 0 && self.second_capture.is_none() {
            self.second_capture = Some(buffer.offset());
        }
        let (captured, wire_len) = match self.lengths {
            Lengths::Swapped => (second, first),
            Lengths::Either if first > second => (second, first),
            Lengths::Ordered | Lengths::Either => (first, second),
        };
        let len = usize::try_from(captured).unwrap_or(usize::MAX);
        if len > MAX_RECORD - self.header_len {
            return Err(self.too_large(buffer, captured));
        }
        if !buffer.require(self.header_len + len)? {
            return Err(Stop::CutShort);
        }
        let data = buffer.consume(self.header_len + len) + self.header_len;
        Ok(Some(Packet {
            // Fits: 32 bits of seconds end in 2106, a timestamp in 2262.
            timestamp: Timestamp::from_nanos(
                i64::from(seconds) * 1_000_000_000 + i64::from(ticks) * self.nanos_per_tick,
            ),
            link: self.link,
            wire_len,
            data: data..data + len,
            interface: None,
        }))
    }

    /// The first four numbers of a record's header; all of them were required before.
    #[inline]
    fn header(&self, bytes: &[u8]) -> [u32; 4] {
        let (numbers, _) = bytes.as_chunks::<4>();
        let numbers = numbers.first_chunk::<4>().copied().unwrap_or_default();
        if self.big_endian {
            numbers.map(u32::from_be_bytes)
        } else {
            numbers.map(u32::from_le_bytes)
        }
    }

    #[cold]
    fn too_large(&self, buffer: &Buffer, captured: u32) -> Stop {
        let mut what = format!("a packet of {captured} bytes, records have at most {MAX_RECORD}");
        if let Some(at) = self.second_capture {
            what = format!("{what}; {}", SecondCapture(at));
        }
        Stop::Damaged { offset: buffer.offset(), what }
    }
}
