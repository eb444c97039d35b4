//! The store against a list that is gone through from end to end.

use std::collections::BTreeMap;
use std::sync::Arc;

use netsentinel_core::{Severity, Timestamp};
use proptest::prelude::*;

use super::{Sample, agent, alert, at};
use crate::store::{
    AlertFilter, Change, ItemOutcome, NewSuppression, Selection, SeverityCounts, Stats, Store,
    StoredAlert, SuppressionRule, Triage,
};

/// Something that is done to a store.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Add { agent: u8, alerts: Vec<Sample> },
    Triage { positions: Option<Vec<u64>>, filter: usize, behind: u64, triage: Triage },
    Comment { position: u64 },
    Suppress { rule: usize, stored: bool, seconds: Option<i64> },
    Unsuppress { id: u64 },
    Retain { seconds: i64 },
}

const SOURCES: [&str; 3] = ["198.51.100.7", "198.51.100.8", "2001:db8::1"];
const DETECTORS: [&str; 2] = ["port_scan", "brute_force"];

fn sample() -> impl Strategy<Value = Sample> {
    let (sources, detectors) = (prop::sample::select(&SOURCES), prop::sample::select(&DETECTORS));
    let severity = prop::sample::select(&Severity::ALL);
    (0..30_u32, 0..3_u32, 0..300_i64, severity, detectors, sources).prop_map(
        |(id, update, seconds, severity, detector, source)| Sample {
            id,
            update,
            seconds,
            severity,
            detector,
            source,
        },
    )
}

/// Steps of all kinds, mostly alerts.
pub(crate) fn steps() -> impl Strategy<Value = Vec<Step>> {
    let triage = [Triage::Acknowledge, Triage::Unacknowledge, Triage::Archive, Triage::Unarchive];
    let positions = prop::option::of(prop::collection::vec(0..40_u64, 0..6));
    let step = prop_oneof![
        4 => (1..3_u8, prop::collection::vec(sample(), 0..8))
            .prop_map(|(agent, alerts)| Step::Add { agent, alerts }),
        3 => (positions, 0..filters().len(), 0..10_u64, prop::sample::select(triage.to_vec()))
            .prop_map(|(positions, filter, behind, triage)| {
                Step::Triage { positions, filter, behind, triage }
            }),
        1 => (0..40_u64).prop_map(|position| Step::Comment { position }),
        2 => (0..rules().len(), any::<bool>(), prop::option::of(-3..8_i64))
            .prop_map(|(rule, stored, seconds)| Step::Suppress { rule, stored, seconds }),
        2 => (1..6_u64).prop_map(|id| Step::Unsuppress { id }),
        1 => (-4..2_i64).prop_map(|seconds| Step::Retain { seconds }),
    ];
    prop::collection::vec(step, 1..25)
}

fn rules() -> Vec<SuppressionRule> {
    let net = |text: &str| Some(text.to_owned().try_into().unwrap());
    let rule = SuppressionRule::default();
    vec![
        SuppressionRule { detector: Some("port_scan".into()), ..rule.clone() },
        SuppressionRule { detector: Some("brute_force/vertical".into()), ..rule.clone() },
        SuppressionRule { source: net("198.51.100.0/24"), ..rule.clone() },
        SuppressionRule { either: net("2001:db8::1"), agent: Some(agent(1).to_string()), ..rule },
    ]
}

fn filters() -> Vec<AlertFilter> {
    let all = AlertFilter::default();
    let text = |text: &str| AlertFilter { text: Some(text.into()), ..all.clone() };
    vec![
        all.clone(),
        AlertFilter { archived: true, ..all.clone() },
        AlertFilter { archived: true, suppressed: true, ..all.clone() },
        AlertFilter { suppressed: true, ..all.clone() },
        AlertFilter { severity: vec![Severity::High, Severity::Low], ..all.clone() },
        AlertFilter { detector: vec!["port_scan".into()], suppressed: true, ..all.clone() },
        AlertFilter { detector: DETECTORS.map(Into::into).to_vec(), ..all.clone() },
        AlertFilter { source: Some(SOURCES[2].into()), ..all.clone() },
        AlertFilter { target: Some("192.0.2.10".into()), acknowledged: Some(true), ..all.clone() },
        AlertFilter { acknowledged: Some(false), ..AlertFilter::of_agent(&agent(2)) },
        AlertFilter { since: Some(at(60)), until: Some(at(200)), ..all.clone() },
        text("SENSOR-1"),
        text("198.51.100.8 probed"),
        text("100%"),
    ]
}

struct Kept {
    agent: String,
    stored: StoredAlert,
}

