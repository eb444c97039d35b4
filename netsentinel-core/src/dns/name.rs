//! Domain names as they stand in a message.

use std::fmt;

use crate::text::Printable;

const NAME_LEN_MAX: usize = 255;
/// Pointers followed in one name: as many labels as the longest has.
const POINTERS_MAX: u8 = 127;

/// Which bytes host names consist of.
const IN_HOST_NAMES: [bool; 256] = {
    let mut fits = [false; 256];
    let mut byte = 0;
    while byte < fits.len() {
        let b = byte as u8;
        fits[byte] = b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
        byte += 1;
    }
    fits
};

/// A domain name inside a DNS message, read where it stands.
#[derive(Clone, Copy)]
pub struct Name<'a> {
    message: &'a [u8],
    start: usize,
    text_len: u16,
    /// Whether it stands in one piece, without pointers.
    whole: bool,
}

impl<'a> Name<'a> {
    /// A name takes at most this many bytes on the wire, length bytes included (RFC 1035, 2.3.4).
    pub const MAX_WIRE_LEN: usize = NAME_LEN_MAX;

    /// Reads the name at `start`; also tells where what follows it begins.
    ///
    /// `None` for a name that runs past the message or its limits, or whose pointers do not lead
    /// strictly backwards.
    pub fn parse(message: &'a [u8], start: usize) -> Option<(Self, usize)> {
        let mut labels = Labels { message, at: start, limit: start, pointers: 0, end: None };
        let (mut wire_len, mut text_len) = (1, 0);
        while let Some(label) = labels.step()? {
            wire_len += 1 + label.len();
            text_len += usize::from(text_len > 0) + label.len();
            if wire_len > Self::MAX_WIRE_LEN {
                return None;
            }
        }
        let text_len = u16::try_from(text_len).ok()?;
        let whole = labels.pointers == 0;
        Some((Self { message, start, text_len, whole }, labels.end.unwrap_or(labels.at)))
    }

    /// Length of the dotted text in characters, without a final dot; 0 for the root.
    pub fn text_len(&self) -> usize {
        usize::from(self.text_len)
    }

    /// The bytes that it is written by, if they stand in one piece: the same bytes are the same name.
    pub fn wire(&self) -> Option<&'a [u8]> {
        // Each label has a length where the text has a dot; the first has none, and the end is a length, too.
        let len = if self.text_len == 0 { 1 } else { self.text_len() + 2 };
        self.message.get(self.start..self.start + len).filter(|_| self.whole)
    }

    /// The labels, leftmost first.
    pub fn labels(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let mut labels = Labels {
            message: self.message,
            at: self.start,
            limit: self.start,
            pointers: 0,
            end: None,
        };
        std::iter::from_fn(move || labels.step().flatten())
    }

    /// The name in lower case, written into `buffer`, for looking it up: without the labels up to the
    /// last that holds bytes that no host name has, as tunnels put them before their domain. `None`
    /// where nothing is left.
    pub fn lower<'b>(&self, buffer: &'b mut [u8; NAME_LEN_MAX]) -> Option<&'b str> {
        let mut len = 0;
        for label in self.labels() {
            let from = len + usize::from(len > 0);
            let to = buffer.get_mut(from..from + label.len())?;
            let mut fits = true;
            for (lower, byte) in to.iter_mut().zip(label) {
                *lower = byte.to_ascii_lowercase();
                fits &= IN_HOST_NAMES[usize::from(*byte)];
            }
            if !fits {
                len = 0;
                continue;
            }
            if let Some(dot) = buffer.get_mut(len..from).and_then(<[u8]>::first_mut) {
                *dot = b'.';
            }
            len = from + label.len();
        }
        std::str::from_utf8(buffer.get(..len)?).ok().filter(|name| !name.is_empty())
    }
}

/// The dotted text, with every byte escaped that could forge anything; `.` for the root.
impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.text_len == 0 {
            return f.write_str(".");
        }
        for (n, label) in self.labels().enumerate() {
            if n > 0 {
                f.write_str(".")?;
            }
            Printable(label).fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

struct Labels<'a> {
    message: &'a [u8],
    at: usize,
    /// A pointer must lead to before here, so that no chain of them can loop.
    limit: usize,
    /// Followed so far.
    pointers: u8,
    /// Where the name ends for who reads on behind it: after its first pointer.
    end: Option<usize>,
}

impl<'a> Labels<'a> {
    /// The next label, `Some(None)` at the end of the name, `None` where it can not be read.
    fn step(&mut self) -> Option<Option<&'a [u8]>> {
        loop {
            let length = usize::from(*self.message.get(self.at)?);
            match length & 0xc0 {
                0x00 if length == 0 => {
                    self.at += 1;
                    return Some(None);
                }
                0x00 => {
                    let from = self.at + 1;
                    let label = self.message.get(from..from + length)?;
                    self.at = from + length;
                    return Some(Some(label));
                }
                0xc0 => {
                    let low = usize::from(*self.message.get(self.at + 1)?);
                    self.end.get_or_insert(self.at + 2);
                    self.at = (length & 0x3f) << 8 | low;
                    self.pointers += 1;
                    if self.at >= self.limit || self.pointers > POINTERS_MAX {
                        return None;
                    }
                    self.limit = self.at;
                }
                _ => return None,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_bytes_are_escaped_and_their_labels_never_looked_up() {
        let bytes = b"\x05a\n.\x1b\\\x03com\x00";
        let (name, end) = Name::parse(bytes, 0).unwrap();
        assert_eq!(name.to_string(), r"a\x0a.\x1b\\.com");
        assert_eq!((name.text_len(), end), (9, bytes.len()));
        assert_eq!(name.lower(&mut [0; 255]), Some("com"));
        let (name, _) = Name::parse(b"\x01a\x01\xff\x00", 0).unwrap();
        assert_eq!(name.lower(&mut [0; 255]), None);
    }

    #[test]
    fn the_longest_name_fits_and_one_byte_more_does_not() {
        let label = |n: u8| [&[n][..], &vec![b'x'; usize::from(n)]].concat();
        let longest = [label(63), label(63), label(63), label(61), vec![0]].concat();
        let (name, _) = Name::parse(&longest, 0).unwrap();
        assert_eq!(name.text_len(), 253);
        assert_eq!(name.lower(&mut [0; 255]).unwrap().len(), 253);
        let longer = [label(63), label(63), label(63), label(62), vec![0]].concat();
        assert!(Name::parse(&longer, 0).is_none());
    }

    #[test]
    fn bytes_are_told_of_names_in_one_piece() {
        let bytes = b"\x01a\x02bc\x00\x01x\xc0\x02";
        let wire = |at| Name::parse(bytes, at).unwrap().0.wire();
        assert_eq!((wire(0), wire(5)), (Some(&bytes[..6]), Some(&b"\0"[..])));
        assert_eq!((wire(2), wire(6)), (Some(&bytes[2..6]), None));
    }

    #[test]
    fn the_root_is_a_dot() {
        let (name, end) = Name::parse(&[0], 0).unwrap();
        assert_eq!((name.to_string().as_str(), name.text_len(), end), (".", 0, 1));
    }
}
