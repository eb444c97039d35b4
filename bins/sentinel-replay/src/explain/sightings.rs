//! Whether an address was seen at all.

use std::collections::BTreeMap;
use std::net::IpAddr;

use netsentinel_core::{Network, Record, decode};

/// What was seen of the addresses that are asked about.
#[derive(Debug)]
pub(super) struct Sightings {
    hosts: BTreeMap<IpAddr, Sighting>,
}

/// What was seen of one address. Pieces of a datagram, and what is in a tunnel, count as they are judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sighting {
    pub(super) sent: u64,
    pub(super) received: u64,
    /// Number of the first packet; 0 without any.
    pub(super) first_frame: u64,
    /// And of the last.
    pub(super) last_frame: u64,
}

impl Sightings {
    pub(super) fn of(hosts: &[IpAddr]) -> Self {
        Self { hosts: hosts.iter().map(|host| (*host, Sighting::default())).collect() }
    }

    /// Looks into a record a second time, which costs only those who ask.
    pub(super) fn count(&mut self, record: &Record<'_>) {
        if self.hosts.is_empty() {
            return;
        }
        let (source, destination) = match decode::decode(record).headers.network {
            Network::Ip(ip) => (ip.source, ip.destination),
            Network::Arp(arp) => (arp.sender_ip.into(), arp.target_ip.into()),
            Network::Other => return,
        };
        if let Some(sighting) = self.hosts.get_mut(&source) {
            sighting.sent += 1;
            sighting.at(record.frame);
        }
        if let Some(sighting) = self.hosts.get_mut(&destination) {
            sighting.received += 1;
            sighting.at(record.frame);
        }
    }

    /// What was seen of `host`; `None` if it was not asked about by name.
    pub(super) fn of_host(&self, host: IpAddr) -> Option<Sighting> {
        self.hosts.get(&host).copied()
    }
}

impl Sighting {
    fn at(&mut self, frame: u64) {
        if self.first_frame == 0 {
            self.first_frame = frame;
        }
        self.last_frame = frame;
    }

    pub(super) fn is_empty(self) -> bool {
        self.first_frame == 0
    }
}
