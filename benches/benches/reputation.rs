//! What reputation costs the packet path: one peek, one wish, and a pipeline with and without it.
#![allow(missing_docs, reason = "criterion makes a public function")]

use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use netsentinel_benches::{Ignore, Traffic, pipeline_knowing};
use netsentinel_core::config::ReputationSettings;
use netsentinel_core::{
    Clean, Indicator, IndicatorBuf, ProviderVerdict, Reputation, RiskTier, Site, Suspicion,
    Timestamp,
};
use netsentinel_detectors::BUILTIN;
use netsentinel_vt::feeds::FeedSet;
use netsentinel_vt::{Cache, Known, Lifetimes, Outcome, Scope};

const PACKETS: u64 = 100_000;
/// The default of `reputation.cache_entries`.
const ENTRIES: u32 = 65_536;
/// Every eighth is a domain.
const DOMAIN_EACH: u32 = 8;
/// Indicators that are peeked at by turns, so that not one bucket alone is in the nearest cache.
const TURNS: u32 = 4_096;

/// A full cache, and somebody to ask about all else.
fn known() -> Arc<Known> {
    let hour = Duration::from_secs(3_600);
    let lifetimes = Lifetimes { bad: hour, clean: hour, error: hour };
    let capacity = NonZeroUsize::MIN.saturating_add(ENTRIES as usize - 1);
    let cache = Cache::new(capacity, lifetimes);
    let now = Timestamp::from_nanos(0);
    for n in 0..ENTRIES {
        let indicator = match n % DOMAIN_EACH {
            0 => IndicatorBuf::Domain(domain(n).into()),
            _ => IndicatorBuf::Ip(address(n)),
        };
        let outcome = match n % 2 {
            0 => Outcome::Unknown,
            _ => Outcome::Known { verdicts: vec![verdict()], lasts: None },
        };
        cache.record("virustotal", &indicator, outcome, now);
    }
    let scope = Scope::new(&ReputationSettings::default(), &Site::default());
    let feeds = Arc::new(FeedSet::default());
    let known = Known::new(Arc::new(cache), feeds, scope, now, Arc::new(|| ()));
    known.set_asking(true, true);
    known
}

fn verdict() -> ProviderVerdict {
    let (provider, detail) = ("virustotal".to_owned(), "1 malicious".to_owned());
    ProviderVerdict { provider, tier: RiskTier::Medium, detail }
}

fn address(n: u32) -> IpAddr {
    IpAddr::V4(Ipv4Addr::from_bits(0x0900_0000 + n))
}

fn domain(n: u32) -> String {
    format!("site-{n}.org")
}

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

fn whole(c: &mut Criterion) {
    let traffic = Traffic::mixed(PACKETS);
    let mut group = c.benchmark_group("pipeline_reputation");
    group.throughput(Throughput::Elements(traffic.packets())).sample_size(30);
    let known = known();
    let both: [(&str, Arc<dyn Reputation>); 2] = [("off", Arc::new(Clean)), ("on", known)];
    for (name, reputation) in both {
        group.bench_function(name, |b| {
            b.iter_batched_ref(
                || pipeline_knowing(BUILTIN, Arc::clone(&reputation)),
                |pipeline| traffic.records().for_each(|record| pipeline.push(&record, &mut Ignore)),
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

criterion_group!(benches, calls, whole);
criterion_main!(benches);
