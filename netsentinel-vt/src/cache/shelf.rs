//! Entries by indicator, by when they were used, and by when they end.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::sync::Arc;

use ahash::RandomState;
use lru::LruCache;
use netsentinel_core::{IndicatorBuf, RiskTier, Timestamp};

use super::entry::{Entry, Part};

/// How many that hold something against somebody are spared at once when one has to go.
const SPARED_MAX: usize = 16;

pub(super) type Kept = (Arc<IndicatorBuf>, Arc<Entry>);

/// Entries by indicator, by when they were used, and by when the first of their parts ends: exactly one
/// place in each for every entry, so that what is over is found without looking at the rest.
#[derive(Debug)]
pub(super) struct Shelf {
    entries: LruCache<Arc<IndicatorBuf>, Arc<Entry>, RandomState>,
    ends: BTreeSet<(Timestamp, Arc<IndicatorBuf>)>,
    evictions: u64,
}

impl Shelf {
    /// Room for `capacity` entries, taken at once.
    pub(super) fn new(capacity: NonZeroUsize) -> Self {
        Self {
            entries: LruCache::with_hasher(capacity, RandomState::new()),
            ends: BTreeSet::new(),
            evictions: 0,
        }
    }

    /// Counts as a use.
    pub(super) fn get(&mut self, indicator: &IndicatorBuf) -> Option<Arc<Entry>> {
        self.entries.get(indicator).map(Arc::clone)
    }

    /// Does not count as a use.
    pub(super) fn peek(&self, indicator: &IndicatorBuf) -> Option<&Arc<Entry>> {
        self.entries.peek(indicator)
    }

    /// Keeps `entry` as the one used last; gives back what had to go for it: the one used longest ago, but one
    /// that holds something against somebody has another turn. So a flood of clean ones drives out no bad one.
    pub(super) fn put(
        &mut self,
        indicator: &IndicatorBuf,
        entry: Entry,
        now: Timestamp,
    ) -> Option<IndicatorBuf> {
        let entry = Arc::new(entry);
        if let Some((key, held)) = self.entries.get_key_value_mut(indicator) {
            self.ends.remove(&(held.first_end(), Arc::clone(key)));
            self.ends.insert((entry.first_end(), Arc::clone(key)));
            *held = entry;
            return None;
        }
        self.spare_bad(now);
        let key = Arc::new(indicator.clone());
        self.ends.insert((entry.first_end(), Arc::clone(&key)));
        let (key, evicted) = self.entries.push(key, entry)?;
        self.evictions += u64::from(evicted.tier(now).is_some());
        self.ends.remove(&(evicted.first_end(), Arc::clone(&key)));
        Some(Arc::unwrap_or_clone(key))
    }

    /// Where one has to go, makes it one that is clean at `now`, if there is one among the first to go.
    fn spare_bad(&mut self, now: Timestamp) {
        for _ in 0..SPARED_MAX {
            let first = self.entries.peek_lru().filter(|_| self.is_full());
            let bad = first.filter(|(_, entry)| entry.tier(now) > Some(RiskTier::Clean));
            let Some(key) = bad.map(|(key, _)| Arc::clone(key)) else { return };
            self.entries.promote(&key);
        }
    }

    /// Adds what was known before all that is here: what was said since then wins, and a new entry is the one
    /// used longest ago. Where there is no room, nothing happens.
    pub(super) fn add(&mut self, indicator: &IndicatorBuf, mut parts: Vec<Part>) {
        if let Some(held) = self.peek(indicator) {
            let held = held.parts();
            parts.retain(|part| held.iter().all(|held| held.provider != part.provider));
            parts.extend_from_slice(held);
            self.put(indicator, Entry::new(parts), Timestamp::MIN);
        } else if !self.is_full() {
            self.put(indicator, Entry::new(parts), Timestamp::MIN);
            self.entries.demote(indicator);
        }
    }

    /// Drops the parts that are over at `now`; what has changed by it, with the tier now. Takes as long as
    /// there is to drop.
    pub(super) fn expire(&mut self, now: Timestamp) -> Vec<(IndicatorBuf, Option<RiskTier>)> {
        let mut changed = Vec::new();
        while self.ends.first().is_some_and(|(end, _)| *end <= now) {
            let Some((_, key)) = self.ends.pop_first() else { break };
            let Some(held) = self.entries.peek_mut(&*key) else { continue };
            let left: Vec<_> = held.counting(now).cloned().collect();
            if left.is_empty() {
                self.entries.pop(&*key);
                changed.push((Arc::unwrap_or_clone(key), None));
            } else {
                *held = Arc::new(Entry::new(left));
                changed.push(((*key).clone(), held.tier(now)));
                self.ends.insert((held.first_end(), key));
            }
        }
        changed
    }

    /// Empties it.
    pub(super) fn clear(&mut self) -> Vec<IndicatorBuf> {
        self.ends.clear();
        let mut all = Vec::with_capacity(self.entries.len());
        while let Some((key, _)) = self.entries.pop_lru() {
            all.push(Arc::unwrap_or_clone(key));
        }
        all
    }

    /// All of it, what was used last first. Cheap: nothing is copied but pointers.
    pub(super) fn all(&self) -> Vec<Kept> {
        self.entries.iter().map(|(key, entry)| (Arc::clone(key), Arc::clone(entry))).collect()
    }

    pub(super) fn is_full(&self) -> bool {
        self.entries.len() == self.entries.cap().get()
    }

    /// Entries, room, and entries that had to go while they still counted.
    pub(super) fn usage(&self) -> (u64, u64, u64) {
        (self.entries.len() as u64, self.entries.cap().get() as u64, self.evictions)
    }

    #[cfg(test)]
    pub(super) fn assert_sound(&self) {
        let ends: BTreeSet<_> =
            self.all().into_iter().map(|(key, entry)| (entry.first_end(), key)).collect();
        assert_eq!(self.ends, ends);
    }
}
