//! What the pipeline lends a detector for the length of one call.

use std::fmt::Display;
use std::net::IpAddr;

use serde_json::{Map, Value};

use super::attack::Technique;
use super::{Descriptor, Rule};
use crate::alert::{
    Agent, Alert, AlertId, Endpoint, FlowId, ReputationNote, Sink, Subject, TechniqueNote,
};
use crate::config::setting::Seconds;
use crate::pipeline::{Episodes, RuleCounters, Share};
use crate::{Flow, Indicator, Mac, Packet, Reputation, RiskTier, Site, Timestamp};

/// What the pipeline lends a detector for the length of one call: the time, the site, reputation,
/// and the one way to raise an alert.
///
/// What every detector owes is written here once: reputation that moves thresholds and severities,
/// the cooldown, the counting while an alert is open, and the making of the alert itself.
pub struct Context<'a> {
    pub(crate) now: Timestamp,
    pub(crate) packet: Option<&'a Packet<'a>>,
    pub(crate) flow: Option<&'a Flow>,
    pub(crate) descriptor: &'static Descriptor,
    pub(crate) site: &'a Site,
    pub(crate) share: &'a Share,
    pub(crate) agent: &'a Agent,
    pub(crate) reputation: &'a dyn Reputation,
    pub(crate) episodes: &'a mut Episodes,
    pub(crate) counters: &'a mut RuleCounters,
    pub(crate) sink: &'a mut dyn Sink,
}

/// A count that has reached its threshold, as lowered by what is known of an endpoint.
#[derive(Clone, Copy, Debug)]
pub struct Reached<'i> {
    count: u64,
    base: u64,
    tier: RiskTier,
    indicator: Option<Indicator<'i>>,
}

/// What a rule found, in values that cost nothing to make: the text comes later, if at all.
#[derive(Clone, Copy, Debug)]
pub struct Finding<'i> {
    /// The rule that holds.
    pub rule: &'static Rule,
    /// What alerts are counted by.
    pub subject: Subject,
    /// The count and threshold, from [`Context::reaches`].
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
    message: String,
    evidence: Map<String, Value>,
    first_seen: Option<Timestamp>,
    attack: Option<&'static [Technique]>,
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

