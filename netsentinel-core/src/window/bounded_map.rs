//! A map of fixed capacity that chooses well what to forget.

use std::hash::Hash;
use std::num::NonZeroUsize;
use std::time::Duration;
use std::{iter, mem};

use ahash::RandomState;
use hashbrown::HashTable;

use super::Span;
use crate::{Timestamp, Usage};

/// No slot: the end of a list.
const NONE: u32 = u32::MAX;

/// Room in the index for each entry. Insertions leave tombstones behind; when they have used up
/// the table, it cleans itself in place if at most half full and grows otherwise. So a table for
/// twice the entries never grows.
const INDEX_ROOM: usize = 2;

/// A map of at most `max_keys` entries, all memory taken when it is made.
///
/// An entry is *fresh* until it is touched a second time, then *kept*. Where a new key finds no
/// room, one entry is evicted: the one touched longest ago if it is idle, that is if this was more
/// than `idle_after` ago; else the oldest fresh entry; else the least recently touched kept one.
/// So keys that come once push out only their like.
///
/// Only [`entry`](Self::entry) and [`touch`](Self::touch) touch. Time that runs back is taken as the newest seen. No result
/// depends on how keys hash.
#[derive(Debug)]
pub struct BoundedMap<K, V> {
    /// Slot numbers by the hash of their keys.
    index: HashTable<u32>,
    /// The entries, without gaps.
    slots: Vec<Slot<K, V>>,
    fresh: List,
    kept: List,
    hasher: RandomState,
    max_keys: usize,
    idle_after: Span,
    newest: Timestamp,
    evictions: u64,
}

/// An entry that was just touched.
#[derive(Debug)]
pub struct Touched<'a, K, V> {
    /// Its value.
    pub value: &'a mut V,
    /// Whether the entry is new.
    pub inserted: bool,
    /// The entry that had to go for it.
    pub evicted: Option<(K, V)>,
    /// The time of the touch: as given, or the newest time seen where that is later.
    pub now: Timestamp,
}

#[derive(Debug)]
struct Slot<K, V> {
    hash: u64,
    touched: Timestamp,
    /// Neighbours in the list that the slot is on.
    newer: u32,
    older: u32,
    kept: bool,
    key: K,
    value: V,
}

/// The ends of a list of slots in the order of their last touch.
#[derive(Clone, Copy, Debug)]
struct List {
    newest: u32,
    oldest: u32,
}

impl List {
    const EMPTY: Self = Self { newest: NONE, oldest: NONE };
}

impl<K: Hash + Eq, V> BoundedMap<K, V> {
    /// An empty map for `max_keys` entries (at most 2³² − 2), hashed by a key drawn at random.
    pub fn new(max_keys: NonZeroUsize, idle_after: Duration) -> Self {
        Self::with_hasher(max_keys, idle_after, RandomState::new())
    }

    /// Like [`new`](Self::new) with a hash key that is given: for tests, which show with it that
    /// results do not depend on the key.
    pub fn with_hasher_seeds(
        max_keys: NonZeroUsize,
        idle_after: Duration,
        [a, b, c, d]: [u64; 4],
    ) -> Self {
        Self::with_hasher(max_keys, idle_after, RandomState::with_seeds(a, b, c, d))
    }

    fn with_hasher(max_keys: NonZeroUsize, idle_after: Duration, hasher: RandomState) -> Self {
        let max_keys = max_keys.get().min(NONE as usize - 1);
        Self {
            index: HashTable::with_capacity(INDEX_ROOM * max_keys),
            slots: Vec::with_capacity(max_keys),
            fresh: List::EMPTY,
            kept: List::EMPTY,
            hasher,
            max_keys,
            idle_after: idle_after.into(),
            newest: Timestamp::MIN,
            evictions: 0,
        }
    }

    /// From now on an entry is idle when it was touched more than `idle_after` ago.
    pub fn set_idle_after(&mut self, idle_after: Duration) {
        self.idle_after = idle_after.into();
    }

