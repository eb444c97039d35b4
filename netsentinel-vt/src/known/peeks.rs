//! How many peeks found something: counted by many threads without getting in each other's way.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Threads that count apart from each other; with more, some share.
const SHARDS: usize = 16;

#[derive(Debug, Default)]
pub(super) struct Peeks([Shard; SHARDS]);

/// On cache lines of its own.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Shard {
    hits: AtomicU64,
    misses: AtomicU64,
}

impl Peeks {
    pub(super) fn count(&self, hit: bool) {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        thread_local! {
            static OWN: usize = NEXT.fetch_add(1, Ordering::Relaxed) % SHARDS;
        }
        // A thread that is ending counts as the first.
        let own = OWN.try_with(|own| *own).unwrap_or_default();
        if let Some(shard) = self.0.get(own) {
            let counter = if hit { &shard.hits } else { &shard.misses };
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Hits and misses.
    pub(super) fn sums(&self) -> (u64, u64) {
        let sum = |of: fn(&Shard) -> &AtomicU64| {
            self.0.iter().map(|shard| of(shard).load(Ordering::Relaxed)).sum()
        };
        (sum(|shard| &shard.hits), sum(|shard| &shard.misses))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_lost_between_threads() {
        let peeks = Peeks::default();
        std::thread::scope(|scope| {
            for _ in 0..2 * SHARDS {
                scope.spawn(|| (0..1_000).for_each(|n| peeks.count(n % 4 == 0)));
            }
        });
        assert_eq!(peeks.sums(), (SHARDS as u64 * 500, SHARDS as u64 * 1_500));
    }
}
