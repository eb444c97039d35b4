//! What each internal host sends out and gets in: one entry a host, touched once a packet.

use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::time::Duration;

use netsentinel_core::window::BoundedMap;
use netsentinel_core::{Ip, Limits, Packet, TcpFlags, Timestamp, Transport, Usage};

use super::Settings;
use super::peers::{PARTS, Peer, Peers};

/// The share of the keys: internal hosts that exchange anything with external ones.
const SHARE: usize = 4;
/// Parts that the window of the volume is divided in. Bytes count for up to one part longer than the
/// window, never shorter.
const PARTS_OF_WINDOW: usize = 12;
/// Ports that a host was seen to accept connections on.
const LISTENS: usize = 4;
/// Clients from which on a host serves, on a port that is not well known.
const CLIENTS_MIN: u32 = 3;
/// A host is put in front of the others by age no more often than this.
const GRAIN: Duration = Duration::from_secs(1);
/// Reputation may lower a threshold to a tenth: what is below that need not be weighed.
pub(super) const WEIGHED: u64 = 10;
/// Ports below belong to services (RFC 6335: system ports).
const SYSTEM_PORTS: u16 = 1_024;

/// The hosts.
pub(super) struct Hosts {
    hosts: BoundedMap<IpAddr, Host>,
    lengths: Lengths,
}

/// The lengths of the windows' parts, in nanoseconds.
#[derive(Clone, Copy)]
struct Lengths {
    part: u64,
    half: u64,
    slow_part: u64,
}

/// One host. What each packet needs stands first, so that it is close together.
#[repr(C)]
pub(super) struct Host {
    /// Until then neither a part nor a half is over.
    until: Timestamp,
    /// Bytes on the wire since the last turn: in no part, sum or half yet.
    fresh: u64,
    /// All parts together, but for what is fresh.
    wire: u64,
    /// Payload in this half. What is fresh is not in its `wire` yet.
    now: Half,
    /// A bit each for whoever opened connections.
    clients: u64,
    pub(super) peers: Peers,
    /// Bytes on the wire, part by part.
    parts: [u64; PARTS_OF_WINDOW + 1],
    part: u8,
    part_began: Timestamp,
    half_began: Timestamp,
    slow_began: Timestamp,
    /// Parts of the hours since a half of them has passed.
    slow_parts: u8,
    before: Half,
    /// Payload out and in before the window, decaying.
    pub(super) past: (u64, u64),
    listens: [u16; LISTENS],
}

/// Bytes within half of the ratio's window.
#[derive(Clone, Copy, Default)]
pub(super) struct Half {
    pub(super) wire: u64,
    pub(super) out: u64,
    pub(super) inward: u64,
    /// Out as answers of a service.
    pub(super) served: u64,
}

/// What a packet that goes out showed.
#[derive(Clone, Copy)]
pub(super) struct Outward {
    pub(super) payload: u32,
    /// Bytes of payload to its destination within the ratio's window; 0 if it bears none, or the destination has
    /// no place.
    pub(super) sent: u64,
    /// Whether it answers a client.
    pub(super) serves: bool,
    /// Whether a half of the window has passed, so that slow leaks are to be judged.
    pub(super) turned: bool,
}

impl Hosts {
    pub(super) fn new(settings: &Settings, limits: Limits) -> Self {
        let max = NonZeroUsize::new(limits.max_keys.get() / SHARE).unwrap_or(NonZeroUsize::MIN);
        let mut hosts = BoundedMap::new(max, settings.slow_window.duration());
        hosts.set_grain(GRAIN);
        Self { hosts, lengths: Lengths::of(settings) }
    }

    pub(super) fn reconfigure(&mut self, settings: &Settings) {
        let lengths = Lengths::of(settings);
        self.hosts.set_idle_after(settings.slow_window.duration());
        // Parts of another length can not be added up.
        let other = lengths.part != self.lengths.part;
        self.hosts.values_mut().for_each(|host| host.reconfigure(other));
        self.lengths = lengths;
    }

