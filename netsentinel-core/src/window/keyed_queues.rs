//! A queue of dated values for each of a bounded number of keys: what the windows are made of.

use std::hash::Hash;
use std::num::NonZeroUsize;
use std::time::Duration;

use super::Span;
use super::bounded_map::BoundedMap;
use super::chunk_pool::{ChunkPool, Queue};
use crate::{Limits, Timestamp, Usage};

/// Chunks a key can use on average before others are forgotten for it. A flood of forged
/// addresses takes one chunk a key, so it leaves half of them to busy keys.
const CHUNKS_PER_KEY: usize = 2;

/// Keys in a [`BoundedMap`], their values in a [`ChunkPool`], beside each queue a `state`.
#[derive(Debug)]
pub(super) struct KeyedQueues<K, V, S, const N: usize> {
    map: BoundedMap<K, Held<S>>,
    pool: ChunkPool<V, N>,
    /// Values that a key gave up for newer ones of its own.
    dropped: u64,
}

/// What the map holds for a key.
#[derive(Clone, Copy, Debug)]
struct Held<S> {
    queue: Queue,
    state: S,
}

/// The queue of one key and what it takes to work with it.
#[derive(Debug)]
pub(super) struct Line<'a, V, S, const N: usize> {
    pub(super) queue: &'a mut Queue,
    pub(super) state: &'a mut S,
    pub(super) pool: &'a mut ChunkPool<V, N>,
    /// The newest time seen.
    pub(super) now: Timestamp,
}

/// Chunks of `N` values for as many keys as `limits` allows, and for one key with `longest` values
/// at the least: then a key that is alone always finds room.
pub(super) fn chunks_for<const N: usize>(limits: Limits, longest: u32) -> usize {
    // One more, because the oldest value need not be at the start of its chunk.
    let alone = (longest as usize).div_ceil(N) + 1;
    limits.max_keys.get().saturating_mul(CHUNKS_PER_KEY).max(alone)
}

impl<K: Copy + Eq + Hash, V: Copy, S: Default, const N: usize> KeyedQueues<K, V, S, N> {
    /// No keys yet, and `max_chunks` chunks. A key untouched for longer than `window` is idle.
    pub(super) fn new(limits: Limits, window: Duration, max_chunks: usize) -> Self {
        Self {
            map: BoundedMap::new(limits.max_keys, window),
            pool: ChunkPool::new(max_chunks),
            dropped: 0,
        }
    }

    /// Touches `key`; its queue is empty if it is new.
    pub(super) fn touch(&mut self, key: K, now: Timestamp) -> Line<'_, V, S, N> {
        let touched =
            self.map.entry(key, now, || Held { queue: Queue::EMPTY, state: S::default() });
        if let Some((_, mut evicted)) = touched.evicted {
            self.pool.release(&mut evicted.queue);
        }
        let Held { queue, state } = touched.value;
        Line { queue, state, pool: &mut self.pool, now: touched.now }
    }

    /// From now on a key untouched for longer than `window` is idle, and there are `max_chunks`
    /// chunks if there were fewer. May take memory.
    pub(super) fn reconfigure(&mut self, window: Duration, max_chunks: usize) {
        self.map.set_idle_after(window);
        self.pool.grow(max_chunks);
    }

    /// Of each key keeps the `longest` values that are dated last, oldest first. Takes memory for
    /// the while.
    pub(super) fn keep_latest(&mut self, longest: u32) {
        let mut values = Vec::new();
        for Held { queue, .. } in self.map.values_mut() {
            if queue.len() <= longest {
                continue;
            }
            values.clear();
            values.extend(self.pool.iter(*queue).map(|(_, time, value)| (time, value)));
            values.sort_by_key(|(time, _)| *time);
            let surplus = values.len().saturating_sub(longest as usize);
            self.pool.release(queue);
            for (time, value) in values.drain(..).skip(surplus) {
                // Takes no more chunks than have just been given back.
                let _ = self.pool.push(queue, time, value);
            }
        }
    }

    /// The bounds that it was made with.
    pub(super) fn limits(&self) -> Limits {
        let max_keys = NonZeroUsize::new(self.map.usage().max_keys);
        Limits { max_keys: max_keys.unwrap_or(NonZeroUsize::MIN) }
    }

    /// The queue of `key`, untouched.
    pub(super) fn line(&mut self, key: &K) -> Option<Line<'_, V, S, N>> {
        let now = self.map.newest();
        let Held { queue, state } = self.map.get_mut(key)?;
        Some(Line { queue, state, pool: &mut self.pool, now })
    }

    /// Appends a value for which there is no chunk to the queue of `key`: forgets other keys until
    /// one is free, and where there are none the oldest values of the key itself.
    pub(super) fn push_evicting(&mut self, key: &K, value: V) -> Option<Line<'_, V, S, N>> {
        while !self.pool.has_room()
            && let Some((_, mut evicted)) = self.map.evict_other(key)
        {
            self.pool.release(&mut evicted.queue);
        }
        let now = self.map.newest();
        let Held { queue, state } = self.map.get_mut(key)?;
        while !self.pool.push(queue, now, value) && self.pool.pop(queue).is_some() {
            self.dropped += 1;
        }
        Some(Line { queue, state, pool: &mut self.pool, now })
    }

    /// What `key` holds, oldest first, if it is there.
    pub(super) fn values(&self, key: &K) -> impl Iterator<Item = (Timestamp, V)> {
        let queue = self.map.get(key).map_or(Queue::EMPTY, |held| held.queue);
        self.pool.iter(queue).map(|(_, time, value)| (time, value))
    }

    /// Time of the oldest value of `key` within `window` of `now`.
    pub(super) fn oldest(&self, key: &K, window: Span, now: Timestamp) -> Option<Timestamp> {
        let now = self.newest(now);
        let times = self.values(key).map(|(time, _)| time);
        times.filter(|time| window.reaches(now, *time)).min()
    }

    /// The newest time seen, or `now` where that is later.
    pub(super) fn newest(&self, now: Timestamp) -> Timestamp {
        self.map.newest().max(now)
    }

    /// How full the map is; evictions are keys forgotten and values dropped.
    pub(super) fn usage(&self) -> Usage {
        let pool = Usage { evictions: self.dropped, bytes: self.pool.bytes(), ..Usage::default() };
        self.map.usage() + pool
    }

    /// Starts anew with a hash key that is given.
    #[cfg(test)]
    pub(super) fn seed(&mut self, window: Duration, seeds: [u64; 4]) {
        self.map = BoundedMap::with_hasher_seeds(self.limits().max_keys, window, seeds);
    }
}
