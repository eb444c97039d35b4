//! Packets on their way from a ring's thread to the one that judges, copied into memory that is used again.

use std::time::Instant;

use netsentinel_core::{LinkType, Record, Timestamp};

/// Bytes of packets in a block. One may hold more, by what one last look at the ring brings.
pub(super) const BLOCK_BYTES: usize = 512 << 10;
/// Packets in a block at most, but for that last look.
const PACKETS_MAX: usize = 4_096;
/// The most packets that one look at a ring brings. A block takes a look when a quarter of it is free, which
/// is enough for so many packets of 1,514 bytes.
pub(super) const LOOK: usize = 64;

/// Packets of one ring, in the order in which the kernel put them there.
pub(super) struct Block {
    bytes: Vec<u8>,
    packets: Vec<Copied>,
    /// When the last of them was taken from the kernel: all of them were captured before.
    pub(super) read_at: Instant,
}

struct Copied {
    timestamp: Timestamp,
    link: LinkType,
    wire_len: u32,
    start: u32,
    len: u32,
}

impl Block {
    /// An empty block, with the memory that it will use.
    pub(super) fn new() -> Self {
        Self {
            bytes: Vec::with_capacity(BLOCK_BYTES),
            packets: Vec::with_capacity(PACKETS_MAX + LOOK),
            read_at: Instant::now(),
        }
    }

    /// Appends a copy of `record`, without its number and interface.
    pub(super) fn push(&mut self, record: &Record<'_>) {
        self.packets.push(Copied {
            timestamp: record.timestamp,
            link: record.link,
            wire_len: record.wire_len,
            start: u32::try_from(self.bytes.len()).unwrap_or(u32::MAX),
            len: u32::try_from(record.data.len()).unwrap_or(u32::MAX),
        });
        self.bytes.extend_from_slice(record.data);
    }

    /// Whether there is no room for another look.
    pub(super) fn is_full(&self) -> bool {
        self.packets.len() >= PACKETS_MAX || self.bytes.len() > BLOCK_BYTES / 4 * 3
    }

    pub(super) fn is_empty(&self) -> bool {
        self.packets.is_empty()
    }

    /// When the packet at `place` was captured; `None` beyond the last.
    pub(super) fn time(&self, place: usize) -> Option<Timestamp> {
        self.packets.get(place).map(|packet| packet.timestamp)
    }

    /// The packet at `place`, as number `frame`; `None` beyond the last.
    pub(super) fn record<'a>(
        &'a self,
        place: usize,
        frame: u64,
        interface: &'a str,
    ) -> Option<Record<'a>> {
        let packet = self.packets.get(place)?;
        let start = packet.start as usize;
        Some(Record {
            frame,
            timestamp: packet.timestamp,
            link: packet.link,
            wire_len: packet.wire_len,
            data: self.bytes.get(start..start + packet.len as usize).unwrap_or_default(),
            interface: Some(interface),
        })
    }

    /// Forgets what it holds, and gives back memory that it needed beyond its own.
    pub(super) fn clear(&mut self) {
        self.packets.clear();
        self.bytes.clear();
        self.bytes.shrink_to(BLOCK_BYTES);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_gives_back_what_it_took_and_keeps_its_memory() {
        let mut block = Block::new();
        let record = |number: u8, data| Record {
            frame: 0,
            timestamp: Timestamp::from_nanos(number.into()),
            link: LinkType::ETHERNET,
            wire_len: 70_000,
            data,
            interface: None,
        };
        let big = vec![7; 65_535];
        block.push(&record(1, b"abc"));
        for number in 2..12 {
            assert_eq!(block.is_full(), number > 8, "{number}");
            block.push(&record(number, &big));
        }
        let first = block.record(0, 9, "eth0").unwrap();
        assert_eq!((first.frame, first.data, first.interface), (9, &b"abc"[..], Some("eth0")));
        let last = block.record(10, 19, "eth0").unwrap();
        assert_eq!((last.data, last.wire_len, last.timestamp.as_nanos()), (&big[..], 70_000, 11));
        assert!(block.record(11, 20, "eth0").is_none() && block.time(11).is_none());
        block.clear();
        assert!(block.is_empty() && !block.is_full());
        assert_eq!(block.bytes.capacity(), BLOCK_BYTES);
    }
}
