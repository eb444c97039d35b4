//! Peeks against a plain map, notes, arrivals, and what is told.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::time::Duration;

use netsentinel_core::Site;
use netsentinel_core::config::{DomainScope, ReputationSettings};
use proptest::prelude::*;

use super::*;
use crate::{Lifetimes, Outcome};

const NOW: Timestamp = Timestamp::from_nanos(1_767_225_600_000_000_000);
const HOUR: Duration = Duration::from_secs(3_600);

fn cache(capacity: usize) -> Arc<Cache> {
    let lifetimes = Lifetimes { bad: HOUR, clean: HOUR, error: HOUR };
    Arc::new(Cache::new(NonZeroUsize::new(capacity).unwrap(), lifetimes))
}

fn scope(change: impl FnOnce(&mut ReputationSettings)) -> Scope {
    let mut settings = ReputationSettings::default();
    change(&mut settings);
    Scope::new(&settings, &Site::default())
}

fn knowing(cache: &Arc<Cache>) -> Arc<Known> {
    let feeds = Arc::new(FeedSet::default());
    Known::new(Arc::clone(cache), feeds, scope(|_| ()), NOW, Arc::new(|| ()))
}

fn known() -> Arc<Known> {
    let known = knowing(&cache(64));
    known.set_asking(true, true);
    known
}

fn record(cache: &Cache, indicator: &str, provider: &str, tier: RiskTier, detail: &str) {
    let Ok(indicator) = indicator.parse();
    let (provider, detail) = (provider.to_owned(), detail.to_owned());
    let verdicts = vec![ProviderVerdict { provider: provider.clone(), tier, detail }];
    cache.record(&provider, &indicator, Outcome::Known { verdicts, lasts: None }, NOW);
}

fn tier(known: &Known, indicator: &str) -> RiskTier {
    let Ok(indicator) = indicator.parse::<IndicatorBuf>();
    known.tier(indicator.borrowed())
}

fn want(known: &Known, indicator: &str, percent: u8) -> bool {
    let Ok(indicator) = indicator.parse::<IndicatorBuf>();
    known.want(indicator.borrowed(), Suspicion::from(percent))
}

fn publish(known: &Known, indicator: &str, tier: RiskTier) {
    let Ok(indicator) = indicator.parse::<IndicatorBuf>();
    known.publish(indicator.borrowed(), tier);
}

fn notes(known: &Known) -> Vec<String> {
    let mut notes = Vec::new();
    known.take_notes(&mut |indicator, suspicion| {
        notes.push(format!("{indicator} {}", suspicion.percent()));
    });
    notes
}

fn name() -> impl Strategy<Value = String> {
    proptest::collection::vec("[ab]", 1..5).prop_map(|labels| labels.join("."))
}

fn indicator() -> impl Strategy<Value = IndicatorBuf> {
    prop_oneof![
        any::<u8>().prop_map(|n| IndicatorBuf::Ip([203, 0, 113, n % 32].into())),
        any::<u8>().prop_map(|n| IndicatorBuf::Ip([0, 0, 0, 0, 0, 0, 0, u16::from(n % 32)].into())),
        name().prop_map(|name| IndicatorBuf::Domain(name.into())),
    ]
}

/// What [`Known`] should say, by the simplest means.
fn expected(model: &HashMap<IndicatorBuf, RiskTier>, indicator: &IndicatorBuf) -> Option<RiskTier> {
    let IndicatorBuf::Domain(name) = indicator else { return model.get(indicator).copied() };
    let labels: Vec<&str> = name.split('.').collect();
    let names = (0..labels.len()).map(|from| (from, labels[from..].join(".")));
    let mut names = names.filter(|(from, name)| *from == 0 || name.contains('.'));
    names.find_map(|(_, name)| model.get(&IndicatorBuf::Domain(name.into())).copied())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn peeks_as_a_map_would(
        steps in proptest::collection::vec((indicator(), 0_usize..7), 0..300),
        capacity in 100_usize..400,
    ) {
        let known = knowing(&cache(capacity));
        let mut model = HashMap::new();
        let mut worse = Vec::new();
        for (indicator, action) in steps {
            match RiskTier::ALL.get(action) {
                Some(tier) => {
                    if *tier > expected(&model, &indicator).unwrap_or_default() {
                        worse.push(indicator.clone());
                    }
                    known.publish(indicator.borrowed(), *tier);
                    model.insert(indicator.clone(), *tier);
                }
                None if action == 5 => {
                    known.withdraw(indicator.borrowed());
                    model.remove(&indicator);
                }
                None => {}
            }
            let tier = expected(&model, &indicator);
            prop_assert_eq!(known.provided(indicator.borrowed()), tier);
            prop_assert_eq!(known.tier(indicator.borrowed()), tier.unwrap_or_default());
        }
        prop_assert_eq!(known.take_arrived(), Arrived::Of(worse));
        for indicator in model.keys() {
            prop_assert_eq!(known.provided(indicator.borrowed()), expected(&model, indicator));
        }
    }
}