    /// Counts a packet from an internal host to an external one.
    #[inline]
    pub(super) fn send(
        &mut self,
        packet: &Packet<'_>,
        ip: &Ip<'_>,
        now: Timestamp,
    ) -> (&mut Host, Outward) {
        let host = self.hosts.entry(ip.source, now, || Host::new(now)).value;
        let turned = now >= host.until && host.turn(now, self.lengths);
        host.fresh += u64::from(packet.wire_len);
        let payload = payload_len(packet, ip);
        let accepts = match &ip.transport {
            Transport::Tcp(tcp) => tcp.flags.contains(TcpFlags::SYN | TcpFlags::ACK),
            _ => false,
        };
        let serves = (payload > 0 || accepts) && host.serves(ip, accepts);
        let mut sent = 0;
        if payload > 0 {
            host.now.out += u64::from(payload);
            host.now.served += u64::from(if serves { payload } else { 0 });
            sent = host.peers.send(ip, payload, now).map_or(0, |peer| peer.sent());
        }
        (host, Outward { payload, sent, serves, turned })
    }

    /// Counts a packet with payload from an external host to an internal one that has sent something before.
    #[inline(never)]
    pub(super) fn receive(&mut self, packet: &Packet<'_>, ip: &Ip<'_>, now: Timestamp) {
        let payload = payload_len(packet, ip);
        if payload > 0
            && let Some(host) = self.hosts.touch(&ip.destination, now)
        {
            if now >= host.until {
                host.turn(now, self.lengths);
            }
            host.now.inward += u64::from(payload);
            if let Some(peer) = host.peers.find(ip.source) {
                peer.receive(payload);
            }
        }
    }

    /// The host, if it is remembered.
    pub(super) fn get(&self, host: IpAddr) -> Option<&Host> {
        self.hosts.get(&host)
    }

    pub(super) fn usage(&self) -> Usage {
        self.hosts.usage()
    }
}

impl Host {
    const fn new(now: Timestamp) -> Self {
        const NOTHING: Half = Half { wire: 0, out: 0, inward: 0, served: 0 };
        Self {
            // The first turn, at once, finds the right time.
            until: Timestamp::MIN,
            fresh: 0,
            wire: 0,
            now: NOTHING,
            clients: 0,
            peers: Peers::new(),
            parts: [0; PARTS_OF_WINDOW + 1],
            part: 0,
            part_began: now,
            half_began: now,
            slow_began: now,
            slow_parts: 0,
            before: NOTHING,
            past: (0, 0),
            listens: [0; LISTENS],
        }
    }

    /// Bytes on the wire within the volume's window.
    #[inline]
    pub(super) const fn wire(&self) -> u64 {
        self.wire + self.fresh
    }

    /// Bytes within the ratio's window.
    pub(super) const fn both(&self) -> Half {
        let (a, b) = (self.now, self.before);
        Half {
            wire: a.wire + b.wire + self.fresh,
            out: a.out + b.out,
            inward: a.inward + b.inward,
            served: a.served + b.served,
        }
    }

    /// Whether the packet is from a port that the host serves others on: a well-known one, or one that it
    /// has accepted the connections of several hosts on.
    #[inline]
    fn serves(&mut self, ip: &Ip<'_>, accepts: bool) -> bool {
        let Some((from, to)) = ip.ports() else { return false };
        if accepts {
            self.accept(from, ip.destination);
        }
        if from < SYSTEM_PORTS {
            return to >= SYSTEM_PORTS;
        }
        // Most hosts never accept anything.
        self.clients != 0
            && self.listens.contains(&from)
            && self.clients.count_ones() >= CLIENTS_MIN
    }

    /// The host accepts a connection of `client` on `port`.
    #[cold]
    fn accept(&mut self, port: u16, client: IpAddr) {
        let bits = match client {
            IpAddr::V4(v4) => v4.to_bits(),
            IpAddr::V6(v6) => (v6.to_bits() ^ v6.to_bits() >> 64) as u32,
        };
        // The highest six bits of a multiplicative hash: the golden ratio times 2³².
        self.clients |= 1 << (bits.wrapping_mul(0x9e37_79b9) >> 26);
        if !self.listens.contains(&port) {
            self.listens.rotate_right(1);
            self.listens[0] = port;
        }
    }

