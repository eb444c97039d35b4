//! What is found out of a packet once, before any detector sees it: when it counts as captured, its headers
//! and kinds, what it does to attempts and flows, and the datagram that it makes whole.

use super::audience::{Audience, undecoded};
use super::classify;
use super::conversations::Conversations;
use super::packet_time::{Entered, PacketTime};
use super::reassembly::Reassembly;
use super::stats::Stats;
use crate::decode::{self, DecodeCounters};
use crate::flow::{Attempts, FlowTable};
use crate::{Arrived, Interest, Packet, Record, Timestamp, Usage};

/// What comes before all detectors.
pub(super) struct Front {
    pub(super) conversations: Conversations,
    reassembly: Reassembly,
    time: PacketTime,
    packets: u64,
    bytes: u64,
    out_of_order: u64,
    malformed: DecodeCounters,
}

impl Front {
    pub(super) fn new(conversations: Conversations, reassembly: Reassembly) -> Self {
        Self {
            conversations,
            reassembly,
            time: PacketTime::START,
            packets: 0,
            bytes: 0,
            out_of_order: 0,
            malformed: DecodeCounters::default(),
        }
    }

    /// Looks at a record, the `nth` of its batch.
    #[inline]
    pub(super) fn look(&mut self, nth: usize, record: &Record<'_>, audience: &mut impl Audience) {
        self.enter(nth, record.timestamp, audience);
        self.packets += 1;
        self.bytes += u64::from(record.wire_len);
        let mut packet = undecoded(record, self.time.now());
        if let Some(malformed) = decode::decode_into(record, &mut packet.headers) {
            self.malformed.count(malformed);
        }
        let kinds = classify::kinds(&packet);
        let shown = self.conversations.show(nth, &packet, kinds, None, audience);
        if packet.ip().is_some_and(|ip| ip.fragment.is_some()) {
            self.reassemble(nth, &packet, shown, audience);
        }
    }

    /// Moves the time on without a packet.
    pub(super) fn pass(&mut self, nth: usize, now: Timestamp, audience: &mut impl Audience) {
        if self.newest().is_some_and(|newest| now > newest) {
            self.enter(nth, now, audience);
        }
    }

    /// Passes on the verdicts that have arrived; before the first packet nothing waits for any.
    pub(super) fn weigh(&mut self, nth: usize, arrived: &Arrived, audience: &mut impl Audience) {
        if let Some(newest) = self.newest().filter(|_| !arrived.is_empty()) {
            audience.verdicts(nth, newest, arrived);
        }
    }

    /// Ends all flows: the capture has ended. Tells when.
    pub(super) fn end(&mut self, audience: &mut impl Audience) -> Timestamp {
        let now = self.time.now();
        self.conversations.end_all(now, audience);
        now
    }

    /// The newest time seen, of a packet or passed; `None` before the first packet.
    pub(super) fn newest(&self) -> Option<Timestamp> {
        self.time.newest()
    }

    /// What is counted here, and the tables that are kept.
    pub(super) fn stats(&self) -> Stats {
        let mut stats = Stats {
            packets: self.packets,
            bytes: self.bytes,
            packets_out_of_order: self.out_of_order,
            malformed: self.malformed.clone(),
            fragments: self.reassembly.counters,
            ..Stats::default()
        };
        let mut table = |name, usage: Option<Usage>| {
            stats.tables.extend(usage.map(|usage| (name, usage)));
        };
        let Conversations { attempts, flows, .. } = &self.conversations;
        let attempts = attempts.as_ref().map(Attempts::usage);
        table("udp_attempts", attempts.map(|(udp, _)| udp));
        table("tcp_attempts", attempts.and_then(|(_, tcp)| tcp));
        table("flows", flows.as_ref().map(FlowTable::usage));
        table("reassembly", Some(self.reassembly.usage()));
        stats
    }

    /// Moves the time on to that of a packet, which counts as now if it is older than the newest.
    #[inline]
    fn enter(&mut self, nth: usize, timestamp: Timestamp, audience: &mut impl Audience) {
        match self.time.enter(timestamp) {
            Entered::Within | Entered::First => {}
            Entered::Late => self.out_of_order += 1,
            Entered::Second => self.begin_second(nth, timestamp, audience),
        }
    }

    #[cold]
    fn begin_second(&mut self, nth: usize, now: Timestamp, audience: &mut impl Audience) {
        self.reassembly.expire(now);
        audience.second(nth, now);
        self.conversations.end_idle(nth, now, audience);
        audience.tick(nth, now);
    }

    /// Adds a fragment to its datagram. One that is whole is shown under the kinds that its first
    /// fragment did not show: ports and flags count once, and what was split is seen.
    #[cold]
    fn reassemble(
        &mut self,
        nth: usize,
        packet: &Packet<'_>,
        shown: Interest,
        audience: &mut impl Audience,
    ) {
        let Some(ip) = packet.ip() else { return };
        let Some(fragment) = ip.fragment else { return };
        let Some(whole) = self.reassembly.add(ip, &fragment, shown, packet.timestamp) else {
            return;
        };
        let decoded = decode::resume(&packet.headers, whole.payload);
        if let Some(malformed) = decoded.malformed {
            self.malformed.count(malformed);
        }
        let datagram = Packet { headers: decoded.headers, ..*packet };
        // What comes out of a tunnel is another packet than the one that its first fragment showed.
        let judged = match datagram.headers.tunnel == packet.headers.tunnel {
            true => whole.judged,
            false => Interest::empty(),
        };
        let kinds = classify::kinds(&datagram) & (Interest::all() - judged - Interest::IP);
        self.conversations.show(nth, &datagram, kinds, Some(whole.payload), audience);
    }
}
