//! At least `T` distinct values within a window.

use std::hash::Hash;
use std::num::NonZeroU32;
use std::time::Duration;

use super::Span;
use super::keyed_queues::{KeyedQueues, Line, chunks_for};
use crate::{Limits, Timestamp, Usage};

/// Counts the distinct values of each key within a sliding window, exactly up to a bound.
///
/// Of each key the `T` values seen most recently are kept, with the time each was last seen. A
/// value that `T` others were seen after can not be the one by which `T` are reached, so up to `T`
/// the count is the true one. Adding looks at each value the key has: it costs time in proportion
/// to `T`, which suits thresholds of up to some hundreds.
///
/// Values are stored `PER_CHUNK` together; that times 8 bytes and the size of `V`, plus 4, should
/// come close to a multiple of 64. The default is right for a `V` of 2 bytes; 5 is for 4 bytes,
/// 2 for an [`IpAddr`](std::net::IpAddr).
#[derive(Debug)]
pub struct DistinctWindow<K, V, const PER_CHUNK: usize = 6> {
    queues: KeyedQueues<K, V, (), PER_CHUNK>,
    threshold_max: u32,
    window: Span,
}

/// What a [`DistinctWindow`] says of a value added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Distinct {
    /// Distinct values of the key within the window, this one included, capped at the largest
    /// threshold.
    pub count: u64,
    /// Whether the value was not among those kept within the window. Where `count` is at its cap,
    /// a value seen within the window, but before `T` others, is new again.
    pub new: bool,
}

impl<K: Copy + Eq + Hash, V: Copy + Eq, const PER_CHUNK: usize> DistinctWindow<K, V, PER_CHUNK> {
    /// A window for thresholds up to `threshold_max`.
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
    /// A lower `threshold_max` forgets all but the values seen most recently, and counts stay exact.
    /// With a higher one, a key goes on with the values it has, at most as many as the old bound,
    /// and keeps up to the new one from now on; a longer window goes on with what the shorter one
    /// has not dropped yet. So counts are never above the truth, and exact again once the window's
    /// length has passed.
    pub fn reconfigure(&mut self, threshold_max: NonZeroU32, window: Duration) {
        self.threshold_max = threshold_max.get();
        self.window = window.into();
        let chunks = chunks_for::<PER_CHUNK>(self.queues.limits(), self.threshold_max);
        self.queues.reconfigure(window, chunks);
        self.queues.keep_latest(self.threshold_max);
    }

    /// Notes that `key` had `value` at `now`.
    pub fn add(&mut self, key: K, value: V, now: Timestamp) -> Distinct {
        // Whatever the window takes for now.
        self.add_dated(key, value, Timestamp::from_nanos(i64::MAX), now)
    }

    /// Notes at `now` that `key` had `value` at `time`, which is not later: what was learnt too late, or a
    /// value that takes the place of an equal one and keeps its date. Where `key` has as many values as are
    /// kept, its oldest goes even if it is not as old as `time`.
    pub fn add_dated(&mut self, key: K, value: V, time: Timestamp, now: Timestamp) -> Distinct {
        let Line { queue, pool, now, .. } = self.queues.touch(key, now);
        let dated = time.min(now);
        let mut count = 0;
        let mut same = None;
        let mut oldest = None;
        for (place, time, other) in pool.iter(*queue) {
            let inside = self.window.reaches(now, time);
            count += u64::from(inside);
            if other == value {
                same = Some((place, inside));
            }
            if oldest.is_none_or(|(_, least, _)| time < least) {
                oldest = Some((place, time, inside));
            }
        }
        if let Some((place, inside)) = same {
            pool.set(place, dated, value);
            return Distinct { count: count + u64::from(!inside), new: !inside };
        }
        let full = queue.len() >= self.threshold_max;
        match oldest {
            Some((place, _, inside)) if full || !inside => {
                pool.set(place, dated, value);
                count -= u64::from(inside);
            }
            _ if pool.push(queue, dated, value) => {}
            _ => self.push_evicting(&key, value),
        }
        Distinct { count: count + 1, new: true }
    }

    /// The values of `key` that count at `now`, in no order that means anything (but always the
    /// same). At most `threshold_max`, those seen most recently.
    pub fn values(&self, key: &K, now: Timestamp) -> impl Iterator<Item = V> {
        self.dated(key, now).map(|(_, value)| value)
    }

    /// The same with the time that each was last seen.
    pub fn dated(&self, key: &K, now: Timestamp) -> impl Iterator<Item = (Timestamp, V)> {
        let now = self.queues.newest(now);
        let inside = move |&(time, _): &(Timestamp, V)| self.window.reaches(now, time);
        self.queues.values(key).filter(inside)
    }

