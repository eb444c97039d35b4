//! A place in a frame: the bytes from there on, and what it means when they run out.

/// The bytes from some header on. Reading past their end is `None`, never a panic.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    /// Bytes of the frame before `bytes`.
    offset: usize,
    missing: Missing,
}

/// Where the bytes are that a header would need behind the end of the cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// Nowhere: the sender ended early.
    Nowhere,
    /// Cut off by the snap length of the capture.
    Snapped,
    /// In fragments to come, so their absence here is no defect.
    LaterFragment,
}

impl<'a> Cursor<'a> {
    /// At the start of a captured frame that had `wire_len` bytes on the wire.
    #[inline]
    pub(super) fn of_frame(bytes: &'a [u8], wire_len: u32) -> Self {
        let snapped = (bytes.len() as u64) < u64::from(wire_len);
        let missing = if snapped { Missing::Snapped } else { Missing::Nowhere };
        Self { bytes, offset: 0, missing }
    }

    /// At the start of a datagram that was put together from all its fragments.
    pub(super) fn of_datagram(bytes: &'a [u8]) -> Self {
        Self { bytes, offset: 0, missing: Missing::Nowhere }
    }

    /// All bytes from here on.
    #[inline]
    pub(super) fn bytes(self) -> &'a [u8] {
        self.bytes
    }

    #[inline]
    pub(super) fn len(self) -> usize {
        self.bytes.len()
    }

    /// Bytes of the frame before this place.
    #[inline]
    pub(super) fn offset(self) -> usize {
        self.offset
    }

    #[inline]
    pub(super) fn missing(self) -> Missing {
        self.missing
    }

    /// The first `N` bytes.
    #[inline]
    pub(super) fn head<const N: usize>(self) -> Option<&'a [u8; N]> {
        self.bytes.first_chunk()
    }

    /// The byte at `index`.
    #[inline]
    pub(super) fn u8(self, index: usize) -> Option<u8> {
        self.bytes.get(index).copied()
    }

    /// The two bytes from `index` on, in network order.
    #[inline]
    pub(super) fn u16(self, index: usize) -> Option<u16> {
        self.bytes.get(index..)?.first_chunk().copied().map(u16::from_be_bytes)
    }

    /// The place `count` bytes on, at most the end.
    #[inline]
    pub(super) fn skip(self, count: usize) -> Self {
        match self.bytes.get(count..) {
            Some(bytes) => Self { bytes, offset: self.offset + count, ..self },
            None => Self { bytes: &[], offset: self.offset + self.bytes.len(), ..self },
        }
    }

    /// Without what lies beyond `count` bytes. Where so many are there, none is missing any more.
    #[inline]
    pub(super) fn bounded(self, count: usize) -> Self {
        match self.bytes.get(..count) {
            Some(bytes) => Self { bytes, missing: Missing::Nowhere, ..self },
            None => self,
        }
    }

    /// The same bytes as the first piece of a datagram whose rest comes in other frames.
    pub(super) fn first_fragment(self) -> Self {
        Self { missing: Missing::LaterFragment, ..self }
    }

    /// Whether more than `count` bytes follow, or may have before they were cut off.
    pub(super) fn exceeds(self, count: usize) -> bool {
        self.bytes.len() > count || self.missing == Missing::Snapped
    }

    /// Whether `count` bytes are claimed to follow although the frame, captured whole, ends before.
    #[inline]
    pub(super) fn overrun_by(self, count: usize) -> bool {
        count > self.bytes.len() && self.missing == Missing::Nowhere
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_inside_and_nothing_outside() {
        let cursor = Cursor::of_frame(&[1, 2, 3, 4, 5], 5);
        assert_eq!(cursor.head::<5>(), Some(&[1, 2, 3, 4, 5]));
        assert_eq!(cursor.head::<6>(), None);
        assert_eq!(cursor.u16(3), Some(0x0405));
        assert_eq!(cursor.u16(4), None);
        assert_eq!(cursor.u16(usize::MAX), None);
        assert_eq!(cursor.u8(4), Some(5));
        assert_eq!(cursor.u8(5), None);
        let end = cursor.skip(2).skip(usize::MAX);
        assert_eq!((end.len(), end.offset()), (0, 5));
    }

    #[test]
    fn a_bound_inside_the_capture_ends_the_doubt() {
        let snapped = Cursor::of_frame(&[0; 10], 60);
        assert_eq!(snapped.missing(), Missing::Snapped);
        assert_eq!(snapped.bounded(11).missing(), Missing::Snapped);
        assert!(!snapped.overrun_by(11));
        let whole = snapped.skip(4).bounded(6);
        assert_eq!((whole.len(), whole.offset(), whole.missing()), (6, 4, Missing::Nowhere));
        assert!(whole.overrun_by(7));
        assert!(!whole.overrun_by(6));
    }
}
