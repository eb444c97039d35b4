//! Why somebody did or did not raise an alert: what was weighed about some hosts, and how it came out.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use crate::alert::Subject;
use crate::detector::{Bar, Guard, Rule};
use crate::{Indicator, IndicatorBuf, Packet, RiskTier, Timestamp};

/// Subjects and rules remembered for the hosts that are explained; of more, only their number is told.
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

/// All that was weighed about the hosts that were asked about.
#[derive(Clone, Debug, Default)]
pub struct Explained {
    /// By subject, then by rule.
    pub explanations: Vec<Explanation>,
    /// How often something was left out, for want of room ([`EXPLAINED_MAX`]).
    pub left_out: u64,
}

/// How often and how closely a rule came to an alert about one subject.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The rule.
    pub rule: &'static Rule,
    /// What its alerts are counted by.
    pub subject: Subject,
    /// Times that something was counted and held against the threshold.
    pub weighed: u64,
    /// The highest count, the first if there are several.
    pub highest: Option<Weighed>,
    /// Alerts raised.
    pub raised: u64,
    /// When the first of them was.
    pub first_raised: Option<Moment>,
    /// Times that the rule held while its alert was open.
    pub added: u64,
    /// Times that it held and was told by the alert of another rule, by that rule.
    pub merged: BTreeMap<&'static str, u64>,
    /// Times that it held and was switched off.
    pub disabled: u64,
    /// Times that each guard spared the subject.
    pub spared: BTreeMap<&'static str, u64>,
}

/// A count, and what it was held against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weighed {
    /// What was counted.
    pub count: u64,
    /// The threshold, as reputation had lowered it.
    pub threshold: u64,
    /// The threshold before reputation was asked.
    pub base_threshold: u64,
    /// Whether the count must be more than the threshold; otherwise the threshold itself is enough.
    pub must_exceed: bool,
    /// How much the endpoint is distrusted whom the rule asks about.
    pub tier: RiskTier,
    /// Whom it asks about, if about anybody.
    pub indicator: Option<IndicatorBuf>,
    /// When.
    pub at: Moment,
}

/// A moment of a capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Packet time.
    pub time: Timestamp,
    /// The packet's number; 0 where none was at hand.
    pub frame: u64,
}

/// How it came out, all in all. Where several are true, the first of this order counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// There was an alert.
    Raised,
    /// The alert of another rule told it.
    Merged,
    /// The rule is switched off.
    Disabled,
    /// A guard spared the subject.
    Spared,
    /// The count was enough, but the rule asks for more than a count.
    Withheld,
    /// The count was never enough.
    Below,
}

impl Outcome {
    /// In one word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Raised => "raised",
            Self::Merged => "merged",
            Self::Disabled => "disabled",
            Self::Spared => "spared",
            Self::Withheld => "withheld",
            Self::Below => "below",
        }
    }
}

/// What is held against a threshold, for [`Trace::weigh`].
pub(crate) struct Weighing<'i> {
    pub(crate) count: u64,
    pub(crate) bar: Bar,
    pub(crate) tier: RiskTier,
    pub(crate) indicator: Option<Indicator<'i>>,
}

impl Moment {
    pub(crate) fn of(time: Timestamp, packet: Option<&Packet<'_>>) -> Self {
        Self { time, frame: packet.map_or(0, |packet| packet.frame) }
    }
}

impl Trace {
    pub(super) fn new(hosts: impl IntoIterator<Item = IpAddr>) -> Self {
        Self { hosts: hosts.into_iter().collect(), ..Self::default() }
    }

    /// Whether what concerns `subject` is to be explained: one of its hosts was asked about. What a source
    /// does may be judged for its victim.
    pub(crate) fn follows(&self, subject: Subject) -> bool {
        let asked = |host: IpAddr| self.hosts.contains(&host);
        self.hosts.is_empty() || asked(subject.owner()) || subject.peer().is_some_and(asked)
    }

