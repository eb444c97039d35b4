//! Handing packets, flows and ticks to the detectors that ask for them.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::classify;
use super::ledger::{Account, Ledger};
use super::rota::Rota;
use super::route::Needs;
use super::share::{Ends, Share};
use super::stats::RuleCounters;
use super::switches::Switches;
use super::waiting::Due;
use crate::alert::{Agent, Sink};
use crate::detector::{Asks, Context, Descriptor, Occasion, Party, Seated};
use crate::flow::{Attempt, AttemptStep, Attempts, Flow, FlowTable};
use crate::reputation::IndexedArrived;
use crate::{Indicator, Interest, Packet, Reputation, Site, Suspicion, Timestamp};

/// Packets of these kinds may open an attempt, or tell what becomes of one.
const OF_ATTEMPTS: Interest = Interest::UDP
    .union(Interest::SYN)
    .union(Interest::SYN_ACK)
    .union(Interest::RST)
    .union(Interest::ICMP_ERROR);

/// Kinds of packet that every worker sees.
const FOR_ALL: Interest = Interest::ICMP_ERROR.union(Interest::ARP).union(Interest::NEIGHBOUR);

/// The detectors in their order, with all that they share.
pub(super) struct Dispatcher {
    pub(super) seats: Vec<Seat>,
    /// The hosts that are judged here.
    pub(super) share: Share,
    /// The kinds that any detector asks to see.
    pub(super) wanted: Interest,
    pub(super) rota: Rota,
    pub(super) attempts: Option<Attempts>,
    pub(super) flows: Option<FlowTable>,
    pub(super) site: Site,
    pub(super) agent: Agent,
    pub(super) reputation: Arc<dyn Reputation>,
    pub(super) ledger: Ledger,
}

/// A detector in its place in the order.
pub(super) struct Seat {
    asks: Asks,
    pub(super) detector: Box<dyn Seated>,
    pub(super) account: Account,
    /// The detector's keys with the values that hold.
    pub(super) keys: Map<String, Value>,
}

impl Dispatcher {
    /// Hands `packet` to the detectors under those of its kinds that are in `under`; tells which. `known`
    /// are its kinds and the ends that are judged here, where that has been found out already.
    pub(super) fn judge(
        &mut self,
        packet: &Packet<'_>,
        under: Interest,
        known: Option<(Interest, Ends)>,
        sink: &mut dyn Sink,
    ) -> Interest {
        let (kinds, ends) =
            known.unwrap_or_else(|| (classify::kinds(packet), self.share.ends(packet)));
        let mut kinds = kinds & under;
        // Every worker sees what may be about others than the two ends: errors quote attempts of two other
        // hosts, and who claims an address on the link is known by more than that address.
        let for_all = kinds.intersects(FOR_ALL);
        if !ends.include(Party::Either) && !for_all {
            if kinds.contains(Interest::FORGED_SYN) {
                self.hand_forged(packet, sink);
            }
            return kinds;
        }
        let attempt = self.follow_attempt(packet, kinds);
        if let Some(attempt) = attempt {
            kinds |= Interest::ATTEMPT;
            if kinds.contains(Interest::UDP) {
                kinds |= Interest::UDP_ATTEMPT;
                if attempt.step == AttemptStep::Opens {
                    kinds |= Interest::PROBE;
                }
            }
        }
        let ends = if for_all { Ends::BOTH } else { ends };
        if kinds.contains(Interest::PROBE)
            && self.ledger.waiting.is_some()
            && ends.include(Party::Source)
        {
            self.tell_seen(packet);
        }
        let flow = if self.flows.is_some() && kinds.intersects(Interest::TCP | Interest::UDP) {
            self.follow_flow(packet, sink)
        } else {
            None
        };
        if self.rota.is_wanted(kinds) {
            let who = self.rota.who(kinds, ends);
            let (seats, ledger, mut moment) =
                self.parts(packet.timestamp, Some(packet), flow.as_ref());
            moment.attempt = attempt.as_ref();
            for seat in who {
                if let Some(seat) = seats.get_mut(seat) {
                    seat.call(&moment, ledger, sink, |detector, cx| detector.on_packet(packet, cx));
                }
            }
            self.follow_watching();
        }
        if self.flows.is_some() {
            self.end_flow_of(packet, sink);
        }
        kinds
    }

