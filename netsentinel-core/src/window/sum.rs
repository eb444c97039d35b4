//! A sum of weights of at least `T` within a window.

use std::hash::Hash;
use std::num::NonZeroU64;
use std::time::Duration;

use super::Span;
use super::chunk_pool::ChunkPool;
use super::keyed_queues::{KeyedQueues, Line};
use crate::{Limits, Timestamp, Usage};

/// Weights in a 64-byte chunk.
const PER_CHUNK: usize = 5;

/// Weights that a [`SumWindow`] has room for unless there is a reason for another number: 6.4 MiB.
/// For 5 MB within 60 s a host needs up to 3,400 full packets, so this serves some 150 hosts that
/// send at that rate at once without giving up resolution, and any number of slower ones.
pub const SUM_ENTRIES: usize = 512 * 1024;

/// Adds up the weights of each key within a sliding window, exactly up to a bound.
///
/// Of each key the latest weights are kept that together reach `T`. Anything older can only matter
/// after the oldest of these has left the window, and then it has left it too.
///
/// How many weights that takes is up to the sender, so the room is shared. A key that finds none
/// left merges its own weights in pairs, each pair dated as the later of the two: these weights
/// may then count for longer than the window, by the time that was between the two, and never
/// shorter. Merges are counted in [`coalesced`](Self::coalesced). Only when this frees nothing are
/// other keys forgotten.
#[derive(Debug)]
pub struct SumWindow<K> {
    /// Beside each queue the sum of its weights.
    queues: KeyedQueues<K, u32, u64, PER_CHUNK>,
    threshold_max: u64,
    window: Span,
    coalesced: u64,
}

impl<K: Copy + Eq + Hash> SumWindow<K> {
    /// A window for thresholds up to `threshold_max`, with room for `entries` weights
    /// ([`SUM_ENTRIES`] by default), rounded up to whole chunks of 5,
    /// at least one.
    pub fn new(
        threshold_max: NonZeroU64,
        window: Duration,
        limits: Limits,
        entries: usize,
    ) -> Self {
        Self {
            queues: KeyedQueues::new(limits, window, entries.div_ceil(PER_CHUNK)),
            threshold_max: threshold_max.get(),
            window: window.into(),
            coalesced: 0,
        }
    }

    /// Goes on with what is counted under another bound and length, in the same room.
    ///
    /// With a lower `threshold_max` sums stay exact up to it. With a higher one, a key goes on with
    /// the weights it has, the latest that reach the old bound, and keeps those that reach the new
    /// one from now on; a longer window goes on with what the shorter one has not dropped yet. So no sum is above the truth because of it, and all are exact again once the
    /// window's length has passed.
    pub fn reconfigure(&mut self, threshold_max: NonZeroU64, window: Duration) {
        self.threshold_max = threshold_max.get();
        self.window = window.into();
        self.queues.reconfigure(window, 0);
    }

    /// Adds a weight of `key` at `now`. Returns the sum of its weights at most the window's length
    /// ago, this one included, if that is less than `threshold_max`; otherwise the sum of the
    /// fewest latest ones that reach `threshold_max`, where weights of the same time count as one
    /// (up to 4 GiB together).
    pub fn add(&mut self, key: K, weight: u32, now: Timestamp) -> u64 {
        let Line { queue, state: sum, pool, now } = self.queues.touch(key, now);
        while let Some((oldest, old)) = pool.front(queue)
            && !self.window.reaches(now, oldest)
        {
            pool.pop(queue);
            *sum -= u64::from(old);
        }
        *sum += u64::from(weight);
        let joined = match pool.back(queue) {
            Some((place, newest, last)) if newest == now => {
                last.checked_add(weight).map(|both| pool.set(place, now, both)).is_some()
            }
            _ => weight == 0,
        };
        // The last weight stays: without it the sum would be 0.
        while let Some((_, old)) = pool.front(queue)
            && *sum - u64::from(old) >= self.threshold_max
        {
            pool.pop(queue);
            *sum -= u64::from(old);
        }
        if joined || pool.push(queue, now, weight) {
            return *sum;
        }
        self.push_squeezed(&key, weight)
    }

    /// Weights that were merged with their neighbours for want of room.
    pub fn coalesced(&self) -> u64 {
        self.coalesced
    }

    /// Time of the oldest event of `key` that is kept and within the window at `now`.
    pub fn oldest(&self, key: &K, now: Timestamp) -> Option<Timestamp> {
        self.queues.oldest(key, self.window, now)
    }

    /// How full the window is.
    pub fn usage(&self) -> Usage {
        self.queues.usage()
    }

    /// Appends a weight, contained in the sum already, for which there is no chunk.
    #[cold]
    fn push_squeezed(&mut self, key: &K, weight: u32) -> u64 {
        if let Some(Line { queue, state: sum, pool, now }) = self.queues.line(key) {
            self.coalesced += pool.merge_pairs(queue, u32::checked_add);
            if pool.push(queue, now, weight) {
                return *sum;
            }
        }
        let pushed = self.queues.push_evicting(key, weight);
        pushed.map_or(0, |Line { queue, state: sum, pool, .. }| {
            // The key may have had to drop weights of its own.
            *sum = total(pool, *queue);
            *sum
        })
    }
}

