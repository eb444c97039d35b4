//! Alerts that are open: while one is, its rule raises no other for the same subject.
//!
//! An episode opens with an alert. Whenever the rule holds again it grows; when the rule has not
//! held for longer than the cooldown it closes, and if it has grown, one closing update tells the
//! total. After that the rule may raise a new alert for the subject. What makes an open alert more than it
//! was is told at once, by an update too: a verdict that makes it worse, a count ten times what was told
//! last, or another rule that finds the same behaviour.

use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::time::Duration;

use serde_json::Value;

use crate::alert::{Alert, Endpoint, ReputationNote, Sink, Subject};
use crate::detector::Finding;
use crate::reputation::IndexedArrived;
use crate::window::BoundedMap;
use crate::{Indicator, IndicatorBuf, Reputation, Timestamp, Usage};

/// Alerts open at once; when more are needed, those quiet the longest are closed early.
pub const EPISODES_MAX: usize = 8_192;
/// Targets that a closing update names.
const TARGETS_MAX: usize = 8;
/// Rules that an alert names beside its own, as parts of the same behaviour.
const PARTS_MAX: usize = 8;
/// An open alert is told again when its count is so many times what was told last.
const GROWTH: u64 = 10;

/// The alerts that are open.
pub(crate) struct Episodes {
    open: BoundedMap<EpisodeKey, Episode>,
    cooldown: Duration,
}

