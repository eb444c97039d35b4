//! Why somebody did or did not raise an alert: what was weighed about some hosts, and how it came out.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use crate::alert::Subject;
use crate::detector::{Guard, Rule};
use crate::{RiskTier, Timestamp};

/// Subjects remembered for the hosts that are explained; of more, only their number is told.
pub const EXPLAINED_MAX: usize = 65_536;

/// What is to be explained, and what was weighed of it. Takes memory as it goes: it is for whoever asks,
/// not for the packet path of a sensor.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    /// Empty for all hosts.
    hosts: BTreeSet<IpAddr>,
    weighed: BTreeMap<(Subject, &'static str), Explanation>,
    left_out: u64,
}

/// How often and how closely a rule came to an alert about one subject.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The rule.
    pub rule: &'static Rule,
    /// What its alerts are counted by.
    pub subject: Subject,
    /// Times that something was counted.
    pub weighed: u64,
    /// The highest count.
    pub highest: u64,
    /// The threshold that the highest count was held against, as reputation had lowered it.
    pub threshold: u64,
    /// The threshold before reputation was asked.
    pub base_threshold: u64,
    /// Time and frame of the highest count, the first if there are several; frame 0 where it was not a
    /// packet that counted.
    pub at: (Timestamp, u64),
    /// Alerts raised.
    pub raised: u64,
    /// Times that it held while its alert was open.
    pub added: u64,
    /// Times that it held and was told by another rule's alert.
    pub merged: u64,
    /// Times that each guard spared the subject.
    pub spared: BTreeMap<&'static str, u64>,
}

/// What was weighed, for [`Trace::weigh`].
pub(crate) struct Weighing {
    pub(crate) rule: &'static Rule,
    pub(crate) subject: Subject,
    pub(crate) count: u64,
    pub(crate) base: u64,
    pub(crate) tier: RiskTier,
    pub(crate) at: (Timestamp, u64),
}

impl Trace {
    pub(super) fn new(hosts: impl IntoIterator<Item = IpAddr>) -> Self {
        Self { hosts: hosts.into_iter().collect(), ..Self::default() }
    }

    /// Whether what concerns `host` is to be explained.
    pub(crate) fn follows(&self, host: IpAddr) -> bool {
        self.hosts.is_empty() || self.hosts.contains(&host)
    }

    pub(crate) fn weigh(&mut self, weighing: &Weighing) {
        let &Weighing { count, base, tier, at, .. } = weighing;
        let Some(told) = self.entry(weighing.rule, weighing.subject) else { return };
        told.weighed += 1;
        if count > told.highest || told.weighed == 1 {
            told.highest = count;
            told.threshold = tier.threshold(base);
            told.base_threshold = base;
            told.at = at;
        }
    }

    pub(crate) fn spared(&mut self, rule: &'static Rule, subject: Subject, guard: &Guard) {
        if let Some(told) = self.entry(rule, subject) {
            *told.spared.entry(guard.id).or_default() += 1;
        }
    }

    pub(crate) fn raised(&mut self, rule: &'static Rule, subject: Subject) {
        if let Some(told) = self.entry(rule, subject) {
            told.raised += 1;
        }
    }

    pub(crate) fn added(&mut self, rule: &'static Rule, subject: Subject) {
        if let Some(told) = self.entry(rule, subject) {
            told.added += 1;
        }
    }

    pub(crate) fn merged(&mut self, rule: &'static Rule, subject: Subject) {
        if let Some(told) = self.entry(rule, subject) {
            told.merged += 1;
        }
    }

    /// All that was weighed, by subject and rule; and how many more subjects there were.
    pub(super) fn told(&self) -> (Vec<Explanation>, u64) {
        (self.weighed.values().cloned().collect(), self.left_out)
    }

    fn entry(&mut self, rule: &'static Rule, subject: Subject) -> Option<&mut Explanation> {
        if !self.follows(subject.owner()) {
            return None;
        }
        let key = (subject, rule.id);
        if self.weighed.len() >= EXPLAINED_MAX && !self.weighed.contains_key(&key) {
            self.left_out += 1;
            return None;
        }
        Some(self.weighed.entry(key).or_insert_with(|| Explanation::new(rule, subject)))
    }
}

impl Explanation {
    fn new(rule: &'static Rule, subject: Subject) -> Self {
        Self {
            rule,
            subject,
            weighed: 0,
            highest: 0,
            threshold: 0,
            base_threshold: 0,
            at: (Timestamp::MIN, 0),
            raised: 0,
            added: 0,
            merged: 0,
            spared: BTreeMap::new(),
        }
    }
}
