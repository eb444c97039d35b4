//! Reads captures: pcap and pcapng, plain or compressed with gzip, zstd or lz4; and, with the feature
//! `live`, interfaces.
//!
//! [`Capture`] tells the format by what a file starts with, never by its name, and delivers the
//! packets one by one as a [`Source`](netsentinel_core::Source). It streams: a capture of any size
//! is read through one buffer, and standard input is as good as a file.
//!
//! ```
//! use netsentinel_capture::{Capture, PcapWriter};
//! use netsentinel_core::{LinkType, Record, Source, Timestamp};
//!
//! # fn main() -> Result<(), netsentinel_capture::CaptureError> {
//! let mut writer = PcapWriter::new(Vec::new(), LinkType::ETHERNET, 65_535)?;
//! writer.write(&Record {
//!     frame: 1,
//!     timestamp: Timestamp::from_parts(1_763_718_600, 7),
//!     link: LinkType::ETHERNET,
//!     wire_len: 60,
//!     data: &[0; 60],
//!     interface: None,
//! })?;
//!
//! let mut capture = Capture::from_reader("example", std::io::Cursor::new(writer.finish()?))?;
//! let mut packets = 0;
//! while let Some(record) = capture.next_record()? {
//!     assert_eq!(record.data.len(), 60);
//!     packets += 1;
//! }
//! assert_eq!(packets, 1);
//! assert!(capture.warning().is_none());
//! # Ok(())
//! # }
//! ```
#![deny(unsafe_code)]

mod buffer;
mod capture;
mod compression;
mod error;
mod input;
mod interface;
#[cfg(feature = "live")]
pub mod live;
mod lz4;
mod pcap;
mod pcapng;
mod stop;
mod warning;
mod write;

#[cfg(test)]
mod tests;

pub use buffer::MAX_RECORD;
pub use capture::{Capture, Format};
pub use compression::Compression;
pub use error::CaptureError;
pub use input::{EXPANSION_FLOOR, MAX_EXPANSION};
pub use interface::{MAX_INTERFACE_NAME, MAX_INTERFACES};
pub use pcapng::Skipped;
pub use warning::Warning;
pub use write::{MAX_SNAPLEN, PcapWriter};
