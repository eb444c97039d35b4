//! Writes pcap files with nanosecond time stamps.

use std::io::Write;

use netsentinel_core::{LinkType, Record};

use crate::CaptureError;

/// The largest snap length that tools accept in most captures, in bytes.
pub const MAX_SNAPLEN: u32 = 262_144;

/// Little-endian, nanoseconds.
const MAGIC: u32 = 0xa1b2_3c4d;

/// Writes a classic pcap file: little-endian, nanosecond time stamps, version 2.4.
///
/// Makes two small writes a packet, so give it a [`BufWriter`](std::io::BufWriter) over a file.
#[derive(Debug)]
pub struct PcapWriter<W: Write> {
    out: W,
    link: LinkType,
    snaplen: u32,
}

impl<W: Write> PcapWriter<W> {
    /// Begins a capture of packets of one link type. Of each packet `snaplen` bytes are kept; 0
    /// and what is above [`MAX_SNAPLEN`] stand for [`MAX_SNAPLEN`].
    ///
    /// # Errors
    ///
    /// When the header can not be written.
    pub fn new(mut out: W, link: LinkType, snaplen: u32) -> Result<Self, CaptureError> {
        let snaplen = if snaplen == 0 { MAX_SNAPLEN } else { snaplen.min(MAX_SNAPLEN) };
        let version = 2_u32 | 4 << 16;
        let header = words([MAGIC, version, 0, 0, snaplen, link.0]);
        out.write_all(header.as_flattened()).map_err(CaptureError::Write)?;
        Ok(Self { out, link, snaplen })
    }

    /// Appends a packet. Its number and interface are not kept: pcap has no place for them.
    ///
    /// # Errors
    ///
    /// When the packet's link type is not the capture's, its time is before 1970 or after 2106, or
    /// it can not be written. After the first two the capture is as it was before.
    pub fn write(&mut self, record: &Record<'_>) -> Result<(), CaptureError> {
        if record.link != self.link {
            return Err(CaptureError::LinkType { expected: self.link, found: record.link });
        }
        let secs = record.timestamp.as_secs();
        let Ok(seconds) = u32::try_from(secs) else {
            return Err(CaptureError::Time(record.timestamp));
        };
        let nanos = record.timestamp.as_nanos() - secs * 1_000_000_000;
        let nanos = u32::try_from(nanos).unwrap_or_default();

        let captured = u32::try_from(record.data.len()).unwrap_or(u32::MAX).min(self.snaplen);
        let kept = record.data.get(..captured as usize).unwrap_or(record.data);
        let header = words([seconds, nanos, captured, record.wire_len]);
        self.out.write_all(header.as_flattened()).map_err(CaptureError::Write)?;
        self.out.write_all(kept).map_err(CaptureError::Write)
    }

    /// Flushes and hands back what was written to.
    ///
    /// # Errors
    ///
    /// When it can not be flushed.
    pub fn finish(mut self) -> Result<W, CaptureError> {
        self.out.flush().map_err(CaptureError::Write)?;
        Ok(self.out)
    }
}

fn words<const N: usize>(numbers: [u32; N]) -> [[u8; 4]; N] {
    numbers.map(u32::to_le_bytes)
}
