//! The set against plain collections, over any sequence of changes.

use std::collections::BTreeSet;

use netsentinel_core::RiskTier;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::super::{FEEDS_MAX, FeedId, FeedSet};
use super::{put, tier};

const ENTRIES: [&str; 18] = [
    "192.0.2.1/32",
    "192.0.2.2/32",
    "192.0.2.3/32",
    "192.0.2.0/31",
    "192.0.2.0/30",
    "192.0.0.0/16",
    "198.51.100.0/24",
    "198.51.100.255/32",
    "0.0.0.0/1",
    "2001:db8::1/128",
    "2001:db8::/64",
    "2001:db8::/32",
    "2001:db8:0:1::/64",
    "bad.example",
    "a.bad.example",
    "b.a.bad.example",
    "worse.example",
    "example.org",
];

const PEEKS: [&str; 20] = [
    "192.0.2.0",
    "192.0.2.1",
    "192.0.2.2",
    "192.0.2.3",
    "192.0.2.4",
    "192.0.255.255",
    "198.51.100.254",
    "198.51.100.255",
    "127.0.0.1",
    "128.0.0.1",
    "::ffff:192.0.2.1",
    "2001:db8::1",
    "2001:db8::2",
    "2001:db8:0:1::1",
    "2001:db9::",
    "bad.example",
    "x.a.bad.example",
    "b.a.bad.example",
    "example",
    "www.worse.example",
];

#[derive(Clone, Debug)]
enum Step {
    Add(RiskTier),
    Remove(Index),
    SetActive(Index, bool),
    /// A load of these; the list is removed meanwhile; it is finished, or dropped.
    Load(Index, Vec<&'static str>, bool, bool),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let entries = vec(select(&ENTRIES[..]), 0..12);
    let step = prop_oneof![
        2 => select(&RiskTier::ALL[..]).prop_map(Step::Add),
        1 => any::<Index>().prop_map(Step::Remove),
        3 => any::<(Index, bool)>().prop_map(|(list, active)| Step::SetActive(list, active)),
        6 => (any::<Index>(), entries, prop::bool::weighted(0.1), prop::bool::weighted(0.7))
            .prop_map(|(list, entries, removed, kept)| Step::Load(list, entries, removed, kept)),
    ];
    vec(step, 0..40)
}

/// A list as a person would write it.
#[derive(Debug)]
struct Plain {
    feed: FeedId,
    tier: RiskTier,
    active: bool,
    entries: BTreeSet<&'static str>,
}

impl Plain {
    fn holds(&self, peek: &str) -> bool {
        self.entries.iter().any(|entry| match entry.parse::<ipnet::IpNet>() {
            Ok(network) => peek
                .parse::<std::net::IpAddr>()
                .is_ok_and(|address| network.contains(&address.to_canonical())),
            Err(_) => peek == *entry || peek.ends_with(&format!(".{entry}")),
        })
    }
}

fn take(set: &FeedSet, lists: &mut Vec<Plain>, step: Step) -> Result<(), TestCaseError> {
    match step {
        Step::Add(tier) => match set.add("list", tier) {
            Some(feed) => {
                prop_assert!(lists.iter().all(|list| list.feed != feed));
                lists.push(Plain { feed, tier, active: false, entries: BTreeSet::new() });
            }
            None => prop_assert_eq!(lists.len(), FEEDS_MAX),
        },
        _ if lists.is_empty() => {}
        Step::Remove(list) => {
            let list = lists.swap_remove(list.index(lists.len()));
            set.remove(list.feed);
        }
        Step::SetActive(list, active) => {
            let list = list.get_mut(lists);
            list.active = active;
            set.set_active(list.feed, active);
        }
        Step::Load(list, entries, removed, finished) => {
            let place = list.index(lists.len());
            let mut load = set.load(lists[place].feed);
            for entry in &entries {
                put(&mut load, entry);
            }
            check(set, lists)?;
            if removed {
                set.remove(lists[place].feed);
                lists.swap_remove(place);
                put(&mut load, "192.0.2.1/32");
                prop_assert_eq!(load.finish(), 0);
            } else if finished {
                let entries = BTreeSet::from_iter(entries);
                prop_assert_eq!(load.finish(), entries.len() as u64);
                lists[place].entries = entries;
            }
        }
    }
    Ok(())
}

fn check(set: &FeedSet, lists: &[Plain]) -> Result<(), TestCaseError> {
    for peek in PEEKS {
        let hits = lists.iter().filter(|list| list.active && list.holds(peek));
        let mut tiers: Vec<_> = hits.map(|list| list.tier).collect();
        tiers.sort_unstable();
        tiers.reverse();
        prop_assert_eq!(tier(set, peek), tiers.first().copied(), "{}", peek);
        let Ok(indicator) = peek.parse::<netsentinel_core::IndicatorBuf>();
        let said = set.verdicts(indicator.borrowed());
        prop_assert_eq!(said.into_iter().map(|said| said.tier).collect::<Vec<_>>(), tiers);
    }
    Ok(())
}

proptest! {
    #[test]
    fn is_as_plain_lists_would_be(steps in steps()) {
        let set = FeedSet::default();
        let mut lists = Vec::new();
        for step in steps {
            take(&set, &mut lists, step)?;
            check(&set, &lists)?;
        }
        for list in lists {
            set.remove(list.feed);
        }
        prop_assert_eq!(set.bytes(), FeedSet::default().bytes());
    }
}
