//! That a peek at the lists allocates nothing, and frees nothing, whatever it finds.
#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]
#![allow(unsafe_code, reason = "a global allocator can be written in no other way")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};

use netsentinel_core::{Indicator, RiskTier};
use netsentinel_vt::feeds::{FeedId, FeedSet};

/// Counts what the current thread asks for and gives back, and hands it on to the system.
struct Counting;

thread_local! {
    static CALLS: Cell<u64> = const { Cell::new(0) };
}

fn count() {
    CALLS.with(|calls| calls.set(calls.get() + 1));
}

// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller's promises are the callee's demands.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        count();
        // SAFETY: as above.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// How often `act` asks for memory or gives it back.
fn calls(act: impl FnOnce()) -> u64 {
    let before = CALLS.with(Cell::get);
    act();
    CALLS.with(Cell::get) - before
}

fn load(set: &FeedSet, feed: FeedId, addresses: u32) {
    let mut load = set.load(feed);
    for n in 0..addresses {
        load.network(IpAddr::from(n.to_be_bytes()).into());
    }
    load.network("198.51.100.0/24".parse().unwrap());
    load.network("2001:db8::/32".parse().unwrap());
    load.domain("bad.example");
    load.finish();
    set.set_active(feed, true);
}

fn peeks(set: &FeedSet) -> u64 {
    let ips = ["0.0.0.7", "203.0.113.1", "198.51.100.7", "2001:db8::1", "::ffff:0.0.0.7", "2a00::"];
    let ips = ips.map(|ip| Indicator::Ip(ip.parse().unwrap()));
    let names = ["bad.example", "a.b.c.bad.example", "www.example.org", "org", ""];
    calls(|| {
        let hits = ips.into_iter().chain(names.map(Indicator::Domain)).filter_map(|i| set.tier(i));
        assert_eq!(hits.count(), 6);
    })
}

#[test]
fn a_peek_allocates_nothing_and_frees_nothing() {
    assert_eq!(calls(|| drop(Box::new(7_u64))), 2);
    let set = FeedSet::default();
    let feed = set.add("list", RiskTier::High).unwrap();
    load(&set, feed, 10_000);
    // The first one gives the thread its share of what tells writers of readers.
    peeks(&set);
    assert_eq!(peeks(&set), 0);

    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0..30 {
                load(&set, feed, if round % 2 == 0 { 10_000 } else { 500 });
            }
            stop.store(true, Ordering::Relaxed);
        });
        while !stop.load(Ordering::Relaxed) {
            assert_eq!(peeks(&set), 0, "while the list is loaded");
        }
    });
}