impl<'a> Context<'a> {
    /// Packet time: that of the packet at hand, or of the tick.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Which networks are ours.
    pub fn site(&self) -> &'a Site {
        self.site
    }

    /// The flow that the packet belongs to, if it belongs to one; only with
    /// [`Interest::FLOW`](crate::Interest::FLOW).
    pub fn flow(&self) -> Option<&'a Flow> {
        self.flow
    }

    /// Whether `count` reaches `base` as lowered by what is known of `indicator`.
    ///
    /// Reputation is asked only once the count would do for the worst tier.
    pub fn reaches<'i>(
        &self,
        base: u64,
        count: u64,
        indicator: Option<Indicator<'i>>,
    ) -> Option<Reached<'i>> {
        if count < RiskTier::Critical.threshold(base) {
            return None;
        }
        let tier = indicator.map_or(RiskTier::Clean, |indicator| self.reputation.tier(indicator));
        (count >= tier.threshold(base)).then_some(Reached { count, base, tier, indicator })
    }

    /// As [`reaches`](Self::reaches), for rules whose count must be *more* than the threshold.
    pub fn exceeds<'i>(
        &self,
        base: u64,
        count: u64,
        indicator: Option<Indicator<'i>>,
    ) -> Option<Reached<'i>> {
        let reached = self.reaches(base, count, indicator)?;
        (count > reached.tier.threshold(base)).then_some(reached)
    }

    /// Raises an alert, or adds to the one that is open for the same rule and subject.
    ///
    /// `report` runs, and so allocates, only for an alert that goes out. Of several workers only the
    /// one that the subject's host belongs to raises anything: it alone has seen all of it.
    ///
    /// Tells whether a new alert was raised.
    pub fn raise(&mut self, finding: Finding<'_>, report: impl FnOnce(&mut Report)) -> bool {
        if !self.share.owns(finding.subject.owner()) {
            return false;
        }
        let finding = Finding {
            source: self.placed(finding.source),
            target: self.placed(finding.target),
            ..finding
        };
        if self.episodes.extend(&finding, self.now, self.sink) {
            self.counters.suppressed(finding.rule);
            return false;
        }
        let mut text = Report::default();
        report(&mut text);
        let alert = self.alert(&finding, text);
        self.counters.raised(finding.rule, alert.severity);
        self.sink.alert(alert.clone());
        self.episodes.open(&finding, self.now, alert, self.sink);
        true
    }

    fn alert(&self, finding: &Finding<'_>, text: Report) -> Alert {
        let Reached { count, base, tier, indicator } = finding.reached;
        let note = indicator.map(|indicator| ReputationNote {
            indicator: indicator.to_string(),
            tier,
            detail: self.reputation.detail(indicator),
        });
        let techniques = text.attack.unwrap_or(self.descriptor.attack);
        let packet = self.packet;
        Alert {
            v: Alert::VERSION,
            id: AlertId::of(&self.agent.id, finding.rule.id, &finding.subject, self.now),
            update: 0,
            timestamp: self.now,
            detector: self.descriptor.id.into(),
            rule: finding.rule.id.into(),
            signature: finding.rule.signature,
            category: self.descriptor.category.into(),
            severity: tier.severity(self.descriptor.severity),
            base_severity: self.descriptor.severity,
            source: finding.source,
            target: finding.target,
            message: text.message + &suffix(note.as_ref()),
            count,
            threshold: tier.threshold(base),
            base_threshold: base,
            window_s: finding.window.map_or(0, Seconds::get),
            first_seen: text.first_seen.unwrap_or(self.now),
            last_seen: self.now,
            evidence: text.evidence,
            reputation: note,
            attack: techniques.iter().map(TechniqueNote::from).collect(),
            flow: packet.and_then(Packet::ip).map(FlowId::of),
            frame: packet.map_or(0, |packet| packet.frame),
            interface: packet
                .and_then(|packet| packet.interface)
                .map(|name| crate::text::printable(name.as_bytes())),
            agent: self.agent.clone(),
        }
    }

    /// `end` with what the packet tells of it: whether it is internal, and the hardware address that
    /// its frame bears, where the finding names none.
    fn placed(&self, end: Endpoint) -> Endpoint {
        Endpoint {
            internal: end.ip.map(|ip| self.site.is_internal(ip)),
            mac: end.mac.or_else(|| self.frame_address(end.ip?)),
            ..end
        }
    }

    fn frame_address(&self, host: IpAddr) -> Option<Mac> {
        let packet = self.packet.filter(|packet| packet.headers.tunnel.is_none())?;
        let (ethernet, ip) = (packet.headers.ethernet?, packet.ip()?);
        match host {
            _ if host == ip.source => Some(ethernet.source),
            _ if host == ip.destination => Some(ethernet.destination),
            _ => None,
        }
    }
}

/// ` [VT:HIGH — 5 malicious]`, or nothing for what is clean or not asked about.
fn suffix(note: Option<&ReputationNote>) -> String {
    match note {
        Some(ReputationNote { tier: RiskTier::Clean, .. }) | None => String::new(),
        Some(ReputationNote { tier, detail: None, .. }) => format!(" [VT:{tier}]"),
        Some(ReputationNote { tier, detail: Some(detail), .. }) => {
            format!(" [VT:{tier} — {detail}]")
        }
    }
}

impl From<&Technique> for TechniqueNote {
    fn from(technique: &Technique) -> Self {
        Self {
            technique: technique.id.into(),
            name: technique.name.into(),
            tactic: technique.tactic.name.into(),
        }
    }
}
