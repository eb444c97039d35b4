//! What is found out of packets, and who is told.

use super::place::Step;
use crate::flow::{Attempt, Flow};
use crate::{Arrived, Headers, Interest, Packet, Record, Timestamp};

/// A packet with all that has been found out of it.
pub(super) struct Shown<'a> {
    pub(super) packet: &'a Packet<'a>,
    pub(super) kinds: Interest,
    pub(super) attempt: Option<&'a Attempt>,
    pub(super) flow: Option<&'a Flow>,
    /// What was put together of fragments, if the packet was.
    pub(super) datagram: Option<&'a [u8]>,
}

/// A flow that has ended.
#[derive(Clone, Copy)]
pub(super) struct Ended<'a> {
    pub(super) flow: &'a Flow,
    pub(super) now: Timestamp,
    /// The packet that has ended it, if one has.
    pub(super) by: Option<&'a Packet<'a>>,
    pub(super) step: Step,
}

/// Who is told of what happens, in its order; `nth` is the number of the record, or of what comes between
/// records, in its batch.
pub(super) trait Audience {
    fn packet(&mut self, nth: usize, shown: &Shown<'_>);

    /// `datagram` is what was put together of fragments, if the packet that has ended it was.
    fn flow_ended(&mut self, nth: usize, ended: &Ended<'_>, datagram: Option<&[u8]>);

    /// A stretch of records begins; so much has come between records before it.
    fn stretch(&mut self, events: usize) {
        let _ = events;
    }

    /// Packet time enters another second: first this, then flows end, then `tick`.
    fn second(&mut self, nth: usize, now: Timestamp);

    fn tick(&mut self, nth: usize, now: Timestamp);

    /// Verdicts have arrived.
    fn verdicts(&mut self, nth: usize, now: Timestamp, arrived: &Arrived);
}

impl Shown<'_> {
    /// Where alerts that it brings about stand.
    pub(super) const fn step(&self) -> Step {
        if self.datagram.is_some() { Step::Datagram } else { Step::Frame }
    }
}

/// The packet in `record`, which counts as captured `now`, before its headers have been read.
#[inline(always)]
pub(super) fn undecoded<'a>(record: &Record<'a>, now: Timestamp) -> Packet<'a> {
    Packet {
        timestamp: now,
        frame: record.frame,
        wire_len: record.wire_len,
        snapped: (record.data.len() as u64) < u64::from(record.wire_len),
        interface: record.interface,
        headers: Headers::default(),
    }
}
