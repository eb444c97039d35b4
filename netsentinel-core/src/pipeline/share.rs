//! Which hosts one of several workers answers for.

use std::net::IpAddr;

use ahash::RandomState;

use crate::detector::Party;
use crate::{Network, Packet};

/// A worker's share of all hosts: those whose hash falls to it.
///
/// The hash is keyed anew for every run, so that nobody can send all work to one worker. What is
/// raised does not depend on it.
#[derive(Clone)]
pub(crate) struct Share {
    worker: u64,
    workers: u64,
    hasher: RandomState,
}

impl Share {
    /// All hosts.
    pub(crate) fn whole() -> Self {
        Self { worker: 0, workers: 1, hasher: RandomState::new() }
    }

    /// All hosts, divided among `workers`.
    pub(crate) fn divided(workers: u64) -> impl Iterator<Item = Self> {
        let hasher = RandomState::new();
        (0..workers).map(move |worker| Self { worker, workers, hasher: hasher.clone() })
    }

    /// Whether `host` is in this share.
    pub(crate) fn owns(&self, host: IpAddr) -> bool {
        self.workers == 1 || self.hasher.hash_one(host) % self.workers == self.worker
    }

    /// Which ends of `packet` are in this share.
    pub(crate) fn ends(&self, packet: &Packet<'_>) -> Ends {
        if self.workers == 1 {
            return Ends { source: true, destination: true };
        }
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
pub(crate) struct Ends {
    source: bool,
    destination: bool,
}

impl Ends {
    /// What every worker is to see.
    pub(crate) const BOTH: Self = Self { source: true, destination: true };

    /// Whether a detector that judges `party` is to see the packet here.
    pub(crate) const fn include(self, party: Party) -> bool {
        match party {
            Party::Source => self.source,
            Party::Destination => self.destination,
            Party::Either => self.source || self.destination,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_host_has_one_owner() {
        let shares: Vec<_> = Share::divided(5).collect();
        let mut owned = [0; 5];
        for n in 0..10_000_u32 {
            let host = IpAddr::from(n.to_be_bytes());
            let owners: Vec<_> = (0..5).filter(|worker| shares[*worker].owns(host)).collect();
            assert_eq!(owners.len(), 1);
            owned[owners[0]] += 1;
        }
        assert!(owned.iter().all(|count| (1_500..2_500).contains(count)), "{owned:?}");
        assert!(Share::whole().owns([10, 0, 0, 1].into()));
    }
}
