//! Records on their way to the workers, copied into one piece of memory that is used again.

use std::ops::Range;

use crate::{LinkType, Record, Timestamp};

/// Records in a batch at most.
const RECORDS_MAX: usize = 4_096;
/// A batch is full when it holds this many bytes; one record may go beyond.
const BYTES_MAX: usize = 1 << 20;

/// Records and their bytes.
#[derive(Default)]
pub(super) struct Batch {
    bytes: Vec<u8>,
    records: Vec<Entry>,
}

struct Entry {
    frame: u64,
    timestamp: Timestamp,
    link: LinkType,
    wire_len: u32,
    data: Range<usize>,
    interface: Option<Range<usize>>,
}

impl Batch {
    /// Appends a copy of `record`.
    pub(super) fn push(&mut self, record: &Record<'_>) {
        let data = self.keep(record.data);
        let interface = record.interface.map(|name| self.keep(name.as_bytes()));
        self.records.push(Entry {
            frame: record.frame,
            timestamp: record.timestamp,
            link: record.link,
            wire_len: record.wire_len,
            data,
            interface,
        });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    pub(super) fn is_full(&self) -> bool {
        self.records.len() >= RECORDS_MAX || self.bytes.len() >= BYTES_MAX
    }

    /// Forgets the records and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.records.clear();
    }

    pub(super) fn records(&self) -> impl Iterator<Item = Record<'_>> {
        self.records.iter().map(|entry| Record {
            frame: entry.frame,
            timestamp: entry.timestamp,
            link: entry.link,
            wire_len: entry.wire_len,
            data: self.bytes.get(entry.data.clone()).unwrap_or_default(),
            interface: entry
                .interface
                .clone()
                .and_then(|range| str::from_utf8(self.bytes.get(range)?).ok()),
        })
    }

    fn keep(&mut self, bytes: &[u8]) -> Range<usize> {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        start..self.bytes.len()
    }
}