    /// Moves the windows on. Tells whether a half of the ratio's has passed.
    #[cold]
    fn turn(&mut self, now: Timestamp, lengths: Lengths) -> bool {
        let fresh = std::mem::take(&mut self.fresh);
        if let Some(part) = self.parts.get_mut(usize::from(self.part)) {
            *part += fresh;
        }
        self.wire += fresh;
        self.now.wire += fresh;
        let elapsed = now.nanos_since(self.part_began);
        if elapsed >= lengths.part {
            self.turn_parts(elapsed / lengths.part, now, lengths.part);
        }
        let elapsed = now.nanos_since(self.half_began);
        let turned =
            elapsed >= lengths.half && self.turn_halves(elapsed / lengths.half, now, lengths);
        let end = |began: Timestamp, length| began.after(Duration::from_nanos(length));
        self.until = end(self.part_began, lengths.part).min(end(self.half_began, lengths.half));
        turned
    }

    fn turn_parts(&mut self, passed: u64, now: Timestamp, length: u64) {
        for _ in 0..passed.min(self.parts.len() as u64) {
            self.part = (self.part + 1) % self.parts.len() as u8;
            if let Some(oldest) = self.parts.get_mut(usize::from(self.part)) {
                self.wire -= std::mem::take(oldest);
            }
        }
        self.part_began = match passed < self.parts.len() as u64 {
            true => self.part_began.after(Duration::from_nanos(passed * length)),
            false => now,
        };
    }

    fn turn_halves(&mut self, passed: u64, now: Timestamp, lengths: Lengths) -> bool {
        let slow = now.nanos_since(self.slow_began) / lengths.slow_part;
        if slow > 0 {
            self.slow_began = now;
            self.slow_parts += slow.min(u64::from(PARTS)) as u8;
        }
        let half_of_hours = u32::from(self.slow_parts) >= PARTS / 2;
        if half_of_hours {
            self.slow_parts = 0;
        }
        let leaving = match passed {
            1 => self.before,
            _ => self.both(),
        };
        self.past.0 = self.past.0 - self.past.0 / u64::from(PARTS) + leaving.out;
        self.past.1 = self.past.1 - self.past.1 / u64::from(PARTS) + leaving.inward;
        self.before = if passed == 1 { self.now } else { Half::default() };
        self.now = Half::default();
        self.half_began = now;
        self.peers.iter_mut().for_each(|peer: &mut Peer| peer.turn(passed, slow, half_of_hours));
        true
    }

    /// Other lengths hold from the next packet on.
    fn reconfigure(&mut self, of_parts: bool) {
        self.until = Timestamp::MIN;
        if of_parts {
            (self.parts, self.wire) = ([0; PARTS_OF_WINDOW + 1], 0);
            self.now.wire += std::mem::take(&mut self.fresh);
        }
    }
}

impl Lengths {
    fn of(settings: &Settings) -> Self {
        let nanos = |seconds: u64| seconds.saturating_mul(1_000_000_000);
        Self {
            part: nanos(settings.window.get()) / PARTS_OF_WINDOW as u64,
            half: nanos(settings.ratio_window.get()) / 2,
            slow_part: nanos(settings.slow_window.get()) / u64::from(PARTS),
        }
    }
}

/// Whether a packet may bear a payload: the first look.
#[inline(always)]
pub(super) fn may_bear(packet: &Packet<'_>, ip: &Ip<'_>) -> bool {
    let captured = match &ip.transport {
        Transport::Tcp(tcp) => tcp.payload.len(),
        Transport::Udp(udp) => udp.payload.len(),
        // Little of what comes.
        Transport::Icmp(_) | Transport::Other(_) => 1,
    };
    captured > 0 || packet.snapped || ip.fragment.is_some()
}

/// Bytes of payload on the wire. Of a packet that the capture cut short, its length without the headers that
/// it should have.
#[inline]
pub(super) fn payload_len(packet: &Packet<'_>, ip: &Ip<'_>) -> u32 {
    if !packet.snapped {
        return match ip.fragment {
            Some(fragment) => fragment.data.len() as u32,
            None => ip.payload().len() as u32,
        };
    }
    snapped_payload_len(packet, ip)
}

#[cold]
fn snapped_payload_len(packet: &Packet<'_>, ip: &Ip<'_>) -> u32 {
    let link = if packet.headers.ethernet.is_some() { 14 } else { 0 };
    let network = if ip.source.is_ipv4() { 20 } else { 40 };
    let transport = match ip.transport {
        Transport::Tcp(tcp) => 20 + tcp.options.len() as u32,
        _ => 8,
    };
    packet.wire_len.saturating_sub(link + network + transport)
}
