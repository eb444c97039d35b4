//! The external hosts that an internal one exchanges most with.

use std::net::IpAddr;

use netsentinel_core::{Ip, Timestamp, Transport};

/// Peers counted for each host.
pub(super) const PEERS: usize = 5;
/// Parts that the hours of a slow leak are divided in.
pub(super) const PARTS: u32 = 16;
/// A part of the hours counts if so many KiB went out in it.
const ACTIVE_KIB: u32 = 1;
/// An alert about the same peer after so many seconds is another occasion.
const OCCASION_S: u32 = 3_600;

/// One external host, and what was exchanged with it since it has its place.
#[derive(Clone, Copy)]
pub(super) struct Peer {
    pub(super) address: IpAddr,
    /// What it has to spare before another takes its place (Misra and Gries).
    credit: u32,
    /// Bytes of payload to it: in this half of the window, and in the one before.
    out: [u32; 2],
    /// Bytes of payload from it.
    inward: [u32; 2],
    /// When it was first seen, in seconds.
    pub(super) first: u32,
    /// KiB to it and from it in this half of the hours, and in the one before.
    slow: [[u32; 2]; 2],
    /// In which parts of the hours anything went out, the newest in the lowest bit.
    active: u16,
    /// The port there, and the protocol.
    pub(super) port: u16,
    protocol: u8,
    service: Service,
    /// How often it was told of, and when last, in seconds.
    occasions: u8,
    told: u32,
}

/// The peers of one host.
#[derive(Clone, Copy)]
#[repr(C)]
pub(super) struct Peers {
    /// Who was met last: most packets are of the same exchange as the one before.
    last: u8,
    /// A word of each one's address, by which to find it: equal for the same address. 0 where there is nobody.
    words: [u32; PEERS],
    peers: [Option<Peer>; PEERS],
}

/// What a peer is talked to by, as far as it shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Service {
    Unknown,
    Tls,
    HttpUpload,
    Ssh,
    Quic,
    Dns,
    Ftp,
    Mail,
    FileShare,
    Rsync,
}

impl Peers {
    pub(super) const fn new() -> Self {
        Self { last: 0, words: [0; PEERS], peers: [None; PEERS] }
    }

    /// A copy of all places.
    pub(super) const fn all(&self) -> [Option<Peer>; PEERS] {
        self.peers
    }

    /// All of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Peer> {
        self.peers.iter().flatten()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Peer> {
        self.peers.iter_mut().flatten()
    }

    /// Who got the most.
    pub(super) fn top(&self) -> Option<&Peer> {
        self.iter().max_by_key(|peer| peer.sent())
    }

    /// The peer with this address, if it has a place.
    #[inline]
    pub(super) fn find(&mut self, address: IpAddr) -> Option<&mut Peer> {
        let at = self.place(address)?;
        self.peers.get_mut(at)?.as_mut()
    }

    #[inline]
    fn place(&mut self, address: IpAddr) -> Option<usize> {
        let word = word(address);
        let last = usize::from(self.last);
        if self.words.get(last) == Some(&word) && self.is_at(last, address) {
            return Some(last);
        }
        let mut places = (0..PEERS).filter(|at| self.words.get(*at) == Some(&word));
        let at = places.find(|at| self.is_at(*at, address))?;
        self.last = at as u8;
        Some(at)
    }

    #[inline]
    fn is_at(&self, place: usize, address: IpAddr) -> bool {
        matches!(self.peers.get(place), Some(Some(peer)) if peer.address == address)
    }

    /// Counts what goes out to `ip.destination`; gives its peer, if it has or gets a place.
    #[inline]
    pub(super) fn send(&mut self, ip: &Ip<'_>, bytes: u32, now: Timestamp) -> Option<&mut Peer> {
        let at = match self.place(ip.destination) {
            Some(at) => at,
            None => self.admit(ip, bytes, now)?,
        };
        let peer = self.peers.get_mut(at)?.as_mut()?;
        peer.credit = peer.credit.saturating_add(bytes);
        peer.out[0] = peer.out[0].saturating_add(bytes);
        if peer.service == Service::Unknown {
            peer.service = Service::of(ip);
        }
        Some(peer)
    }