    /// Touches the entry of `key` at `now`, which `make` fills if it is new.
    pub fn entry(&mut self, key: K, now: Timestamp, make: impl FnOnce() -> V) -> Touched<'_, K, V> {
        let now = self.advance(now);
        let hash = self.hasher.hash_one(&key);
        let found = self.find(hash, &key);
        let (slot, evicted) = if let Some(slot) = found {
            self.touch_slot(slot);
            (slot, None)
        } else {
            let vacancy = Slot {
                hash,
                touched: now,
                newer: NONE,
                older: NONE,
                kept: false,
                key,
                value: make(),
            };
            self.insert(vacancy)
        };
        let value = &mut self.slots[slot as usize].value;
        Touched { value, inserted: found.is_none(), evicted, now }
    }

    /// Touches the entry of `key` at `now` if there is one.
    pub fn touch(&mut self, key: &K, now: Timestamp) -> Option<&mut V> {
        self.advance(now);
        let slot = self.find(self.hasher.hash_one(key), key)?;
        self.touch_slot(slot);
        Some(&mut self.slots[slot as usize].value)
    }

    /// The value of `key`, untouched.
    pub fn get(&self, key: &K) -> Option<&V> {
        let slot = self.find(self.hasher.hash_one(key), key)?;
        Some(&self.slots[slot as usize].value)
    }

    /// The value of `key`, untouched.
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let slot = self.find(self.hasher.hash_one(key), key)?;
        Some(&mut self.slots[slot as usize].value)
    }

    /// Takes the entry of `key` out.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        let slot = self.find(self.hasher.hash_one(key), key)?;
        Some(self.take(slot).1)
    }

    /// Takes the entry touched longest ago out if that was more than `idle_after` before `now`.
    pub fn pop_idle(&mut self, now: Timestamp) -> Option<(K, V)> {
        self.advance(now);
        let slot = self.oldest_slot(NONE)?;
        self.is_idle(slot).then(|| self.take(slot))
    }

    /// Takes the entry touched longest ago out, as at the end of a capture; no eviction.
    pub fn pop_oldest(&mut self) -> Option<(K, V)> {
        self.oldest_slot(NONE).map(|slot| self.take(slot))
    }

    /// Evicts the entry that a new key would evict if the map was full.
    pub fn evict_one(&mut self) -> Option<(K, V)> {
        self.evict(NONE)
    }

    /// Evicts the entry that would go first if `key` had none.
    pub fn evict_other(&mut self, key: &K) -> Option<(K, V)> {
        let spared = self.find(self.hasher.hash_one(key), key).unwrap_or(NONE);
        self.evict(spared)
    }

    /// The entry touched longest ago and when that was; of two the fresh one.
    pub fn oldest(&self) -> Option<(&K, &V, Timestamp)> {
        let slot = &self.slots[self.oldest_slot(NONE)? as usize];
        Some((&slot.key, &slot.value, slot.touched))
    }

    /// All entries: the fresh ones, then the kept ones, each in the order of their last touch.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.walk(self.fresh).chain(self.walk(self.kept))
    }

    /// All values, untouched, in no order that means anything (but always the same).
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.slots.iter_mut().map(|slot| &mut slot.value)
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// The newest time seen, [`Timestamp::MIN`] before any.
    pub fn newest(&self) -> Timestamp {
        self.newest
    }

    /// How full the map is. Counted as evictions are entries that were not idle; memory that
    /// values own elsewhere is not known here.
    pub fn usage(&self) -> Usage {
        Usage {
            keys: self.len(),
            max_keys: self.max_keys,
            evictions: self.evictions,
            bytes: self.slots.capacity() * size_of::<Slot<K, V>>() + self.index.allocation_size(),
        }
    }

    fn advance(&mut self, now: Timestamp) -> Timestamp {
        self.newest = self.newest.max(now);
        self.newest
    }

    fn find(&self, hash: u64, key: &K) -> Option<u32> {
        self.index.find(hash, |&slot| self.slots[slot as usize].key == *key).copied()
    }

    fn touch_slot(&mut self, slot: u32) {
        self.slots[slot as usize].touched = self.newest;
        if self.kept.newest != slot {
            self.unlink(slot);
            self.slots[slot as usize].kept = true;
            self.link(slot);
        }
    }

    /// Stores a new entry, in the slot of the one evicted if the map is full.
    fn insert(&mut self, entry: Slot<K, V>) -> (u32, Option<(K, V)>) {
        let hash = entry.hash;
        let full = self.slots.len() >= self.max_keys;
        let (slot, evicted) = match full.then(|| self.victim(NONE)).flatten() {
            Some(slot) => {
                self.count_eviction(slot);
                self.detach(slot);
                let old = mem::replace(&mut self.slots[slot as usize], entry);
                (slot, Some((old.key, old.value)))
            }
            None => {
                self.slots.push(entry);
                // Fits: there are fewer than `NONE` slots.
                (self.slots.len() as u32 - 1, None)
            }
        };
        self.index.insert_unique(hash, slot, |&slot| self.slots[slot as usize].hash);
        self.link(slot);
        (slot, evicted)
    }

    fn evict(&mut self, spared: u32) -> Option<(K, V)> {
        let slot = self.victim(spared)?;
        self.count_eviction(slot);
        Some(self.take(slot))
    }

    fn count_eviction(&mut self, slot: u32) {
        self.evictions += u64::from(!self.is_idle(slot));
    }

    /// Which slot but `spared` to give up.
    fn victim(&self, spared: u32) -> Option<u32> {
        self.oldest_slot(spared)
            .filter(|&slot| self.is_idle(slot))
            .or_else(|| self.oldest_of(self.fresh, spared))
            .or_else(|| self.oldest_of(self.kept, spared))
    }

    fn is_idle(&self, slot: u32) -> bool {
        !self.idle_after.reaches(self.newest, self.slots[slot as usize].touched)
    }

    /// The slot but `spared` that was touched longest ago. Both lists are in order of touching,
    /// the fresh one because each of its entries was touched once.
    fn oldest_slot(&self, spared: u32) -> Option<u32> {
        let touched = |&slot: &u32| self.slots[slot as usize].touched;
        let fresh = self.oldest_of(self.fresh, spared);
        fresh.into_iter().chain(self.oldest_of(self.kept, spared)).min_by_key(touched)
    }

    fn oldest_of(&self, list: List, spared: u32) -> Option<u32> {
        let oldest = some(list.oldest)?;
        if oldest == spared { some(self.slots[oldest as usize].newer) } else { Some(oldest) }
    }

    fn walk(&self, list: List) -> impl Iterator<Item = (&K, &V)> {
        iter::successors(some(list.oldest), |&slot| some(self.slots[slot as usize].newer)).map(
            |slot| {
                let slot = &self.slots[slot as usize];
                (&slot.key, &slot.value)
            },
        )
    }

    /// Takes a slot out; the last one moves to its place.
    fn take(&mut self, slot: u32) -> (K, V) {
        self.detach(slot);
        let taken = self.slots.swap_remove(slot as usize);
        let moved_from = self.slots.len() as u32;
        if let Some(moved) = self.slots.get(slot as usize) {
            let Slot { hash, newer, older, kept, .. } = *moved;
            if let Some(indexed) = self.index.find_mut(hash, |&other| other == moved_from) {
                *indexed = slot;
            }
            *self.older_of(newer, kept) = slot;
            *self.newer_of(older, kept) = slot;
        }
        (taken.key, taken.value)
    }

    /// Takes a slot off the index and its list.
    fn detach(&mut self, slot: u32) {
        let hash = self.slots[slot as usize].hash;
        if let Ok(indexed) = self.index.find_entry(hash, |&other| other == slot) {
            indexed.remove();
        }
        self.unlink(slot);
    }

    fn unlink(&mut self, slot: u32) {
        let Slot { newer, older, kept, .. } = self.slots[slot as usize];
        *self.older_of(newer, kept) = older;
        *self.newer_of(older, kept) = newer;
    }

    /// Puts a slot on the newest end of its list.
    fn link(&mut self, slot: u32) {
        let kept = self.slots[slot as usize].kept;
        let older = mem::replace(self.older_of(NONE, kept), slot);
        *self.newer_of(older, kept) = slot;
        let linked = &mut self.slots[slot as usize];
        (linked.newer, linked.older) = (NONE, older);
    }

    /// What points from `slot` to its older neighbour: from the list itself beyond its newest end.
    fn older_of(&mut self, slot: u32, kept: bool) -> &mut u32 {
        match some(slot) {
            Some(slot) => &mut self.slots[slot as usize].older,
            None => &mut self.list(kept).newest,
        }
    }

    /// What points from `slot` to its newer neighbour: from the list itself beyond its oldest end.
    fn newer_of(&mut self, slot: u32, kept: bool) -> &mut u32 {
        match some(slot) {
            Some(slot) => &mut self.slots[slot as usize].newer,
            None => &mut self.list(kept).oldest,
        }
    }

    fn list(&mut self, kept: bool) -> &mut List {
        if kept { &mut self.kept } else { &mut self.fresh }
    }
}

fn some(slot: u32) -> Option<u32> {
    (slot != NONE).then_some(slot)
}

#[cfg(test)]
mod tests;
