//! Memory, with many entries and after them.

use ipnet::IpNet;
use netsentinel_core::{Indicator, RiskTier};

use super::super::{FeedId, FeedSet};

const MANY: u32 = 200_000;

fn address(n: u32) -> std::net::IpAddr {
    std::net::Ipv4Addr::from(n.wrapping_mul(0x9e37_79b1)).into()
}

fn load(set: &FeedSet, feed: FeedId, numbers: std::ops::Range<u32>) -> u64 {
    let mut load = set.load(feed);
    for n in numbers {
        load.network(IpNet::from(address(n)));
    }
    let listed = load.finish();
    set.set_active(feed, true);
    listed
}

fn holds(set: &FeedSet, n: u32) -> bool {
    set.tier(Indicator::Ip(address(n))) == Some(RiskTier::High)
}

#[test]
fn entries_take_few_bytes_and_give_them_back() {
    let set = FeedSet::default();
    let empty = set.bytes();
    assert!(empty < 20_000, "{empty}");
    let [a, b] = ["a", "b"].map(|name| set.add(name, RiskTier::High).unwrap());

    assert_eq!(load(&set, a, 0..MANY), u64::from(MANY));
    assert!((0..MANY).all(|n| holds(&set, n)));
    assert!(!(MANY..2 * MANY).any(|n| holds(&set, n)));
    let full = set.bytes();
    assert!(full < MANY as usize * 16, "{} bytes each", full / MANY as usize);

    assert_eq!(load(&set, b, 0..MANY), u64::from(MANY));
    assert_eq!(set.bytes(), full, "what two lists hold is kept once");

    // A tenth goes and as much comes: in place.
    assert_eq!(load(&set, a, MANY / 10..MANY / 10 * 11), u64::from(MANY));
    assert!(set.bytes() < full * 3 / 2, "{} of {full}", set.bytes());
    set.remove(b);
    assert!(!(0..MANY / 10).any(|n| holds(&set, n)));
    assert!((MANY / 10..MANY / 10 * 11).all(|n| holds(&set, n)));

    assert_eq!(load(&set, a, 0..100), 100);
    assert!(set.bytes() < 60_000, "{}", set.bytes());
    assert!((0..100).all(|n| holds(&set, n)));
}

#[test]
fn what_is_dropped_leaves_nothing() {
    let set = FeedSet::default();
    let feed = set.add("a", RiskTier::High).unwrap();
    load(&set, feed, 0..1_000);
    let before = set.bytes();
    for round in 1..6 {
        let mut load = set.load(feed);
        for n in round * 10_000..round * 10_000 + 5_000 {
            load.network(IpNet::from(address(n)));
        }
        assert!(!holds(&set, round * 10_000));
    }
    assert!((0..1_000).all(|n| holds(&set, n)));
    assert!(!(1_000..60_000).any(|n| holds(&set, n)));
    assert!(set.bytes() < before * 2, "{} of {before}", set.bytes());
}
