//! Pointers to all parts of the lists at one moment: what a peek looks through.

use std::sync::Arc;

use netsentinel_core::{Indicator, RiskTier};

use super::FEEDS_MAX;
use super::keys::{Key, Keys, SHARDS};
use super::networks::{Networks, bits_of};
use super::slots::{self, Slots};

/// Pointers to all parts. A copy of it costs a few kilobytes, and shares the parts.
#[derive(Clone)]
pub(super) struct Snapshot {
    pub(super) shards: [Slots; SHARDS],
    pub(super) networks: Arc<Networks>,
    pub(super) lists: Arc<[Option<List>; FEEDS_MAX]>,
}

/// What is known of a list.
#[derive(Clone)]
pub(super) struct List {
    pub(super) name: Box<str>,
    pub(super) tier: RiskTier,
}

impl Default for Snapshot {
    fn default() -> Self {
        let empty = slots::rebuilt(&[], 0);
        Self {
            shards: std::array::from_fn(|_| Slots::clone(&empty)),
            networks: Arc::default(),
            lists: Arc::default(),
        }
    }
}

impl Snapshot {
    /// The list at a place.
    pub(super) fn list(&self, place: usize) -> Option<&List> {
        self.lists.get(place)?.as_ref()
    }

    /// The lists that hold exactly this, a bit each.
    pub(super) fn lists_at(&self, key: Key) -> u16 {
        self.shards.get(key.shard).map_or(0, |slots| slots::lists_holding(slots, key.print))
    }

    /// The lists that hold it, itself, within a network, or below a domain; a bit each.
    pub(super) fn lists_holding(&self, keys: &Keys, indicator: Indicator<'_>) -> u16 {
        match indicator {
            Indicator::Ip(address) => {
                let address = address.to_canonical();
                self.lists_at(keys.address(address)) | self.networks.lists_holding(bits_of(address))
            }
            Indicator::Domain(name) => {
                keys.suffixes(name).fold(0, |lists, (_, key)| lists | self.lists_at(key))
            }
        }
    }

    /// Bytes that it takes with all its parts.
    pub(super) fn bytes(&self) -> usize {
        // All empty ones are one and the same.
        let full = self.shards.iter().filter(|slots| !slots.is_empty());
        let slots: usize = full.map(|slots| size_of_val(&**slots) + COUNTS).sum();
        let names: usize = self.lists.iter().flatten().map(|list| list.name.len()).sum();
        size_of::<Self>() + slots + size_of_val(&*self.lists) + names + self.networks.bytes()
    }
}

/// Bytes of the counts before what an [`Arc`] points to.
const COUNTS: usize = 2 * size_of::<usize>();