    /// Hands a SYN that is forged for sure, and about hosts of others, to those who ask for such.
    #[cold]
    fn hand_forged(&mut self, packet: &Packet<'_>, sink: &mut dyn Sink) {
        let who = self.rota.who(Interest::FORGED_SYN, Ends::BOTH);
        let (seats, ledger, moment) = self.parts(packet.timestamp, Some(packet), None);
        for seat in who {
            if let Some(seat) = seats.get_mut(seat) {
                seat.call(&moment, ledger, sink, |detector, cx| detector.on_packet(packet, cx));
            }
        }
        self.follow_watching();
    }

    /// Looks again who sees what, where a detector watches something else than before.
    #[inline]
    fn follow_watching(&mut self) {
        if self.ledger.watching_changed {
            self.look_who_sees();
        }
    }

    #[cold]
    fn look_who_sees(&mut self) {
        self.ledger.watching_changed = false;
        self.rota = Rota::new(&self.seats);
    }

    /// For which packets a worker that owns one of their ends needs them: those that it judges, and those
    /// by which attempts and flows are known, since both ends may be judged by them.
    pub(super) fn needs(&self) -> Needs {
        let mut both = Interest::empty();
        if self.attempts.is_some() {
            both |= Interest::UDP;
        }
        if self.wanted.contains(Interest::ATTEMPT) {
            both |= OF_ATTEMPTS;
        }
        if self.flows.is_some() {
            both |= Interest::UDP | Interest::TCP;
        }
        // Reputation is told of them.
        let told = if self.ledger.waiting.is_some() { Interest::PROBE } else { Interest::empty() };
        let asked = |parties: [Party; 2]| {
            let seats = self.seats.iter().filter(|seat| parties.contains(&seat.asks.judges));
            seats.fold(both, |all, seat| all | seat.asks.interest | seat.account.may_watch)
        };
        Needs {
            all: self.wanted & Interest::FORGED_SYN,
            source: asked([Party::Source, Party::Either]) | told,
            destination: asked([Party::Destination, Party::Either]),
        }
    }

    /// Tells reputation of the external end of an attempt, so that its verdict is there before it is needed.
    #[inline(never)]
    fn tell_seen(&self, packet: &Packet<'_>) {
        let Some(ip) = packet.ip() else { return };
        let mut ends = [ip.source, ip.destination].into_iter();
        if let Some(external) = ends.find(|end| self.site.is_external_unicast(*end)) {
            self.reputation.want(Indicator::Ip(external), Suspicion::SEEN);
        }
    }

    fn follow_attempt(&mut self, packet: &Packet<'_>, kinds: Interest) -> Option<Attempt> {
        if !kinds.intersects(OF_ATTEMPTS) {
            return None;
        }
        self.attempts.as_mut()?.observe(packet.ip()?, kinds, packet.timestamp)
    }

    #[inline(never)]
    fn follow_flow(&mut self, packet: &Packet<'_>, sink: &mut dyn Sink) -> Option<Flow> {
        let (flow, evicted) = self.flows.as_mut()?.observe(packet);
        if let Some(evicted) = evicted {
            // Another flow's packet: it tells nothing of this one.
            self.end_flow(&evicted, packet.timestamp, None, sink);
        }
        flow
    }

    /// Ends the flow of `packet` if the packet has ended it.
    #[inline(never)]
    fn end_flow_of(&mut self, packet: &Packet<'_>, sink: &mut dyn Sink) {
        if let Some(ended) = self.flows.as_mut().and_then(|flows| flows.take_ended(packet)) {
            self.end_flow(&ended, packet.timestamp, Some(packet), sink);
        }
    }

    fn end_flow(
        &mut self,
        flow: &Flow,
        now: Timestamp,
        packet: Option<&Packet<'_>>,
        sink: &mut dyn Sink,
    ) {
        let (seats, ledger, moment) = self.parts(now, packet, Some(flow));
        for seat in seats {
            if seat.asks.interest.contains(Interest::FLOW) {
                seat.call(&moment, ledger, sink, |detector, cx| detector.on_flow_end(flow, cx));
            }
        }
        self.follow_watching();
    }

