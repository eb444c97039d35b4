//! What a source tries, what becomes of it, and whose first try it is.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::time::Duration;

use netsentinel_core::flow::FiveTuple;
use netsentinel_core::window::BoundedMap;
use netsentinel_core::{Ip, Limits, TcpFlags, Timestamp, Transport, Usage};

pub(super) const ICMP: u8 = 1;
pub(super) const TCP: u8 = 6;
pub(super) const UDP: u8 = 17;

/// Who has done nothing for so long may be forgotten.
const IDLE: Duration = Duration::from_secs(60);
/// Nobody has to answer at once. Silence shorter than this is none: a second would be more than a round
/// trip and the patience of many scanners.
pub(super) const PATIENCE: Duration = Duration::from_millis(250);

/// What became of a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Nothing yet; after a while, silence.
    Pending,
    /// A reset, or an ICMP error.
    Refused,
    /// Answered, and dropped by who asked, as a half-open scan does.
    HalfOpen,
    /// Answered.
    Answered,
    /// Never came to whom it was for.
    Expired,
}

/// What the datagram that opens a flow looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Like a request.
    Plain,
    /// Like an answer: from a service's port to a client's.
    Answer,
    /// A STUN message.
    Stun,
}

/// A try of one port of one host.
#[derive(Clone, Copy, Debug)]
pub(super) struct Contact {
    pub(super) victim: IpAddr,
    pub(super) port: u16,
    pub(super) protocol: u8,
    pub(super) hops: u8,
    pub(super) shape: Shape,
    pub(super) outcome: Outcome,
    pub(super) opened: Timestamp,
}

impl Contact {
    /// The contact that `ip` opens by `tuple`.
    pub(super) fn opened(tuple: &FiveTuple, ip: &Ip<'_>, now: Timestamp) -> Self {
        Self {
            victim: tuple.responder,
            port: tuple.responder_port,
            protocol: tuple.protocol,
            hops: ip.hop_limit,
            shape: shape(ip),
            outcome: Outcome::Pending,
            opened: now,
        }
    }

    fn same_service(&self, other: &Self) -> bool {
        (self.victim, self.port, self.protocol) == (other.victim, other.port, other.protocol)
    }
}

/// IANA's dynamic ports begin at 49152, Linux takes them from 32768, old systems from 1024.
pub(super) fn shape(ip: &Ip<'_>) -> Shape {
    const STUN_COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
    const SERVICES: u16 = 1_024;
    const CLIENTS: u16 = 32_768;
    let Transport::Udp(udp) = ip.transport else { return Shape::Plain };
    let (from, to) = (udp.source_port, udp.destination_port);
    if udp.payload.get(4..8) == Some(&STUN_COOKIE) {
        Shape::Stun
    } else if from < SERVICES && to >= SERVICES || from < CLIENTS && to >= CLIENTS {
        Shape::Answer
    } else {
        Shape::Plain
    }
}

/// Whether `ip` is a single host's address, as far as the address tells.
pub(super) fn is_unicast(ip: IpAddr) -> bool {
    let broadcast = matches!(ip, IpAddr::V4(ip) if ip.is_broadcast());
    !broadcast && !ip.is_multicast() && !ip.is_unspecified()
}

/// A reset without an acknowledgement, straight after the answer: what a host sends for whom it never
/// tried to connect itself, because a scanner did.
pub(super) fn drops_half_open(ip: &Ip<'_>, opened: Timestamp, now: Timestamp) -> bool {
    const SOON: u64 = 1_000_000_000;
    let bare = matches!(ip.transport, Transport::Tcp(tcp) if !tcp.flags.contains(TcpFlags::ACK));
    bare && now.nanos_since(opened) <= SOON
}

/// Whether `ip` is an error that tells that the hop limit was used up.
pub(super) fn is_time_exceeded(ip: &Ip<'_>) -> bool {
    let Transport::Icmp(icmp) = ip.transport else { return false };
    if ip.protocol == ICMP { icmp.kind == 11 } else { icmp.kind == 3 }
}

/// A short name of a host: its address where that is IPv4, else a hash that is the same everywhere.
pub(super) fn tag(ip: IpAddr) -> u32 {
    match ip {
        IpAddr::V4(ip) => ip.to_bits(),
        IpAddr::V6(ip) => {
            let mut hasher = DefaultHasher::new();
            ip.hash(&mut hasher);
            hasher.finish() as u32
        }
    }
}

/// Adds `by`, which is 1 or −1, to a count of what `is` so.
#[inline]
pub(super) fn add(count: &mut u32, is: bool, by: i32) {
    *count = count.wrapping_add_signed(if is { by } else { 0 });
}

/// A share of the keys that a detector may have.
pub(super) fn share(limits: Limits, part: usize) -> Limits {
    let keys = NonZeroUsize::new(limits.max_keys.get() / part).unwrap_or(NonZeroUsize::MIN);
    Limits { max_keys: keys }
}

/// The last contact of each source. Who makes only one, as each source of a forged flood does, gets no
/// place in any other table of a source.
pub(super) struct Origins {
    last: BoundedMap<IpAddr, Origin>,
}

struct Origin {
    last: Contact,
    /// Whether there was another before.
    known: bool,
    /// Whether any has been refused or repeated, or was silent when the next one came.
    fails: bool,
}

/// How a contact stands to those before.
pub(super) enum Meeting {
    /// The first of its source.
    First,
    /// The same service as the last time.
    Again,
    /// Another one than `previous`, which stands in no table yet if it was the first.
    Next { previous: Contact, was_first: bool },
}

/// Whether what became of a contact is news for other tables.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum News {
    None,
    /// Of a source whose contacts have not failed yet.
    OfOne,
    /// Of a source of whom some have.
    OfOneWhoFails,
}

impl Origins {
    pub(super) fn new(limits: Limits) -> Self {
        Self { last: BoundedMap::new(limits.max_keys, IDLE) }
    }

    /// `source` makes a contact, or `repeats` one that was silent.
    pub(super) fn meet(
        &mut self,
        source: IpAddr,
        contact: &Contact,
        repeats: bool,
        now: Timestamp,
    ) -> Meeting {
        let new = || Origin { last: *contact, known: false, fails: false };
        let touched = self.last.entry(source, now, new);
        let origin = touched.value;
        origin.fails |= repeats;
        if touched.inserted {
            Meeting::First
        } else if origin.last.same_service(contact) {
            Meeting::Again
        } else {
            let was_first = !std::mem::replace(&mut origin.known, true);
            let previous = std::mem::replace(&mut origin.last, *contact);
            origin.fails |= previous.outcome == Outcome::Pending;
            Meeting::Next { previous, was_first }
        }
    }

    /// Notes what became of the contact of `source` by `tuple`, and whether it may stand in other tables
    /// and that is news there.
    pub(super) fn settle(&mut self, tuple: &FiveTuple, outcome: Outcome) -> News {
        let Some(origin) = self.last.get_mut(&tuple.originator) else { return News::None };
        origin.fails |= outcome == Outcome::Refused;
        let last = &mut origin.last;
        let (victim, port) = (tuple.responder, tuple.responder_port);
        let same = (last.victim, last.port, last.protocol) == (victim, port, tuple.protocol);
        if same && std::mem::replace(&mut last.outcome, outcome) == outcome {
            return News::None;
        }
        match (origin.known, origin.fails) {
            (false, _) => News::None,
            (true, false) => News::OfOne,
            (true, true) => News::OfOneWhoFails,
        }
    }

    pub(super) fn usage(&self) -> Usage {
        self.last.usage()
    }
}
