//! What to tell about a capture that ended early.

use std::fmt;

use crate::Compression;
use crate::compression::Place;

/// A capture that is cut short: its last record is not whole.
///
/// Printed without the capture's name.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Warning {
    /// Where the data ends, in bytes of the uncompressed data.
    pub offset: u64,
    /// Where the header, record or block begins that is not whole; at most `offset`.
    pub record: u64,
    /// How many packets were read before.
    pub packets: u64,
    /// How the capture is compressed, where it is.
    pub compression: Option<Compression>,
    /// Where something stands that looks like the header of a second capture, appended to the
    /// first: what was read from there on is not to be trusted.
    pub second_capture: Option<u64>,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { offset, record, packets, .. } = self;
        let place = Place(self.compression);
        write!(f, "cut short at byte {offset}{place}")?;
        if record != offset {
            write!(f, ", inside of what begins at byte {record}")?;
        }
        match packets {
            1 => write!(f, "; the 1 packet before was read")?,
            n => write!(f, "; the {n} packets before were read")?,
        }
        if let Some(at) = self.second_capture {
            write!(f, "; {}", SecondCapture(at))?;
        }
        Ok(())
    }
}

/// The advice for captures that were joined end to end.
pub(crate) struct SecondCapture(pub(crate) u64);

impl fmt::Display for SecondCapture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a second capture seems to begin at byte {}: join captures by mergecap", self.0)
    }
}