#[test]
fn readers_see_only_what_was_published() {
    const HOSTS: u32 = 64;
    let known = known();
    let done = AtomicBool::new(false);
    let ip = |n: u32| Indicator::Ip((0xcb00_7100 + n).to_be_bytes().into());
    // Each has two tiers of its own, by turns, and is withdrawn between them.
    let tiers = |n: u32| [RiskTier::ALL[n as usize % 5], RiskTier::ALL[(n as usize + 2) % 5]];
    let seen = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    for n in 0..2 * HOSTS {
                        let Some(tier) = known.provided(ip(n)) else { continue };
                        assert!(n < HOSTS && tiers(n).contains(&tier), "{n} {tier}");
                        seen.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
        let mut round = 0;
        while round < 200 || seen.load(Ordering::Relaxed) == 0 {
            for n in 0..HOSTS {
                known.publish(ip(n), tiers(n)[round % 2]);
                if (n as usize + round).is_multiple_of(3) {
                    known.withdraw(ip(n));
                }
            }
            round += 1;
        }
        done.store(true, Ordering::Relaxed);
    });
}

#[test]
fn the_longest_name_counts() {
    let known = known();
    publish(&known, "bad.example", RiskTier::High);
    publish(&known, "good.bad.example", RiskTier::Clean);
    for (name, expected) in [
        ("bad.example", RiskTier::High),
        ("a.b.bad.example", RiskTier::High),
        ("a.good.bad.example", RiskTier::Clean),
        ("notbad.example", RiskTier::Clean),
        ("example", RiskTier::Clean),
    ] {
        assert_eq!(tier(&known, name), expected, "{name}");
    }
    publish(&known, "com", RiskTier::Critical);
    assert_eq!(tier(&known, "com"), RiskTier::Critical);
    assert_eq!(tier(&known, "example.com"), RiskTier::Clean, "a whole suffix is never condemned");
    let counters = known.counters();
    assert_eq!((counters.hits, counters.misses), (4, 3));
}

#[test]
fn what_the_scope_allows_is_clean() {
    let cache = cache(16);
    for indicator in ["203.0.113.7", "bad.example.com"] {
        record(&cache, indicator, "virustotal", RiskTier::Critical, "11 malicious");
    }
    let known = knowing(&cache);
    let both = |known: &Known| [tier(known, "203.0.113.7"), tier(known, "x.bad.example.com")];
    assert_eq!(both(&known), [RiskTier::Critical; 2]);
    known.set_scope(scope(|settings| {
        settings.allow_networks = vec!["203.0.113.0/24".parse().unwrap()];
        settings.allow_domains = vec!["example.com".into()];
    }));
    assert_eq!(both(&known), [RiskTier::Clean; 2]);
    assert_eq!(known.detail(Indicator::Domain("bad.example.com")), None);
    assert_eq!(known.take_arrived(), Arrived::Any);
}

#[test]
fn nothing_is_wanted_while_nobody_can_be_asked() {
    let known = knowing(&cache(16));
    assert!(!want(&known, "8.8.8.8", 50) && !want(&known, "www.iana.org", 50));
    known.set_asking(true, false);
    assert!(want(&known, "8.8.8.8", 50) && !want(&known, "www.iana.org", 50));
    known.set_asking(false, true);
    assert!(!want(&known, "8.8.8.8", 50) && want(&known, "www.iana.org", 50));
}

#[test]
fn an_address_is_wanted_until_it_is_known() {
    let known = known();
    for percent in [20, 25, 90, 30] {
        assert!(want(&known, "8.8.8.8", percent));
    }
    for never in ["10.0.0.1", "203.0.113.7", "10.0.0.1"] {
        assert!(!want(&known, never, 100), "{never}");
    }
    assert_eq!(notes(&known), ["8.8.8.8 20", "8.8.8.8 90"]);
    publish(&known, "8.8.8.8", RiskTier::Clean);
    assert!(!want(&known, "8.8.8.8", 100));
    known.withdraw(Indicator::Ip([8, 8, 8, 8].into()));
    assert!(want(&known, "8.8.8.8", 90));
}