    /// Gives a newcomer a free place, or that of a peer whose credit it has used up.
    fn admit(&mut self, ip: &Ip<'_>, bytes: u32, now: Timestamp) -> Option<usize> {
        let at = match self.peers.iter().position(Option::is_none) {
            Some(free) => free,
            None => {
                let credit = |peer: &Option<Peer>| peer.as_ref().map_or(0, |peer| peer.credit);
                let (at, least) =
                    self.peers.iter_mut().enumerate().min_by_key(|(_, p)| credit(p))?;
                let least = least.as_mut()?;
                least.credit = least.credit.saturating_sub(bytes);
                if least.credit > 0 {
                    return None;
                }
                at
            }
        };
        *self.peers.get_mut(at)? = Some(Peer::met(ip, now));
        *self.words.get_mut(at)? = word(ip.destination);
        self.last = at as u8;
        Some(at)
    }
}

impl Peer {
    fn met(ip: &Ip<'_>, now: Timestamp) -> Self {
        Self {
            address: ip.destination,
            credit: 0,
            out: [0; 2],
            inward: [0; 2],
            first: seconds(now),
            slow: [[0; 2]; 2],
            active: 0,
            port: ip.ports().map_or(0, |(_, port)| port),
            protocol: ip.protocol,
            service: Service::Unknown,
            occasions: 0,
            told: 0,
        }
    }

    pub(super) fn receive(&mut self, bytes: u32) {
        self.inward[0] = self.inward[0].saturating_add(bytes);
    }

    /// Bytes of payload to it within the window.
    pub(super) fn sent(&self) -> u64 {
        u64::from(self.out[0]) + u64::from(self.out[1])
    }

    /// Bytes of payload from it within the window.
    pub(super) fn received(&self) -> u64 {
        u64::from(self.inward[0]) + u64::from(self.inward[1])
    }

    /// KiB to it and from it within the hours.
    pub(super) const fn slow(&self) -> (u64, u64) {
        let [now, before] = self.slow;
        (now[0] as u64 + before[0] as u64, now[1] as u64 + before[1] as u64)
    }

    /// In how many parts of the hours anything went out.
    pub(super) const fn parts(&self) -> u32 {
        self.active.count_ones()
    }

    /// Whether a quarter as much comes back: a conversation, not an upload.
    pub(super) fn is_two_way(&self) -> bool {
        self.received() * 4 >= self.sent()
    }

    /// `halves` halves of the window have passed, and `parts` parts of the hours; of these perhaps a half.
    pub(super) fn turn(&mut self, halves: u64, parts: u64, half_of_hours: bool) {
        for (slow, half) in self.slow[0].iter_mut().zip([self.out[0], self.inward[0]]) {
            *slow = slow.saturating_add(half >> 10);
        }
        self.active |= u16::from(self.out[0] >> 10 >= ACTIVE_KIB);
        self.active = self.active.checked_shl(parts.min(u64::from(PARTS)) as u32).unwrap_or(0);
        if parts >= u64::from(PARTS) {
            self.slow = [[0; 2]; 2];
        } else if half_of_hours {
            self.slow = [[0; 2], self.slow[0]];
        }
        let old = |half: u32| if halves == 1 { half } else { 0 };
        (self.out, self.inward) = ([0, old(self.out[0])], [0, old(self.inward[0])]);
        self.credit /= 2;
    }

    /// It is told of: on another occasion than the last time, if that was long ago.
    pub(super) fn tell(&mut self, now: Timestamp) {
        let now = seconds(now);
        if self.occasions == 0 || now.saturating_sub(self.told) >= OCCASION_S {
            self.occasions = self.occasions.saturating_add(1);
            self.told = now;
        }
    }

    /// On how many occasions it was told of before now.
    pub(super) fn occasions_before(&self, now: Timestamp) -> u8 {
        match seconds(now).saturating_sub(self.told) < OCCASION_S {
            true => self.occasions.saturating_sub(1),
            false => self.occasions,
        }
    }

