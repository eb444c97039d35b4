//! Attempts to open a conversation, and what becomes of them.

use std::num::NonZeroUsize;
use std::time::Duration;

use super::{FiveTuple, FlowKey};
use crate::window::BoundedMap;
use crate::{Interest, Ip, Quoted, TcpFlags, Timestamp, Transport, Usage};

const TCP: u8 = 6;

/// What a packet does to an attempt, and whose attempt it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Who tries, and where.
    pub tuple: FiveTuple,
    /// What this packet does.
    pub step: AttemptStep,
    /// When the attempt was opened.
    pub opened: Timestamp,
    /// How many packets the originator has sent before any answer, this one included; at most
    /// [`Attempt::TRIES_MAX`].
    pub tries: u8,
}

impl Attempt {
    /// More tries are not told: who goes on sending without an answer is seen once, not for ever.
    pub const TRIES_MAX: u8 = 16;
}

/// What becomes of an attempt. Each but `Repeats` is told once for an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptStep {
    /// The first packet: a SYN, or the first datagram of a UDP flow.
    Opens,
    /// The originator sends again before there is an answer, or though it was refused.
    Repeats,
    /// The responder answers for the first time: by SYN-ACK, or any datagram.
    Answers,
    /// It is refused before any answer: by RST of the responder, or an ICMP error of anybody.
    Refuses,
    /// The originator resets what was answered, or what waits for an answer.
    Aborts,
}

/// Remembers the attempts that have been seen.
///
/// A UDP flow is remembered for as long as there is room, not until some timeout: the late answer of a
/// server, or the next packet of a quiet conversation, opens no new flow. When room is needed, attempts
/// quiet the longest are forgotten first, and those seen once before others. TCP and UDP have rooms of
/// their own, so that a flood of one does not make the other forget.
pub struct Attempts {
    udp: BoundedMap<FlowKey, State>,
    /// Only where a detector asks for [`Interest::ATTEMPT`].
    tcp: Option<BoundedMap<FlowKey, State>>,
}

#[derive(Clone, Copy)]
struct State {
    opened: Timestamp,
    /// Whether the lower end of the key is the originator.
    low_opened: bool,
    phase: Phase,
    tries: u8,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Waiting,
    Answered,
    Refused,
    Aborted,
}

impl Attempts {
    /// An attempt forgotten after this long a silence does not count as an eviction.
    const IDLE: Duration = Duration::from_secs(300);
    /// A SYN that comes so long after a connection on the same ports that was answered, refused or reset
    /// opens a new one. A silent one may be tried again for longer: until it is idle.
    const REUSE_AFTER: Duration = Duration::from_secs(60);

    /// Room for `max_flows` UDP flows and, if TCP is followed, half as many connections: they are
    /// followed only while they open.
    pub fn new(max_flows: NonZeroUsize, tcp: bool) -> Self {
        let half = NonZeroUsize::new(max_flows.get() / 2).unwrap_or(NonZeroUsize::MIN);
        Self {
            udp: BoundedMap::new(max_flows, Self::IDLE),
            tcp: tcp.then(|| BoundedMap::new(half, Self::IDLE)),
        }
    }

    /// Follows a packet of the kinds `kinds`; tells what it does to an attempt, if it does anything.
    pub fn observe(&mut self, ip: &Ip<'_>, kinds: Interest, now: Timestamp) -> Option<Attempt> {
        if kinds.contains(Interest::UDP) {
            return follow_udp(&mut self.udp, ip, now);
        }
        if kinds.contains(Interest::ICMP_ERROR) {
            return self.refuse(&ip.quoted()?, now);
        }
        let tcp = self.tcp.as_mut()?;
        let Transport::Tcp(segment) = ip.transport else { return None };
        let flags = segment.flags;
        if flags.contains(TcpFlags::RST) {
            return reset(tcp, ip, now);
        }
        match kinds & (Interest::SYN | Interest::SYN_ACK) {
            Interest::SYN => open(tcp, ip, now),
            Interest::SYN_ACK => accept(tcp, ip, now),
            _ => None,
        }
    }

    /// An error quotes a packet of an attempt.
    fn refuse(&mut self, quoted: &Quoted, now: Timestamp) -> Option<Attempt> {
        let (from, to) = quoted.ports?;
        let table = if quoted.protocol == TCP { self.tcp.as_mut()? } else { &mut self.udp };
        let (source, destination) = ((quoted.source, from), (quoted.destination, to));
        let (key, from_low) = FlowKey::between(source, destination, quoted.protocol);
        let state = table.touch(&key, now)?;
        if state.phase != Phase::Waiting || !state.is_opened_by(from_low) {
            return None;
        }
        state.phase = Phase::Refused;
        Some(state.told(&key, AttemptStep::Refuses))
    }