    /// Something was counted. Whose highest count it is, is kept with all that it was held against.
    pub(crate) fn weigh(
        &mut self,
        rule: &'static Rule,
        subject: Subject,
        weighing: &Weighing<'_>,
        at: Moment,
    ) {
        let Some(told) = self.entry(rule, subject) else { return };
        let &Weighing { count, bar, tier, indicator } = weighing;
        told.weighed += 1;
        if told.highest.as_ref().is_none_or(|highest| count > highest.count) {
            told.highest = Some(Weighed {
                count,
                threshold: tier.threshold(bar.base),
                base_threshold: bar.base,
                must_exceed: bar.exceeds,
                tier,
                indicator: indicator.map(Indicator::to_buf),
                at,
            });
        }
    }

    pub(crate) fn spared(&mut self, rule: &'static Rule, subject: Subject, guard: &Guard) {
        if let Some(told) = self.entry(rule, subject) {
            *told.spared.entry(guard.id).or_default() += 1;
        }
    }

    pub(crate) fn raised(&mut self, rule: &'static Rule, subject: Subject, at: Moment) {
        if let Some(told) = self.entry(rule, subject) {
            told.raised += 1;
            told.first_raised.get_or_insert(at);
        }
    }

    pub(crate) fn added(&mut self, rule: &'static Rule, subject: Subject) {
        if let Some(told) = self.entry(rule, subject) {
            told.added += 1;
        }
    }

    /// The alert of the rule `whole` has told it.
    pub(crate) fn merged(&mut self, rule: &'static Rule, subject: Subject, whole: &Rule) {
        if let Some(told) = self.entry(rule, subject) {
            *told.merged.entry(whole.id).or_default() += 1;
        }
    }

    pub(crate) fn disabled(&mut self, rule: &'static Rule, subject: Subject) {
        if let Some(told) = self.entry(rule, subject) {
            told.disabled += 1;
        }
    }

    pub(super) fn told(&self) -> Explained {
        Explained {
            explanations: self.weighed.values().cloned().collect(),
            left_out: self.left_out,
        }
    }

    fn entry(&mut self, rule: &'static Rule, subject: Subject) -> Option<&mut Explanation> {
        if !self.follows(subject) {
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
            highest: None,
            raised: 0,
            first_raised: None,
            added: 0,
            merged: BTreeMap::new(),
            disabled: 0,
            spared: BTreeMap::new(),
        }
    }

    /// How it came out.
    pub fn outcome(&self) -> Outcome {
        match self {
            _ if self.raised > 0 => Outcome::Raised,
            _ if !self.merged.is_empty() => Outcome::Merged,
            _ if self.disabled > 0 => Outcome::Disabled,
            _ if !self.spared.is_empty() => Outcome::Spared,
            Self { highest: Some(highest), .. } if highest.is_enough() => Outcome::Withheld,
            _ => Outcome::Below,
        }
    }

    /// How close the highest count came, in percent of the threshold; 0 where nothing was counted.
    pub fn percent(&self) -> u64 {
        self.highest.as_ref().map_or(0, Weighed::percent)
    }
}

impl Weighed {
    /// Whether the count was enough.
    pub fn is_enough(&self) -> bool {
        match self.must_exceed {
            true => self.count > self.threshold,
            false => self.count >= self.threshold,
        }
    }