    #[cold]
    fn push_evicting(&mut self, key: &K, value: V) {
        self.queues.push_evicting(key, value);
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
    use std::collections::HashSet;
    use std::net::{IpAddr, Ipv4Addr};

    use proptest::prelude::*;

    use super::super::sequence::{Event, Naive, WINDOW, WINDOW_NS, config, events, limits};
    use super::*;

    fn window(threshold_max: u32, max_keys: usize) -> DistinctWindow<u8, u16> {
        DistinctWindow::new(NonZeroU32::new(threshold_max).unwrap(), WINDOW, limits(max_keys))
    }

    fn distinct(naive: &Naive, key: u8) -> HashSet<u16> {
        naive.within(key).map(|event| event.value).collect()
    }

    fn agrees(events: Vec<Event>, max: u32, max_keys: usize) -> Result<(), TestCaseError> {
        let (mut window, mut naive) = (window(max, max_keys), Naive::new());
        for event in events {
            naive.now = naive.now.max(event.time);
            let before = distinct(&naive, event.key);
            naive.add(event);
            let exact = distinct(&naive, event.key);
            let added = window.add(event.key, event.value, event.time);
            prop_assert_eq!(added.count, exact.len().min(max as usize) as u64);
            if exact.len() <= max as usize {
                prop_assert_eq!(added.new, !before.contains(&event.value));
            }
            let values: Vec<u16> = window.values(&event.key, event.time).collect();
            let unique: HashSet<u16> = values.iter().copied().collect();
            prop_assert_eq!(unique.len(), values.len());
            prop_assert_eq!(values.len() as u64, added.count);
            prop_assert!(unique.is_subset(&exact) && unique.contains(&event.value));
        }
        prop_assert_eq!(window.usage().evictions, 0);
        Ok(())
    }

    proptest! {
        #![proptest_config(config())]

        #[test]
        fn counts_like_a_list_of_everything(events in events(4, 12), max in 1_u32..16) {
            agrees(events, max, 8)?;
        }

        #[test]
        fn room_for_one_key_is_exact_for_one_key(events in events(1, 60), max in 1_u32..50) {
            agrees(events, max, 1)?;
        }

        #[test]
        fn too_little_room_never_counts_too_much(
            events in events(6, 60), max in 1_u32..50, max_keys in 1_usize..4,
        ) {
            let mut naive = Naive::new();
            let [mut window, mut twin] = [[1, 2, 3, 4], [5, 6, 7, 8]].map(|seeds| {
                let mut window = window(max, max_keys);
                window.queues.seed(WINDOW, seeds);
                window
            });
            for event in events {
                naive.add(event);
                let exact = distinct(&naive, event.key).len().min(max as usize) as u64;
                let added = window.add(event.key, event.value, event.time);
                prop_assert!((1..=exact).contains(&added.count));
                prop_assert!(added.count == exact || window.usage().evictions > 0);
                let other = twin.add(event.key, event.value, event.time);
                prop_assert_eq!(added, other, "depends on the hash key");
                let values = window.values(&event.key, event.time);
                prop_assert!(values.eq(twin.values(&event.key, event.time)));
            }
            prop_assert_eq!(window.usage(), twin.usage());
        }
    }

    #[test]
    fn both_ends_of_the_window_count() {
        let mut window = window(5, 1);
        let mut add = |value, nanos| {
            let Distinct { count, new } = window.add(0, value, Timestamp::from_nanos(nanos));
            (count, new)
        };
        assert_eq!(add(80, 0), (1, true));
        assert_eq!(add(22, 1), (2, true));
        assert_eq!(add(80, WINDOW_NS), (2, false));
        assert_eq!(add(80, WINDOW_NS + 1), (2, false));
        assert_eq!(add(80, WINDOW_NS + 2), (1, false));
        assert_eq!(add(22, WINDOW_NS + 2), (2, true));
        assert_eq!(window.values(&0, Timestamp::from_nanos(3 * WINDOW_NS)).count(), 0);
        assert_eq!(window.values(&1, Timestamp::MIN).count(), 0);
    }

    #[test]
    fn what_is_learnt_late_counts_from_when_it_was() {
        let mut window = window(3, 8);
        let at = Timestamp::from_nanos;
        window.add_dated(1, 10, at(5), at(WINDOW_NS / 2));
        assert_eq!(window.add(1, 11, at(5 + WINDOW_NS)).count, 2);
        assert_eq!(window.add(1, 12, at(6 + WINDOW_NS)).count, 2);
    }

    #[test]
    fn wide_values_are_counted_as_well() {
        let mut window =
            DistinctWindow::<u8, IpAddr, 2>::new(NonZeroU32::new(10).unwrap(), WINDOW, limits(1));
        for n in 0..20 {
            let address = Ipv4Addr::new(192, 0, 2, n).into();
            let expected = Distinct { count: u64::from(n + 1).min(10), new: true };
            assert_eq!(window.add(0, address, Timestamp::MIN), expected);
        }
    }
}
