//! Peeks while lists are loaded and removed.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use netsentinel_core::RiskTier;

use super::super::FeedSet;
use super::{load, put, tier};

const READERS: usize = 2;
const ROUNDS: usize = 100;

/// Lets readers call `peek` until `change` has been called for each round and each reader has peeked often.
fn while_peeking(peek: impl Fn() + Sync, mut change: impl FnMut(usize)) {
    let (stop, peeks, begin) =
        (AtomicBool::new(false), AtomicU64::new(0), Barrier::new(READERS + 1));
    std::thread::scope(|scope| {
        for _ in 0..READERS {
            scope.spawn(|| {
                begin.wait();
                while !stop.load(Ordering::Relaxed) {
                    peek();
                    peeks.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        begin.wait();
        // A reader that has failed ends the scope with its panic, so this must end, too.
        let _stop = Stop(&stop);
        for round in 0..ROUNDS {
            change(round);
        }
    });
    assert!(peeks.load(Ordering::Relaxed) > 0);
}

struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// What both the old and the new list hold, in whatever way, is held at every moment: also where it moves
/// between itself, a network and a parent, and while parts grow and shrink.
#[test]
fn what_stays_listed_is_always_seen() {
    let set = FeedSet::default();
    let feed = set.add("list", RiskTier::High).unwrap();
    let common = ["203.0.113.7", "stays.example"];
    let ways = [
        ["192.0.2.9", "a.bad.example"],
        ["192.0.2.0/28", "bad.example"],
        ["192.0.2.0/24", "b.a.bad.example"],
        ["192.0.2.9", "a.bad.example"],
    ];
    let way = |round: usize| [common, ways[round % ways.len()]].concat();
    load(&set, feed, &way(0));
    let peek = || {
        for indicator in ["203.0.113.7", "x.stays.example", "192.0.2.9", "b.a.bad.example"] {
            assert_eq!(tier(&set, indicator), Some(RiskTier::High), "{indicator}");
        }
        assert_eq!(tier(&set, "203.0.113.8"), None);
        assert_eq!(tier(&set, "example"), None);
    };
    while_peeking(peek, |round| {
        let mut load = set.load(feed);
        // Much that comes and goes in every third round.
        for n in 0..if round % 3 == 0 { 3_000 } else { 0_u32 } {
            load.network(ipnet::IpNet::from(std::net::IpAddr::V4((0x0a00_0000 + n).into())));
        }
        for entry in way(round + 1) {
            put(&mut load, entry);
        }
        if round % 5 == 4 {
            drop(load);
            // The next one is to come from what is there.
            self::load(&set, feed, &way(round + 1));
        } else {
            load.finish();
        }
    });
}

/// A place that is taken by one list after the other never shows what one holds with the other's tier.
#[test]
fn nothing_has_the_tier_of_a_list_that_never_held_it() {
    let set = FeedSet::default();
    let lists = [
        (RiskTier::Low, ["192.0.2.1", "low.example", "10.1.0.0/16"]),
        (RiskTier::Critical, ["192.0.2.2", "worst.example", "10.2.0.0/16"]),
    ];
    let peek = || {
        for (indicators, own) in [
            (["192.0.2.1", "x.low.example", "10.1.2.3"], RiskTier::Low),
            (["192.0.2.2", "x.worst.example", "10.2.2.3"], RiskTier::Critical),
        ] {
            for indicator in indicators {
                let found = tier(&set, indicator);
                assert!(found.is_none_or(|found| found == own), "{indicator}: {found:?}");
            }
        }
    };
    while_peeking(peek, |round| {
        let (tier, entries) = &lists[round % lists.len()];
        let feed = set.add("list", *tier).unwrap();
        load(&set, feed, entries);
        set.remove(feed);
    });
}