struct Episode {
    /// As it was told last, but for what has grown since it was raised.
    alert: Alert,
    indicator: Option<IndicatorBuf>,
    added: u64,
    /// How often the rule held again.
    repeats: u64,
    last_seen: Timestamp,
    last_target: Endpoint,
    targets: [Option<IpAddr>; TARGETS_MAX],
    more_targets: bool,
    /// Rules that have joined.
    parts: [Option<&'static str>; PARTS_MAX],
    /// The count when it was told last.
    told: u64,
}

/// What an episode is known by.
pub(crate) type EpisodeKey = (&'static str, Subject);

impl Episodes {
    pub(crate) fn new(most: NonZeroUsize, cooldown: Duration) -> Self {
        Self { open: BoundedMap::new(most, cooldown), cooldown }
    }

    /// From now on alerts close, those that are open too, after `cooldown` of quiet.
    pub(crate) fn set_cooldown(&mut self, cooldown: Duration) {
        self.open.set_idle_after(cooldown);
        self.cooldown = cooldown;
    }

    /// Closes what has been quiet for longer than the cooldown, in the order in which it fell quiet.
    pub(crate) fn close_quiet(&mut self, now: Timestamp, sink: &mut dyn Sink) {
        let quiet = std::iter::from_fn(|| self.open.pop_idle(now));
        close_in_order(quiet.map(|(_, episode)| episode), sink);
    }

    /// Closes all, those quiet the longest first.
    pub(crate) fn close_all(&mut self, sink: &mut dyn Sink) {
        let all = std::iter::from_fn(|| self.open.pop_oldest());
        close_in_order(all.map(|(_, episode)| episode), sink);
    }

    /// Adds `finding` to the episode that is open for its rule and subject, if one is. One that has
    /// been quiet for too long is closed instead.
    pub(crate) fn extend(
        &mut self,
        finding: &Finding<'_>,
        now: Timestamp,
        sink: &mut dyn Sink,
    ) -> bool {
        let key = (finding.rule.id, finding.subject);
        let Some(episode) = self.still_open(&key, now, sink) else { return false };
        episode.added = episode.added.saturating_add(finding.step);
        episode.grow(finding, now);
        if let Some(update) = episode.progress() {
            sink.alert(update);
        }
        true
    }

    /// Adds `finding` to the episode `whole`, if it is open, as a part of the same behaviour. When its rule
    /// joins for the first time, that is told at once.
    pub(crate) fn join(
        &mut self,
        whole: EpisodeKey,
        finding: &Finding<'_>,
        now: Timestamp,
        sink: &mut dyn Sink,
    ) -> bool {
        let Some(episode) = self.still_open(&whole, now, sink) else { return false };
        episode.grow(finding, now);
        if episode.note_part(finding.rule.id) {
            sink.alert(episode.joined(finding));
        }
        true
    }

    /// The episode of `key`, touched; one that has been quiet for too long is closed instead.
    fn still_open(
        &mut self,
        key: &EpisodeKey,
        now: Timestamp,
        sink: &mut dyn Sink,
    ) -> Option<&mut Episode> {
        if self.open.touch(key, now)?.is_over(now, self.cooldown) {
            self.close(key, sink);
            return None;
        }
        self.open.get_mut(key)
    }

    /// Whether an episode is open for the rule and subject of `finding`.
    pub(crate) fn is_open(&self, finding: &Finding<'_>, now: Timestamp) -> bool {
        let episode = self.open.get(&(finding.rule.id, finding.subject));
        episode.is_some_and(|episode| !episode.is_over(now, self.cooldown))
    }

    /// Whether the episode that is open for the rule and subject of `finding` stands for it, as for one
    /// that was counted earlier. One that has been quiet for too long is closed instead.
    pub(crate) fn covers(
        &mut self,
        finding: &Finding<'_>,
        now: Timestamp,
        sink: &mut dyn Sink,
    ) -> bool {
        let open = self.is_open(finding, now);
        if !open {
            self.close(&(finding.rule.id, finding.subject), sink);
        }
        open
    }

    fn close(&mut self, key: &EpisodeKey, sink: &mut dyn Sink) {
        if let Some(update) = self.open.remove(key).and_then(Episode::close) {
            sink.alert(update);
        }
    }

    /// Tells every open alert anew that the verdicts that have `arrived` make worse; in no order.
    pub(crate) fn escalate(
        &mut self,
        arrived: &IndexedArrived<'_>,
        now: Timestamp,
        reputation: &dyn Reputation,
        sink: &mut dyn Sink,
    ) {
        for episode in self.open.values_mut() {
            if !episode.is_over(now, self.cooldown)
                && let Some(update) = episode.escalate(arrived, reputation)
            {
                sink.alert(update);
            }
        }
    }

    /// Opens an episode with the alert that was raised.
    pub(crate) fn open(
        &mut self,
        finding: &Finding<'_>,
        now: Timestamp,
        alert: Alert,
        sink: &mut dyn Sink,
    ) {
        let mut episode = Episode {
            added: 0,
            repeats: 0,
            last_seen: now,
            last_target: finding.target,
            targets: [None; TARGETS_MAX],
            more_targets: false,
            parts: [None; PARTS_MAX],
            told: alert.count.max(1),
            indicator: finding.reached.indicator().map(Indicator::to_buf),
            alert,
        };
        episode.note_target(finding.target);
        let key = (finding.rule.id, finding.subject);
        let evicted = self.open.entry(key, now, || episode).evicted;
        if let Some(update) = evicted.and_then(|(_, evicted)| evicted.close()) {
            sink.alert(update);
        }
    }

    pub(crate) fn usage(&self) -> Usage {
        self.open.usage()
    }
}

impl Episode {
    fn grow(&mut self, finding: &Finding<'_>, now: Timestamp) {
        self.repeats += 1;
        self.last_seen = now;
        self.last_target = finding.target;
        self.note_target(finding.target);
    }

    /// Notes that the rule `part` tells of the same; whether that is new.
    fn note_part(&mut self, part: &'static str) -> bool {
        if part == self.alert.rule || self.parts.contains(&Some(part)) {
            return false;
        }
        match self.parts.iter_mut().find(|slot| slot.is_none()) {
            Some(slot) => {
                *slot = Some(part);
                true
            }
            None => false,
        }
    }

    /// The update that tells of growth, if there is enough. Counts that do not add up do not grow.
    fn progress(&mut self) -> Option<Alert> {
        let count = self.alert.count.saturating_add(self.added);
        if count < self.told.saturating_mul(GROWTH) {
            return None;
        }
        self.told = count;
        self.alert.update += 1;
        let mut update = self.grown();
        update.message = format!("{}; {count} so far", update.message);
        Some(update)
    }

    /// The update that tells that the rule of `finding` has joined.
    fn joined(&mut self, finding: &Finding<'_>) -> Alert {
        self.alert.update += 1;
        let mut update = self.grown();
        update.message = format!("{}; also {}", update.message, finding.rule.summary);
        update
    }

    fn note_target(&mut self, target: Endpoint) {
        let Some(ip) = target.ip else { return };
        for slot in &mut self.targets {
            match slot {
                Some(known) if *known == ip => return,
                Some(_) => {}
                None => {
                    *slot = Some(ip);
                    return;
                }
            }
        }
        self.more_targets = true;
    }

    /// Whether it has been quiet for too long.
    fn is_over(&self, now: Timestamp, cooldown: Duration) -> bool {
        now > self.last_seen.after(cooldown)
    }

    /// The update that tells of a worse tier, if one of the verdicts gives it.
    fn escalate(
        &mut self,
        arrived: &IndexedArrived<'_>,
        reputation: &dyn Reputation,
    ) -> Option<Alert> {
        let indicator = self.indicator.as_ref()?.borrowed();
        let told = self.alert.reputation.as_ref()?;
        if !arrived.concerns(indicator) {
            return None;
        }
        let tier = reputation.tier(indicator);
        if tier <= told.tier {
            return None;
        }
        let message = self.alert.message.strip_suffix(&told.suffix());
        let note = ReputationNote::of(indicator, tier, reputation);
        let message = message.unwrap_or(&self.alert.message).to_owned() + &note.suffix();
        let alert = &mut self.alert;
        alert.update += 1;
        alert.severity = tier.severity(alert.base_severity);
        alert.threshold = tier.threshold(alert.base_threshold);
        alert.message = message;
        alert.reputation = Some(note);
        Some(self.grown())
    }

    /// The alert with what has grown.
    fn grown(&self) -> Alert {
        let mut alert = self.alert.clone();
        if self.repeats > 0 {
            alert.count = alert.count.saturating_add(self.added);
            alert.last_seen = self.last_seen;
            alert.target = self.last_target;
        }
        let parts: Vec<Value> = self.parts.iter().flatten().map(|&rule| rule.into()).collect();
        if !parts.is_empty() {
            alert.evidence.insert("also".into(), parts.into());
        }
        alert
    }

    /// The closing update that tells the total, if the alert grew after it was raised.
    fn close(self) -> Option<Alert> {
        if self.repeats == 0 {
            return None;
        }
        let mut alert = self.grown();
        let targets: Vec<Value> =
            self.targets.iter().flatten().map(|ip| ip.to_string().into()).collect();
        alert.update += 1;
        alert.message = match self.added {
            0 => format!("{}; {} more times", alert.message, self.repeats),
            _ => format!("{}; {} in all", alert.message, alert.count),
        };
        alert.evidence.insert("repeats".into(), self.repeats.into());
        alert.evidence.insert("targets".into(), targets.into());
        alert.evidence.insert("more_targets".into(), self.more_targets.into());
        Some(alert)
    }
}

/// Tells the closing updates by when the episodes fell quiet: an order that depends on nothing else.
fn close_in_order(episodes: impl Iterator<Item = Episode>, sink: &mut dyn Sink) {
    let mut updates: Vec<Alert> = episodes.filter_map(Episode::close).collect();
    updates.sort_by(|a, b| (a.last_seen, &a.id).cmp(&(b.last_seen, &b.id)));
    updates.into_iter().for_each(|update| sink.alert(update));
}
