mod bounds;
mod concurrent;
mod growth;
mod model;

use std::net::IpAddr;

use ipnet::IpNet;
use netsentinel_core::{Indicator, RiskTier};

use super::{FeedId, FeedSet, Load};

/// Loads a list with these, written as in a list, and lets it count.
fn load(set: &FeedSet, feed: FeedId, entries: &[&str]) -> u64 {
    let mut load = set.load(feed);
    for entry in entries {
        put(&mut load, entry);
    }
    let listed = load.finish();
    set.set_active(feed, true);
    listed
}

fn put(load: &mut Load<'_>, entry: &str) {
    match (entry.parse::<IpNet>(), entry.parse::<IpAddr>()) {
        (Ok(network), _) => load.network(network),
        (_, Ok(address)) => load.network(address.into()),
        _ => load.domain(entry),
    }
}

fn tier(set: &FeedSet, indicator: &str) -> Option<RiskTier> {
    set.tier(match indicator.parse() {
        Ok(address) => Indicator::Ip(address),
        Err(_) => Indicator::Domain(indicator),
    })
}

fn details(set: &FeedSet, indicator: &str) -> Vec<String> {
    let Ok(indicator) = indicator.parse::<netsentinel_core::IndicatorBuf>();
    let verdicts = set.verdicts(indicator.borrowed()).into_iter();
    verdicts.map(|said| format!("{} {} {}", said.provider, said.tier, said.detail)).collect()
}

#[test]
fn verdicts_tell_which_list_holds_what() {
    let set = FeedSet::default();
    let low = set.add("low", RiskTier::Low).unwrap();
    let high = set.add("high", RiskTier::High).unwrap();
    load(&set, low, &["198.51.100.7", "198.51.100.0/24", "a.bad.example", "2001:db8::/32"]);
    load(&set, high, &["198.51.100.0/25", "bad.example", "::ffff:192.0.2.1"]);

    let both = ["high HIGH listed as 198.51.100.0/25", "low LOW listed"];
    assert_eq!(details(&set, "198.51.100.7"), both);
    assert_eq!(details(&set, "::ffff:198.51.100.7"), both);
    assert_eq!(details(&set, "198.51.100.200"), ["low LOW listed as 198.51.100.0/24"]);
    assert_eq!(details(&set, "2001:db8::7"), ["low LOW listed as 2001:db8::/32"]);
    assert_eq!(details(&set, "192.0.2.1"), ["high HIGH listed"]);
    assert_eq!(
        details(&set, "x.a.bad.example"),
        ["high HIGH listed as bad.example", "low LOW listed as a.bad.example"]
    );
    assert_eq!(details(&set, "bad.example"), ["high HIGH listed"]);
    assert_eq!(details(&set, "notbad.example"), [] as [&str; 0]);
    assert_eq!(tier(&set, "notbad.example"), None);

    set.set_active(high, false);
    assert_eq!(details(&set, "198.51.100.7"), ["low LOW listed"]);
    assert_eq!(tier(&set, "198.51.100.7"), Some(RiskTier::Low));
    assert_eq!(tier(&set, "192.0.2.1"), None);
}

#[test]
fn a_list_that_calls_clean_is_heard_too() {
    let set = FeedSet::default();
    let clean = set.add("clean", RiskTier::Clean).unwrap();
    assert_eq!(load(&set, clean, &["192.0.2.1", "192.0.2.1", "192.0.2.1/32", "192.0.3.0/24"]), 2);
    assert_eq!(tier(&set, "192.0.2.1"), Some(RiskTier::Clean));
    assert_eq!(tier(&set, "192.0.3.1"), Some(RiskTier::Clean));
    assert_eq!(tier(&set, "192.0.2.2"), None);
}
