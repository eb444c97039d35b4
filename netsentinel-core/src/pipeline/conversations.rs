//! What a packet does to the attempts and flows that are followed for all detectors.

use std::sync::Arc;

use super::audience::{Audience, Ended, Shown};
use super::place::Step;
use crate::flow::{Attempt, AttemptStep, Attempts, Flow, FlowTable};
use crate::{Indicator, Interest, Packet, Reputation, Site, Suspicion, Timestamp};

/// Packets of these kinds may open an attempt, or tell what becomes of one.
const OF_ATTEMPTS: Interest = Interest::UDP
    .union(Interest::SYN)
    .union(Interest::SYN_ACK)
    .union(Interest::RST)
    .union(Interest::ICMP_ERROR);

/// The attempts and flows that go on.
pub(super) struct Conversations {
    pub(super) attempts: Option<Attempts>,
    pub(super) flows: Option<FlowTable>,
    /// Who is told of the external ends of attempts; nobody where there is nobody to ask.
    pub(super) reputation: Option<Arc<dyn Reputation>>,
    pub(super) site: Site,
}

impl Conversations {
    /// Shows a packet of these kinds, after what it does to attempts and flows; tells under which kinds.
    /// `datagram` is what was put together of fragments, if the packet was.
    #[inline(always)]
    pub(super) fn show(
        &mut self,
        nth: usize,
        packet: &Packet<'_>,
        mut kinds: Interest,
        datagram: Option<&[u8]>,
        audience: &mut impl Audience,
    ) -> Interest {
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
        if kinds.contains(Interest::PROBE) && self.reputation.is_some() {
            self.tell_seen(packet);
        }
        let attempt = attempt.as_ref();
        let mut shown = Shown { packet, kinds, attempt, flow: None, datagram };
        if self.flows.is_none() {
            audience.packet(nth, &shown);
        } else {
            let flow = self.follow_flow(nth, &shown, audience);
            shown.flow = flow.as_ref();
            audience.packet(nth, &shown);
            self.end_flow_of(nth, &shown, audience);
        }
        kinds
    }

    /// Ends the flows that fell quiet before `now`.
    pub(super) fn end_idle(&mut self, nth: usize, now: Timestamp, audience: &mut impl Audience) {
        while let Some(flow) = self.flows.as_mut().and_then(|flows| flows.pop_idle(now)) {
            let ended = Ended { flow: &flow, now, by: None, step: Step::Tick };
            audience.flow_ended(nth, &ended, None);
        }
    }

    /// Ends all flows: the capture has ended, `now`.
    pub(super) fn end_all(&mut self, now: Timestamp, audience: &mut impl Audience) {
        while let Some(flow) = self.flows.as_mut().and_then(FlowTable::pop_last) {
            let ended = Ended { flow: &flow, now, by: None, step: Step::Finish };
            audience.flow_ended(0, &ended, None);
        }
    }

    #[inline(always)]
    fn follow_attempt(&mut self, packet: &Packet<'_>, kinds: Interest) -> Option<Attempt> {
        if !kinds.intersects(OF_ATTEMPTS) {
            return None;
        }
        self.attempts.as_mut()?.observe(packet.ip()?, kinds, packet.timestamp)
    }

    /// Tells reputation of the external end of an attempt, so that its verdict is there before it is needed.
    #[inline(never)]
    fn tell_seen(&self, packet: &Packet<'_>) {
        let (Some(reputation), Some(ip)) = (&self.reputation, packet.ip()) else { return };
        let mut ends = [ip.source, ip.destination].into_iter();
        if let Some(external) = ends.find(|end| self.site.is_external_unicast(*end)) {
            reputation.want(Indicator::Ip(external), Suspicion::SEEN);
        }
    }

    #[inline(never)]
    fn follow_flow(
        &mut self,
        nth: usize,
        shown: &Shown<'_>,
        audience: &mut impl Audience,
    ) -> Option<Flow> {
        if !shown.kinds.intersects(Interest::TCP | Interest::UDP) {
            return None;
        }
        let (flow, evicted) = self.flows.as_mut()?.observe(shown.packet);
        if let Some(flow) = &evicted {
            // Another flow's packet: it tells nothing of this one.
            let now = shown.packet.timestamp;
            audience.flow_ended(nth, &Ended { flow, now, by: None, step: shown.step() }, None);
        }
        flow
    }

    /// Ends the flow of the packet if the packet has ended it.
    #[inline(never)]
    fn end_flow_of(&mut self, nth: usize, shown: &Shown<'_>, audience: &mut impl Audience) {
        let ended = self.flows.as_mut().and_then(|flows| flows.take_ended(shown.packet));
        if let Some(flow) = &ended {
            let (now, step) = (shown.packet.timestamp, shown.step());
            let ended = Ended { flow, now, by: Some(shown.packet), step };
            audience.flow_ended(nth, &ended, shown.datagram);
        }
    }
}
