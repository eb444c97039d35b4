//! How an input is compressed, told by what it starts with.

use std::fmt;
use std::io::{self, Read};

use flate2::read::MultiGzDecoder;

use crate::lz4::Lz4Frames;

/// The largest window that a zstd stream may ask for, as a power of two: 128 MiB, what `zstd`
/// itself accepts without being told to use more memory.
const ZSTD_WINDOW_LOG_MAX: u32 = 27;

/// The compressions that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Compression {
    /// gzip, one member or several.
    Gzip,
    /// Zstandard, one frame or several.
    Zstd,
    /// LZ4 frames (not the legacy format), one or several.
    Lz4,
}

impl Compression {
    /// The compression of an input that starts with `head`; `None` if it is not compressed.
    pub(crate) fn detect(head: &[u8]) -> Option<Self> {
        match *head {
            [0x1f, 0x8b, ..] => Some(Self::Gzip),
            // Parallel zstd writes skippable frames (magic 0x184d2a50 and up) ahead of the data.
            [0x28, 0xb5, 0x2f, 0xfd] | [0x50..=0x5f, 0x2a, 0x4d, 0x18] => Some(Self::Zstd),
            [0x04, 0x22, 0x4d, 0x18] => Some(Self::Lz4),
            _ => None,
        }
    }

    /// A reader of what `input` expands to.
    pub(crate) fn decode(
        self,
        input: impl Read + Send + 'static,
    ) -> io::Result<Box<dyn Read + Send>> {
        Ok(match self {
            Self::Gzip => Box::new(MultiGzDecoder::new(input)),
            Self::Zstd => {
                let mut decoder = zstd::stream::read::Decoder::new(input)?;
                decoder.window_log_max(ZSTD_WINDOW_LOG_MAX)?;
                Box::new(decoder)
            }
            Self::Lz4 => Box::new(Lz4Frames::new(input)),
        })
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Lz4 => "lz4",
        })
    }
}

/// Tells, behind a byte offset, what it is an offset in.
pub(crate) struct Place(pub(crate) Option<Compression>);

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(compression) => write!(f, " of the uncompressed {compression} data"),
            None => Ok(()),
        }
    }
}
