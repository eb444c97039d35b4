//! Structure in a string of arbitrary bytes.

use netsentinel_core::Timestamp;

/// How time may move from one packet to the next, in nanoseconds; some steps lead back.
pub const TIME_STEPS: [i64; 8] =
    [0, 1, 1_000_000, 1_000_000_000, 10_000_000_000, 31_000_000_000, -1, -5_000_000_000];

/// Bytes taken from the front; what has run out reads as zeros.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a>(pub &'a [u8]);

impl<'a> Input<'a> {
    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The next byte.
    pub fn u8(&mut self) -> u8 {
        self.array::<1>()[0]
    }

    /// The next two bytes, little-endian.
    pub fn u16(&mut self) -> u16 {
        u16::from_le_bytes(self.array())
    }

    /// The next `len` bytes, or what is left.
    pub fn bytes(&mut self, len: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(len.min(self.0.len()));
        self.0 = rest;
        taken
    }

    /// The moment after `before`, by one of [`TIME_STEPS`].
    pub fn moment(&mut self, before: Timestamp) -> Timestamp {
        let step = TIME_STEPS[usize::from(self.u8()) % TIME_STEPS.len()];
        Timestamp::from_nanos(before.as_nanos().saturating_add(step))
    }

    fn array<const N: usize>(&mut self) -> [u8; N] {
        let mut array = [0; N];
        let taken = self.bytes(N);
        array[..taken.len()].copy_from_slice(taken);
        array
    }
}
