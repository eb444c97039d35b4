//! What the pipeline lends a detector for the length of one call.

use std::net::IpAddr;

use super::attack::Technique;
use super::finding::{Bar, Finding, Reached, Report, Standing};
use super::{Guard, Rule};
use crate::alert::{
    Agent, Alert, AlertId, Endpoint, FlowId, ReputationNote, Sink, Subject, TechniqueNote,
};
use crate::pipeline::{Account, Ledger, Moment, Weighing};
use crate::{
    Attempt, Flow, Indicator, Interest, Mac, Packet, Reputation, RiskTier, Site, Timestamp,
};

const NANOS_PER_MILLISECOND: u64 = 1_000_000;

/// What the pipeline lends a detector for the length of one call: the time, the site, reputation,
/// and the one way to raise an alert.
///
/// What every detector owes is written here once: reputation that moves thresholds and severities,
/// the findings that wait for a verdict, the cooldown, the counting while an alert is open, and the
/// making of the alert itself.
pub struct Context<'a> {
    pub(crate) at: &'a Occasion<'a>,
    pub(crate) seat: &'a mut Account,
    pub(crate) ledger: &'a mut Ledger,
    pub(crate) sink: &'a mut dyn Sink,
}

/// What is the same for all detectors during one call of each: made once for a packet.
pub(crate) struct Occasion<'a> {
    pub(crate) now: Timestamp,
    pub(crate) packet: Option<&'a Packet<'a>>,
    pub(crate) flow: Option<&'a Flow>,
    pub(crate) attempt: Option<&'a Attempt>,
    pub(crate) site: &'a Site,
    pub(crate) agent: &'a Agent,
    pub(crate) reputation: &'a dyn Reputation,
}

impl<'a> Context<'a> {
    /// Packet time: that of the packet at hand, or of the tick.
    pub fn now(&self) -> Timestamp {
        self.at.now
    }

