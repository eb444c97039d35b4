//! The one buffer that a capture is read through.

use std::ops::Range;

use netsentinel_core::Block;

use crate::Compression;
use crate::input::Input;
use crate::stop::Stop;

/// The largest record or block, headers included, that is not taken for damage: 16 MiB.
///
/// libpcap and Wireshark stop at 256 KiB for most link types, which frames of segmentation
/// offload can exceed; Wireshark stops at 16 MiB for pcapng blocks.
pub const MAX_RECORD: usize = 16 << 20;

/// What the buffer holds at first, in bytes; it grows up to [`MAX_RECORD`] if a record asks for it.
const INITIAL: usize = Block::BYTES;

/// Unread bytes of the input, and the bytes of the record read last.
pub(crate) struct Buffer {
    input: Input,
    bytes: Vec<u8>,
    start: usize,
    end: usize,
    /// Where `bytes[start]` stands in the uncompressed input.
    offset: u64,
    /// Whether what has been consumed must stay where it is.
    pinned: bool,
}

impl Buffer {
    pub(crate) fn new(input: Input) -> Self {
        Self { input, bytes: vec![0; INITIAL], start: 0, end: 0, offset: 0, pinned: false }
    }

    pub(crate) fn compression(&self) -> Option<Compression> {
        self.input.compression()
    }

    /// Bytes taken from the underlying input, read ahead included.
    pub(crate) fn taken(&self) -> u64 {
        self.input.taken()
    }

    /// Where the unread bytes stand in the uncompressed input.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// Where the bytes that are read ahead end in the uncompressed input.
    pub(crate) fn end_offset(&self) -> u64 {
        self.offset + (self.end - self.start) as u64
    }

    /// What is unread and in memory.
    pub(crate) fn unread(&self) -> &[u8] {
        self.bytes.get(self.start..self.end).unwrap_or_default()
    }

    /// Makes at least `wanted` unread bytes stand in memory; false if the input ends before.
    ///
    /// # Errors
    ///
    /// When the input fails before; what is in memory stays. [`Stop::Full`] where that would take memory
    /// that is pinned.
    #[inline]
    pub(crate) fn require(&mut self, wanted: usize) -> Result<bool, Stop> {
        if wanted <= self.end - self.start {
            return Ok(true);
        }
        self.fill(wanted)
    }

    #[cold]
    fn fill(&mut self, wanted: usize) -> Result<bool, Stop> {
        // Of an input that comes bit by bit, what is there is not kept waiting for the rest.
        if self.pinned && (wanted > self.bytes.len() - self.start || self.compression().is_none()) {
            return Err(Stop::Full);
        }
        if wanted > self.bytes.len() - self.start {
            self.bytes.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if wanted > self.bytes.len() {
            debug_assert!(wanted <= MAX_RECORD, "callers refuse larger records");
            self.bytes.resize(wanted.next_power_of_two(), 0);
        }
        while wanted > self.end - self.start {
            let room = self.bytes.get_mut(self.end..).unwrap_or_default();
            match self.input.read(room)? {
                0 => return Ok(false),
                read => self.end += read,
            }
        }
        Ok(true)
    }

    /// Steps over `len` unread bytes and tells where they stay in memory until the next `require`.
    #[inline]
    pub(crate) fn consume(&mut self, len: usize) -> usize {
        let from = self.start;
        let len = len.min(self.end - self.start);
        self.start += len;
        self.offset += len as u64;
        from
    }

    /// Goes on with `bytes` as memory, at least [`Block::BYTES`] of it if it is to `read`, and with a
    /// copy of what is unread; gives away the memory used so far, as it is.
    pub(crate) fn exchange(&mut self, bytes: &mut Vec<u8>, read: bool) {
        let unread = self.end - self.start;
        let least = if read { unread.max(INITIAL) } else { unread };
        if bytes.len() < least {
            bytes.resize(least, 0);
        }
        if let Some(copy) = bytes.get_mut(..unread) {
            copy.copy_from_slice(self.unread());
        }
        std::mem::swap(&mut self.bytes, bytes);
        (self.start, self.end) = (0, unread);
    }

    /// From now on, what has been consumed stays where it is, or no longer needs to.
    #[inline]
    pub(crate) fn pin(&mut self, pinned: bool) {
        self.pinned = pinned;
    }

    /// Bytes consumed before the next `require`.
    pub(crate) fn consumed(&self, range: Range<usize>) -> &[u8] {
        self.bytes.get(range).unwrap_or_default()
    }
}
