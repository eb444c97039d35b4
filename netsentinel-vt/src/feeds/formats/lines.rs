//! Lines of a list: bounded, without their ends, without a byte order mark.

use std::io::{self, BufRead, Read as _};

use super::intake::Intake;
use super::{FormatError, Skip};

/// Bytes of a line at most; URLhaus has addresses of some thousands.
pub const LINE_BYTES_MAX: usize = 16 << 10;

/// Gives each line, trimmed, to `line`; what is too long or no text is skipped and counted. Lines without
/// anything on them are left out.
pub(super) fn each_line<'i>(
    mut input: impl BufRead,
    intake: &mut Intake<'i>,
    mut line: impl FnMut(&str, &mut Intake<'i>) -> Result<(), FormatError>,
) -> Result<(), FormatError> {
    let mut bytes = Vec::new();
    let mut first = true;
    while next_line(&mut input, &mut bytes)? {
        if bytes.len() > LINE_BYTES_MAX {
            intake.skip(Skip::TooLong);
            continue;
        }
        let text = if std::mem::take(&mut first) {
            bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes)
        } else {
            &bytes
        };
        match str::from_utf8(text).map(str::trim) {
            Ok("") => {}
            Ok(text) => line(text, intake)?,
            Err(_) => intake.skip(Skip::NotText),
        }
    }
    Ok(())
}

/// What stands before a comment: `#`, `;` and `//` begin one, at the start or after white space; `;` and `#`
/// anywhere.
pub(super) fn without_comment(line: &str) -> &str {
    let end = line.find(['#', ';']).unwrap_or(line.len());
    let line = line.get(..end).unwrap_or(line);
    let slashes = line.match_indices("//").map(|(at, _)| at).find(|at| {
        line.get(..*at).is_some_and(|before| before.is_empty() || before.ends_with([' ', '\t']))
    });
    slashes.and_then(|at| line.get(..at)).unwrap_or(line).trim()
}

/// Reads one line into `bytes`, of one too long only so much that it shows. `false` at the end.
fn next_line(input: &mut impl BufRead, bytes: &mut Vec<u8>) -> io::Result<bool> {
    bytes.clear();
    let bound = LINE_BYTES_MAX as u64 + 1;
    if input.by_ref().take(bound).read_until(b'\n', bytes)? == 0 {
        return Ok(false);
    }
    if bytes.last() == Some(&b'\n') {
        bytes.pop();
    } else if bytes.len() > LINE_BYTES_MAX {
        input.skip_until(b'\n')?;
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_begins_where_one_may() {
        for (line, before) in [
            ("192.0.2.7 # x", "192.0.2.7"),
            ("192.0.2.7;x", "192.0.2.7"),
            ("192.0.2.7 // x", "192.0.2.7"),
            ("// x", ""),
            ("# x", ""),
            ("http://a.example/", "http://a.example/"),
        ] {
            assert_eq!(without_comment(line), before);
        }
    }

    #[test]
    fn a_line_that_is_too_long_is_left_out_and_no_other() {
        let long = "a".repeat(LINE_BYTES_MAX + 1);
        let text = format!("one\n{long}\n{}\r\n\nlast", "b".repeat(LINE_BYTES_MAX - 1));
        let mut input = text.as_bytes();
        let (mut bytes, mut lengths) = (Vec::new(), Vec::new());
        while next_line(&mut input, &mut bytes).unwrap() {
            lengths.push(bytes.len());
        }
        assert_eq!(lengths, [3, LINE_BYTES_MAX + 1, LINE_BYTES_MAX, 0, 4]);
    }
}
