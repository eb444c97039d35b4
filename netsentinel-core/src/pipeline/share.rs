//! Which hosts one of several workers answers for.

use std::net::IpAddr;
use std::num::NonZeroUsize;

use ahash::RandomState;

use crate::detector::Party;
use crate::{Network, Packet};

/// A worker's share of all hosts: those that it owns.
#[derive(Clone)]
pub(crate) struct Share {
    worker: u16,
    owners: Owners,
}

/// Which worker owns which host: by the host's hash.
///
/// The hash is keyed anew for every run, so that nobody can send all work to one worker. What is
/// raised does not depend on it.
#[derive(Clone)]
struct Owners {
    workers: u16,
    keys: [u64; 4],
}

/// The part of all hosts that the first worker owns, to the part of each other: it has more to do besides.
const PARTS: (u64, u64) = (1, 2);

/// Workers at most.
pub(super) const WORKERS_MAX: u16 = 1_024;

impl Owners {
    fn new(workers: u16) -> Self {
        let random = RandomState::new();
        Self { workers, keys: [0, 1, 2, 3].map(|n: u64| random.hash_one(n)) }
    }

    /// The parts of all workers together.
    #[inline]
    const fn parts(&self) -> u64 {
        PARTS.0 + PARTS.1 * (self.workers as u64 - 1)
    }

    /// The worker that owns `host`, from 0.
    #[inline]
    fn of(&self, host: IpAddr) -> u16 {
        let [a, b, c, d] = self.keys;
        let hash = match host {
            IpAddr::V4(host) => folded(u64::from(host.to_bits()) ^ a, b),
            IpAddr::V6(host) => {
                let bits = host.to_bits();
                folded(folded(bits as u64 ^ a, b) ^ (bits >> 64) as u64 ^ c, d)
            }
        };
        // The upper half of the hash as a fraction of all parts.
        let part = ((hash >> 32) * self.parts()) >> 32;
        let (first, other) = PARTS;
        part.checked_sub(first).map_or(0, |part| part / other + 1) as u16
    }
}

/// Both halves of the product in one.
const fn folded(a: u64, b: u64) -> u64 {
    let product = a as u128 * (b | 1) as u128;
    product as u64 ^ (product >> 64) as u64
}

impl Share {
    /// All hosts.
    pub(super) fn whole() -> Self {
        Self { worker: 0, owners: Owners::new(1) }
    }

    /// All hosts, divided among `workers`, [`WORKERS_MAX`] at most.
    pub(super) fn divided(workers: usize) -> impl Iterator<Item = Self> {
        let workers = u16::try_from(workers).unwrap_or(WORKERS_MAX).clamp(1, WORKERS_MAX);
        let owners = Owners::new(workers);
        (0..workers).map(move |worker| Self { worker, owners: owners.clone() })
    }

    /// Whether it is all hosts.
    #[inline]
    pub(super) const fn is_whole(&self) -> bool {
        self.owners.workers == 1
    }

    /// Whether `host` is in this share.
    #[inline]
    pub(crate) fn owns(&self, host: IpAddr) -> bool {
        self.is_whole() || self.owners.of(host) == self.worker
    }

    /// How many of `all` keys a table needs room for here, where each key belongs to one host: its part,
    /// and on top what a share of so many may have by chance (eight standard deviations), so that no
    /// worker is short of room while one pipeline would have some.
    pub(super) fn room(&self, all: NonZeroUsize) -> NonZeroUsize {
        let parts = if self.worker == 0 { PARTS.0 } else { PARTS.1 };
        let part = all.get().saturating_mul(parts as usize).div_ceil(self.owners.parts() as usize);
        let room = part.saturating_add(8 * part.isqrt());
        NonZeroUsize::new(room.min(all.get())).unwrap_or(all)
    }

    /// Which ends of `packet` are in this share.
    pub(super) fn ends(&self, packet: &Packet<'_>) -> Ends {
        match &packet.headers.network {
            Network::Ip(ip) => {
                Ends { source: self.owns(ip.source), destination: self.owns(ip.destination) }
            }
            Network::Arp(arp) => Ends {
                source: self.owns(arp.sender_ip.into()),
                destination: self.owns(arp.target_ip.into()),
            },
            Network::Other => Ends { source: self.worker == 0, destination: false },
        }
    }
}

/// Which ends of a packet are in a worker's share.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ends {
    source: bool,
    destination: bool,
}

impl Ends {
    /// What every share is to see.
    pub(super) const BOTH: Self = Self { source: true, destination: true };

    pub(super) const NONE: Self = Self { source: false, destination: false };
    pub(super) const SOURCE: Self = Self { source: true, destination: false };
    pub(super) const DESTINATION: Self = Self { source: false, destination: true };

    /// Which they are, as a number below 4.
    #[inline]
    pub(super) const fn bits(self) -> usize {
        self.source as usize | (self.destination as usize) << 1
    }

    /// Whether a detector that judges `party` is to see the packet here.
    pub(super) const fn include(self, party: Party) -> bool {
        match party {
            Party::Source => self.source,
            Party::Destination => self.destination,
            Party::Either => self.source || self.destination,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn shares_have_room_for_more_than_their_part_but_not_for_all() {
        let rooms = |workers, all| {
            let rooms = Share::divided(workers).map(|s| s.room(NonZeroUsize::new(all).unwrap()));
            rooms.map(NonZeroUsize::get).collect::<Vec<_>>()
        };
        assert_eq!(rooms(1, 65_536), [65_536]);
        assert_eq!(rooms(2, 65_536), [21_846 + 8 * 147, 43_691 + 8 * 209]);
        assert_eq!(rooms(3, 65_536)[1..], [26_215 + 8 * 161; 2]);
        assert_eq!(rooms(8, 100)[..2], [7 + 8 * 2, 14 + 8 * 3]);
        assert_eq!(rooms(2, 10), [10, 10]);
        assert_eq!(rooms(2, 1), [1, 1]);
    }

    #[test]
    fn every_host_has_one_owner() {
        let shares: Vec<_> = Share::divided(5).collect();
        let mut owned = [0; 5];
        for n in 0..10_000_u32 {
            // Half of them neighbours in one network, half of them IPv6.
            let v4 = Ipv4Addr::from_bits(0x0a00_0000 + n);
            let host: IpAddr = if n % 2 == 0 { v4.into() } else { v4.to_ipv6_mapped().into() };
            let owners: Vec<_> = (0..5).filter(|worker| shares[*worker].owns(host)).collect();
            assert_eq!(owners.len(), 1);
            owned[owners[0]] += 1;
        }
        // One part of nine, and two for each other.
        assert!((900..1_350).contains(&owned[0]), "{owned:?}");
        assert!(owned[1..].iter().all(|count| (1_950..2_500).contains(count)), "{owned:?}");
        assert!(Share::whole().owns([10, 0, 0, 1].into()));
    }
}