struct Suppressing {
    id: u64,
    rule: SuppressionRule,
    expires: Option<Timestamp>,
    after: u64,
    hits: u64,
}

impl Suppressing {
    fn holds(&self, kept: &Kept) -> bool {
        kept.stored.position > self.after
            && self.expires.is_none_or(|expires| kept.stored.received < expires)
            && self.rule.matches(&kept.stored.alert, &kept.agent)
    }
}

/// The naive store.
#[derive(Default)]
struct Model {
    kept: Vec<Kept>,
    suppressing: Vec<Suppressing>,
    /// Positions that the last step changed.
    touched: Vec<u64>,
    positions: u64,
    suppressions: u64,
}

impl Model {
    fn add(&mut self, agent: &str, sample: Sample, now: Timestamp) -> Option<bool> {
        let alert = alert(sample);
        let same = |kept: &&mut Kept| kept.agent == agent && kept.stored.alert.id == alert.id;
        if let Some(kept) = self.kept.iter_mut().find(same) {
            if alert.update <= kept.stored.alert.update {
                return None;
            }
            kept.stored.alert = alert;
            self.touched.push(kept.stored.position);
            return Some(false);
        }
        self.positions += 1;
        let stored = StoredAlert {
            position: self.positions,
            revision: 0,
            received: now,
            acknowledged_by: None,
            acknowledged_at: None,
            archived: false,
            suppressed_by: None,
            comments: 0,
            alert,
        };
        let mut kept = Kept { agent: agent.into(), stored };
        fall(&mut kept, &mut self.suppressing);
        self.kept.push(kept);
        self.touched.push(self.positions);
        Some(true)
    }

    fn triage(&mut self, selection: &Selection, triage: Triage, now: Timestamp) {
        for kept in &mut self.kept {
            let selected = match selection {
                Selection::Positions(positions) => positions.contains(&kept.stored.position),
                Selection::Matching { filter, up_to } => {
                    lets_through(filter, kept) && kept.stored.revision <= *up_to
                }
            };
            let stored = &mut kept.stored;
            let state = (stored.acknowledged_by.is_some(), stored.archived);
            let acknowledge = |stored: &mut StoredAlert, by: Option<&str>| {
                stored.acknowledged_by = by.map(Into::into);
                stored.acknowledged_at = by.map(|_| now);
            };
            match (triage, state) {
                _ if !selected => continue,
                (Triage::Acknowledge, (false, _)) => acknowledge(stored, Some("ann")),
                (Triage::Unacknowledge, (true, _)) => acknowledge(stored, None),
                (Triage::Archive, (_, false)) => stored.archived = true,
                (Triage::Unarchive, (_, true)) => stored.archived = false,
                _ => continue,
            }
            self.touched.push(stored.position);
        }
    }

    fn suppress(&mut self, new: &NewSuppression, stored: bool, now: Timestamp) {
        self.suppressions += 1;
        let stored = stored && new.expires.is_none_or(|expires| now < expires);
        let after = if stored { 0 } else { self.positions };
        let (id, rule) = (self.suppressions, new.rule.clone());
        let mut added = Suppressing { id, rule, expires: new.expires, after, hits: 0 };
        if stored {
            for kept in &mut self.kept {
                let free = kept.stored.suppressed_by.is_none();
                if free && added.rule.matches(&kept.stored.alert, &kept.agent) {
                    kept.stored.suppressed_by = Some(id);
                    added.hits += 1;
                    self.touched.push(kept.stored.position);
                }
            }
        }
        self.suppressing.push(added);
    }

    fn unsuppress(&mut self, id: u64) -> bool {
        let before = self.suppressing.len();
        self.suppressing.retain(|suppressing| suppressing.id != id);
        for kept in &mut self.kept {
            if kept.stored.suppressed_by == Some(id) {
                fall(kept, &mut self.suppressing);
                self.touched.push(kept.stored.position);
            }
        }
        self.suppressing.len() < before
    }

    fn find(&self, filter: &AlertFilter) -> Vec<StoredAlert> {
        let found = self.kept.iter().filter(|kept| lets_through(filter, kept));
        let mut found: Vec<StoredAlert> = found.map(|kept| kept.stored.clone()).collect();
        found.sort_by_key(|kept| std::cmp::Reverse((kept.alert.timestamp, kept.position)));
        found
    }

    fn stats(&self, revision: u64) -> Stats {
        let mut stats = Stats { revision, ..Stats::default() };
        for StoredAlert { archived, suppressed_by, acknowledged_by, alert, .. } in
            self.kept.iter().map(|kept| &kept.stored)
        {
            stats.archived += u64::from(*archived);
            stats.suppressed += u64::from(suppressed_by.is_some());
            if !archived && suppressed_by.is_none() {
                *stats.alerts.of(alert.severity) += 1;
                if acknowledged_by.is_none() {
                    *stats.unacknowledged.of(alert.severity) += 1;
                }
            }
        }
        stats
    }
}

