//! Records on their way to the workers, copied into one piece of memory that is used again; between
//! them the times that passed without one, and the verdicts that arrived.

use std::ops::Range;

use crate::{Arrived, LinkType, Record, Timestamp};

/// Records, times and verdicts in a batch at most.
const ENTRIES_MAX: usize = 4_096;
/// A batch is full when it holds this many bytes; one record may go beyond.
const BYTES_MAX: usize = 1 << 20;

/// Records and their bytes.
#[derive(Default)]
pub(super) struct Batch {
    bytes: Vec<u8>,
    entries: Vec<Entry>,
}

/// What a batch holds, in its order.
pub(super) enum Event<'a> {
    Record(Record<'a>),
    /// Time passed without a record.
    Time(Timestamp),
    /// Verdicts arrived.
    Arrived(&'a Arrived),
}

enum Entry {
    Record(Copied),
    Time(Timestamp),
    Arrived(Arrived),
}

struct Copied {
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
        self.entries.push(Entry::Record(Copied {
            frame: record.frame,
            timestamp: record.timestamp,
            link: record.link,
            wire_len: record.wire_len,
            data,
            interface,
        }));
    }

    /// Appends that time has passed.
    pub(super) fn push_time(&mut self, now: Timestamp) {
        self.entries.push(Entry::Time(now));
    }

    /// Appends that verdicts have arrived.
    pub(super) fn push_arrived(&mut self, arrived: Arrived) {
        self.entries.push(Entry::Arrived(arrived));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(super) fn is_full(&self) -> bool {
        self.entries.len() >= ENTRIES_MAX || self.bytes.len() >= BYTES_MAX
    }

    /// Forgets what it holds and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.entries.clear();
    }

    pub(super) fn events(&self) -> impl Iterator<Item = Event<'_>> {
        self.entries.iter().map(|entry| match entry {
            Entry::Record(copied) => Event::Record(self.record(copied)),
            Entry::Time(now) => Event::Time(*now),
            Entry::Arrived(arrived) => Event::Arrived(arrived),
        })
    }

    fn record(&self, copied: &Copied) -> Record<'_> {
        let name = copied.interface.clone();
        Record {
            frame: copied.frame,
            timestamp: copied.timestamp,
            link: copied.link,
            wire_len: copied.wire_len,
            data: self.bytes.get(copied.data.clone()).unwrap_or_default(),
            interface: name.and_then(|range| str::from_utf8(self.bytes.get(range)?).ok()),
        }
    }

    fn keep(&mut self, bytes: &[u8]) -> Range<usize> {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        start..self.bytes.len()
    }
}
