//! Handing packets, flows and ticks to the detectors that ask for them.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::classify;
use super::episodes::Episodes;
use super::share::{Ends, Share};
use super::stats::RuleCounters;
use super::switches::Switches;
use super::trace::Trace;
use super::waiting::{Due, Waiting};
use crate::alert::{Agent, Sink};
use crate::detector::{Asks, Context, Descriptor, Party, Seated};
use crate::flow::{Attempt, AttemptStep, Attempts, Flow, FlowTable};
use crate::reputation::IndexedArrived;
use crate::{Indicator, Interest, Packet, Reputation, Site, Suspicion, Timestamp};

/// The detectors in their order, with all that they share.
pub(super) struct Dispatcher {
    pub(super) seats: Vec<Seat>,
    /// The hosts that are judged here.
    pub(super) share: Share,
    /// The kinds that any detector asks to see.
    pub(super) wanted: Interest,
    pub(super) attempts: Option<Attempts>,
    pub(super) flows: Option<FlowTable>,
    pub(super) episodes: Episodes,
    pub(super) site: Site,
    pub(super) agent: Agent,
    pub(super) reputation: Arc<dyn Reputation>,
    /// Absent where there is nobody to ask.
    pub(super) waiting: Option<Waiting>,
    /// Absent where nobody asks why.
    pub(super) trace: Option<Trace>,
}

/// A detector in its place in the order.
pub(super) struct Seat {
    pub(super) descriptor: &'static Descriptor,
    asks: Asks,
    pub(super) switches: Switches,
    pub(super) detector: Box<dyn Seated>,
    /// The detector's keys with the values that hold.
    pub(super) keys: Map<String, Value>,
    pub(super) counters: RuleCounters,
}

/// Kinds of packet that every worker sees.
const FOR_ALL: Interest = Interest::ICMP_ERROR.union(Interest::ARP).union(Interest::NEIGHBOUR);

/// What all seats share for one call, borrowed from the dispatcher beside the seats.
struct Shared<'a> {
    now: Timestamp,
    packet: Option<&'a Packet<'a>>,
    flow: Option<&'a Flow>,
    attempt: Option<Attempt>,
    site: &'a Site,
    share: &'a Share,
    agent: &'a Agent,
    reputation: &'a dyn Reputation,
    episodes: &'a mut Episodes,
    waiting: Option<&'a mut Waiting>,
    trace: Option<&'a mut Trace>,
    sink: &'a mut dyn Sink,
}

impl Dispatcher {
    /// Hands `packet` to the detectors under those of its kinds that are in `under`; tells which.
    pub(super) fn judge(
        &mut self,
        packet: &Packet<'_>,
        under: Interest,
        sink: &mut dyn Sink,
    ) -> Interest {
        let mut kinds = classify::kinds(packet) & under;
        let ends = self.share.ends(packet);
        // Every worker sees what may be about others than the two ends: errors quote attempts of two other
        // hosts, and who claims an address on the link is known by more than that address.
        let for_all = kinds.intersects(FOR_ALL);
        if !ends.include(Party::Either) && !for_all {
            return kinds;
        }
        let attempt = self.follow_attempt(packet, kinds);
        if let Some(attempt) = attempt {
            kinds |= Interest::ATTEMPT;
            if attempt.step == AttemptStep::Opens && kinds.contains(Interest::UDP) {
                kinds |= Interest::PROBE;
            }
        }
        let ends = if for_all { Ends::BOTH } else { ends };
        if kinds.contains(Interest::PROBE) && self.waiting.is_some() && ends.include(Party::Source)
        {
            self.tell_seen(packet);
        }
        let in_flow = kinds.intersects(Interest::TCP | Interest::UDP);
        let flow = if in_flow { self.follow_flow(packet, sink) } else { None };
        if kinds.intersects(self.wanted) {
            let (seats, mut shared) =
                self.parts(packet.timestamp, Some(packet), flow.as_ref(), sink);
            shared.attempt = attempt;
            for seat in seats {
                if seat.asks.interest.intersects(kinds) && ends.include(seat.asks.judges) {
                    seat.call(&mut shared, |detector, cx| detector.on_packet(packet, cx));
                }
            }
        }
        if let Some(ended) = self.flows.as_mut().and_then(|flows| flows.take_ended(packet)) {
            self.end_flow(&ended, packet.timestamp, Some(packet), sink);
        }
        kinds
    }

    /// Tells reputation of the external end of an attempt, so that its verdict is there before it is needed.
    fn tell_seen(&self, packet: &Packet<'_>) {
        let Some(ip) = packet.ip() else { return };
        let mut ends = [ip.source, ip.destination].into_iter();
        if let Some(external) = ends.find(|end| self.site.is_external_unicast(*end)) {
            self.reputation.want(Indicator::Ip(external), Suspicion::SEEN);
        }
    }

