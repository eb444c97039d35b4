//! An address or a network a line, and nothing else: blocklist.de, and others that are simple.

use std::io::BufRead;

use super::FormatError;
use super::intake::Intake;
use super::lines::{each_line, without_comment};

/// Reads such a list; a line is over at the first white space or comment.
pub(super) fn read(input: impl BufRead, intake: &mut Intake<'_>) -> Result<(), FormatError> {
    each_line(input, intake, line)
}

pub(super) fn line(line: &str, intake: &mut Intake<'_>) -> Result<(), FormatError> {
    match without_comment(line).split_ascii_whitespace().next() {
        Some(first) => intake.network_in(first),
        None => Ok(()),
    }
}
