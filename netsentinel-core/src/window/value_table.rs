//! Dated values of numbered groups, each found by one look-up.

use std::hash::BuildHasher as _;
use std::mem;

use super::hashing::Keyed;
use crate::Timestamp;

/// No entry: the end of a chain or of a list.
pub(super) const NONE: u32 = u32::MAX;

/// Chains for each entry, as in a [`BoundedMap`](super::BoundedMap).
const CHAINS_PER_ENTRY: usize = 2;

/// Entries of fixed number, each a value of a group. It links them by hash; `newer` and `older` are links
/// for whoever keeps the groups.
#[derive(Debug)]
pub(super) struct ValueTable<I> {
    /// The first entries of chains: for each value of the lowest bits of a hash, all entries that have it.
    chains: Vec<u32>,
    /// The entries used so far.
    entries: Vec<Entry<I>>,
    entries_max: usize,
    /// The first of the entries given back; the next ones follow by `next`.
    vacant: u32,
    keyed: Keyed,
}

/// A value of a group.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry<I> {
    pub(super) time: Timestamp,
    pub(super) group: u32,
    pub(super) value: u32,
    /// The next in the chain.
    next: u32,
    pub(super) newer: u32,
    pub(super) older: u32,
    /// What is remembered beside the value.
    pub(super) item: I,
    /// For whoever keeps the groups.
    pub(super) overdue: bool,
}

impl<I: Copy> ValueTable<I> {
    /// An empty table for `entries_max` entries (at least one, at most 2³² − 2).
    pub(super) fn new(entries_max: usize) -> Self {
        let entries_max = entries_max.clamp(1, NONE as usize - 1);
        Self {
            chains: chains_for(entries_max),
            entries: Vec::with_capacity(entries_max),
            entries_max,
            vacant: NONE,
            keyed: Keyed::new(),
        }
    }

    /// Takes memory for more entries, up to `entries_max`; a table that has as many stays as it is.
    pub(super) fn grow(&mut self, entries_max: usize) {
        let entries_max = entries_max.min(NONE as usize - 1);
        if entries_max <= self.entries_max {
            return;
        }
        self.entries_max = entries_max;
        self.entries.reserve_exact(entries_max - self.entries.len());
        let mut linked = vec![false; self.entries.len()];
        for chain in mem::replace(&mut self.chains, chains_for(entries_max)) {
            let mut at = chain;
            while at != NONE {
                linked[at as usize] = true;
                at = self.entries[at as usize].next;
            }
        }
        for at in (0..self.entries.len()).filter(|&at| linked[at]) {
            // Fits: there are fewer than `NONE` entries.
            self.chain(at as u32);
        }
    }

    /// Whether an entry is free.
    pub(super) fn has_room(&self) -> bool {
        self.vacant != NONE || self.entries.len() < self.entries_max
    }

    /// Memory taken, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.entries.capacity() * size_of::<Entry<I>>() + self.chains.capacity() * size_of::<u32>()
    }

    /// The entry of `value` in `group`.
    #[inline]
    pub(super) fn find(&self, group: u32, value: u32) -> Option<u32> {
        let mut at = self.chains[self.place(group, value)];
        while at != NONE {
            let entry = &self.entries[at as usize];
            if entry.value == value && entry.group == group {
                return Some(at);
            }
            at = entry.next;
        }
        None
    }

    /// Adds a value that its group does not have, on no list; `None` if no entry is free.
    #[inline]
    pub(super) fn insert(
        &mut self,
        group: u32,
        value: u32,
        time: Timestamp,
        item: I,
    ) -> Option<u32> {
        let (next, newer, older) = (NONE, NONE, NONE);
        let entry = Entry { time, group, value, next, newer, older, item, overdue: false };
        let at = if self.vacant != NONE {
            let at = self.vacant;
            self.vacant = mem::replace(&mut self.entries[at as usize], entry).next;
            at
        } else if self.entries.len() < self.entries_max {
            self.entries.push(entry);
            // Fits: there are fewer than `NONE` entries.
            self.entries.len() as u32 - 1
        } else {
            return None;
        };
        self.chain(at);
        Some(at)
    }

    /// Gives back an entry that is on no list any more.
    #[inline]
    pub(super) fn remove(&mut self, at: u32) {
        let Entry { group, value, next, .. } = self.entries[at as usize];
        let place = self.place(group, value);
        let mut before = self.chains[place];
        if before == at {
            self.chains[place] = next;
        } else {
            while self.entries[before as usize].next != at {
                before = self.entries[before as usize].next;
            }
            self.entries[before as usize].next = next;
        }
        self.entries[at as usize].next = mem::replace(&mut self.vacant, at);
    }

    /// Gives back all entries of a list, from its oldest on.
    pub(super) fn remove_all(&mut self, oldest: u32) {
        let mut at = oldest;
        while at != NONE {
            let newer = self.entries[at as usize].newer;
            self.remove(at);
            at = newer;
        }
    }

    #[inline]
    pub(super) fn entry(&self, at: u32) -> &Entry<I> {
        &self.entries[at as usize]
    }

    #[inline]
    pub(super) fn entry_mut(&mut self, at: u32) -> &mut Entry<I> {
        &mut self.entries[at as usize]
    }

    /// Puts an entry at the start of its chain.
    #[inline]
    fn chain(&mut self, at: u32) {
        let Entry { group, value, .. } = self.entries[at as usize];
        let place = self.place(group, value);
        self.entries[at as usize].next = mem::replace(&mut self.chains[place], at);
    }

    /// Which chain it is on.
    #[inline]
    fn place(&self, group: u32, value: u32) -> usize {
        let both = u64::from(group) << 32 | u64::from(value);
        self.keyed.hash_one(both) as usize & (self.chains.len() - 1)
    }
}

fn chains_for(entries_max: usize) -> Vec<u32> {
    vec![NONE; CHAINS_PER_ENTRY.saturating_mul(entries_max).next_power_of_two()]
}