    /// How full they are: UDP, and TCP where it is followed.
    pub fn usage(&self) -> (Usage, Option<Usage>) {
        (self.udp.usage(), self.tcp.as_ref().map(BoundedMap::usage))
    }
}

fn follow_udp(
    table: &mut BoundedMap<FlowKey, State>,
    ip: &Ip<'_>,
    now: Timestamp,
) -> Option<Attempt> {
    let (key, from_low) = FlowKey::with_direction(ip)?;
    let touched = table.entry(key, now, || State::opened(from_low, now));
    let state = touched.value;
    if touched.inserted {
        return Some(state.told(&key, AttemptStep::Opens));
    }
    match (state.is_opened_by(from_low), state.phase) {
        (true, Phase::Waiting | Phase::Refused) => state.repeat(&key),
        (false, Phase::Waiting) => {
            state.phase = Phase::Answered;
            Some(state.told(&key, AttemptStep::Answers))
        }
        _ => None,
    }
}

fn open(table: &mut BoundedMap<FlowKey, State>, ip: &Ip<'_>, now: Timestamp) -> Option<Attempt> {
    let (key, from_low) = FlowKey::with_direction(ip)?;
    let touched = table.entry(key, now, || State::opened(from_low, now));
    let state = touched.value;
    if touched.inserted {
        return Some(state.told(&key, AttemptStep::Opens));
    }
    let reuse_after = match state.phase {
        Phase::Waiting => Attempts::IDLE,
        Phase::Answered | Phase::Refused | Phase::Aborted => Attempts::REUSE_AFTER,
    };
    if !state.is_opened_by(from_low) || now > state.opened.after(reuse_after) {
        *state = State::opened(from_low, now);
        return Some(state.told(&key, AttemptStep::Opens));
    }
    state.repeat(&key)
}

fn accept(table: &mut BoundedMap<FlowKey, State>, ip: &Ip<'_>, now: Timestamp) -> Option<Attempt> {
    let (key, from_low) = FlowKey::with_direction(ip)?;
    let state = table.touch(&key, now)?;
    if state.phase != Phase::Waiting || state.is_opened_by(from_low) {
        return None;
    }
    state.phase = Phase::Answered;
    Some(state.told(&key, AttemptStep::Answers))
}

fn reset(table: &mut BoundedMap<FlowKey, State>, ip: &Ip<'_>, now: Timestamp) -> Option<Attempt> {
    let (key, from_low) = FlowKey::with_direction(ip)?;
    let state = table.touch(&key, now)?;
    let (phase, step) = match (state.is_opened_by(from_low), state.phase) {
        (true, Phase::Waiting | Phase::Answered) => (Phase::Aborted, AttemptStep::Aborts),
        (false, Phase::Waiting) => (Phase::Refused, AttemptStep::Refuses),
        _ => return None,
    };
    state.phase = phase;
    Some(state.told(&key, step))
}

impl State {
    const fn opened(low_opened: bool, now: Timestamp) -> Self {
        Self { opened: now, low_opened, phase: Phase::Waiting, tries: 1 }
    }

    /// Whether a packet from the lower end, or from the other, comes from the originator.
    const fn is_opened_by(&self, low: bool) -> bool {
        self.low_opened == low
    }

    fn repeat(&mut self, key: &FlowKey) -> Option<Attempt> {
        if self.tries >= Attempt::TRIES_MAX {
            return None;
        }
        self.tries += 1;
        Some(self.told(key, AttemptStep::Repeats))
    }

