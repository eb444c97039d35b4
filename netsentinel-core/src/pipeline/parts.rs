//! What a panel on another thread has to do with a batch.
//!
//! Whatever has been found out of a packet is kept, but for its headers: to read those again costs less than
//! to carry them to another core.

use std::ops::Range;

use super::audience::{Audience, Ended, Shown};
use super::place::Step;
use crate::flow::{Attempt, Flow};
use crate::{Arrived, Interest, Timestamp};

/// What a panel has to do with a batch, in its order.
pub(super) struct Parts {
    /// The kinds of packet that the panel may want.
    wants: Interest,
    /// How much has come between records before the one at hand.
    events: usize,
    list: Vec<Part>,
    attempts: Vec<Attempt>,
    rest: Vec<Rest>,
    /// What was put together of fragments, one behind the other.
    datagrams: Vec<u8>,
    verdicts: Vec<Arrived>,
}

/// One thing that a panel is told.
#[derive(Clone, Copy)]
pub(super) struct Part {
    /// Its number in the batch, in the order of alerts.
    nth: u32,
    /// The record that it came with, in the block.
    record: u32,
    /// Packet time.
    pub(super) now: Timestamp,
    pub(super) what: What,
}

#[derive(Clone, Copy)]
pub(super) enum What {
    /// A packet of these kinds.
    Packet(Interest, Found),
    /// A flow has ended: by the packet at hand, or of itself; and when.
    FlowEnded(Found, bool, Step),
    Second,
    Tick,
    Verdicts(u32),
}

/// The numbers of what was found out of a packet beside its kinds; of what there is seldom anything.
#[derive(Clone, Copy)]
pub(super) struct Found {
    attempt: u32,
    rest: u32,
}

/// What is found out of few packets, or for few detectors.
struct Rest {
    flow: Option<Flow>,
    datagram: Option<Range<usize>>,
}

/// The number of nothing.
const NONE: u32 = u32::MAX;

impl Part {
    pub(super) const fn nth(&self) -> usize {
        self.nth as usize
    }

    pub(super) const fn record(&self) -> usize {
        self.record as usize
    }
}

impl Parts {
    /// None yet, of a panel that may want packets of these kinds.
    pub(super) fn for_kinds(wants: Interest) -> Self {
        Self {
            wants,
            events: 0,
            list: Vec::new(),
            attempts: Vec::new(),
            rest: Vec::new(),
            datagrams: Vec::new(),
            verdicts: Vec::new(),
        }
    }

    pub(super) fn list(&self) -> &[Part] {
        &self.list
    }

    pub(super) fn attempt(&self, found: Found) -> Option<&Attempt> {
        self.attempts.get(found.attempt as usize)
    }

    pub(super) fn flow(&self, found: Found) -> Option<&Flow> {
        self.rest.get(found.rest as usize)?.flow.as_ref()
    }

    pub(super) fn datagram(&self, found: Found) -> Option<&[u8]> {
        self.datagrams.get(self.rest.get(found.rest as usize)?.datagram.clone()?)
    }

    pub(super) fn verdicts(&self, number: u32) -> Option<&Arrived> {
        self.verdicts.get(number as usize)
    }

    /// Forgets what it holds and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.list.clear();
        self.attempts.clear();
        self.rest.clear();
        self.datagrams.clear();
        self.verdicts.clear();
        self.events = 0;
    }

    /// A batch is far too short for a number that does not fit.
    fn push(&mut self, nth: usize, now: Timestamp, what: What) {
        let record = nth.saturating_sub(self.events) as u32;
        self.list.push(Part { nth: nth as u32, record, now, what });
    }

    #[inline(always)]
    fn note(
        &mut self,
        attempt: Option<&Attempt>,
        flow: Option<&Flow>,
        datagram: Option<&[u8]>,
    ) -> Found {
        let mut found = Found { attempt: NONE, rest: NONE };
        if let Some(attempt) = attempt {
            found.attempt = self.attempts.len() as u32;
            self.attempts.push(*attempt);
        }
        if flow.is_some() || datagram.is_some() {
            found.rest = self.rest.len() as u32;
            let start = self.datagrams.len();
            self.datagrams.extend_from_slice(datagram.unwrap_or_default());
            let datagram = datagram.map(|_| start..self.datagrams.len());
            self.rest.push(Rest { flow: flow.copied(), datagram });
        }
        found
    }
}

impl Audience for Parts {
    fn stretch(&mut self, events: usize) {
        self.events = events;
    }

    #[inline]
    fn packet(&mut self, nth: usize, shown: &Shown<'_>) {
        if !shown.kinds.intersects(self.wants) {
            return;
        }
        let Shown { packet, kinds, attempt, flow, datagram } = *shown;
        let found = self.note(attempt, flow, datagram);
        self.push(nth, packet.timestamp, What::Packet(kinds, found));
    }

    fn flow_ended(&mut self, nth: usize, ended: &Ended<'_>, datagram: Option<&[u8]>) {
        if !self.wants.contains(Interest::FLOW) {
            return;
        }
        let found = self.note(None, Some(ended.flow), datagram);
        self.push(nth, ended.now, What::FlowEnded(found, ended.by.is_some(), ended.step));
    }

    fn second(&mut self, nth: usize, now: Timestamp) {
        self.push(nth, now, What::Second);
    }

    fn tick(&mut self, nth: usize, now: Timestamp) {
        self.push(nth, now, What::Tick);
    }

    fn verdicts(&mut self, nth: usize, now: Timestamp, arrived: &Arrived) {
        self.verdicts.push(arrived.clone());
        self.push(nth, now, What::Verdicts(self.verdicts.len() as u32 - 1));
    }
}
