//! A peek at lists of a thousand and of a million indicators: at the same few again and again, as traffic
//! does, and at many in turn, which then lie in no near cache.
#![allow(missing_docs, reason = "criterion makes a public function")]
#![allow(clippy::unwrap_used, reason = "a set without lists has a place for one")]

use std::hint::black_box;
use std::net::Ipv4Addr;

use criterion::{Criterion, criterion_group, criterion_main};
use netsentinel_benches::{indicator, put};
use netsentinel_core::{Indicator, IndicatorBuf, RiskTier};
use netsentinel_synth::Rng;
use netsentinel_vt::feeds::FeedSet;

/// Networks in each list.
const NETWORKS: u32 = 2_000;

/// How many are peeked at in turn.
const FEW: usize = 16;
const MANY: usize = 65_536;

/// What is peeked at.
type Kind = (&'static str, fn(u64, u64) -> IndicatorBuf);

/// Each is given the lines of the list, and a number.
const KINDS: [Kind; 5] = [
    ("address_hit", |lines, n| listed(lines, n, |line| line % 5 < 3)),
    ("address_miss", |_, n| of(Ipv4Addr::from(0x0a00_0000 + n as u32).to_string())),
    ("network_hit", |_, n| of(Ipv4Addr::from(network(n as u32 % NETWORKS) | 7).to_string())),
    ("domain_hit", |lines, n| {
        let IndicatorBuf::Domain(name) = listed(lines, n, |line| line % 5 >= 3) else {
            return of("localhost".into());
        };
        // Three labels, whichever of them are listed.
        let labels = name.bytes().filter(|byte| *byte == b'.').count() + 1;
        of(if labels < 3 { format!("www.{name}") } else { name.into() })
    }),
    ("domain_miss", |_, n| of(format!("www.a-name-{n}.com"))),
];

fn of(text: String) -> IndicatorBuf {
    text.into()
}

/// A line of the list that `fits`.
fn listed(lines: u64, n: u64, fits: fn(u64) -> bool) -> IndicatorBuf {
    let from = Rng::new(n).below(lines);
    let all = (from..lines).chain(0..from);
    let line = all.into_iter().find(|line| fits(*line) && !line.is_multiple_of(500));
    of(indicator(line.unwrap_or_default()))
}

/// The first address of a network outside of 10.0.0.0/8.
fn network(n: u32) -> u32 {
    0x6000_0000 + (n << 12)
}

fn set_of(lines: u64) -> FeedSet {
    let set = FeedSet::default();
    let feed = set.add("list", RiskTier::High).unwrap();
    let mut load = set.load(feed);
    let lines = (0..lines).filter(|line| !line.is_multiple_of(500)).map(indicator);
    let ten = |line: &String| line.starts_with("10.");
    lines.filter(|line| !ten(line)).for_each(|line| put(&mut load, &line));
    for n in 0..NETWORKS {
        put(&mut load, &format!("{}/24", Ipv4Addr::from(network(n))));
    }
    load.finish();
    set.set_active(feed, true);
    set
}

fn feeds(c: &mut Criterion) {
    for lines in [1_000, 1_000_000] {
        let set = set_of(lines);
        for (what, count) in [("few", FEW), ("many", MANY)] {
            let mut group = c.benchmark_group(format!("feeds/{lines}/{what}"));
            for (kind, make) in KINDS {
                let owned: Vec<_> = (0..count as u64).map(|n| make(lines, n)).collect();
                let peeked: Vec<_> = owned.iter().map(IndicatorBuf::borrowed).collect();
                let expected = !kind.ends_with("miss");
                let held = peeked.iter().filter(|peeked| set.tier(**peeked).is_some()).count();
                assert!(if expected { held > count / 2 } else { held == 0 }, "{kind}: {held}");
                group.bench_function(kind, |b| bench_peek(b, &set, &peeked));
            }
        }
    }
}

fn bench_peek(b: &mut criterion::Bencher<'_>, set: &FeedSet, peeked: &[Indicator<'_>]) {
    let mut turn = peeked.iter().cycle();
    b.iter(|| turn.next().and_then(|peeked| set.tier(black_box(*peeked))));
}

criterion_group!(benches, feeds);
criterion_main!(benches);