    fn told(&self, key: &FlowKey, step: AttemptStep) -> Attempt {
        let Self { opened, low_opened, tries, .. } = *self;
        Attempt { tuple: key.tuple(low_opened), step, opened, tries }
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;
    use crate::{Icmp, Tcp, Udp};

    const A: (IpAddr, u16) = (IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1)), 40_000);
    const B: (IpAddr, u16) = (IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 2)), 80);

    struct Wire {
        attempts: Attempts,
        second: i64,
    }

    impl Wire {
        fn new() -> Self {
            Self { attempts: Attempts::new(NonZeroUsize::new(64).unwrap(), true), second: 0 }
        }

        /// The step, and whose attempt it is, when the packet comes a second after the last one.
        fn see(&mut self, ip: Ip<'_>, kinds: Interest) -> Option<(AttemptStep, IpAddr)> {
            self.second += 1;
            let now = Timestamp::from_parts(self.second, 0);
            let attempt = self.attempts.observe(&ip, kinds, now)?;
            Some((attempt.step, attempt.tuple.originator))
        }

        fn tcp(
            &mut self,
            from: (IpAddr, u16),
            to: (IpAddr, u16),
            flags: TcpFlags,
        ) -> Option<(AttemptStep, IpAddr)> {
            let kinds = match flags {
                TcpFlags::SYN => Interest::SYN,
                _ if flags == TcpFlags::SYN | TcpFlags::ACK => Interest::SYN_ACK,
                _ => Interest::RST,
            };
            self.see(segment(from, to, flags), kinds)
        }

        fn udp(&mut self, from: (IpAddr, u16), to: (IpAddr, u16)) -> Option<(AttemptStep, IpAddr)> {
            let udp = Udp { source_port: from.1, destination_port: to.1, payload: &[] };
            self.see(packet(from.0, to.0, 17, Transport::Udp(udp)), Interest::UDP)
        }
    }

    fn segment(from: (IpAddr, u16), to: (IpAddr, u16), flags: TcpFlags) -> Ip<'static> {
        let tcp = Tcp {
            source_port: from.1,
            destination_port: to.1,
            sequence: 0,
            acknowledgement: 0,
            flags,
            window: 0,
            options: &[],
            payload: &[],
        };
        packet(from.0, to.0, TCP, Transport::Tcp(tcp))
    }

    fn packet(
        source: IpAddr,
        destination: IpAddr,
        protocol: u8,
        transport: Transport<'_>,
    ) -> Ip<'_> {
        Ip { source, destination, protocol, hop_limit: 64, fragment: None, transport }
    }

    #[test]
    fn a_handshake_is_told_step_by_step() {
        for (a, b) in [(A, B), (B, A)] {
            let mut wire = Wire::new();
            let syn_ack = TcpFlags::SYN | TcpFlags::ACK;
            assert_eq!(wire.tcp(a, b, TcpFlags::SYN), Some((AttemptStep::Opens, a.0)));
            assert_eq!(wire.tcp(a, b, TcpFlags::SYN), Some((AttemptStep::Repeats, a.0)));
            assert_eq!(wire.tcp(b, a, syn_ack), Some((AttemptStep::Answers, a.0)));
            assert_eq!(wire.tcp(b, a, syn_ack), None, "told once");
            assert_eq!(wire.tcp(b, a, TcpFlags::RST), None, "no refusal after an answer");
            assert_eq!(wire.tcp(a, b, TcpFlags::RST), Some((AttemptStep::Aborts, a.0)));
            wire.second += 60;
            assert_eq!(wire.tcp(a, b, TcpFlags::SYN), Some((AttemptStep::Opens, a.0)));
            assert_eq!(wire.tcp(b, a, TcpFlags::RST), Some((AttemptStep::Refuses, a.0)));
            assert_eq!(wire.tcp(a, b, TcpFlags::SYN), Some((AttemptStep::Repeats, a.0)));
        }
    }

    #[test]
    fn what_nobody_opened_is_no_attempt() {
        let mut wire = Wire::new();
        assert_eq!(wire.tcp(B, A, TcpFlags::SYN | TcpFlags::ACK), None);
        assert_eq!(wire.tcp(B, A, TcpFlags::RST), None);
    }

    #[test]
    fn a_datagram_is_answered_or_refused_by_an_error() {
        let mut wire = Wire::new();
        assert_eq!(wire.udp(A, B), Some((AttemptStep::Opens, A.0)));
        assert_eq!(wire.udp(B, A), Some((AttemptStep::Answers, A.0)));
        assert_eq!(wire.udp(A, B), None);
        let other = (A.0, 40_001);
        assert_eq!(wire.udp(other, B), Some((AttemptStep::Opens, A.0)));
        let mut body = vec![0; 4];
        body.extend([0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
        body.extend([0x9c, 0x41, 0, 80, 0, 8, 0, 0]);
        let error = Transport::Icmp(Icmp { kind: 3, code: 3, body: &body });
        let router = IpAddr::from([10, 0, 0, 9]);
        let error = packet(router, A.0, 1, error);
        assert_eq!(wire.see(error, Interest::ICMP_ERROR), Some((AttemptStep::Refuses, A.0)));
        assert_eq!(wire.see(error, Interest::ICMP_ERROR), None, "told once");
        assert_eq!(wire.udp(other, B), Some((AttemptStep::Repeats, A.0)), "in spite of it");
    }

    #[test]
    fn who_goes_on_without_an_answer_is_not_told_for_ever() {
        let mut wire = Wire::new();
        let told = (0..100).filter(|_| wire.udp(A, B).is_some()).count();
        assert_eq!(told, usize::from(Attempt::TRIES_MAX));
    }

    #[test]
    fn a_flood_of_one_protocol_does_not_make_the_other_forget() {
        let mut wire = Wire::new();
        wire.udp(A, B);
        for port in 1..1_000 {
            wire.tcp((A.0, port), B, TcpFlags::SYN);
        }
        assert_eq!(wire.udp(B, A), Some((AttemptStep::Answers, A.0)));
        let (udp, tcp) = wire.attempts.usage();
        assert_eq!((udp.keys, udp.evictions, tcp.unwrap().keys), (1, 0, 32));
    }
}