    fn follow_attempt(&mut self, packet: &Packet<'_>, kinds: Interest) -> Option<Attempt> {
        const OF_ATTEMPTS: Interest = Interest::UDP
            .union(Interest::SYN)
            .union(Interest::SYN_ACK)
            .union(Interest::RST)
            .union(Interest::ICMP_ERROR);
        if !kinds.intersects(OF_ATTEMPTS) {
            return None;
        }
        self.attempts.as_mut()?.observe(packet.ip()?, kinds, packet.timestamp)
    }

    fn follow_flow(&mut self, packet: &Packet<'_>, sink: &mut dyn Sink) -> Option<Flow> {
        let (flow, evicted) = self.flows.as_mut()?.observe(packet);
        if let Some(evicted) = evicted {
            // Another flow's packet: it tells nothing of this one.
            self.end_flow(&evicted, packet.timestamp, None, sink);
        }
        flow
    }

    fn end_flow(
        &mut self,
        flow: &Flow,
        now: Timestamp,
        packet: Option<&Packet<'_>>,
        sink: &mut dyn Sink,
    ) {
        let (seats, mut shared) = self.parts(now, packet, Some(flow), sink);
        for seat in seats {
            if seat.asks.interest.contains(Interest::FLOW) {
                seat.call(&mut shared, |detector, cx| detector.on_flow_end(flow, cx));
            }
        }
    }

    /// Packet time has entered a new second, at `now`.
    pub(super) fn tick(&mut self, now: Timestamp, sink: &mut dyn Sink) {
        self.episodes.close_quiet(now, sink);
        if let Some(waiting) = &mut self.waiting {
            waiting.expire(now);
        }
        while let Some(flow) = self.flows.as_mut().and_then(|flows| flows.pop_idle(now)) {
            self.end_flow(&flow, now, None, sink);
        }
        let (seats, mut shared) = self.parts(now, None, None, sink);
        for seat in seats {
            seat.call(&mut shared, |detector, cx| detector.on_tick(cx));
        }
    }

    /// Verdicts have arrived: alerts that are open escalate, then what has waited and is enough now is
    /// raised, by detector and by when it was counted.
    pub(super) fn reconsider(
        &mut self,
        arrived: &IndexedArrived<'_>,
        now: Timestamp,
        sink: &mut dyn Sink,
    ) {
        self.episodes.escalate(arrived, now, &*self.reputation, sink);
        let Some(waiting) = &mut self.waiting else { return };
        let mut due = waiting.take_due(arrived, now, &*self.reputation);
        due.sort_by_key(Due::order);
        let (seats, mut shared) = self.parts(now, None, None, sink);
        for seat in seats {
            for due in due.iter().filter(|due| due.descriptor.id == seat.descriptor.id) {
                seat.call(&mut shared, |detector, cx| detector.on_verdict(&due.finding(), cx));
            }
        }
    }

    /// The capture has ended, at `now`.
    pub(super) fn finish(&mut self, now: Timestamp, sink: &mut dyn Sink) {
        while let Some(flow) = self.flows.as_mut().and_then(FlowTable::pop_last) {
            self.end_flow(&flow, now, None, sink);
        }
        let (seats, mut shared) = self.parts(now, None, None, sink);
        for seat in seats {
            seat.call(&mut shared, |detector, cx| detector.finish(cx));
        }
        self.episodes.close_all(sink);
        if let Some(waiting) = &mut self.waiting {
            waiting.clear();
        }
    }

    fn parts<'a>(
        &'a mut self,
        now: Timestamp,
        packet: Option<&'a Packet<'a>>,
        flow: Option<&'a Flow>,
        sink: &'a mut dyn Sink,
    ) -> (&'a mut [Seat], Shared<'a>) {
        let shared = Shared {
            now,
            packet,
            flow,
            attempt: None,
            site: &self.site,
            share: &self.share,
            agent: &self.agent,
            reputation: &*self.reputation,
            episodes: &mut self.episodes,
            waiting: self.waiting.as_mut(),
            trace: self.trace.as_mut(),
            sink,
        };
        (&mut self.seats, shared)
    }
}

impl Seat {
    pub(super) fn new(
        descriptor: &'static Descriptor,
        asks: Asks,
        switches: Switches,
        detector: Box<dyn Seated>,
        keys: Map<String, Value>,
    ) -> Self {
        let counters = RuleCounters::new(descriptor);
        Self { descriptor, asks, switches, detector, keys, counters }
    }

    fn call(
        &mut self,
        shared: &mut Shared<'_>,
        act: impl FnOnce(&mut dyn Seated, &mut Context<'_>),
    ) {
        let mut cx = Context {
            now: shared.now,
            packet: shared.packet,
            flow: shared.flow,
            attempt: shared.attempt,
            descriptor: self.descriptor,
            site: shared.site,
            share: shared.share,
            agent: shared.agent,
            reputation: shared.reputation,
            episodes: shared.episodes,
            waiting: shared.waiting.as_deref_mut(),
            switches: &self.switches,
            counters: &mut self.counters,
            trace: shared.trace.as_deref_mut(),
            sink: shared.sink,
        };
        act(&mut *self.detector, &mut cx);
    }
}
