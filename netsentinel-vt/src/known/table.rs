//! A table that is read without waiting: one word an indicator.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use netsentinel_core::RiskTier;

use super::key::Key;

/// Words of a bucket: two cache lines, which the processor fetches together.
const BUCKET_LEN: usize = 16;
/// Slots for each indicator of the capacity. So a full table has 4 in a bucket on average, and the chance
/// that one of its buckets needs more than 16 is about 10⁻⁶ (Poisson); what does not fit goes to the stash.
const SLOTS_EACH: usize = 4;
/// The low bits of a word: the tier and 1; 0 is an empty word.
const TIER_BITS: u32 = 3;
const TIER_MASK: u64 = (1 << TIER_BITS) - 1;

/// Tiers by fingerprint: bounded, made at once, read by any thread without waiting, written by one at a time.
///
/// A word is the upper 61 bits of a keyed hash and the tier. The bucket is chosen by another hash, so for
/// something that is not in the table the chance to be mistaken for one of the 16 words looked at is at most
/// 16 × 2⁻⁶¹ = 2⁻⁵⁷, and nobody outside can look for such a one. What is in the table is always found: a word
/// never moves, and a peek looks at all words where it can be.
#[derive(Debug)]
pub(super) struct Table {
    buckets: Box<[Bucket]>,
    /// What did not fit its bucket; looked at only while something is in it.
    stash: Bucket,
    stashed: AtomicUsize,
    writing: Mutex<()>,
    overflows: AtomicU64,
}

#[derive(Debug, Default)]
#[repr(align(128))]
struct Bucket([AtomicU64; BUCKET_LEN]);

/// The right to write; one at a time.
#[derive(Debug)]
pub(super) struct Writer<'t> {
    table: &'t Table,
    _only: MutexGuard<'t, ()>,
}

impl Table {
    /// Room for `capacity` indicators.
    pub(super) fn new(capacity: NonZeroUsize) -> Self {
        let buckets = capacity.get().saturating_mul(SLOTS_EACH).div_ceil(BUCKET_LEN);
        Self {
            buckets: (0..buckets.next_power_of_two()).map(|_| Bucket::default()).collect(),
            stash: Bucket::default(),
            stashed: AtomicUsize::new(0),
            writing: Mutex::new(()),
            overflows: AtomicU64::new(0),
        }
    }

    /// The tier held under `key`. Waits for nothing, allocates nothing.
    pub(super) fn get(&self, key: Key) -> Option<RiskTier> {
        let print = word(key.print);
        match self.bucket(key).and_then(|bucket| bucket.get(print)) {
            None if self.stashed.load(Ordering::Acquire) > 0 => self.stash.get(print),
            found => found,
        }
    }

    /// Waits for whoever writes now.
    pub(super) fn write(&self) -> Writer<'_> {
        let only = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        Writer { table: self, _only: only }
    }

    /// How often there was no room for an indicator, which then was not known.
    pub(super) fn overflows(&self) -> u64 {
        self.overflows.load(Ordering::Relaxed)
    }

    fn bucket(&self, key: Key) -> Option<&Bucket> {
        // The number of buckets is a power of two.
        self.buckets.get(key.place as usize & (self.buckets.len() - 1))
    }
}

impl Writer<'_> {
    /// Holds `tier` under `key` from now on. `false` where there is no room.
    pub(super) fn put(&mut self, key: Key, tier: RiskTier) -> bool {
        let print = word(key.print);
        let value = print | (tier as u64 + 1);
        let (table, stash) = (self.table, &self.table.stash);
        let Some(bucket) = table.bucket(key) else { return false };
        if let Some(held) = bucket.find(print).or_else(|| stash.find(print)) {
            held.store(value, Ordering::Release);
        } else if let Some(free) = bucket.free() {
            free.store(value, Ordering::Release);
        } else if let Some(free) = stash.free() {
            free.store(value, Ordering::Release);
            table.stashed.fetch_add(1, Ordering::Release);
        } else {
            table.overflows.fetch_add(1, Ordering::Relaxed);
            return false;
        }
        true
    }

    /// Holds nothing under `key` from now on.
    pub(super) fn remove(&mut self, key: Key) {
        let print = word(key.print);
        if let Some(held) = self.table.bucket(key).and_then(|bucket| bucket.find(print)) {
            held.store(0, Ordering::Release);
        } else if let Some(held) = self.table.stash.find(print) {
            held.store(0, Ordering::Release);
            self.table.stashed.fetch_sub(1, Ordering::Release);
        }
    }
}

