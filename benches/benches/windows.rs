//! Each window by itself: one busy key, many keys in turn, and a flood in which every key is new.
#![allow(missing_docs, reason = "criterion makes a public function")]

use std::hint::black_box;
use std::num::{NonZeroU32, NonZeroU64, NonZeroUsize};
use std::time::Duration;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use netsentinel_core::window::{
    BoundedMap, DistinctWindow, EventWindow, HeavyHitters, SUM_ENTRIES, SumWindow,
};
use netsentinel_core::{Limits, Timestamp};

const ADDS: u64 = 100_000;
const WINDOW: Duration = Duration::from_secs(5);
const MAX_KEYS: NonZeroUsize = NonZeroUsize::new(65_536).unwrap();
const LIMITS: Limits = Limits { max_keys: MAX_KEYS };

/// Which key the addition of this number is to.
type Keys = fn(u64) -> u64;

const PATTERNS: [(&str, Keys); 3] =
    [("one_key", |_| 0), ("many_keys", |n| n % 10_000), ("flood", |n| n)];

fn windows(c: &mut Criterion) {
    bench(
        c,
        "bounded_map",
        || BoundedMap::new(MAX_KEYS, WINDOW),
        |map, key, n, now| *map.entry(key, now, || n).value,
    );
    bench(
        c,
        "events",
        || EventWindow::new(const { NonZeroU32::new(200).unwrap() }, WINDOW, LIMITS),
        |window, key, _, now| window.add(key, now),
    );
    bench(
        c,
        "distinct",
        || {
            let most = const { NonZeroU32::new(15).unwrap() };
            DistinctWindow::<u64, u16>::new(most, WINDOW, LIMITS)
        },
        |window, key, n, now| window.add(key, (n % 5_000) as u16, now).count,
    );
    bench(
        c,
        "sum",
        || {
            let most = const { NonZeroU64::new(5_000_000).unwrap() };
            SumWindow::new(most, WINDOW, LIMITS, SUM_ENTRIES)
        },
        |window, key, _, now| window.add(key, 1_000, now),
    );
    bench(c, "heavy_hitters", HeavyHitters::<u64, 8>::new, |hitters, key, n, _| {
        hitters.add(key, n);
        n
    });
}

fn bench<W>(
    c: &mut Criterion,
    name: &str,
    make: impl Fn() -> W,
    add: impl Fn(&mut W, u64, u64, Timestamp) -> u64,
) {
    let mut group = c.benchmark_group(format!("window/{name}"));
    group.throughput(Throughput::Elements(ADDS));
    for (pattern, key) in PATTERNS {
        group.bench_function(pattern, |b| {
            let all = |window: &mut W| {
                for n in 0..ADDS {
                    let now = Timestamp::from_nanos(n as i64 * 1_000);
                    black_box(add(window, key(n), n, now));
                }
            };
            b.iter_batched_ref(&make, all, BatchSize::PerIteration);
        });
    }
}

criterion_group!(benches, windows);
criterion_main!(benches);