    /// What it is talked to by, for people.
    pub(super) const fn service(&self) -> &'static str {
        match (self.service, self.protocol) {
            (Service::Tls, _) => "TLS",
            (Service::HttpUpload, _) => "HTTP upload in the clear",
            (Service::Ssh, _) => "SSH",
            (Service::Quic, _) => "QUIC",
            (Service::Dns, _) => "DNS",
            (Service::Ftp, _) => "FTP",
            (Service::Mail, _) => "mail",
            (Service::FileShare, _) => "SMB",
            (Service::Rsync, _) => "rsync",
            (Service::Unknown, 6) => "TCP",
            (Service::Unknown, 17) => "UDP",
            (Service::Unknown, 1 | 58) => "ICMP",
            (Service::Unknown, _) => "another protocol",
        }
    }
}

impl Service {
    /// By the first bytes, or else by the port there.
    fn of(ip: &Ip<'_>) -> Self {
        let (_, port) = ip.ports().unwrap_or_default();
        match (ip.transport, ip.payload()) {
            (Transport::Tcp(_), [0x16, 0x03, ..]) => Self::Tls,
            (
                Transport::Tcp(_),
                [b'P', b'U', b'T', b' ', ..] | [b'P', b'O', b'S', b'T', b' ', ..],
            ) => Self::HttpUpload,
            (Transport::Tcp(_), [b'S', b'S', b'H', b'-', ..]) => Self::Ssh,
            (Transport::Udp(_), [first, ..]) if port == 443 && first & 0x40 != 0 => Self::Quic,
            (Transport::Udp(_) | Transport::Tcp(_), _) => match port {
                53 => Self::Dns,
                20 | 21 => Self::Ftp,
                22 => Self::Ssh,
                25 | 465 | 587 => Self::Mail,
                443 => Self::Tls,
                445 => Self::FileShare,
                873 => Self::Rsync,
                _ => Self::Unknown,
            },
            _ => Self::Unknown,
        }
    }
}

/// A word by which an address is told from most others.
#[inline]
fn word(address: IpAddr) -> u32 {
    match address {
        IpAddr::V4(v4) => v4.to_bits(),
        IpAddr::V6(v6) => {
            let bits = v6.to_bits();
            (bits ^ bits >> 32 ^ bits >> 64 ^ bits >> 96) as u32
        }
    }
}

/// Whole seconds since 1970, up to 2106.
pub(super) fn seconds(time: Timestamp) -> u32 {
    u32::try_from(time.as_secs().max(0)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use netsentinel_core::Udp;

    use super::*;

    fn to(last: u8) -> Ip<'static> {
        let udp = Udp { source_port: 40_000, destination_port: 9, payload: &[] };
        Ip {
            source: [10, 0, 0, 1].into(),
            destination: [192, 0, 2, last].into(),
            protocol: 17,
            hop_limit: 64,
            fragment: None,
            transport: Transport::Udp(udp),
        }
    }

    #[test]
    fn who_gets_most_keeps_its_place_among_many() {
        let mut peers = Peers::new();
        let now = Timestamp::from_parts(0, 0);
        for n in 0..1_000_u32 {
            peers.send(&to(250), 1_400, now);
            peers.send(&to((n % 200) as u8), 100, now);
        }
        let top = peers.top().unwrap();
        assert_eq!((top.address, top.sent()), (to(250).destination, 1_400_000));
    }

    #[test]
    fn a_leak_is_known_by_its_parts() {
        let mut peers = Peers::new();
        let now = Timestamp::from_parts(0, 0);
        for _ in 0..10 {
            let peer = peers.send(&to(1), 10 << 10, now).unwrap();
            peer.receive(1 << 10);
            peer.turn(2, 1, false);
        }
        let peer = peers.top().unwrap();
        assert_eq!((peer.parts(), peer.sent()), (10, 0));
        assert_eq!(peer.slow(), (100, 10));
    }

    #[test]
    fn occasions_are_an_hour_apart() {
        let mut peer = Peer::met(&to(1), Timestamp::from_parts(0, 0));
        for second in [10_000, 10_100, 20_000, 20_001, 30_000] {
            peer.tell(Timestamp::from_parts(second, 0));
        }
        assert_eq!(peer.occasions_before(Timestamp::from_parts(30_001, 0)), 2);
        assert_eq!(peer.occasions_before(Timestamp::from_parts(40_000, 0)), 3);
    }
}
