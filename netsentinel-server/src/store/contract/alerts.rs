//! Cases about alerts that the model does not reach.

use std::sync::Arc;

use netsentinel_core::{Alert, Severity, Timestamp};
use serde_json::json;

use super::{Sample, agent, alert, at};
use crate::store::{AlertFilter, ItemOutcome, Selection, SeverityCounts, Store, Triage};

fn samples(ids: std::ops::Range<u32>) -> Vec<Alert> {
    ids.map(|id| alert(Sample { id, seconds: i64::from(id / 3), ..Sample::default() })).collect()
}

/// An update keeps the position, the time of receipt and what people did; a late or repeated one is a
/// duplicate, also within one request.
pub(crate) async fn updates_keep_what_people_did(store: Arc<dyn Store>) {
    let sample = |update| alert(Sample { id: 1, update, ..Sample::default() });
    let outcomes = store.add_alerts(&agent(1), vec![sample(0), sample(1)], at(5)).await.unwrap();
    let new: Vec<_> = outcomes
        .iter()
        .map(|outcome| match outcome {
            ItemOutcome::Stored(change) => (change.new, change.stored.revision),
            ItemOutcome::Duplicate => (false, 0),
        })
        .collect();
    assert_eq!(new, [(true, 1), (false, 2)]);
    store.triage(&Selection::Positions(vec![1]), Triage::Acknowledge, "ann", at(6)).await.unwrap();
    store.triage(&Selection::Positions(vec![1]), Triage::Archive, "ann", at(6)).await.unwrap();

    let late = vec![sample(1), sample(0), sample(3)];
    let outcomes = store.add_alerts(&agent(1), late, at(9)).await.unwrap();
    assert_eq!(outcomes[..2], [ItemOutcome::Duplicate, ItemOutcome::Duplicate]);
    let stored = store.alert(1).await.unwrap().unwrap();
    assert_eq!((stored.alert.update, stored.alert.count, stored.received), (3, 18, at(5)));
    assert_eq!((stored.archived, stored.acknowledged_by.as_deref()), (true, Some("ann")));
    // The same id from another agent is another alert.
    let outcomes = store.add_alerts(&agent(2), vec![sample(0)], at(9)).await.unwrap();
    assert!(matches!(&outcomes[0], ItemOutcome::Stored(change) if change.new));
}

/// A verdict that comes later makes an alert worse: it is counted where it belongs now, and there alone,
/// also by those who look for its words; what people have hidden stays hidden.
pub(crate) async fn an_update_may_change_the_severity(store: Arc<dyn Store>) {
    let sample = |id, update, severity| alert(Sample { id, update, severity, ..Sample::default() });
    let first = vec![sample(1, 0, Severity::Medium), sample(2, 0, Severity::Medium)];
    store.add_alerts(&agent(1), first, at(5)).await.unwrap();
    store.triage(&Selection::Positions(vec![2]), Triage::Archive, "ann", at(6)).await.unwrap();
    let counted = async || {
        let minute = store.timeline(at(0), 1).await.unwrap().remove(0).alerts;
        let source = store.top_sources(at(-60), 5).await.unwrap().remove(0).alerts;
        let category = store.categories(at(-60)).await.unwrap().remove(0).alerts;
        let stats = store.stats().await.unwrap();
        assert_eq!((minute, source, category), (stats.alerts, stats.alerts, stats.alerts));
        (stats.alerts, stats.archived)
    };
    let (medium, critical, high) = (
        SeverityCounts { medium: 1, ..SeverityCounts::default() },
        SeverityCounts { critical: 1, ..SeverityCounts::default() },
        SeverityCounts { high: 1, ..SeverityCounts::default() },
    );
    assert_eq!(counted().await, (medium, 1));
    for (update, severity, expected) in [
        (1, Severity::Critical, critical),
        (2, Severity::Critical, critical),
        (3, Severity::High, high),
    ] {
        let mut both = vec![sample(1, update, severity), sample(2, update, severity)];
        for alert in &mut both {
            alert.message.push_str(" [VT:CRITICAL — 11 malicious]");
            alert.reputation = serde_json::from_value(json!({
                "indicator": "198.51.100.7", "tier": "CRITICAL", "detail": "11 malicious",
                "verdicts": [{ "provider": "virustotal", "tier": "CRITICAL", "detail": "11 malicious" }],
            }))
            .unwrap();
        }
        store.add_alerts(&agent(1), both.clone(), at(7)).await.unwrap();
        assert_eq!(counted().await, (expected, 1));
        let stored = store.alert(1).await.unwrap().unwrap();
        assert_eq!(stored.alert, Alert { agent: stored.alert.agent.clone(), ..both.remove(0) });
        let filter = AlertFilter {
            severity: vec![severity],
            text: Some("vt:critical — 11".into()),
            ..AlertFilter::default()
        };
        assert_eq!(store.alerts(&filter, None, 10).await.unwrap().alerts, [stored]);
    }
    let filter = AlertFilter { severity: vec![Severity::Medium], ..AlertFilter::default() };
    assert!(store.alerts(&filter, None, 10).await.unwrap().alerts.is_empty());
}

