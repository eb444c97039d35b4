//! What the pipeline has seen, counted.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use serde::Serialize;

use super::reassembly::FragmentCounters;
use crate::config::PipelineSettings;
use crate::decode::DecodeCounters;
use crate::detector::{Descriptor, Guard, Rule};
use crate::{Severity, Usage};

/// How often each rule raised an alert, and how often it held without raising one.
#[derive(Debug)]
pub(crate) struct RuleCounters {
    rules: &'static [Rule],
    guards: &'static [Guard],
    counts: Vec<RuleCount>,
    severities: [u64; Severity::ALL.len()],
}

#[derive(Clone, Debug)]
struct RuleCount {
    raised: u64,
    /// While its alert was open.
    suppressed: u64,
    /// Told by the alert of another rule.
    merged: u64,
    disabled: u64,
    /// By guard, in their order.
    spared: Vec<u64>,
}

impl RuleCounters {
    pub(crate) fn new(descriptor: &Descriptor) -> Self {
        let Descriptor { rules, guards, .. } = *descriptor;
        let spared = vec![0; guards.len()];
        let none = RuleCount { raised: 0, suppressed: 0, merged: 0, disabled: 0, spared };
        Self {
            rules,
            guards,
            counts: vec![none; rules.len()],
            severities: [0; Severity::ALL.len()],
        }
    }

    pub(crate) fn raised(&mut self, rule: &Rule, severity: Severity) {
        self.severities[severity as usize] += 1;
        if let Some(count) = self.count(rule) {
            count.raised += 1;
        }
    }

    pub(crate) fn suppressed(&mut self, rule: &Rule) {
        if let Some(count) = self.count(rule) {
            count.suppressed += 1;
        }
    }

    pub(crate) fn merged(&mut self, rule: &Rule) {
        if let Some(count) = self.count(rule) {
            count.merged += 1;
        }
    }

    pub(crate) fn disabled(&mut self, rule: &Rule) {
        if let Some(count) = self.count(rule) {
            count.disabled += 1;
        }
    }

    /// A guard that the descriptor does not list is not counted.
    pub(crate) fn spared(&mut self, rule: &Rule, guard: &Guard) {
        let at = self.guards.iter().position(|listed| listed.id == guard.id);
        let spared = self.count(rule).and_then(|count| count.spared.get_mut(at?));
        if let Some(spared) = spared {
            *spared += 1;
        }
    }

    /// A rule that the descriptor does not list is not counted by rule.
    fn count(&mut self, rule: &Rule) -> Option<&mut RuleCount> {
        let at = self.rules.iter().position(|listed| listed.id == rule.id)?;
        self.counts.get_mut(at)
    }

    /// Alerts raised, by severity, the least first.
    pub(crate) fn by_severity(&self) -> impl Iterator<Item = (Severity, u64)> + '_ {
        Severity::ALL.into_iter().zip(self.severities)
    }

    pub(crate) fn by_rule(&self) -> BTreeMap<&'static str, RuleStats> {
        let pairs = self.rules.iter().zip(&self.counts);
        pairs
            .map(|(rule, count)| {
                let always = [("cooldown", count.suppressed)];
                let seldom = [("another_alert", count.merged), ("disabled", count.disabled)];
                let guards =
                    self.guards.iter().map(|guard| guard.id).zip(count.spared.iter().copied());
                let happened = seldom.into_iter().chain(guards).filter(|(_, times)| *times > 0);
                let suppressed_by = always.into_iter().chain(happened).collect();
                (rule.id, RuleStats { alerts: count.raised, suppressed_by })
            })
            .collect()
    }
}

/// A snapshot of everything that the pipeline counts.
#[derive(Debug, Default, Serialize)]
pub struct Stats {
    /// Frames handed in.
    pub packets: u64,
    /// Their lengths on the wire, added up.
    pub bytes: u64,
    /// Frames older than one before them, judged at the newer one's time.
    pub packets_out_of_order: u64,
    /// What could not be decoded, by layer and reason.
    pub malformed: DecodeCounters,
    /// IP fragments.
    pub fragments: FragmentCounters,
    /// Alerts raised, updates aside.
    pub alerts: u64,
    /// The same by the severity that they were raised with.
    pub alerts_by_severity: BTreeMap<&'static str, u64>,
    /// What all tables take together.
    pub memory: MemoryStats,
    /// Tables of the engine itself.
    pub tables: BTreeMap<&'static str, Usage>,
    /// The detectors.
    pub detectors: BTreeMap<&'static str, DetectorStats>,
}

/// What all tables take together, of all workers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct MemoryStats {
    /// Bytes taken.
    pub bytes: usize,
    /// Bytes that they were made to stay within, where `memory_limit` is set.
    pub limit: Option<usize>,
}

impl Stats {
    /// What was counted before all detectors, and by each panel of them.
    pub(super) fn of(
        front: Self,
        panels: impl Iterator<Item = Self>,
        settings: &PipelineSettings,
    ) -> Self {
        let mut all = panels.fold(front, Self::with_panel);
        let tables = all.tables.values().map(|usage| usage.bytes);
        let detectors = all.detectors.values().map(|detector| detector.usage.bytes);
        let bytes = tables.chain(detectors).sum();
        all.memory = MemoryStats { bytes, limit: settings.memory_limit.bytes() };
        all
    }

    /// Adds what a panel did. A detector that is divided has a part of its own in several.
    fn with_panel(mut self, panel: Self) -> Self {
        self.alerts += panel.alerts;
        for (severity, alerts) in panel.alerts_by_severity {
            *self.alerts_by_severity.entry(severity).or_default() += alerts;
        }
        for (name, usage) in panel.tables {
            let sum = self.tables.entry(name).or_default();
            *sum = *sum + usage;
        }
        for (id, theirs) in panel.detectors {
            match self.detectors.entry(id) {
                Entry::Vacant(place) => {
                    place.insert(theirs);
                }
                Entry::Occupied(mut ours) => ours.get_mut().add(theirs),
            }
        }
        self
    }
}

impl DetectorStats {
    fn add(&mut self, other: Self) {
        self.usage = self.usage + other.usage;
        for (name, usage) in other.tables {
            let sum = self.tables.entry(name).or_default();
            *sum = *sum + usage;
        }
        for (rule, counts) in other.rules {
            let Some(sum) = self.rules.get_mut(rule) else { continue };
            sum.alerts += counts.alerts;
            for (what, count) in counts.suppressed_by {
                *sum.suppressed_by.entry(what).or_default() += count;
            }
        }
    }
}

/// What one detector did.
#[derive(Debug, Serialize)]
pub struct DetectorStats {
    /// Its rules.
    pub rules: BTreeMap<&'static str, RuleStats>,
    /// Its tables, added up.
    pub usage: Usage,
    /// Each of its tables.
    pub tables: BTreeMap<&'static str, Usage>,
}

/// What one rule did.
#[derive(Debug, Serialize)]
pub struct RuleStats {
    /// Alerts raised.
    pub alerts: u64,
    /// How often it held but raised none, by what held it back: `cooldown` (its alert was open),
    /// `another_alert` (that told it), `disabled`, or the guard that spared its subject.
    pub suppressed_by: BTreeMap<&'static str, u64>,
}
