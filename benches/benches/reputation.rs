//! What reputation costs the packet path: one peek, and one wish. What it costs a whole pipeline is
//! told by `script/bench reputation`, which runs both by turns.
#![allow(missing_docs, reason = "criterion makes a public function")]

use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};

use criterion::{Criterion, criterion_group, criterion_main};
use netsentinel_benches::known::{DOMAIN_EACH, ENTRIES, address, domain, known};
use netsentinel_core::{Indicator, IndicatorBuf, Reputation, Suspicion};

/// Indicators that are peeked at by turns, so that not one bucket alone is in the nearest cache.
const TURNS: u32 = 4_096;

fn calls(c: &mut Criterion) {
    let known = known();
    let mut group = c.benchmark_group("reputation");
    let mut peek = |name: &str, of: &dyn Fn(u32) -> IndicatorBuf| {
        let indicators: Vec<IndicatorBuf> = (0..TURNS).map(of).collect();
        let mut turns = indicators.iter().cycle();
        group.bench_function(name, |b| {
            b.iter(|| turns.next().map(|one| known.tier(black_box(one.borrowed()))));
        });
    };
    let nth = |n: u32| n * DOMAIN_EACH;
    peek("peek_ip_bad", &|n| IndicatorBuf::Ip(address(nth(n) + 1)));
    peek("peek_ip_clean", &|n| IndicatorBuf::Ip(address(nth(n) + 2)));
    peek("peek_ip_miss", &|n| IndicatorBuf::Ip(address(ENTRIES + n)));
    peek("peek_domain_parent", &|n| IndicatorBuf::Domain(format!("www.{}", domain(nth(n))).into()));
    peek("peek_domain_miss", &|n| {
        IndicatorBuf::Domain(format!("www.{}", domain(nth(n) + 1)).into())
    });
    for (name, one) in [
        ("want_ip_noted", Indicator::Ip(IpAddr::V4(Ipv4Addr::new(8, 8, 8, 8)))),
        ("want_domain_noted", Indicator::Domain("www.site-7.org")),
    ] {
        assert!(known.want(one, Suspicion::SEEN), "{name}: nobody would be asked");
        group.bench_function(name, |b| {
            b.iter(|| known.want(black_box(one), Suspicion::SEEN));
        });
    }
    group.finish();
}

criterion_group!(benches, calls);
criterion_main!(benches);
