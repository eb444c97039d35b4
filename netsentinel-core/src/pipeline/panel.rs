//! Detectors that judge together, on one thread, with all that they share.

use std::sync::Arc;

use super::audience::{Ended, Shown};
use super::ledger::Ledger;
use super::rota::Rota;
use super::seat::Seat;
use super::share::{Ends, Share};
use super::stats::Stats;
use super::waiting::Due;
use crate::alert::{Agent, Sink};
use crate::detector::Occasion;
use crate::{Arrived, Flow, Interest, Packet, Reputation, Site, Timestamp};

/// Kinds of packet that every share of a divided detector sees, for they may be about others than the two
/// ends: errors quote attempts of two other hosts, and who claims an address on the link is known by more
/// than that address.
const FOR_ALL: Interest = Interest::ICMP_ERROR.union(Interest::ARP).union(Interest::NEIGHBOUR);

/// The detectors in their order, with all that they share.
pub(super) struct Panel {
    pub(super) seats: Vec<Seat>,
    pub(super) rota: Rota,
    /// The hosts for which divided detectors judge here.
    pub(super) share: Share,
    pub(super) site: Site,
    pub(super) agent: Agent,
    pub(super) reputation: Arc<dyn Reputation>,
    pub(super) ledger: Ledger,
}

impl Panel {
    /// Whether some detector sees packets of these kinds now.
    #[inline]
    pub(super) fn wants(&self, kinds: Interest) -> bool {
        self.rota.is_wanted(kinds)
    }

    /// The kinds that some detector sees, or may come to watch.
    pub(super) fn may_want(&self) -> Interest {
        self.seats.iter().fold(Interest::empty(), |all, seat| all | seat.may_see())
    }

    /// Hands a packet to the detectors that ask for it.
    #[inline(always)]
    pub(super) fn see(&mut self, shown: &Shown<'_>, sink: &mut dyn Sink) {
        let Shown { packet, kinds, .. } = *shown;
        if !self.wants(kinds) {
            return;
        }
        let ends = match self.rota.divides(kinds) && !kinds.intersects(FOR_ALL) {
            true => self.share.ends(packet),
            false => Ends::BOTH,
        };
        let who = self.rota.who(kinds, ends);
        let (seats, ledger, mut at) = self.parts(packet.timestamp, Some(packet), shown.flow);
        at.attempt = shown.attempt;
        for seat in who {
            if let Some(seat) = seats.get_mut(seat) {
                seat.call(&at, ledger, sink, |detector, cx| detector.on_packet(packet, cx));
            }
        }
        self.follow_watching();
    }

    /// Tells the detectors that ask for flows of one that has ended.
    pub(super) fn end_flow(&mut self, ended: &Ended<'_>, sink: &mut dyn Sink) {
        let (seats, ledger, at) = self.parts(ended.now, ended.by, Some(ended.flow));
        for seat in seats {
            if seat.sees().contains(Interest::FLOW) {
                seat.call(&at, ledger, sink, |detector, cx| detector.on_flow_end(ended.flow, cx));
            }
        }
        self.follow_watching();
    }

    /// Packet time has entered a new second: alerts that fell quiet are closed.
    pub(super) fn begin_second(&mut self, now: Timestamp, sink: &mut dyn Sink) {
        self.ledger.episodes.close_quiet(now, sink);
        if let Some(waiting) = &mut self.ledger.waiting {
            waiting.expire(now);
        }
    }

    /// Tells the detectors of the new second.
    pub(super) fn tick(&mut self, now: Timestamp, sink: &mut dyn Sink) {
        let (seats, ledger, at) = self.parts(now, None, None);
        for seat in seats {
            seat.call(&at, ledger, sink, |detector, cx| detector.on_tick(cx));
        }
        self.follow_watching();
    }

    /// Verdicts have arrived: alerts that are open escalate, then what has waited and is enough now is
    /// raised, by detector and by when it was counted.
    pub(super) fn weigh(&mut self, now: Timestamp, arrived: &Arrived, sink: &mut dyn Sink) {
        let arrived = arrived.indexed();
        self.ledger.episodes.escalate(&arrived, now, &*self.reputation, sink);
        let Some(waiting) = &mut self.ledger.waiting else { return };
        let mut due = waiting.take_due(&arrived, now, &*self.reputation);
        due.sort_by_key(Due::order);
        let (seats, ledger, at) = self.parts(now, None, None);
        for seat in seats {
            let id = seat.account.descriptor.id;
            for due in due.iter().filter(|due| due.descriptor.id == id) {
                let finding = due.finding();
                seat.call(&at, ledger, sink, |detector, cx| detector.on_verdict(&finding, cx));
            }
        }
        self.follow_watching();
    }

    /// The capture has ended, at `now`.
    pub(super) fn finish(&mut self, now: Timestamp, sink: &mut dyn Sink) {
        let (seats, ledger, at) = self.parts(now, None, None);
        for seat in seats {
            seat.call(&at, ledger, sink, |detector, cx| detector.finish(cx));
        }
        self.follow_watching();
        self.ledger.episodes.close_all(sink);
        if let Some(waiting) = &mut self.ledger.waiting {
            waiting.clear();
        }
    }

    /// What its detectors did, and the tables that are kept.
    pub(super) fn stats(&self) -> Stats {
        let mut stats = Stats::default();
        stats.tables.insert("open_alerts", self.ledger.episodes.usage());
        let waiting = self.ledger.waiting.as_ref().map(|table| ("waiting", table.usage()));
        stats.tables.extend(waiting);
        for seat in &self.seats {
            for (severity, alerts) in seat.account.counters.by_severity() {
                *stats.alerts_by_severity.entry(severity.name()).or_insert(0) += alerts;
                stats.alerts += alerts;
            }
            stats.detectors.insert(seat.account.descriptor.id, seat.stats());
        }
        stats
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
        self.rota.renew(&self.seats);
    }

    #[inline(always)]
    fn parts<'a>(
        &'a mut self,
        now: Timestamp,
        packet: Option<&'a Packet<'a>>,
        flow: Option<&'a Flow>,
    ) -> (&'a mut [Seat], &'a mut Ledger, Occasion<'a>) {
        let at = Occasion {
            now,
            packet,
            flow,
            attempt: None,
            site: &self.site,
            agent: &self.agent,
            reputation: &*self.reputation,
        };
        (&mut self.seats, &mut self.ledger, at)
    }
}
