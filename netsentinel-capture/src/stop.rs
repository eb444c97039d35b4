//! Why reading stops before the end, in terms that do not need the capture's name.

use std::io;

use crate::Compression;

/// Why a reader of records can not go on.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The input ends inside of a header, a record, a block or a compressed stream.
    CutShort,
    /// The data at `offset` contradicts its format.
    Damaged { offset: u64, what: String },
    /// The data is of a version that is not known.
    Unsupported(String),
    /// The compressed data expands too much.
    Expansion(Compression),
    /// The memory is full of records that are still wanted: no end, nothing is lost.
    Full,
    /// The input can not be read.
    Read(io::Error),
}