    /// Which networks are ours.
    pub fn site(&self) -> &'a Site {
        self.at.site
    }

    /// The flow that the packet belongs to, if it belongs to one; only with
    /// [`Interest::FLOW`](crate::Interest::FLOW).
    pub fn flow(&self) -> Option<&'a Flow> {
        self.at.flow
    }

    /// What the packet does to an attempt to open a conversation, if it does anything; only with
    /// [`Interest::ATTEMPT`](crate::Interest::ATTEMPT) or [`Interest::UDP_ATTEMPT`](crate::Interest::UDP_ATTEMPT).
    /// Every UDP packet that opens one tells it, too.
    pub fn attempt(&self) -> Option<&'a Attempt> {
        self.at.attempt
    }

    /// From the next packet on the detector sees packets of these kinds, too, until it says otherwise:
    /// for evidence that is worth its cost only while something is suspected. With no kinds it sees what
    /// it asks for. [`Interest::ATTEMPT`], [`Interest::UDP_ATTEMPT`] and [`Interest::FLOW`] can not be watched: what they need is
    /// kept from the start or not at all. Nor can what [`DetectorKind::watches`](super::DetectorKind::watches)
    /// does not name.
    pub fn watch(&mut self, kinds: Interest) {
        let kinds = kinds & self.seat.may_watch;
        if self.seat.watching != kinds {
            self.seat.watching = kinds;
            self.ledger.watching_changed = true;
        }
    }

    /// Whether somebody wants to know of what was weighed and not enough: then it is to be weighed even
    /// where it can not be.
    pub fn explains(&self) -> bool {
        self.ledger.trace.is_some()
    }

    /// Whether the behaviour of `host` is judged here: always, but for a detector that is divided among
    /// several workers ([`DetectorKind::DIVIDED`](super::DetectorKind::DIVIDED)). Of its parts exactly one judges a host, and that one
    /// sees all packets from and to it, all ICMP errors, all ARP and all neighbour discovery.
    pub fn judges(&self, host: IpAddr) -> bool {
        self.seat.share.owns(host)
    }

    /// Whether the `count` that `rule` has come to for `subject` reaches `base` as lowered by what is
    /// known of `indicator`; or would, if the worst were known, while a verdict is outstanding
    /// ([`Reached::holds`] tells them apart).
    ///
    /// Reputation is asked only once the count would do for the worst tier.
    #[inline]
    pub fn reaches<'i>(
        &mut self,
        rule: &'static Rule,
        subject: Subject,
        base: u64,
        count: u64,
        indicator: Option<Indicator<'i>>,
    ) -> Option<Reached<'i>> {
        self.held_against(rule, subject, Bar { base, exceeds: false }, count, indicator)
    }

    /// As [`reaches`](Self::reaches), for rules whose count must be *more* than the threshold.
    #[inline]
    pub fn exceeds<'i>(
        &mut self,
        rule: &'static Rule,
        subject: Subject,
        base: u64,
        count: u64,
        indicator: Option<Indicator<'i>>,
    ) -> Option<Reached<'i>> {
        self.held_against(rule, subject, Bar { base, exceeds: true }, count, indicator)
    }

    /// Most counts are far below, so that is asked here, and the rest elsewhere.
    #[inline]
    fn held_against<'i>(
        &mut self,
        rule: &'static Rule,
        subject: Subject,
        bar: Bar,
        count: u64,
        indicator: Option<Indicator<'i>>,
    ) -> Option<Reached<'i>> {
        if self.ledger.trace.is_some() {
            self.explain(rule, subject, bar, count, indicator);
        }
        // Of nobody, nothing worse can be known.
        let worst = if indicator.is_some() { RiskTier::Critical } else { RiskTier::Clean };
        if bar.is_met(count, worst) {
            self.held_by_what_is_known(bar, count, indicator)
        } else {
            None
        }
    }

    #[cold]
    fn explain(
        &mut self,
        rule: &'static Rule,
        subject: Subject,
        bar: Bar,
        count: u64,
        indicator: Option<Indicator<'_>>,
    ) {
        let Some(trace) = &mut self.ledger.trace else { return };
        if !self.seat.share.owns(subject.owner()) || !trace.follows(subject) {
            return;
        }
        let tier =
            indicator.map_or(RiskTier::Clean, |indicator| self.at.reputation.tier(indicator));
        let at = Moment::of(self.at.now, self.at.packet);
        trace.weigh(rule, subject, &Weighing { count, bar, tier, indicator }, at);
    }

    /// Asks whether `guard` spares `subject` from `rule`, and counts it. To be asked where the guard's
    /// condition is met and the rule would raise an alert but for it; where the answer is no, the guard
    /// is switched off, and the rule goes on.
    pub fn spares(&mut self, guard: &Guard, rule: &'static Rule, subject: Subject) -> bool {
        if !self.seat.switches.guards(guard) {
            return false;
        }
        if self.seat.share.owns(subject.owner()) {
            self.seat.counters.spared(rule, guard);
            if let Some(trace) = &mut self.ledger.trace {
                trace.spared(rule, subject, guard);
            }
        }
        true
    }

    /// Adds `finding` to the alert that is open for the rule `whole` and the subject `of`, of which it is
    /// a part: a variant of the same behaviour, told by one alert. When a rule joins for the first time,
    /// an update tells so at once. Tells whether there was such an alert; if not, the finding is to be
    /// raised. A finding that waits for a verdict is no part of anything.
    ///
    /// Both subjects must be of the same host.
    pub fn is_part_of(&mut self, whole: &'static Rule, of: Subject, finding: &Finding<'_>) -> bool {
        if !finding.reached.holds() || !self.seat.share.owns(of.owner()) {
            return false;
        }
        let joined = self.ledger.episodes.join((whole.id, of), finding, self.at.now, self.sink);
        if joined {
            self.seat.counters.merged(finding.rule);
            if let Some(trace) = &mut self.ledger.trace {
                trace.merged(finding.rule, finding.subject, whole);
            }
        }
        joined
    }

    fn held_by_what_is_known<'i>(
        &self,
        bar: Bar,
        count: u64,
        indicator: Option<Indicator<'i>>,
    ) -> Option<Reached<'i>> {
        let tier =
            indicator.map_or(RiskTier::Clean, |indicator| self.at.reputation.tier(indicator));
        // A count that is enough asks too: the alert that it raises may be escalated.
        let outstanding = self.ledger.waiting.is_some()
            && tier < RiskTier::Critical
            && indicator
                .is_some_and(|indicator| self.at.reputation.want(indicator, bar.suspicion(count)));
        let standing = match bar.is_met(count, tier) {
            true => Standing::Holds,
            false if outstanding => Standing::Waits,
            false => return None,
        };
        Some(Reached { count, bar, tier, indicator, standing })
    }

    /// Raises an alert, or adds to the one that is open for the same rule and subject. A finding that
    /// waits for a verdict is only remembered: [`Detector::on_verdict`](super::Detector::on_verdict) is
    /// called with it once it is enough.
    ///
    /// `report` runs, and so allocates, only for an alert that goes out. Of a divided detector only the
    /// part that the subject's host belongs to raises anything: it alone has seen all of it.
    ///
    /// Tells whether a new alert was raised.
    pub fn raise(&mut self, finding: Finding<'_>, report: impl FnOnce(&mut Report)) -> bool {
        if !self.seat.share.owns(finding.subject.owner()) {
            return false;
        }
        if !self.seat.switches.allow(finding.rule) {
            self.seat.counters.disabled(finding.rule);
            if let Some(trace) = &mut self.ledger.trace {
                trace.disabled(finding.rule, finding.subject);
            }
            return false;
        }
        let finding = Finding {
            source: self.placed(finding.source),
            target: self.placed(finding.target),
            ..finding
        };
        let told = match finding.reached.standing {
            Standing::Holds => self.ledger.episodes.extend(&finding, self.at.now, self.sink),
            Standing::Since(_) => self.ledger.episodes.covers(&finding, self.at.now, self.sink),
            Standing::Waits => {
                self.remember(&finding);
                return false;
            }
        };
        if told {
            self.seat.counters.suppressed(finding.rule);
            if let Some(trace) = &mut self.ledger.trace {
                trace.added(finding.rule, finding.subject);
            }
            return false;
        }
        let mut text = Report::default();
        report(&mut text);
        let alert = self.alert(&finding, text);
        self.seat.counters.raised(finding.rule, alert.severity);
        if let Some(trace) = &mut self.ledger.trace {
            trace.raised(finding.rule, finding.subject, Moment::of(self.at.now, self.at.packet));
        }
        self.sink.alert(alert.clone());
        self.ledger.episodes.open(&finding, self.at.now, alert, self.sink);
        if let Some(waiting) = &mut self.ledger.waiting {
            waiting.forget(&finding);
        }
        true
    }

    /// While an alert is open for it, that alert is what a verdict is told by.
    fn remember(&mut self, finding: &Finding<'_>) {
        if let Some(waiting) = &mut self.ledger.waiting
            && !self.ledger.episodes.is_open(finding, self.at.now)
        {
            waiting.remember(self.seat.descriptor, finding, self.at.now);
        }
    }

    fn alert(&self, finding: &Finding<'_>, mut text: Report) -> Alert {
        let Reached { count, bar: Bar { base, .. }, tier, indicator, standing } = finding.reached;
        let note =
            indicator.map(|indicator| ReputationNote::of(indicator, tier, self.at.reputation));
        let (agent, rule, subject) = (&self.at.agent.id, finding.rule.id, &finding.subject);
        let (id, counted) = match standing {
            Standing::Since(counted) => {
                let after = self.at.now.nanos_since(counted) / NANOS_PER_MILLISECOND;
                text.evidence("verdict_after_s", after as f64 / 1_000.0);
                (AlertId::of_verdict(agent, rule, subject, self.at.now), counted)
            }
            Standing::Holds | Standing::Waits => {
                (AlertId::of(agent, rule, subject, self.at.now), self.at.now)
            }
        };
        let techniques = text.attack.unwrap_or(self.seat.descriptor.attack);
        let packet = self.at.packet;
        let severity = finding.rule.severity.unwrap_or(self.seat.descriptor.severity);
        Alert {
            v: Alert::VERSION,
            id,
            update: 0,
            timestamp: self.at.now,
            detector: self.seat.descriptor.id.into(),
            rule: finding.rule.id.into(),
            signature: finding.rule.signature,
            category: self.seat.descriptor.category.into(),
            severity: tier.severity(severity),
            base_severity: severity,
            source: finding.source,
            target: finding.target,
            message: text.message + &note.as_ref().map(ReputationNote::suffix).unwrap_or_default(),
            count,
            threshold: tier.threshold(base),
            base_threshold: base,
            window_s: finding.window_s(),
            first_seen: text.first_seen.unwrap_or(counted).min(counted),
            last_seen: counted,
            evidence: text.evidence,
            reputation: note,
            attack: techniques.iter().map(TechniqueNote::from).collect(),
            flow: packet.and_then(Packet::ip).map(FlowId::of),
            frame: packet.map_or(0, |packet| packet.frame),
            interface: packet
                .and_then(|packet| packet.interface)
                .map(|name| crate::text::printable(name.as_bytes())),
            agent: self.at.agent.clone(),
        }
    }

    /// `end` with what the packet tells of it: whether it is internal, and the hardware address that
    /// its frame bears, where the finding names none.
    fn placed(&self, end: Endpoint) -> Endpoint {
        Endpoint {
            internal: end.ip.map(|ip| self.at.site.is_internal(ip)),
            mac: end.mac.or_else(|| self.frame_address(end.ip?)),
            ..end
        }
    }

    fn frame_address(&self, host: IpAddr) -> Option<Mac> {
        let packet = self.at.packet.filter(|packet| packet.headers.tunnel.is_none())?;
        let (ethernet, ip) = (packet.headers.ethernet?, packet.ip()?);
        match host {
            _ if host == ip.source => Some(ethernet.source),
            _ if host == ip.destination => Some(ethernet.destination),
            _ => None,
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
