//! At least `T` events within a window.

use std::hash::Hash;
use std::num::NonZeroU32;
use std::time::Duration;

use super::Span;
use super::chunk_pool::Queue;
use super::keyed_queues::{KeyedQueues, Line, chunks_for};
use crate::{Limits, Timestamp, Usage};

/// Times in a 64-byte chunk.
const PER_CHUNK: usize = 7;

/// Counts the events of each key within a sliding window, exactly up to a bound.
///
/// Of each key the times of the last `T` events are kept. Whether there were `n ≤ T` events within
/// the window is told by the time of the `n`-th last one, so for every threshold up to `T` the
/// count is as good as the true one. Adding costs a fixed time on average.
#[derive(Debug)]
pub struct EventWindow<K> {
    queues: KeyedQueues<K, (), (), PER_CHUNK>,
    threshold_max: u32,
    window: Span,
}

impl<K: Copy + Eq + Hash> EventWindow<K> {
    /// A window for thresholds up to `threshold_max`. Takes 128 bytes of event times a key, and
    /// not less than `threshold_max` × 9.2 bytes.
    pub fn new(threshold_max: NonZeroU32, window: Duration, limits: Limits) -> Self {
        let threshold_max = threshold_max.get();
        let chunks = chunks_for::<PER_CHUNK>(limits, threshold_max);
        Self {
            queues: KeyedQueues::new(limits, window, chunks),
            threshold_max,
            window: window.into(),
        }
    }

    /// Goes on with what is counted under another bound and length. May take memory.
    ///
    /// A lower `threshold_max` caps counts at once, and they stay exact. With a higher one, a key
    /// goes on with the events it has, at most as many as the old bound, and keeps up to the new one
    /// from now on; a longer window goes on with what the shorter one has not dropped yet. So counts
    /// are never above the truth, and exact again once the window's length has passed.
    pub fn reconfigure(&mut self, threshold_max: NonZeroU32, window: Duration) {
        self.threshold_max = threshold_max.get();
        self.window = window.into();
        let chunks = chunks_for::<PER_CHUNK>(self.queues.limits(), self.threshold_max);
        self.queues.reconfigure(window, chunks);
    }

    /// Counts an event of `key` at `now`. Returns the number of its events at most the window's
    /// length ago, this one included, capped at `threshold_max`.
    pub fn add(&mut self, key: K, now: Timestamp) -> u64 {
        let Line { queue, pool, now, .. } = self.queues.touch(key, now);
        while let Some((oldest, ())) = pool.front(queue)
            && (queue.len() >= self.threshold_max || !self.window.reaches(now, oldest))
        {
            pool.pop(queue);
        }
        if pool.push(queue, now, ()) {
            return queue.len().into();
        }
        self.push_evicting(&key)
    }

    #[cold]
    fn push_evicting(&mut self, key: &K) -> u64 {
        self.queues.push_evicting(key, ()).map_or(0, |line| Queue::len(*line.queue).into())
    }

    /// Time of the oldest event of `key` that is kept and within the window at `now`.
    pub fn oldest(&self, key: &K, now: Timestamp) -> Option<Timestamp> {
        self.queues.oldest(key, self.window, now)
    }

    /// How full the window is.
    pub fn usage(&self) -> Usage {
        self.queues.usage()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::sequence::{Naive, WINDOW, WINDOW_NS, config, events, limits};
    use super::*;

    fn window(threshold_max: u32, max_keys: usize) -> EventWindow<u8> {
        EventWindow::new(NonZeroU32::new(threshold_max).unwrap(), WINDOW, limits(max_keys))
    }

    fn at(nanos: i64) -> Timestamp {
        Timestamp::from_nanos(nanos)
    }

    proptest! {
        #![proptest_config(config())]

        #[test]
        fn counts_like_a_list_of_everything(events in events(4, 1), max in 1_u32..20) {
            // 4 keys of 20 events take 16 chunks.
            let (mut window, mut naive) = (window(max, 8), Naive::new());
            for event in events {
                naive.add(event);
                let expected = naive.within(event.key).count().min(max as usize) as u64;
                prop_assert_eq!(window.add(event.key, event.time), expected);
            }
            prop_assert_eq!(window.usage().evictions, 0);
        }

        #[test]
        fn room_for_one_key_is_exact_for_one_key(events in events(1, 1), max in 1_u32..40) {
            let (mut window, mut naive) = (window(max, 1), Naive::new());
            for event in events {
                naive.add(event);
                let expected = naive.within(event.key).count().min(max as usize) as u64;
                prop_assert_eq!(window.add(event.key, event.time), expected);
            }
            prop_assert_eq!(window.usage().evictions, 0);
        }

        #[test]
        fn too_little_room_never_counts_too_much(
            events in events(6, 1), max in 1_u32..40, max_keys in 1_usize..4,
        ) {
            let mut naive = Naive::new();
            let [mut window, mut twin] = [[1, 2, 3, 4], [5, 6, 7, 8]].map(|seeds| {
                let mut window = window(max, max_keys);
                window.queues.seed(WINDOW, seeds);
                window
            });
            for event in events {
                naive.add(event);
                let exact = naive.within(event.key).count().min(max as usize) as u64;
                let count = window.add(event.key, event.time);
                prop_assert!((1..=exact).contains(&count));
                prop_assert!(count == exact || window.usage().evictions > 0);
                prop_assert_eq!(count, twin.add(event.key, event.time), "depends on the hash key");
            }
            prop_assert_eq!(window.usage(), twin.usage());
        }
    }

    #[test]
    fn both_ends_of_the_window_count() {
        let mut window = window(5, 1);
        assert_eq!(window.add(0, at(0)), 1);
        assert_eq!(window.add(0, at(WINDOW_NS)), 2);
        assert_eq!(window.add(0, at(WINDOW_NS + 1)), 2);
    }

    #[test]
    fn the_ends_of_time_are_times_like_any() {
        let mut window = window(5, 1);
        assert_eq!(window.add(0, Timestamp::MIN), 1);
        assert_eq!(window.add(0, at(i64::MAX)), 1);
        assert_eq!(window.add(0, Timestamp::MIN), 2);
    }

    #[test]
    fn a_flood_of_strangers_leaves_a_busy_key_alone() {
        let mut window =
            EventWindow::new(NonZeroU32::new(200).unwrap(), Duration::from_secs(5), limits(1000));
        let mut count = 0;
        for n in 0..100_000_i64 {
            window.add(n + 1, at(n));
            if n % 500 == 0 {
                count = window.add(0, at(n));
            }
        }
        assert_eq!(count, 200);
    }

    #[test]
    fn a_key_alone_reaches_the_largest_threshold() {
        let mut window = window(1_000_000, 1);
        let bytes = window.usage().bytes;
        let last = (0..1_000_100).map(|n| window.add(0, at(n / 1000))).last();
        assert_eq!(last, Some(1_000_000));
        assert_eq!(window.usage(), Usage { keys: 1, max_keys: 1, evictions: 0, bytes });
        assert!(bytes < 9_400_000, "{bytes}");
    }

    #[test]
    fn keys_that_need_chunks_take_those_of_the_oldest() {
        // 4 keys, 8 chunks: two keys of 28 events fill them.
        let mut window = window(49, 4);
        for n in 0..28 {
            window.add(0, at(n));
            window.add(1, at(n));
        }
        assert_eq!(window.usage().evictions, 0);
        assert_eq!(window.add(1, at(28)), 29);
        assert_eq!(window.usage().evictions, 1);
        assert_eq!(window.usage().keys, 1);
        assert_eq!(window.add(0, at(28)), 1);
    }
}
