//! A scenario under way.

use std::convert::Infallible;
use std::fmt;

use netsentinel_core::{LinkType, Record, Source, Timestamp};

use crate::timeline::Timeline;

/// A run of a scenario: a stream of Ethernet frames in time order.
///
/// As a [`Source`] it lends each frame from one buffer; as an [`Iterator`] it gives each away. Only
/// what is under way is held, never the whole run.
pub struct Run {
    timeline: Timeline,
    frame: Vec<u8>,
    snaplen: u32,
    left: u64,
    end: Option<Timestamp>,
    count: u64,
}

/// A frame of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SynthPacket {
    /// When it is sent.
    pub timestamp: Timestamp,
    /// Its whole length in bytes.
    pub wire_len: u32,
    /// Its bytes, cut to the snap length.
    pub data: Vec<u8>,
}

impl Run {
    pub(super) fn new(
        timeline: Timeline,
        snaplen: u32,
        packets: Option<u64>,
        end: Option<Timestamp>,
    ) -> Self {
        let (frame, left) = (Vec::with_capacity(2048), packets.unwrap_or(u64::MAX));
        Self { timeline, frame, snaplen, left, end, count: 0 }
    }

    /// The most bytes of a frame that are kept.
    pub fn snaplen(&self) -> u32 {
        self.snaplen
    }

    /// The next frame, or `None` at the end.
    pub fn next_frame(&mut self) -> Option<Record<'_>> {
        if self.left == 0 {
            return None;
        }
        let timestamp = self.timeline.next_frame(&mut self.frame);
        let Some(timestamp) = timestamp.filter(|&now| self.end.is_none_or(|end| now < end)) else {
            self.left = 0;
            return None;
        };
        self.left -= 1;
        self.count += 1;
        let kept = self.frame.len().min(self.snaplen as usize);
        Some(Record {
            frame: self.count,
            timestamp,
            link: LinkType::ETHERNET,
            wire_len: self.frame.len() as u32,
            data: self.frame.get(..kept).unwrap_or_default(),
            interface: None,
        })
    }
}

impl Source for Run {
    type Error = Infallible;

    fn next_record(&mut self) -> Result<Option<Record<'_>>, Infallible> {
        Ok(self.next_frame())
    }
}

impl Iterator for Run {
    type Item = SynthPacket;

    fn next(&mut self) -> Option<SynthPacket> {
        self.next_frame().map(|record| SynthPacket {
            timestamp: record.timestamp,
            wire_len: record.wire_len,
            data: record.data.to_vec(),
        })
    }
}

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run").field("frames", &self.count).finish_non_exhaustive()
    }
}
