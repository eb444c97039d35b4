//! What a detector found: a count that is enough, about whom, and what is said of it.

use std::fmt::Display;

use serde_json::{Map, Value};

use super::Rule;
use super::attack::Technique;
use crate::alert::{Endpoint, Subject};
use crate::config::setting::Seconds;
use crate::{Indicator, RiskTier, Suspicion, Timestamp};

/// A count that has reached its threshold, as lowered by what is known of an endpoint. Or one that would
/// reach it if the worst were known, while a verdict is outstanding: [`holds`](Self::holds) tells.
#[derive(Clone, Copy, Debug)]
pub struct Reached<'i> {
    pub(crate) count: u64,
    pub(crate) bar: Bar,
    pub(crate) tier: RiskTier,
    pub(crate) indicator: Option<Indicator<'i>>,
    pub(crate) standing: Standing,
}

/// What a count is held against.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bar {
    /// The threshold before reputation is asked.
    pub(crate) base: u64,
    /// Whether the count must be more than the threshold.
    pub(crate) exceeds: bool,
}

/// Whether a count is enough, and since when.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Standing {
    /// It is enough now.
    Holds,
    /// It is not enough yet, and a verdict is outstanding.
    Waits,
    /// It stood at this time, and a verdict that came later makes it enough.
    Since(Timestamp),
}

/// What a rule found, in values that cost nothing to make: the text comes later, if at all.
#[derive(Clone, Copy, Debug)]
pub struct Finding<'i> {
    /// The rule that holds.
    pub rule: &'static Rule,
    /// What alerts are counted by.
    pub subject: Subject,
    /// The count and threshold, from [`Context::reaches`](super::Context::reaches).
    pub reached: Reached<'i>,
    /// How much of the count this packet added; it goes on being added while the alert is open.
    pub step: u64,
    /// Who did it.
    pub source: Endpoint,
    /// To whom.
    pub target: Endpoint,
    /// The window that the count is over, if it is over one.
    pub window: Option<Seconds>,
}

/// What an alert says beyond its finding. Made only for an alert that goes out.
#[derive(Debug, Default)]
pub struct Report {
    pub(super) message: String,
    pub(super) evidence: Map<String, Value>,
    pub(super) first_seen: Option<Timestamp>,
    pub(super) attack: Option<&'static [Technique]>,
}

impl<'i> Reached<'i> {
    /// What was counted.
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// Whom reputation was asked about.
    pub const fn indicator(&self) -> Option<Indicator<'i>> {
        self.indicator
    }

    /// Whether the count is enough as things are known now. If not, a verdict is outstanding, and
    /// [`Context::raise`](super::Context::raise) does no more than remember the finding: a detector that
    /// keeps state only for what it tells asks this first.
    pub const fn holds(&self) -> bool {
        !matches!(self.standing, Standing::Waits)
    }
}

impl Bar {
    /// Whether `count` is enough for an endpoint of this tier.
    #[inline]
    pub(crate) const fn is_met(self, count: u64, tier: RiskTier) -> bool {
        let threshold = tier.threshold(self.base);
        if self.exceeds { count > threshold } else { count >= threshold }
    }

    /// How much a count makes its endpoint suspect. What must be exceeded is the measure of one packet,
    /// such as the length of a name: it does not grow towards the threshold, so below it it is no sign
    /// of anything, and must not be asked about before what is.
    pub(crate) const fn suspicion(self, count: u64) -> Suspicion {
        match self.exceeds && !self.is_met(count, RiskTier::Clean) {
            true => Suspicion::SEEN,
            false => Suspicion::of(count, self.base),
        }
    }
}

impl Finding<'_> {
    /// The length of the window in seconds; 0 for a rule about single packets.
    pub fn window_s(&self) -> u64 {
        self.window.map_or(0, Seconds::get)
    }

    /// A sentence for whoever has none of its own.
    pub(super) fn sentence(&self) -> String {
        let Self { rule, source, target, .. } = self;
        let count = self.reached.count;
        let within = self.window.map(|window| format!(" within {} s", window.get()));
        format!(
            "{source} with target {target}: {}, counted {count}{}",
            rule.summary,
            within.unwrap_or_default()
        )
    }
}

impl Report {
    /// The sentence that people read, with the numbers in it and no final stop. Text from the wire
    /// must come through [`text::Printable`](crate::text::Printable) or something as strict.
    pub fn message(&mut self, sentence: impl Display) -> &mut Self {
        self.message = sentence.to_string();
        self
    }

    /// A fact that the rule rests on.
    pub fn evidence(&mut self, name: &'static str, fact: impl Into<Value>) -> &mut Self {
        self.evidence.insert(name.into(), fact.into());
        self
    }

    /// Time of the first packet counted, where it is earlier than this one.
    pub fn first_seen(&mut self, time: Option<Timestamp>) -> &mut Self {
        self.first_seen = time;
        self
    }

    /// The techniques to name instead of the descriptor's.
    pub fn attack(&mut self, techniques: &'static [Technique]) -> &mut Self {
        self.attack = Some(techniques);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_is_no_suspect_before_it_is_too_long() {
        let suspicion = |exceeds, count| Bar { base: 50, exceeds }.suspicion(count).percent();
        assert_eq!([30, 50, 51].map(|count| suspicion(true, count)), [0, 0, 100]);
        assert_eq!([30, 50, 51].map(|count| suspicion(false, count)), [60, 100, 100]);
    }
}