    /// The count in percent of the threshold, rounded down.
    pub fn percent(&self) -> u64 {
        let percent = u128::from(self.count) * 100 / u128::from(self.threshold.max(1));
        u64::try_from(percent).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const RULE: Rule = Rule { id: "a/b", signature: 1_900_001, summary: "", severity: None };
    const OTHER: Rule = Rule { id: "a/c", signature: 1_900_002, summary: "", severity: None };
    const GUARD: Guard = Guard { id: "a/guard", summary: "" };

    fn host(last: u8) -> Subject {
        Subject::host(IpAddr::V4(Ipv4Addr::new(10, 0, 0, last)))
    }

    fn at(frame: u64) -> Moment {
        Moment { time: Timestamp::from_parts(1, 0), frame }
    }

    fn weigh(trace: &mut Trace, subject: Subject, frame: u64, count: u64, exceeds: bool) {
        let bar = Bar { base: 10, exceeds };
        let weighing = Weighing { count, bar, tier: RiskTier::Low, indicator: None };
        trace.weigh(&RULE, subject, &weighing, at(frame));
    }

    fn only(trace: &Trace) -> Explanation {
        let [told] = trace.told().explanations.try_into().unwrap();
        told
    }

    #[test]
    fn the_first_of_the_highest_counts_is_kept() {
        let mut trace = Trace::new([]);
        for (frame, count) in [(1, 3), (2, 7), (3, 7), (4, 6)] {
            weigh(&mut trace, host(1), frame, count, false);
        }
        let told = only(&trace);
        let highest = told.highest.clone().unwrap();
        assert_eq!((told.weighed, highest.count, highest.at.frame), (4, 7, 2));
        assert_eq!((highest.threshold, highest.base_threshold), (8, 10));
        assert_eq!((told.outcome(), told.percent()), (Outcome::Below, 87));
    }

    #[test]
    fn what_must_be_exceeded_is_not_reached_by_as_much() {
        for (exceeds, expected) in [(false, Outcome::Withheld), (true, Outcome::Below)] {
            let mut trace = Trace::new([]);
            weigh(&mut trace, host(1), 1, 8, exceeds);
            assert_eq!(only(&trace).outcome(), expected);
        }
    }

    #[test]
    fn the_outcome_is_the_strongest_that_came_about() {
        let mut trace = Trace::new([]);
        weigh(&mut trace, host(1), 1, 9, false);
        trace.spared(&RULE, host(1), &GUARD);
        trace.spared(&RULE, host(1), &GUARD);
        assert_eq!(only(&trace).outcome(), Outcome::Spared);
        assert_eq!(only(&trace).spared["a/guard"], 2);
        trace.disabled(&RULE, host(1));
        assert_eq!(only(&trace).outcome(), Outcome::Disabled);
        trace.merged(&RULE, host(1), &OTHER);
        assert_eq!(only(&trace).outcome(), Outcome::Merged);
        assert_eq!(only(&trace).merged["a/c"], 1);
        trace.raised(&RULE, host(1), at(5));
        trace.raised(&RULE, host(1), at(6));
        trace.added(&RULE, host(1));
        let told = only(&trace);
        assert_eq!(told.outcome(), Outcome::Raised);
        assert_eq!((told.raised, told.added, told.first_raised), (2, 1, Some(at(5))));
    }

    #[test]
    fn only_whoever_was_asked_about_is_explained() {
        let mut trace = Trace::new([host(2).owner()]);
        for last in 1..4 {
            weigh(&mut trace, host(last), 1, 1, false);
        }
        assert_eq!(only(&trace).subject, host(2));
    }

    #[test]
    fn what_is_judged_for_the_other_of_a_pair_is_explained_too() {
        let (victim, source) = (host(1).owner(), host(2).owner());
        let mut trace = Trace::new([source]);
        weigh(&mut trace, Subject::pair(victim, source), 1, 1, false);
        weigh(&mut trace, host(1), 1, 1, false);
        assert_eq!(only(&trace).subject, Subject::pair(victim, source));
    }

    #[test]
    fn beyond_its_room_it_counts_what_it_leaves_out() {
        let mut trace = Trace::new([]);
        let subject = |n: u32| Subject::host(IpAddr::V4(Ipv4Addr::from_bits(n)));
        let room = u32::try_from(EXPLAINED_MAX).unwrap();
        for n in 0..room + 3 {
            weigh(&mut trace, subject(n), 1, 1, false);
        }
        weigh(&mut trace, subject(0), 2, 2, false);
        let told = trace.told();
        assert_eq!((told.explanations.len(), told.left_out), (EXPLAINED_MAX, 3));
        assert_eq!(told.explanations[0].weighed, 2);
    }
}
