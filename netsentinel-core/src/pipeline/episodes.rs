//! Alerts that are open: while one is, its rule raises no other for the same subject.
//!
//! An episode opens with an alert. Whenever the rule holds again it grows; when the rule has not
//! held for longer than the cooldown it closes, and if it has grown, one closing update tells the
//! total. After that the rule may raise a new alert for the subject. A verdict that makes the alert of
//! an open episode worse is told at once, by an update too.

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

/// The alerts that are open.
pub(crate) struct Episodes {
    open: BoundedMap<(&'static str, Subject), Episode>,
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
}

impl Episodes {
    pub(crate) fn new(cooldown: Duration) -> Self {
        const MAX: NonZeroUsize = NonZeroUsize::new(EPISODES_MAX).unwrap();
        Self { open: BoundedMap::new(MAX, cooldown), cooldown }
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
        let Some(episode) = self.open.touch(&key, now) else { return false };
        if episode.is_over(now, self.cooldown) {
            self.close(&key, sink);
            return false;
        }
        episode.added = episode.added.saturating_add(finding.step);
        episode.repeats += 1;
        episode.last_seen = now;
        episode.last_target = finding.target;
        episode.note_target(finding.target);
        true
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

    fn close(&mut self, key: &(&'static str, Subject), sink: &mut dyn Sink) {
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
