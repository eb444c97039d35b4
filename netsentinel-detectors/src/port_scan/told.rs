//! One behaviour, one alert: which rules have told of whom, so that others join them.

use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::time::Duration;

use netsentinel_core::alert::Subject;
use netsentinel_core::window::BoundedMap;
use netsentinel_core::{Context, Finding, Report, Rule, Usage};

use super::rules::{
    ACK, ARP_SWEEP, ICMP_SWEEP, PROTOCOL, SLOW, STEALTH, SWEEP, UDP, VERTICAL, WORM,
};

/// Sources told of that are remembered.
const SOURCES_MAX: NonZeroUsize = NonZeroUsize::new(512).unwrap();
/// Longer than any cooldown that makes sense. What is forgotten earlier is told by itself.
const IDLE: Duration = Duration::from_secs(600);

/// Rules about a source, of which those about a source and one host are parts.
const WHOLES: [&Rule; 5] = [&SWEEP, &ICMP_SWEEP, &ARP_SWEEP, &STEALTH, &WORM];
/// Rules about a source and one host, of which each may be a part of another.
const PAIRS: [&Rule; 5] = [&VERTICAL, &UDP, &ACK, &PROTOCOL, &SLOW];

/// Which rules have told of each source.
pub(super) struct Told {
    sources: BoundedMap<IpAddr, u16>,
}

impl Told {
    pub(super) fn new() -> Self {
        Self { sources: BoundedMap::new(SOURCES_MAX, IDLE) }
    }

    /// Tells `finding`, as a part of an alert that is open for the same behaviour or by itself. Whether it
    /// is a new alert.
    pub(super) fn tell(
        &mut self,
        finding: &Finding<'_>,
        cx: &mut Context<'_>,
        report: impl FnOnce(&mut Report),
    ) -> bool {
        let source = finding.subject.owner();
        let rules = self.sources.get(&source).copied().unwrap_or_default();
        if rules != 0 && place(finding.rule).is_some() && is_part(finding, rules, cx) {
            return false;
        }
        let raised = cx.raise(*finding, report);
        if raised && let Some(place) = place(finding.rule) {
            *self.sources.entry(source, cx.now(), || 0).value |= 1 << place;
        }
        raised
    }

    /// How full it is; what it forgets is told by itself, so that is no eviction of the detector's.
    pub(super) fn usage(&self) -> Usage {
        Usage { evictions: 0, ..self.sources.usage() }
    }
}

fn is_part(finding: &Finding<'_>, rules: u16, cx: &mut Context<'_>) -> bool {
    let host = Subject::host(finding.subject.owner());
    let of_host = finding.subject == host;
    let wholes = WHOLES.iter().map(|rule| (*rule, host));
    let pairs = PAIRS.iter().map(|rule| (*rule, finding.subject)).filter(|_| !of_host);
    wholes.chain(pairs).any(|(rule, subject)| {
        let told = place(rule).is_some_and(|place| rules & 1 << place != 0);
        told && rule.signature != finding.rule.signature && cx.is_part_of(rule, subject, finding)
    })
}

/// The bit of `rule`; a rule of victims has none.
fn place(rule: &Rule) -> Option<usize> {
    WHOLES.iter().chain(&PAIRS).position(|each| each.signature == rule.signature)
}