/// Has an alert be suppressed by the first suppression that it falls under.
fn fall(kept: &mut Kept, suppressing: &mut [Suppressing]) {
    let first = suppressing.iter_mut().find(|suppressing| suppressing.holds(kept));
    kept.stored.suppressed_by = first.map(|suppressing| {
        suppressing.hits += 1;
        suppressing.id
    });
}

fn lets_through(filter: &AlertFilter, Kept { agent, stored }: &Kept) -> bool {
    let alert = &stored.alert;
    let ip = |end: &netsentinel_core::alert::Endpoint| end.ip.map(|ip| ip.to_string());
    let has = |text: &String| {
        let source = ip(&alert.source).unwrap_or_default();
        let parts = [&*alert.category, &alert.message, &source, &alert.agent.hostname];
        parts.iter().any(|part| part.to_lowercase().contains(&text.to_lowercase()))
    };
    filter.since.is_none_or(|since| alert.timestamp >= since)
        && filter.until.is_none_or(|until| alert.timestamp < until)
        && (filter.severity.is_empty() || filter.severity.contains(&alert.severity))
        && (filter.detector.is_empty() || filter.detector.iter().any(|id| *id == alert.detector))
        && (filter.source.is_none() || filter.source == ip(&alert.source))
        && (filter.target.is_none() || filter.target == ip(&alert.target))
        && filter.agent.as_ref().is_none_or(|id| id == agent)
        && filter.text.as_ref().is_none_or(has)
        && filter.acknowledged.is_none_or(|seen| seen == stored.acknowledged_by.is_some())
        && filter.archived == stored.archived
        && (filter.suppressed || stored.suppressed_by.is_none())
}

/// Does all `steps` to `store` and to the model, and compares all that can be asked.
pub(crate) async fn follow(store: Arc<dyn Store>, steps: Vec<Step>) {
    let mut model = Model::default();
    for (time, step) in (1_000..).zip(steps) {
        let seen = store.revision().await.unwrap();
        model.touched.clear();
        take(&*store, &mut model, &step, at(time), seen).await;
        adopt_revisions(&*store, &mut model, seen).await;
        compare_counts(&*store, &model).await;
        assert_eq!(
            all_pages(&*store, &AlertFilter::default()).await,
            model.find(&AlertFilter::default())
        );
    }
    for filter in filters() {
        assert_eq!(all_pages(&*store, &filter).await, model.find(&filter), "{filter:?}");
    }
}

async fn take(store: &dyn Store, model: &mut Model, step: &Step, now: Timestamp, seen: u64) {
    match step.clone() {
        Step::Add { agent: number, alerts } => {
            let sent = alerts.iter().map(|sample| alert(*sample)).collect();
            let outcomes = store.add_alerts(&agent(number), sent, now).await.unwrap();
            let told = outcomes.iter().map(|outcome| match outcome {
                ItemOutcome::Stored(change) => Some(change.new),
                ItemOutcome::Duplicate => None,
            });
            let id = agent(number).to_string();
            let known: Vec<_> = alerts.iter().map(|one| model.add(&id, *one, now)).collect();
            assert_eq!(told.collect::<Vec<_>>(), known);
            last_change_is_stored(store, &outcomes).await;
        }
        Step::Triage { positions, filter, behind, triage } => {
            let matching = || {
                let filter = filters().swap_remove(filter);
                Selection::Matching { filter, up_to: seen.saturating_sub(behind) }
            };
            let selection = positions.map_or_else(matching, Selection::Positions);
            let changed = store.triage(&selection, triage, "ann", now).await.unwrap();
            model.triage(&selection, triage, now);
            assert_eq!(changed, model.touched.len() as u64);
        }
        Step::Comment { position } => {
            let comment = store.comment(position, "seen", "ann", now).await.unwrap();
            let kept = model.kept.iter_mut().find(|kept| kept.stored.position == position);
            assert_eq!(comment.is_some(), kept.is_some());
            if let Some(kept) = kept {
                kept.stored.comments += 1;
                model.touched.push(position);
            }
        }
        Step::Suppress { rule, stored, seconds } => {
            let expires = seconds
                .map(|seconds| Timestamp::from_nanos(now.as_nanos() + seconds * 1_000_000_000));
            let rule = rules().swap_remove(rule);
            let new = NewSuppression { rule, reason: "known".into(), expires };
            let told = store.suppress(new.clone(), stored, "ann", now).await.unwrap();
            model.suppress(&new, stored, now);
            assert_eq!(Some(told.hits), model.suppressing.last().map(|added| added.hits));
        }
        Step::Unsuppress { id } => {
            let told = store.unsuppress(id, "ann", now).await.unwrap();
            assert_eq!(told, model.unsuppress(id));
        }
        Step::Retain { seconds } => {
            let oldest = Timestamp::from_nanos(now.as_nanos() + seconds * 1_000_000_000);
            while store.retain(oldest, u64::MAX).await.unwrap() > 0 {}
            model.kept.retain(|kept| kept.stored.received >= oldest);
        }
    }
}