fn total(pool: &ChunkPool<u32, PER_CHUNK>, queue: super::chunk_pool::Queue) -> u64 {
    pool.iter(queue).map(|(_, _, weight)| u64::from(weight)).sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::sequence::{Naive, WINDOW, WINDOW_NS, config, events, limits};
    use super::*;

    fn window(threshold_max: u64, max_keys: usize, entries: usize) -> SumWindow<u8> {
        SumWindow::new(NonZeroU64::new(threshold_max).unwrap(), WINDOW, limits(max_keys), entries)
    }

    fn at(nanos: i64) -> Timestamp {
        Timestamp::from_nanos(nanos)
    }

    /// The sum of everything within the window.
    fn all(naive: &Naive, key: u8) -> u64 {
        naive.within(key).map(|event| u64::from(event.value)).sum()
    }

    /// The sum of the latest moments that reach `max`, or of all.
    fn latest(naive: &Naive, key: u8, max: u64) -> u64 {
        let (mut sum, mut moment) = (0, naive.now);
        for event in naive.within(key) {
            if event.time != moment && sum >= max {
                break;
            }
            moment = event.time;
            sum += u64::from(event.value);
        }
        sum
    }

    proptest! {
        #![proptest_config(config())]

        #[test]
        fn adds_up_like_a_list_of_everything(events in events(4, 20), max in 1_u64..300) {
            let (mut window, mut naive) = (window(max, 4, 800), Naive::new());
            for event in events {
                naive.add(event);
                let sum = window.add(event.key, event.value.into(), event.time);
                prop_assert_eq!(sum, latest(&naive, event.key, max));
                let exact = all(&naive, event.key);
                prop_assert_eq!(sum.min(max), exact.min(max));
            }
            prop_assert_eq!((window.usage().evictions, window.coalesced()), (0, 0));
        }

        #[test]
        fn a_key_alone_never_counts_too_little(
            events in events(1, 20), max in 1_u64..1000, entries in 1_usize..20,
        ) {
            let (mut window, mut naive) = (window(max, 1, entries), Naive::new());
            for event in events {
                naive.add(event);
                let sum = window.add(event.key, event.value.into(), event.time);
                let exact = all(&naive, event.key);
                prop_assert!(sum.min(max) >= exact.min(max));
                prop_assert!(sum.min(max) == exact.min(max) || window.coalesced() > 0);
            }
            prop_assert_eq!(window.usage().evictions, 0);
        }

        #[test]
        fn too_little_room_is_told_and_does_not_depend_on_the_hash_key(
            events in events(6, 20), max in 1_u64..300,
            max_keys in 1_usize..5, entries in 1_usize..30,
        ) {
            let mut naive = Naive::new();
            let [mut window, mut twin] = [[1, 2, 3, 4], [5, 6, 7, 8]].map(|seeds| {
                let mut window = window(max, max_keys, entries);
                window.queues.seed(WINDOW, seeds);
                window
            });
            for event in events {
                naive.add(event);
                let exact = all(&naive, event.key).min(max);
                let sum = window.add(event.key, event.value.into(), event.time);
                prop_assert!(sum.min(max) <= exact || window.coalesced() > 0);
                prop_assert!(sum.min(max) >= exact || window.usage().evictions > 0);
                prop_assert_eq!(sum, twin.add(event.key, event.value.into(), event.time));
            }
            prop_assert_eq!(window.usage(), twin.usage());
            prop_assert_eq!(window.coalesced(), twin.coalesced());
        }
    }

    #[test]
    fn both_ends_of_the_window_count() {
        let mut window = window(1000, 1, 100);
        assert_eq!(window.add(0, 10, at(0)), 10);
        assert_eq!(window.add(0, 5, at(WINDOW_NS)), 15);
        assert_eq!(window.add(0, 1, at(WINDOW_NS + 1)), 6);
        assert_eq!(window.add(0, 0, at(WINDOW_NS + 2)), 6);
    }

    #[test]
    fn weights_too_heavy_to_merge_are_dropped_in_the_end_and_counted() {
        let mut window = window(u64::MAX, 1, 5);
        for n in 0..6 {
            window.add(0, u32::MAX, at(n));
        }
        assert_eq!(window.coalesced(), 0);
        assert_eq!(window.usage().evictions, 5);
        assert_eq!(window.add(0, 1, at(6)), u64::from(u32::MAX) + 1);
        // At the same moment, beyond what one entry holds.
        assert_eq!(window.add(0, u32::MAX, at(6)), 2 * u64::from(u32::MAX) + 1);
    }

    #[test]
    fn the_sum_needs_no_more_entries_than_reach_the_threshold() {
        let mut window = window(100, 1, 10);
        for n in 0..1000 {
            window.add(0, 10, at(n / 2));
        }
        // 5 moments of 20 each.
        assert_eq!(window.add(0, 10, at(500)), 110);
        assert_eq!((window.usage().evictions, window.coalesced()), (0, 0));
    }
}
