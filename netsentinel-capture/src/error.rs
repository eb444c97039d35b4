//! What can go wrong with a capture.

use std::io;

use netsentinel_core::{LinkType, Timestamp};

use crate::compression::Place;
use crate::{Compression, MAX_EXPANSION};

/// Why a capture can not be opened, read any further, or written.
///
/// The message is one sentence that names the capture; it already holds what the operating system
/// said, so there is no `source()` to print after it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CaptureError {
    /// The file is missing, may not be read, or the like.
    #[error("{name}: can not be opened: {reason}")]
    Open {
        /// The path as given.
        name: String,
        /// What the operating system said.
        reason: io::Error,
    },
    /// The path is that of a folder.
    #[error("{name}: is a folder, expected a capture file")]
    Folder {
        /// The path as given.
        name: String,
    },
    /// The input does not begin as a capture does.
    #[error("{name}: not a capture: {found}")]
    NotACapture {
        /// The path or the name given to the reader.
        name: String,
        /// What is there instead, and what was expected.
        found: String,
    },
    /// The input is a capture, but of a kind that is not read.
    #[error("{name}: not supported: {what}")]
    Unsupported {
        /// The path or the name given to the reader.
        name: String,
        /// What is not supported.
        what: String,
    },
    /// The capture contradicts its format; the records before were delivered.
    #[error("{name}: damaged at byte {offset}{}: {what}", Place(*compression))]
    Damaged {
        /// The path or the name given to the reader.
        name: String,
        /// Where the damaged record or block begins, in the uncompressed data.
        offset: u64,
        /// How the capture is compressed, where it is.
        compression: Option<Compression>,
        /// What is wrong.
        what: String,
    },
    /// The compressed input expands beyond all measure; the records before were delivered.
    #[error("{name}: expands more than {MAX_EXPANSION} times, at byte {offset}{}: \
             decompress it first if it is to be trusted", Place(Some(*compression)))]
    Expansion {
        /// The path or the name given to the reader.
        name: String,
        /// How much was decompressed.
        offset: u64,
        /// How the capture is compressed.
        compression: Compression,
    },
    /// The input could not be read any further; the records before were delivered.
    #[error("{name}: can not be read at byte {offset}: {reason}")]
    Read {
        /// The path or the name given to the reader.
        name: String,
        /// How far it could be read, in the uncompressed data.
        offset: u64,
        /// What the operating system or the reader said.
        reason: io::Error,
    },
    /// A capture could not be written.
    #[error("the capture can not be written: {0}")]
    Write(io::Error),
    /// A pcap file holds packets of one link type only.
    #[error("a packet of link type {} does not fit in a capture of link type {}", found.0, expected.0)]
    LinkType {
        /// The link type of the capture being written.
        expected: LinkType,
        /// The link type of the packet.
        found: LinkType,
    },
    /// A pcap file can not tell this time.
    #[error("{0} is outside of the years 1970 to 2106 that a pcap file can tell")]
    Time(Timestamp),
}
