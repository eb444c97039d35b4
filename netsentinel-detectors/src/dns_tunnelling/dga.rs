//! Bursts of look-ups for domains that nobody registered.

use std::net::IpAddr;
use std::num::{NonZeroU32, NonZeroUsize};

use netsentinel_core::alert::{Endpoint, Subject};
use netsentinel_core::detector::attack::{DNS_C2, DOMAIN_GENERATION, Technique};
use netsentinel_core::window::{BoundedMap, DistinctWindow};
use netsentinel_core::{
    Context, Finding, Guard, Ip, Limits, Report, Rule, Severity, Timestamp, Usage,
};

use super::Settings;
use super::names::Spelt;
use crate::spelling::Spelling;

pub(super) const DGA: Rule = Rule {
    id: "dns_tunnelling/dga",
    signature: 1_000_054,
    summary: "a host looks up many registered domains that do not exist",
    severity: Some(Severity::High),
};
pub(super) const MOSTLY_RESOLVED: Guard = Guard {
    id: "dns_tunnelling/mostly_resolved",
    summary: "a crawler or mail server: for each name that does not exist, ten others do",
};
const TECHNIQUES: &[Technique] = &[DOMAIN_GENERATION, DNS_C2];
/// A domain that looks computed weighs as much as so many that can be read.
const COMPUTED: u64 = 8;
/// Names that exist for each that does not, from which on a host is spared.
const RESOLVED: u32 = 10;
/// The share of the keys: hosts that ask for what does not exist.
const SHARE: usize = 16;

/// The domains that do not exist, by who asked for them.
pub(super) struct Missing {
    /// Fingerprints; the lowest bit tells whether the domain looks computed.
    domains: DistinctWindow<IpAddr, u64, 4>,
    answers: BoundedMap<IpAddr, Answers>,
}

#[derive(Clone, Copy, Default)]
struct Answers {
    existing: u32,
    /// Domains, each once.
    missing: u32,
}

impl Missing {
    pub(super) fn new(settings: &Settings, limits: Limits) -> Self {
        let share = limits.max_keys.get() / SHARE;
        let limits = Limits { max_keys: NonZeroUsize::new(share).unwrap_or(NonZeroUsize::MIN) };
        let window = settings.dga_window.duration();
        Self {
            domains: DistinctWindow::new(kept(settings), window, limits),
            answers: BoundedMap::new(limits.max_keys, window),
        }
    }

    pub(super) fn reconfigure(&mut self, settings: &Settings) {
        let window = settings.dga_window.duration();
        self.domains.reconfigure(kept(settings), window);
        self.answers.set_idle_after(window);
    }

    /// Somebody's name exists. Counted only for who asked for others that do not.
    pub(super) fn resolved(&mut self, client: IpAddr, now: Timestamp) {
        if !self.answers.is_empty()
            && let Some(answers) = self.answers.touch(&client, now)
        {
            answers.existing = answers.existing.saturating_add(1);
        }
    }

    /// A name does not exist.
    pub(super) fn missing(
        &mut self,
        settings: &Settings,
        name: &Spelt,
        ip: &Ip<'_>,
        cx: &mut Context<'_>,
    ) {
        let (name, domain) = (&name.spelling, name.domain);
        if !name.is_public() {
            return;
        }
        let (client, now) = (ip.destination, cx.now());
        let computed = u64::from(name.is_computed());
        let seen = self.domains.add(client, domain << 1 | computed, now);
        if !seen.new {
            return;
        }
        let answers = self.answers.entry(client, now, Answers::default).value;
        answers.missing = answers.missing.saturating_add(1);
        let weighed: u64 =
            self.domains.values(&client, now).map(|d| if d & 1 == 1 { COMPUTED } else { 1 }).sum();
        let (subject, base) = (Subject::host(client), settings.dga_domains.get());
        let Some(reached) = cx.reaches(&DGA, subject, base, weighed / COMPUTED, None) else {
            return;
        };
        if answers.existing / RESOLVED >= answers.missing
            && cx.spares(&MOSTLY_RESOLVED, &DGA, subject)
        {
            return;
        }
        let finding = Finding {
            rule: &DGA,
            subject,
            reached,
            step: 1,
            source: Endpoint::ip(client),
            target: Endpoint::ip(ip.source),
            window: Some(settings.dga_window),
        };
        let different = seen.count;
        cx.raise(finding, |report| {
            tell(&finding, different, name, report);
            report.first_seen(self.domains.oldest(&client, now));
        });
    }

    pub(super) fn usage(&self) -> [(&'static str, Usage); 2] {
        [("missing_domains", self.domains.usage()), ("missing_answers", self.answers.usage())]
    }
}

fn tell(finding: &Finding<'_>, different: u64, name: &Spelling, report: &mut Report) {
    let client = finding.subject.owner();
    let last = name.domain_text().unwrap_or_default();
    report
        .message(format_args!(
            "{client} looked up {different} registered domains that do not exist within {} s, the last {last}",
            finding.window_s(),
        ))
        .attack(TECHNIQUES)
        .evidence("domains", different)
        .evidence("last_domain", last);
}

/// Domains that are kept: enough of those that can be read.
fn kept(settings: &Settings) -> NonZeroU32 {
    let kept = settings.dga_domains.get().saturating_mul(COMPUTED);
    NonZeroU32::new(u32::try_from(kept).unwrap_or(u32::MAX)).unwrap_or(NonZeroU32::MIN)
}
