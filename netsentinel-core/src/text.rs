//! Text that an attacker may have written, made safe to show.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

/// Shows bytes from the wire so that they can forge nothing: no line, no field, no terminal
/// sequence, no right-to-left trick.
///
/// Printable ASCII stays as it is, but for the backslash, which is doubled; every other byte
/// becomes `\xNN`. So different bytes never show alike.
#[derive(Clone, Copy)]
pub struct Printable<'a>(pub &'a [u8]);

impl fmt::Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for &byte in self.0 {
            match byte {
                b'\\' => f.write_str("\\\\")?,
                b' '..=b'~' => f.write_char(char::from(byte))?,
                _ => write!(f, "\\x{byte:02x}")?,
            }
        }
        Ok(())
    }
}

/// [`Printable`] as a string.
pub fn printable(bytes: &[u8]) -> String {
    Printable(bytes).to_string()
}

/// `text` as it is, but for characters that could forge something, which become `\xNN` byte by byte.
///
/// For text that people wrote and are to recognise, such as the name of a file. What comes from the
/// wire goes through [`Printable`].
pub fn shown(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_unsafe(c) {
            out.push_str(&printable(c.encode_utf8(&mut [0; 4]).as_bytes()));
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// Control characters, line and paragraph separators, and the marks that turn the direction of
/// writing.
pub(crate) fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_readable_and_on_their_line() {
        assert_eq!(shown("Aufzeichnung März.pcap"), "Aufzeichnung März.pcap");
        assert_eq!(shown("a\nERROR\u{9b}2J\u{61c}"), r"a\x0aERROR\xc2\x9b2J\xd8\x9c");
    }

    #[test]
    fn only_printable_ascii_gets_through() {
        assert_eq!(printable(b"www.example.com"), "www.example.com");
        assert_eq!(printable(b"a\r\nb\x1b[31m"), r"a\x0d\x0ab\x1b[31m");
        assert_eq!(printable("\u{202e}x".as_bytes()), r"\xe2\x80\xaex");
        assert_eq!(printable(br"\x41"), r"\\x41");
    }
}