    /// Packet time has entered a new second, at `now`.
    pub(super) fn tick(&mut self, now: Timestamp, sink: &mut dyn Sink) {
        self.ledger.episodes.close_quiet(now, sink);
        if let Some(waiting) = &mut self.ledger.waiting {
            waiting.expire(now);
        }
        while let Some(flow) = self.flows.as_mut().and_then(|flows| flows.pop_idle(now)) {
            self.end_flow(&flow, now, None, sink);
        }
        let (seats, ledger, moment) = self.parts(now, None, None);
        for seat in seats {
            seat.call(&moment, ledger, sink, |detector, cx| detector.on_tick(cx));
        }
        self.follow_watching();
    }

    /// Verdicts have arrived: alerts that are open escalate, then what has waited and is enough now is
    /// raised, by detector and by when it was counted.
    pub(super) fn reconsider(
        &mut self,
        arrived: &IndexedArrived<'_>,
        now: Timestamp,
        sink: &mut dyn Sink,
    ) {
        self.ledger.episodes.escalate(arrived, now, &*self.reputation, sink);
        let Some(waiting) = &mut self.ledger.waiting else { return };
        let mut due = waiting.take_due(arrived, now, &*self.reputation);
        due.sort_by_key(Due::order);
        let (seats, ledger, moment) = self.parts(now, None, None);
        for seat in seats {
            let id = seat.account.descriptor.id;
            for due in due.iter().filter(|due| due.descriptor.id == id) {
                let finding = due.finding();
                seat.call(&moment, ledger, sink, |detector, cx| detector.on_verdict(&finding, cx));
            }
        }
        self.follow_watching();
    }

    /// The capture has ended, at `now`.
    pub(super) fn finish(&mut self, now: Timestamp, sink: &mut dyn Sink) {
        while let Some(flow) = self.flows.as_mut().and_then(FlowTable::pop_last) {
            self.end_flow(&flow, now, None, sink);
        }
        let (seats, ledger, moment) = self.parts(now, None, None);
        for seat in seats {
            seat.call(&moment, ledger, sink, |detector, cx| detector.finish(cx));
        }
        self.follow_watching();
        self.ledger.episodes.close_all(sink);
        if let Some(waiting) = &mut self.ledger.waiting {
            waiting.clear();
        }
    }

    #[inline]
    fn parts<'a>(
        &'a mut self,
        now: Timestamp,
        packet: Option<&'a Packet<'a>>,
        flow: Option<&'a Flow>,
    ) -> (&'a mut [Seat], &'a mut Ledger, Occasion<'a>) {
        let moment = Occasion {
            now,
            packet,
            flow,
            attempt: None,
            site: &self.site,
            share: &self.share,
            agent: &self.agent,
            reputation: &*self.reputation,
        };
        (&mut self.seats, &mut self.ledger, moment)
    }
}

impl Seat {
    pub(super) fn new(
        descriptor: &'static Descriptor,
        (asks, may_watch): (Asks, Interest),
        switches: Switches,
        detector: Box<dyn Seated>,
        keys: Map<String, Value>,
    ) -> Self {
        let counters = RuleCounters::new(descriptor);
        let watching = Interest::empty();
        let account = Account { descriptor, watching, may_watch, switches, counters };
        Self { asks, detector, account, keys }
    }

    /// The kinds of packet that it sees now.
    pub(super) const fn sees(&self) -> Interest {
        self.asks.interest.union(self.account.watching)
    }

    pub(super) const fn judges(&self) -> Party {
        self.asks.judges
    }

    #[inline]
    fn call(
        &mut self,
        at: &Occasion<'_>,
        ledger: &mut Ledger,
        sink: &mut dyn Sink,
        act: impl FnOnce(&mut dyn Seated, &mut Context<'_>),
    ) {
        act(&mut *self.detector, &mut Context { at, seat: &mut self.account, ledger, sink });
    }
}
