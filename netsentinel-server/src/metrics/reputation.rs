//! What is told of reputation: read from its status whenever somebody asks.

use netsentinel_core::Timestamp;
use netsentinel_vt::Status;
use netsentinel_vt::status::{FeedStatus, Health, ProviderStatus};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

const NANOS: u64 = 1_000_000_000;

/// There are few providers, and their names are ours.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfProvider {
    provider: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfHealth {
    provider: String,
    state: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfQuota {
    provider: String,
    window: &'static str,
}

/// There are few lists, and their names are the configuration's.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfFeed {
    feed: String,
}

/// Counters and gauges that show `status` as it is at `now`.
pub(super) fn registry(status: &Status, now: Timestamp) -> Registry {
    let mut all = Registry::with_prefix("netsentinel");
    own(&mut all, status);
    providers(&mut all, &status.providers);
    feeds(&mut all, &status.feeds, now);
    all
}

#[rustfmt::skip]
fn own(all: &mut Registry, status: &Status) {
    all.register("reputation_hits", "Look-ups that found a verdict or a list entry", counter(status.hits));
    all.register("reputation_misses", "Look-ups that found nothing", counter(status.misses));
    all.register("reputation_notes_dropped", "Notes given up because nobody took them in time", counter(status.notes_dropped));
    all.register("reputation_cached", "Verdicts that are remembered", gauge(status.cached));
    all.register("reputation_cache_evictions", "Verdicts given up for newer ones before their time", counter(status.cache_evictions));
    all.register("reputation_queued", "Indicators that wait to be asked about", gauge(status.queued));
    all.register("reputation_queue_dropped", "Indicators given up for others that are more suspected", counter(status.queue_dropped));
    all.register("reputation_refused", "Indicators not asked about because they are not global, or are allowed", counter(status.refused));
}

#[rustfmt::skip]
fn providers(all: &mut Registry, providers: &[ProviderStatus]) {
    let requests = Family::<OfProvider, Counter>::default();
    let answered = Family::<OfProvider, Counter>::default();
    let failed = Family::<OfProvider, Counter>::default();
    let health = Family::<OfHealth, Gauge>::default();
    let left = Family::<OfQuota, Gauge>::default();
    for one in providers {
        let of = OfProvider { provider: one.name.clone() };
        requests.get_or_create(&of).inc_by(one.requests);
        answered.get_or_create(&of).inc_by(one.answered);
        failed.get_or_create(&of).inc_by(one.failed);
        for (of, state) in [(Health::Ok, "ok"), (Health::Paused, "paused"), (Health::Stopped, "stopped")] {
            let label = OfHealth { provider: one.name.clone(), state };
            health.get_or_create(&label).set(i64::from(one.health == of));
        }
        for (number, window) in [(one.left_minute, "minute"), (one.left_day, "day")] {
            let label = OfQuota { provider: one.name.clone(), window };
            number.into_iter().for_each(|number| { left.get_or_create(&label).set(signed(number)); });
        }
    }
    all.register("reputation_requests", "Requests to a provider", requests);
    all.register("reputation_answered", "Questions that a provider answered", answered);
    all.register("reputation_failed", "Requests to a provider that failed", failed);
    all.register("reputation_health", "Whether a provider can be asked: 1 for the state that it is in", health);
    all.register("reputation_left", "Requests left of a provider's quota", left);
}

#[rustfmt::skip]
fn feeds(all: &mut Registry, feeds: &[FeedStatus], now: Timestamp) {
    let indicators = Family::<OfFeed, Gauge>::default();
    let active = Family::<OfFeed, Gauge>::default();
    let age = Family::<OfFeed, Gauge>::default();
    for one in feeds {
        let of = OfFeed { feed: one.name.clone() };
        indicators.get_or_create(&of).set(signed(one.indicators));
        active.get_or_create(&of).set(i64::from(one.active));
        if let Some(loaded) = one.loaded {
            age.get_or_create(&of).set(signed(now.nanos_since(loaded) / NANOS));
        }
    }
    all.register("reputation_feed_indicators", "Addresses, networks and domains on a list", indicators);
    all.register("reputation_feed_active", "Whether a list counts", active);
    all.register_with_unit("reputation_feed_age", "Time since a list was loaded from its place", Unit::Seconds, age);
}

fn counter(value: u64) -> Counter {
    let counter = Counter::default();
    counter.inc_by(value);
    counter
}

fn gauge(value: u64) -> Gauge {
    let gauge = Gauge::default();
    gauge.set(signed(value));
    gauge
}

fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use netsentinel_core::RiskTier;

    use super::*;
    use crate::metrics::Metrics;

    #[test]
    fn every_number_of_the_status_is_told() {
        let now = Timestamp::from_parts(1_795_000_000, 0);
        let provider = ProviderStatus {
            name: "virustotal".into(),
            health: Health::Paused,
            reason: None,
            paused_until: None,
            requests: 5,
            answered: 4,
            failed: 1,
            left_minute: Some(0),
            left_day: None,
        };
        let feed = FeedStatus {
            name: "drop".into(),
            tier: RiskTier::High,
            active: true,
            indicators: 1_000,
            skipped: 2,
            loaded: Some(Timestamp::from_parts(1_794_999_940, 0)),
            error: None,
        };
        let fresh = FeedStatus { name: "new".into(), active: false, loaded: None, ..feed.clone() };
        let status = Status {
            hits: 7,
            misses: 8,
            queued: 9,
            providers: vec![provider],
            feeds: vec![feed, fresh],
            ..Status::default()
        };
        let text = Metrics::new().text_with(&status, now);
        for line in [
            "netsentinel_reputation_hits_total 7",
            "netsentinel_reputation_misses_total 8",
            "netsentinel_reputation_queued 9",
            "netsentinel_reputation_requests_total{provider=\"virustotal\"} 5",
            "netsentinel_reputation_health{provider=\"virustotal\",state=\"ok\"} 0",
            "netsentinel_reputation_health{provider=\"virustotal\",state=\"paused\"} 1",
            "netsentinel_reputation_left{provider=\"virustotal\",window=\"minute\"} 0",
            "netsentinel_reputation_feed_indicators{feed=\"drop\"} 1000",
            "netsentinel_reputation_feed_active{feed=\"new\"} 0",
            "netsentinel_reputation_feed_age_seconds{feed=\"drop\"} 60",
        ] {
            assert!(text.lines().any(|other| other == line), "{line} is not in\n{text}");
        }
        assert!(!text.contains("window=\"day\"") && !text.contains("age_seconds{feed=\"new\"}"));
        assert_eq!(text.matches("# EOF").count(), 1);
    }
}
