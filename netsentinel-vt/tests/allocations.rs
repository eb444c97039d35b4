//! That peeking and noting allocate nothing, but for a few bytes when a thread does it first.
#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]
#![allow(unsafe_code, reason = "a global allocator can be written in no other way")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use netsentinel_core::config::ReputationSettings;
use netsentinel_core::{
    Arrived, Indicator, ProviderVerdict, Reputation, RiskTier, Site, Suspicion, Timestamp,
};
use netsentinel_vt::feeds::FeedSet;
use netsentinel_vt::{Cache, Known, Lifetimes, Outcome, Scope};

/// Counts what the current thread asks for, and hands it on to the system. What is asked for zeroed or
/// larger comes here too.
struct Counting;

thread_local! {
    static TAKEN: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        TAKEN.with(|taken| taken.set(taken.get() + 1));
        // SAFETY: the caller's promises are the callee's demands.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// How often `act` asks for memory.
fn allocations(act: impl FnOnce()) -> u64 {
    let before = TAKEN.with(Cell::get);
    act();
    TAKEN.with(Cell::get) - before
}

/// 200 bad addresses and 200 bad domains are known.
fn known() -> Arc<Known> {
    let hour = Duration::from_secs(3_600);
    let lifetimes = Lifetimes { bad: hour, clean: hour, error: hour };
    let cache = Cache::new(NonZeroUsize::new(1_000).unwrap(), lifetimes);
    let now = Timestamp::from_nanos(0);
    for n in 0..200_u8 {
        for name in [format!("9.9.9.{n}"), format!("bad-{n}.org")] {
            let Ok(indicator) = name.parse();
            let (provider, detail) = ("virustotal".to_owned(), "11 malicious".to_owned());
            let verdicts = vec![ProviderVerdict { provider, tier: RiskTier::Critical, detail }];
            cache.record("virustotal", &indicator, Outcome::Known { verdicts, lasts: None }, now);
        }
    }
    let scope = Scope::new(&ReputationSettings::default(), &Site::default());
    let feeds = Arc::new(FeedSet::default());
    let known = Known::new(Arc::new(cache), feeds, scope, now, Arc::new(|| ()));
    known.set_asking(true, true);
    known
}

#[test]
fn peeking_and_noting_allocate_nothing() {
    let known = known();
    let names: Vec<String> = (0..400).map(|n| format!("www.a{n}.bad-{n}.org")).collect();
    let walk = |rounds: u32| {
        let (mut bad, mut outstanding) = (0_u32, 0_u32);
        for round in 0..rounds {
            for (n, name) in (0..400_u32).zip(&names) {
                // Those that are not known are others in every round.
                let ip = if n < 200 { 0x0909_0900 + n } else { 0x0800_0000 + round * 400 + n };
                for indicator in [Indicator::Ip(IpAddr::V4(ip.into())), Indicator::Domain(name)] {
                    let tier = known.tier(indicator);
                    let suspicion = Suspicion::from((round % 100) as u8);
                    bad += u32::from(tier == RiskTier::Critical);
                    outstanding += u32::from(known.want(indicator, suspicion));
                }
            }
            assert_eq!(known.take_arrived(), Arrived::Of(Vec::new()));
        }
        (bad, outstanding)
    };
    walk(1);
    let mut found = (0, 0);
    assert_eq!(allocations(|| found = walk(100)), 0);
    assert_eq!(found, (100 * 400, 100 * 400));
    assert!(known.counters().notes_dropped > 0, "{:?}", known.counters());
}

#[test]
fn the_allocator_counts() {
    assert_eq!(allocations(|| drop(Box::new(7_u64))), 1);
    assert_eq!(allocations(|| drop(vec![0_u8; 9])), 1);
}
