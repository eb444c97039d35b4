//! Records that are handed on together, with their bytes in one piece of memory that is used again.

use std::ops::Range;

use crate::{LinkType, Record, Timestamp};

/// Consecutive records of a [`Source`](crate::Source), and their bytes.
///
/// A source that reads into the block's own memory ([`swap_bytes`](Self::swap_bytes)) copies no record.
#[derive(Debug, Default)]
pub struct Block {
    /// What records point into; of a block that a source has filled all of it is used or was read ahead.
    bytes: Vec<u8>,
    /// How many of them records that were pushed have taken.
    pushed: usize,
    entries: Vec<Entry>,
    newest: Option<Timestamp>,
    /// Names of interfaces, one behind the other.
    names: String,
}

/// A record without its bytes.
#[derive(Clone, Copy, Debug)]
struct Entry {
    frame: u64,
    timestamp: Timestamp,
    link: LinkType,
    wire_len: u32,
    /// Where its bytes begin and end; a block never comes near 4 GiB.
    data: (u32, u32),
    /// Where its interface's name begins and ends; both the same for none.
    interface: (u32, u32),
}

impl Block {
    /// Records in a block at most.
    pub const RECORDS_MAX: usize = 4_096;
    /// Bytes that a block is meant for; one record may go beyond. About as much as the second cache of
    /// a core holds beside what the core works with, so that what has just been read is still there.
    pub const BYTES: usize = 256 << 10;
    /// Memory above this is given back when the block is cleared.
    const BYTES_KEPT: usize = 4 * Self::BYTES;

    /// Appends a copy of `record`.
    pub fn push(&mut self, record: &Record<'_>) {
        let start = self.pushed;
        self.bytes.truncate(start);
        self.bytes.extend_from_slice(record.data);
        self.pushed = self.bytes.len();
        self.push_at(start..self.pushed, &Record { data: &[], ..*record });
    }

    /// Appends a record whose bytes are at `range` of what [`swap_bytes`](Self::swap_bytes) will hand
    /// over; the `data` of `record` is not looked at. A range beyond those bytes reads as no bytes.
    #[inline]
    pub fn push_at(&mut self, range: Range<usize>, record: &Record<'_>) {
        let narrow = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        self.newest = self.newest.max(Some(record.timestamp));
        let interface = record.interface.map_or((0, 0), |name| self.name(name));
        self.entries.push(Entry {
            frame: record.frame,
            timestamp: record.timestamp,
            link: record.link,
            wire_len: record.wire_len,
            data: (narrow(range.start), narrow(range.end)),
            interface,
        });
    }

    /// Exchanges the memory that records point into.
    pub fn swap_bytes(&mut self, bytes: &mut Vec<u8>) {
        std::mem::swap(&mut self.bytes, bytes);
        self.pushed = self.bytes.len();
    }

    /// Whether it holds no record.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// When the newest of its records was captured.
    pub fn newest(&self) -> Option<Timestamp> {
        self.newest
    }

    /// Number of records.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether no further record should be added.
    pub fn is_full(&self) -> bool {
        self.entries.len() >= Self::RECORDS_MAX || self.pushed >= Self::BYTES
    }

    /// Forgets the records and keeps the memory.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.names.clear();
        self.newest = None;
        self.pushed = 0;
        if self.bytes.capacity() > Self::BYTES_KEPT {
            self.bytes = Vec::new();
        }
    }

    /// The records in their order.
    pub fn records(&self) -> impl Iterator<Item = Record<'_>> {
        self.entries.iter().map(|entry| self.record(entry))
    }

    /// The record number `nth`, from 0.
    #[inline]
    pub fn get(&self, nth: usize) -> Option<Record<'_>> {
        self.entries.get(nth).map(|entry| self.record(entry))
    }

    /// The bytes of record number `nth`, none if there is no such record.
    #[inline]
    pub(crate) fn frame(&self, nth: usize) -> &[u8] {
        let (start, end) = self.entries.get(nth).map_or((0, 0), |entry| entry.data);
        self.bytes.get(start as usize..end as usize).unwrap_or_default()
    }

    #[inline(always)]
    fn record(&self, entry: &Entry) -> Record<'_> {
        let range = |(start, end): (u32, u32)| start as usize..end as usize;
        Record {
            frame: entry.frame,
            timestamp: entry.timestamp,
            link: entry.link,
            wire_len: entry.wire_len,
            data: self.bytes.get(range(entry.data)).unwrap_or_default(),
            interface: match entry.interface {
                (start, end) if start == end => None,
                name => self.names.get(range(name)),
            },
        }
    }

    /// Where `name` is kept: records of one interface come one behind the other.
    fn name(&mut self, name: &str) -> (u32, u32) {
        let last = self.entries.last().map_or((0, 0), |entry| entry.interface);
        if self.names.get(last.0 as usize..last.1 as usize) == Some(name) {
            return last;
        }
        let start = self.names.len();
        self.names.push_str(name);
        let narrow = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        (narrow(start), narrow(self.names.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record<'a>(frame: u64, data: &'a [u8], interface: Option<&'a str>) -> Record<'a> {
        let timestamp = Timestamp::from_nanos(frame as i64);
        let wire_len = data.len() as u32;
        Record { frame, timestamp, link: LinkType::ETHERNET, wire_len, data, interface }
    }

    fn told(block: &Block) -> Vec<(u64, Vec<u8>, Option<String>)> {
        let owned = |r: Record<'_>| (r.frame, r.data.to_vec(), r.interface.map(str::to_owned));
        block.records().map(owned).collect()
    }

    #[test]
    fn what_was_pushed_comes_back_whatever_the_memory_was_used_for_before() {
        let mut block = Block::default();
        for _ in 0..2 {
            block.push(&record(1, &[1, 2, 3], Some("eth0")));
            block.push(&record(2, &[], None));
            block.push(&record(3, &[4], Some("eth1")));
            block.push(&record(4, &[5], Some("eth1")));
            let eth1 = Some("eth1".to_owned());
            let expected = [
                (1, vec![1, 2, 3], Some("eth0".to_owned())),
                (2, vec![], None),
                (3, vec![4], eth1.clone()),
                (4, vec![5], eth1),
            ];
            assert_eq!(told(&block), expected);
            assert_eq!(block.names, "eth0eth1");
            block.clear();
            block.swap_bytes(&mut vec![9; 100]);
            block.push_at(98..100, &record(7, &[], None));
            block.push_at(98..101, &record(8, &[], None));
            assert_eq!(told(&block), [(7, vec![9, 9], None), (8, vec![], None)]);
            block.clear();
            assert!(block.is_empty());
        }
    }

    #[test]
    fn it_is_full_by_records_or_by_bytes() {
        let mut block = Block::default();
        for frame in 0..Block::RECORDS_MAX as u64 {
            assert!(!block.is_full());
            block.push(&record(frame, &[], None));
        }
        assert!(block.is_full());
        block.clear();
        block.push(&record(1, &[0; Block::BYTES], None));
        assert!(block.is_full());
    }
}
