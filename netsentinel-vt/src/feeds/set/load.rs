//! A list being loaded.

use ipnet::IpNet;

use super::keys::Key;
use super::networks::{ListNetworks, bits_of, unmapped};
use super::{FeedId, FeedSet};

/// A list being loaded. What it held before counts on, and what is new does not count yet. Dropped
/// before it is finished, it leaves the list as it was, with nothing added.
#[derive(Debug)]
pub struct Load<'s> {
    set: &'s FeedSet,
    feed: FeedId,
    networks: ListNetworks,
    /// How many networks may be taken.
    room: usize,
    refused: u64,
    finished: bool,
}

impl<'s> Load<'s> {
    pub(super) fn new(set: &'s FeedSet, feed: FeedId, room: usize) -> Self {
        let networks = ListNetworks::default();
        Self { set, feed, networks, room, refused: 0, finished: false }
    }

    /// Adds an address or a network. Bits behind the prefix do not matter. IPv4 that is mapped into IPv6
    /// is taken as IPv4.
    pub fn network(&mut self, network: IpNet) {
        let network = unmapped(network);
        if network.prefix_len() == network.max_prefix_len() {
            self.mark(self.set.keys.address(network.addr()));
        } else if self.networks.len() < self.room {
            self.networks.push(bits_of(network.addr()), network.prefix_len());
        } else {
            self.refused += 1;
        }
    }

    /// Adds a domain, lower case, without a final dot; it stands for all names below it too. A single label is
    /// refused, for all names would be below it, and what can not be a domain's name.
    pub fn domain(&mut self, domain: &str) {
        match self.set.keys.domain(domain) {
            Some(key) => self.mark(key),
            None => self.refused += 1,
        }
    }

    /// How many of those added so far were refused: domains of a single label or that are no names, and
    /// what is beyond [`INDICATORS_MAX`](super::INDICATORS_MAX) or
    /// [`NETWORKS_MAX`](super::NETWORKS_MAX) over all lists. A list that was removed meanwhile
    /// takes nothing.
    pub fn refused(&self) -> u64 {
        self.refused
    }

    /// Removes what the list no longer holds; tells how many indicators it has now, each counted
    /// once. 0 if the list was removed meanwhile.
    pub fn finish(mut self) -> u64 {
        self.finished = true;
        let networks = std::mem::take(&mut self.networks).sorted();
        let set = self.set;
        set.writer().finish(&set.current, &set.removals, self.feed, networks)
    }

    fn mark(&mut self, key: Key) {
        if !self.set.writer().mark(&self.set.current, key) {
            self.refused += 1;
        }
    }
}

impl Drop for Load<'_> {
    fn drop(&mut self) {
        if !self.finished {
            self.set.writer().abandon(&self.set.current);
        }
        self.set.loading.leave();
    }
}