/// What the last outcome tells is what is read afterwards.
async fn last_change_is_stored(store: &dyn Store, outcomes: &[ItemOutcome]) {
    if let Some(ItemOutcome::Stored(change)) = outcomes.last() {
        let Change { stored, .. } = &**change;
        assert_eq!(store.alert(stored.position).await.unwrap().as_ref(), Some(stored));
    }
}

/// Exactly what the step touched has changed since `seen`; the model learns the new revisions.
async fn adopt_revisions(store: &dyn Store, model: &mut Model, seen: u64) {
    let changes = store.changes(seen, 1_000).await.unwrap();
    assert!(changes.is_sorted_by(|a, b| a.revision < b.revision));
    let last = store.revision().await.unwrap();
    assert!(changes.iter().all(|change| change.revision > seen && change.revision <= last));
    let mut changed: Vec<u64> = changes.iter().map(|change| change.position).collect();
    changed.sort_unstable();
    model.touched.sort_unstable();
    model.touched.dedup();
    assert_eq!(changed, model.touched);
    for change in changes {
        let mut kept = model.kept.iter_mut().map(|kept| &mut kept.stored);
        let kept = kept.find(|stored| stored.position == change.position).unwrap();
        kept.revision = change.revision;
        assert_eq!(*kept, change);
    }
}

async fn compare_counts(store: &dyn Store, model: &Model) {
    let revision = store.revision().await.unwrap();
    assert_eq!(store.stats().await.unwrap(), model.stats(revision));
    let shown = model.find(&AlertFilter::default());

    let mut minutes: BTreeMap<i64, SeverityCounts> = BTreeMap::new();
    for alert in shown.iter().map(|stored| &stored.alert) {
        let minute = alert.timestamp.as_secs().div_euclid(60);
        *minutes.entry(minute).or_default().of(alert.severity) += 1;
    }
    for told in store.timeline(at(240), 4).await.unwrap() {
        let known = minutes.get(&(told.minute.as_secs() / 60)).copied().unwrap_or_default();
        assert_eq!(told.alerts, known);
    }
    let since = at(90);
    let mut categories: BTreeMap<String, SeverityCounts> = BTreeMap::new();
    let mut sources: BTreeMap<String, (SeverityCounts, Timestamp)> = BTreeMap::new();
    for alert in shown.iter().map(|stored| &stored.alert).filter(|alert| alert.timestamp >= since) {
        *categories.entry(alert.category.to_string()).or_default().of(alert.severity) += 1;
        let source = sources.entry(alert.source.ip.unwrap().to_string()).or_default();
        *source.0.of(alert.severity) += 1;
        source.1 = source.1.max(alert.timestamp);
    }
    let told = store.categories(since).await.unwrap();
    assert!(told.is_sorted_by_key(|count| std::cmp::Reverse(count.alerts.total())));
    let told = told.into_iter().map(|count| (count.category, count.alerts)).collect();
    assert_eq!(categories, told);
    let told = store.top_sources(since, 10).await.unwrap();
    assert!(told.is_sorted_by_key(|count| std::cmp::Reverse(count.alerts.total())));
    let told = told.into_iter().map(|count| (count.source, (count.alerts, count.last_seen)));
    assert_eq!(sources, told.collect());

    let hits = |id, hits| (id, hits);
    let told = store.suppressions().await.unwrap();
    let told: Vec<_> = told.iter().map(|one| hits(one.id, one.hits)).collect();
    let known: Vec<_> = model.suppressing.iter().map(|one| hits(one.id, one.hits)).collect();
    assert_eq!(told, known);
}

/// All that `filter` lets through, by pages of three.
async fn all_pages(store: &dyn Store, filter: &AlertFilter) -> Vec<StoredAlert> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = store.alerts(filter, after, 3).await.unwrap();
        all.extend(page.alerts);
        after = page.next;
        if after.is_none() {
            return all;
        }
    }
}