#[test]
fn a_name_is_noted_as_what_is_asked_about() {
    let known = known();
    for name in ["a.b.iana.org", "b.iana.org", "a.b.iana.org", "iana.org"] {
        assert!(want(&known, name, 0), "{name}");
    }
    assert_eq!(notes(&known), ["iana.org 0"]);
    publish(&known, "iana.org", RiskTier::Clean);
    for _ in 0..2 {
        assert!(!want(&known, "a.b.iana.org", 100), "known with its registered domain");
    }
    for never in ["localhost", "printer.local", "", ".", &"a.".repeat(127), "co.uk"] {
        assert!(!want(&known, never, 100), "{never}");
    }
    assert_eq!(notes(&known), [""; 0]);
}

#[test]
fn a_full_name_is_wanted_though_its_parent_is_known() {
    let known = known();
    known.set_scope(scope(|settings| settings.domains = DomainScope::Full));
    publish(&known, "iana.org", RiskTier::Clean);
    assert!(want(&known, "a.iana.org", 0) && want(&known, "a.iana.org", 0));
    assert_eq!(notes(&known), ["a.iana.org 0"]);
    publish(&known, "a.iana.org", RiskTier::Clean);
    assert!(!want(&known, "a.iana.org", 0) && want(&known, "b.a.iana.org", 0));
}

#[test]
fn whoever_waits_is_woken_for_what_is_worse_only() {
    let woken = Arc::new(AtomicUsize::new(0));
    let wake: Wake = {
        let woken = Arc::clone(&woken);
        Arc::new(move || {
            woken.fetch_add(1, Ordering::Relaxed);
        })
    };
    let cache = cache(16);
    record(&cache, "8.8.8.8", "virustotal", RiskTier::Medium, "1 malicious");
    let known = Known::new(cache, Arc::new(FeedSet::default()), scope(|_| ()), NOW, wake);
    let arrived = |known: &Known| match known.take_arrived() {
        Arrived::Of(indicators) => indicators.iter().map(ToString::to_string).collect::<Vec<_>>(),
        Arrived::Any => vec!["any".into()],
    };
    assert_eq!(tier(&known, "8.8.8.8"), RiskTier::Medium, "known from the start, arrived never");
    publish(&known, "8.8.8.8", RiskTier::Medium);
    publish(&known, "8.8.8.8", RiskTier::Low);
    publish(&known, "1.1.1.1", RiskTier::Clean);
    assert_eq!((arrived(&known), woken.load(Ordering::Relaxed)), (vec![], 0));
    publish(&known, "8.8.8.8", RiskTier::High);
    publish(&known, "bad.example", RiskTier::Low);
    publish(&known, "below.bad.example", RiskTier::Low);
    let worse = vec!["8.8.8.8".to_owned(), "bad.example".to_owned()];
    assert_eq!((arrived(&known), woken.load(Ordering::Relaxed)), (worse, 2));
    known.feeds_changed();
    assert_eq!((arrived(&known), woken.load(Ordering::Relaxed)), (vec!["any".to_owned()], 3));
}

#[test]
fn tells_who_said_what_the_worst_first() {
    let cache = cache(16);
    record(&cache, "8.8.8.8", "abuseipdb", RiskTier::Medium, "score 60");
    record(&cache, "8.8.8.8", "virustotal", RiskTier::Critical, "11 malicious");
    record(&cache, "bad.example", "virustotal", RiskTier::High, "5 malicious");
    record(&cache, "good.example", "virustotal", RiskTier::Clean, "");
    let known = Known::offline(cache, Arc::new(FeedSet::default()), scope(|_| ()));
    let detail = |indicator: &str| {
        let Ok(indicator) = indicator.parse::<IndicatorBuf>();
        known.detail(indicator.borrowed())
    };
    assert_eq!(detail("8.8.8.8").unwrap(), "11 malicious, abuseipdb: score 60");
    assert_eq!(detail("x.y.bad.example").unwrap(), "5 malicious");
    assert_eq!((detail("good.example"), detail("other.example")), (None, None));
    assert_eq!(tier(&known, "8.8.8.8"), RiskTier::Critical);
    let verdicts = known.verdicts(Indicator::Ip([8, 8, 8, 8].into()));
    let who: Vec<&str> = verdicts.iter().map(|verdict| &*verdict.provider).collect();
    assert_eq!(who, ["virustotal", "abuseipdb"]);
}