impl Bucket {
    /// All words are looked at: those removed leave gaps, because moving one could hide it from a reader.
    fn get(&self, print: u64) -> Option<RiskTier> {
        self.0.iter().find_map(|slot| {
            let difference = slot.load(Ordering::Acquire) ^ print;
            if difference > TIER_MASK { None } else { tier(difference) }
        })
    }

    fn find(&self, print: u64) -> Option<&AtomicU64> {
        self.0.iter().find(|slot| slot.load(Ordering::Relaxed) & !TIER_MASK == print)
    }

    fn free(&self) -> Option<&AtomicU64> {
        self.0.iter().find(|slot| slot.load(Ordering::Relaxed) == 0)
    }
}

/// The fingerprint at its place in a word; never 0, which is an empty word.
fn word(print: u64) -> u64 {
    match print & !TIER_MASK {
        0 => TIER_MASK + 1,
        print => print,
    }
}

fn tier(low: u64) -> Option<RiskTier> {
    RiskTier::ALL.get((low as usize).wrapping_sub(1)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: NonZeroUsize = NonZeroUsize::MIN;

    /// All of one bucket.
    fn key(n: u64) -> Key {
        Key { place: 0, print: n << TIER_BITS | 5 }
    }

    #[test]
    fn has_four_slots_for_each_indicator() {
        let slots = |n| Table::new(NonZeroUsize::new(n).unwrap()).buckets.len() * BUCKET_LEN;
        assert_eq!([slots(1), slots(4), slots(5), slots(65_536)], [16, 16, 32, 262_144]);
        assert_eq!(size_of::<Bucket>(), 128);
    }

    #[test]
    fn holds_what_was_put_last() {
        let table = Table::new(ONE);
        for tier in RiskTier::ALL {
            assert!(table.write().put(key(7), tier));
            assert_eq!(table.get(key(7)), Some(tier));
        }
        // A fingerprint of nothing but zeros is one like any other.
        assert_eq!(table.get(key(0)), None);
        assert!(table.write().put(key(0), RiskTier::Low));
        assert_eq!(table.get(key(0)), Some(RiskTier::Low));
        table.write().remove(key(7));
        table.write().remove(key(9));
        assert_eq!((table.get(key(7)), table.get(key(0))), (None, Some(RiskTier::Low)));
    }

    #[test]
    fn what_does_not_fit_its_bucket_is_still_found() {
        let table = Table::new(ONE);
        let room = 2 * BUCKET_LEN as u64;
        for n in 1..=room {
            assert!(table.write().put(key(n), RiskTier::High), "{n}");
        }
        assert!(!table.write().put(key(room + 1), RiskTier::High));
        assert_eq!(table.overflows(), 1);
        assert!(table.write().put(key(room), RiskTier::Low), "that one has its place");
        // Room in the bucket does not hide what is in the stash.
        table.write().remove(key(1));
        assert_eq!(table.get(key(room)), Some(RiskTier::Low));
        for n in 2..=room {
            assert!(table.get(key(n)).is_some(), "{n}");
            table.write().remove(key(n));
            assert_eq!(table.get(key(n)), None, "{n}");
        }
        assert_eq!(table.stashed.load(Ordering::Relaxed), 0);
    }
}
