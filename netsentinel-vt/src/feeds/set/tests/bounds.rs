//! What is refused.

use netsentinel_core::RiskTier;

use super::super::{FEEDS_MAX, FeedSet};
use super::{load, put, tier};

#[test]
fn all_places_can_be_taken_and_taken_again() {
    let set = FeedSet::default();
    let feeds: Vec<_> = std::iter::from_fn(|| set.add("list", RiskTier::High)).collect();
    assert_eq!(feeds.len(), FEEDS_MAX);
    load(&set, feeds[15], &["192.0.2.1", "192.0.3.0/24"]);
    set.remove(feeds[15]);
    set.remove(feeds[15]);
    assert_eq!(load(&set, feeds[15], &["192.0.2.1"]), 0, "there is no such list");
    let again = set.add("again", RiskTier::Low).unwrap();
    assert_eq!(again, feeds[15]);
    set.set_active(again, true);
    assert_eq!((tier(&set, "192.0.2.1"), tier(&set, "192.0.3.1")), (None, None));
}

#[test]
fn what_is_no_domain_is_refused_and_counted() {
    let set = FeedSet::default();
    let feed = set.add("list", RiskTier::High).unwrap();
    let mut load = set.load(feed);
    for name in ["com", "", "a..com", "bad.example"] {
        load.domain(name);
    }
    assert_eq!(load.refused(), 3);
    assert_eq!(load.finish(), 1);
}

#[test]
fn what_is_beyond_the_bounds_is_refused_and_counted() {
    let set = FeedSet::bounded(3, 2);
    let [a, b] = ["a", "b"].map(|name| set.add(name, RiskTier::High).unwrap());
    load(&set, a, &["192.0.2.1", "192.0.2.2", "10.0.0.0/8"]);

    let mut more = set.load(b);
    for entry in ["192.0.2.1", "192.0.2.3", "192.0.2.4", "11.0.0.0/8", "12.0.0.0/8"] {
        put(&mut more, entry);
    }
    assert_eq!(more.refused(), 2, "what another list holds needs no room");
    assert_eq!(more.finish(), 3);
    set.set_active(b, true);
    assert_eq!(tier(&set, "192.0.2.4"), None);
    assert_eq!(tier(&set, "12.0.0.1"), None);

    assert_eq!(load(&set, a, &["13.0.0.0/8"]), 1, "what it had itself does not count");
    assert_eq!(load(&set, b, &["192.0.2.1", "192.0.2.3", "192.0.2.4"]), 3);
}

#[test]
fn loads_wait_for_each_other() {
    let set = FeedSet::default();
    let feed = set.add("list", RiskTier::High).unwrap();
    let mut first = set.load(feed);
    put(&mut first, "192.0.2.1");
    std::thread::scope(|scope| {
        let second = scope.spawn(|| load(&set, feed, &["192.0.2.2", "192.0.2.3"]));
        put(&mut first, "192.0.2.4");
        drop(first);
        assert_eq!(second.join().unwrap(), 2);
    });
    assert_eq!(tier(&set, "192.0.2.1"), None);
    assert_eq!(tier(&set, "192.0.2.3"), Some(RiskTier::High));
}
