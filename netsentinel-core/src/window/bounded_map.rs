//! A map of fixed capacity that chooses well what to forget.

use std::hash::{BuildHasher as _, Hash};
use std::num::NonZeroUsize;
use std::time::Duration;
use std::{iter, mem};

use super::Span;
use super::hashing::Keyed;
use crate::{Timestamp, Usage};

/// No slot: the end of a list.
const NONE: u32 = u32::MAX;

/// Chains for each entry, at the least: so that of the keys looked up in vain, as all are in a flood
/// of forged addresses, few meet another entry on the way.
const CHAINS_PER_ENTRY: usize = 2;

/// Entries that are fresh are not pushed out by newer ones while they are fewer than one in so many.
const FRESH_SHARE: usize = 4;

/// A map of at most `max_keys` entries, all memory taken when it is made.
///
/// An entry is *fresh* until it is touched a second time, then *kept*. Where a new key finds no
/// room, one entry is evicted: the one touched longest ago if it is idle, that is if this was more
/// than `idle_after` ago; else the oldest fresh entry, or, where fewer than a quarter are fresh, the
/// least recently touched kept one. So keys that come once push out only their like, and who is new
/// has time to come again even where all others have.
///
/// Only [`entry`](Self::entry) and [`touch`](Self::touch) touch, and after [`set_grain`](Self::set_grain) not more often
/// than once in that time an entry that is kept. Time that runs back is taken as the newest seen. No result
/// depends on how keys hash.
#[derive(Debug)]
pub struct BoundedMap<K, V> {
    /// The first slots of chains: for each value of the lowest bits of a hash, all slots that have it.
    chains: Vec<u32>,
    /// The lowest bits of a hash.
    mask: u32,
    /// The entries, without gaps.
    slots: Vec<Slot<K, V>>,
    fresh: List,
    kept: List,
    /// Entries on the list of those.
    kept_len: usize,
    keyed: Keyed,
    max_keys: usize,
    idle_after: Span,
    /// Nanoseconds for which a touch of a kept entry lasts.
    grain: u64,
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
    touched: Timestamp,
    /// The lower half of it.
    hash: u32,
    /// The next in the chain.
    next: u32,
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
        Self::with_hashing(max_keys, idle_after, Keyed::new())
    }

    /// Like [`new`](Self::new) with a hash key that is given: for tests, which show with it that
    /// results do not depend on the key.
    pub fn with_hasher_seeds(
        max_keys: NonZeroUsize,
        idle_after: Duration,
        seeds: [u64; 4],
    ) -> Self {
        Self::with_hashing(max_keys, idle_after, Keyed::with_seeds(seeds))
    }

    fn with_hashing(max_keys: NonZeroUsize, idle_after: Duration, keyed: Keyed) -> Self {
        let max_keys = max_keys.get().min(NONE as usize - 1);
        let chains = CHAINS_PER_ENTRY.saturating_mul(max_keys).next_power_of_two();
        Self {
            chains: vec![NONE; chains],
            mask: (chains - 1).min(u32::MAX as usize) as u32,
            slots: Vec::with_capacity(max_keys),
            fresh: List::EMPTY,
            kept: List::EMPTY,
            kept_len: 0,
            keyed,
            max_keys,
            idle_after: idle_after.into(),
            grain: 0,
            newest: Timestamp::MIN,
            evictions: 0,
        }
    }

    /// From now on an entry is idle when it was touched more than `idle_after` ago.
    pub fn set_idle_after(&mut self, idle_after: Duration) {
        self.idle_after = idle_after.into();
    }

    /// From now on a touch of an entry that is kept lasts for `grain`: touched again within it, the entry stays where it
    /// is, so that the entries beside it are not touched either. What is evicted is then chosen by touches of that
    /// grain; which they are depends on nothing but the entry's own. For tables that are asked once a packet.
    pub fn set_grain(&mut self, grain: Duration) {
        self.grain = u64::try_from(grain.as_nanos()).unwrap_or(u64::MAX);
    }

    /// Touches the entry of `key` at `now`, which `make` fills if it is new.
    #[inline]
    pub fn entry(&mut self, key: K, now: Timestamp, make: impl FnOnce() -> V) -> Touched<'_, K, V> {
        let now = self.advance(now);
        let hash = self.hash(&key);
        let found = self.find(hash, &key);
        let (slot, evicted) = if let Some(slot) = found {
            self.touch_slot(slot);
            (slot, None)
        } else {
            self.insert(Slot {
                touched: now,
                hash,
                next: NONE,
                newer: NONE,
                older: NONE,
                kept: false,
                key,
                value: make(),
            })
        };
        let value = &mut self.slots[slot as usize].value;
        Touched { value, inserted: found.is_none(), evicted, now }
    }

    /// Touches the entry of `key` at `now` if there is one.
    pub fn touch(&mut self, key: &K, now: Timestamp) -> Option<&mut V> {
        self.advance(now);
        let slot = self.find(self.hash(key), key)?;
        self.touch_slot(slot);
        Some(&mut self.slots[slot as usize].value)
    }

    /// The value of `key`, untouched.
    pub fn get(&self, key: &K) -> Option<&V> {
        let slot = self.find(self.hash(key), key)?;
        Some(&self.slots[slot as usize].value)
    }

    /// The value of `key`, untouched.
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let slot = self.find(self.hash(key), key)?;
        Some(&mut self.slots[slot as usize].value)
    }

    /// Takes the entry of `key` out.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        let slot = self.find(self.hash(key), key)?;
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
        let spared = self.find(self.hash(key), key).unwrap_or(NONE);
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
            bytes: self.slots.capacity() * size_of::<Slot<K, V>>()
                + self.chains.capacity() * size_of::<u32>(),
        }
    }

    fn advance(&mut self, now: Timestamp) -> Timestamp {
        self.newest = self.newest.max(now);
        self.newest
    }

    #[inline]
    fn hash(&self, key: &K) -> u32 {
        self.keyed.hash_one(key) as u32
    }

    #[inline]
    fn find(&self, hash: u32, key: &K) -> Option<u32> {
        let mut at = self.chains[(hash & self.mask) as usize];
        while at != NONE {
            let slot = &self.slots[at as usize];
            if slot.hash == hash && slot.key == *key {
                return Some(at);
            }
            at = slot.next;
        }
        None
    }

    /// Puts a slot at the start of its chain.
    #[inline]
    fn chain(&mut self, slot: u32) {
        let entry = &mut self.slots[slot as usize];
        entry.next = mem::replace(&mut self.chains[(entry.hash & self.mask) as usize], slot);
    }

    /// What points to a slot that is in its chain: the slot before it, or the chain's start.
    #[inline]
    fn before(&mut self, slot: u32) -> &mut u32 {
        let hash = self.slots[slot as usize].hash;
        let start = &mut self.chains[(hash & self.mask) as usize];
        if *start == slot {
            return start;
        }
        let mut before = *start as usize;
        while self.slots[before].next != slot {
            before = self.slots[before].next as usize;
        }
        &mut self.slots[before].next
    }

    #[inline(always)]
    fn touch_slot(&mut self, slot: u32) {
        let entry = &mut self.slots[slot as usize];
        if !entry.kept || self.newest.nanos_since(entry.touched) >= self.grain {
            self.move_to_newest(slot);
        }
    }

    fn move_to_newest(&mut self, slot: u32) {
        self.slots[slot as usize].touched = self.newest;
        if self.kept.newest != slot {
            self.unlink(slot);
            self.slots[slot as usize].kept = true;
            self.link(slot);
        }
    }

    /// Stores a new entry, in the slot of the one evicted if the map is full.
    fn insert(&mut self, entry: Slot<K, V>) -> (u32, Option<(K, V)>) {
        let full = self.slots.len() >= self.max_keys;
        let (slot, evicted) = match full.then(|| self.victim(NONE)).flatten() {
            Some(slot) => {
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
        self.chain(slot);
        self.link(slot);
        (slot, evicted)
    }

    fn evict(&mut self, spared: u32) -> Option<(K, V)> {
        let slot = self.victim(spared)?;
        Some(self.take(slot))
    }

    /// Which slot but `spared` to give up; counted as an eviction if it is not idle.
    fn victim(&mut self, spared: u32) -> Option<u32> {
        let oldest = self.oldest_slot(spared)?;
        if self.is_idle(oldest) {
            return Some(oldest);
        }
        self.evictions += 1;
        let fresh_are_few = self.slots.len() - self.kept_len < self.max_keys / FRESH_SHARE;
        let first = if fresh_are_few { self.kept } else { self.fresh };
        self.oldest_of(first, spared).or(Some(oldest))
    }

    fn is_idle(&self, slot: u32) -> bool {
        !self.idle_after.reaches(self.newest, self.slots[slot as usize].touched)
    }

    /// The slot but `spared` that was touched longest ago. Both lists are in order of touching,
    /// the fresh one because each of its entries was touched once.
    fn oldest_slot(&self, spared: u32) -> Option<u32> {
        let touched = |slot: u32| self.slots[slot as usize].touched;
        match (self.oldest_of(self.fresh, spared), self.oldest_of(self.kept, spared)) {
            (Some(fresh), Some(kept)) if touched(kept) < touched(fresh) => Some(kept),
            (fresh, kept) => fresh.or(kept),
        }
    }

    #[inline]
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
        let last = self.slots.len() as u32 - 1;
        if slot != last {
            *self.before(last) = slot;
            let Slot { newer, older, kept, .. } = self.slots[last as usize];
            *self.older_of(newer, kept) = slot;
            *self.newer_of(older, kept) = slot;
        }
        let taken = self.slots.swap_remove(slot as usize);
        (taken.key, taken.value)
    }

    /// Takes a slot off its chain and its list.
    fn detach(&mut self, slot: u32) {
        *self.before(slot) = self.slots[slot as usize].next;
        self.unlink(slot);
    }

    fn unlink(&mut self, slot: u32) {
        let Slot { newer, older, kept, .. } = self.slots[slot as usize];
        self.kept_len -= usize::from(kept);
        *self.older_of(newer, kept) = older;
        *self.newer_of(older, kept) = newer;
    }

    /// Puts a slot on the newest end of its list.
    fn link(&mut self, slot: u32) {
        let kept = self.slots[slot as usize].kept;
        self.kept_len += usize::from(kept);
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