/// What comes in while somebody turns pages neither repeats nor hides anything older.
pub(crate) async fn pages_are_stable_while_alerts_come_in(store: Arc<dyn Store>) {
    store.add_alerts(&agent(1), samples(0..20), at(0)).await.unwrap();
    let all = AlertFilter::default();
    let first = store.alerts(&all, None, 7).await.unwrap();
    store.add_alerts(&agent(1), samples(20..40), at(1)).await.unwrap();
    let rest = store.alerts(&all, first.next, 100).await.unwrap();
    assert_eq!(rest.next, None);
    let seen = first.alerts.iter().chain(&rest.alerts).map(|stored| stored.position);
    let expected: Vec<u64> = (1..=20).rev().collect();
    assert_eq!(seen.collect::<Vec<_>>(), expected);
}

/// Text is taken as it is: no character stands for others.
pub(crate) async fn text_has_no_wildcards(store: Arc<dyn Store>) {
    let mut odd = alert(Sample { id: 1, ..Sample::default() });
    odd.message = "Über 100%_\\ 'quoted'".into();
    store.add_alerts(&agent(1), vec![odd, samples(2..3).remove(0)], at(0)).await.unwrap();
    let found = async |text: &str| {
        let filter = AlertFilter { text: Some(text.into()), ..AlertFilter::default() };
        store.alerts(&filter, None, 10).await.unwrap().alerts.len()
    };
    for (text, count) in [
        ("100%", 1),
        ("%", 1),
        ("_", 1),
        ("\\", 1),
        ("'QUOTED'", 1),
        ("über", 1),
        ("0%q", 0),
        ("", 2),
    ] {
        assert_eq!(found(text).await, count, "{text:?}");
    }
}

/// "All that match" leaves alone what nobody can have seen, and is told in one audit entry.
pub(crate) async fn triage_stops_at_the_revision_that_was_seen(store: Arc<dyn Store>) {
    store.add_alerts(&agent(1), samples(0..6_000), at(0)).await.unwrap();
    let up_to = store.revision().await.unwrap();
    store.add_alerts(&agent(1), samples(6_000..6_010), at(0)).await.unwrap();
    let all = Selection::Matching { filter: AlertFilter::default(), up_to };
    assert_eq!(store.triage(&all, Triage::Archive, "ann", at(9)).await.unwrap(), 6_000);
    assert_eq!(store.triage(&all, Triage::Archive, "ann", at(9)).await.unwrap(), 0);
    let stats = store.stats().await.unwrap();
    assert_eq!((stats.archived, stats.alerts.total()), (6_000, 10));
    let audit = store.audit(None, 10).await.unwrap();
    assert_eq!(audit.len(), 1);
    assert_eq!((&*audit[0].action, &*audit[0].subject), ("alert.archive", "6000 alerts"));
}

/// The first alerts go while there is too much; all counters go with them, and nothing comes again.
pub(crate) async fn retention_by_bytes_keeps_the_newest(store: Arc<dyn Store>) {
    for from in (0..8_000).step_by(1_000) {
        store.add_alerts(&agent(1), samples(from..from + 1_000), at(0)).await.unwrap();
    }
    let full = store.bytes().await.unwrap();
    let (mut gone, mut slices) = (0, 0);
    let bytes_max = 2 << 20;
    loop {
        match store.retain(Timestamp::MIN, bytes_max).await.unwrap() {
            0 => break,
            slice => (gone, slices) = (gone + slice, slices + 1),
        }
    }
    assert!(slices > 0 && gone < 8_000, "{gone} in {slices}");
    assert!(store.bytes().await.unwrap() < full);
    let stats = store.stats().await.unwrap();
    assert_eq!(stats.alerts.high, 8_000 - gone);
    let all = store.alerts(&AlertFilter::default(), None, 5_000).await.unwrap().alerts;
    assert!(all.iter().all(|stored| stored.position > gone));

    store.retain(at(1), u64::MAX).await.unwrap();
    let again = store.add_alerts(&agent(1), samples(7_999..8_000), at(2)).await.unwrap();
    assert!(matches!(&again[0], ItemOutcome::Stored(change) if change.stored.position == 8_001));
    let minutes = store.timeline(at(8_000 / 3), 60).await.unwrap();
    assert_eq!(minutes.iter().map(|minute| minute.alerts.total()).sum::<u64>(), 1);
    assert_eq!(minutes.len(), 60);
}

/// Times at both ends of what can be told are kept and found.
pub(crate) async fn the_ends_of_time_are_times(store: Arc<dyn Store>) {
    let mut ends = samples(0..2);
    ends[0].timestamp = Timestamp::MIN;
    ends[1].timestamp = Timestamp::from_nanos(i64::MAX);
    store.add_alerts(&agent(1), ends, at(0)).await.unwrap();
    let page = store.alerts(&AlertFilter::default(), None, 1).await.unwrap();
    let rest = store.alerts(&AlertFilter::default(), page.next, 1).await.unwrap();
    assert_eq!(rest.alerts[0].alert.timestamp, Timestamp::MIN);
    for end in [Timestamp::MIN, Timestamp::from_nanos(i64::MAX)] {
        assert_eq!(store.timeline(end, 3).await.unwrap()[2].alerts.high, 1);
        assert!(!store.categories(end).await.unwrap().is_empty());
        assert!(!store.top_sources(end, 5).await.unwrap().is_empty());
    }
}
