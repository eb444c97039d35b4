//! Findings that wait for a verdict: counts that would be enough if the worst were known of an endpoint.
//!
//! With a free key an answer may take minutes, and by then whoever was counted may have gone quiet. So
//! what waits is not judged by the count of the moment when the verdict comes, but by what stood within
//! [`LOOKBACK`] before it: a scan of 14 ports by a host that turns out to be malicious 20 seconds later
//! is told. What waits keeps the threshold that held when it was counted.

use std::cmp::Reverse;
use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::time::Duration;

use crate::alert::{Endpoint, Subject};
use crate::config::setting::Seconds;
use crate::detector::{Bar, Descriptor, Finding, Reached, Rule, Standing};
use crate::reputation::IndexedArrived;
use crate::window::BoundedMap;
use crate::{Indicator, IndicatorBuf, Reputation, RiskTier, Suspicion, Timestamp, Usage};

/// Findings that wait for verdicts on addresses at once. Beyond it those idle go first, then those seen
/// once.
pub const WAITING_ADDRESSES_MAX: usize = 2_048;
/// Findings that wait for verdicts on domains at once, by the same order.
pub const WAITING_DOMAINS_MAX: usize = 1_024;
/// How long before a verdict a count may have stood to be judged by it; the rule's window, if longer.
pub const LOOKBACK: Duration = Duration::from_secs(600);

/// The findings that wait, each for its rule, its subject and the one endpoint asked about.
pub(crate) struct Waiting {
    addresses: BoundedMap<Key<IpAddr>, Kept>,
    domains: BoundedMap<Key<Name>, Kept>,
    idle_after: Duration,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Key<I> {
    rule: &'static str,
    subject: Subject,
    indicator: I,
}

/// What is remembered of a finding.
#[derive(Clone, Copy)]
struct Kept {
    descriptor: &'static Descriptor,
    rule: &'static Rule,
    window: Option<Seconds>,
    bar: Bar,
    highest: Stood,
    /// Counts when the highest has stood too long ago.
    latest: Stood,
}

/// A count and when it stood.
#[derive(Clone, Copy)]
struct Stood {
    count: u64,
    at: Timestamp,
    source: Endpoint,
    target: Endpoint,
}

/// A finding that a verdict has made enough.
pub(super) struct Due {
    pub(super) descriptor: &'static Descriptor,
    rule: &'static Rule,
    subject: Subject,
    window: Option<Seconds>,
    bar: Bar,
    tier: RiskTier,
    indicator: IndicatorBuf,
    stood: Stood,
}

impl Waiting {
    pub(super) fn new(addresses: NonZeroUsize, domains: NonZeroUsize) -> Self {
        Self {
            addresses: BoundedMap::new(addresses, LOOKBACK),
            domains: BoundedMap::new(domains, LOOKBACK),
            idle_after: LOOKBACK,
        }
    }

    /// Remembers a finding of `descriptor`'s detector, or that it has come to another count. A name
    /// longer than names are is left.
    pub(crate) fn remember(
        &mut self,
        descriptor: &'static Descriptor,
        finding: &Finding<'_>,
        now: Timestamp,
    ) {
        let Reached { count, bar, .. } = finding.reached;
        let &Finding { rule, source, target, window, .. } = finding;
        let stood = Stood { count, at: now, source, target };
        let kept = Kept { descriptor, rule, window, bar, highest: stood, latest: stood };
        self.make_room_in_time(kept.span());
        match finding.reached.indicator {
            Some(Indicator::Ip(ip)) => keep(&mut self.addresses, Key::of(finding, ip), kept),
            Some(Indicator::Domain(name)) => {
                if let Some(name) = Name::new(name) {
                    keep(&mut self.domains, Key::of(finding, name), kept);
                }
            }
            None => {}
        }
    }

    /// An alert tells it from now on.
    pub(crate) fn forget(&mut self, finding: &Finding<'_>) {
        match finding.reached.indicator {
            Some(Indicator::Ip(ip)) => {
                self.addresses.remove(&Key::of(finding, ip));
            }
            Some(Indicator::Domain(name)) => {
                if let Some(name) = Name::new(name) {
                    self.domains.remove(&Key::of(finding, name));
                }
            }
            None => {}
        }
    }

    /// Forgets what has stood too long ago.
    pub(super) fn expire(&mut self, now: Timestamp) {
        while self.addresses.pop_idle(now).is_some() {}
        while self.domains.pop_idle(now).is_some() {}
    }

    /// Forgets all.
    pub(super) fn clear(&mut self) {
        while self.addresses.pop_oldest().is_some() {}
        while self.domains.pop_oldest().is_some() {}
    }

    /// Takes out what the verdicts that have `arrived` make enough, one finding for each rule and
    /// subject. What is not enough stays only while another verdict is outstanding.
    pub(super) fn take_due(
        &mut self,
        arrived: &IndexedArrived<'_>,
        now: Timestamp,
        reputation: &dyn Reputation,
    ) -> Vec<Due> {
        let mut due = Vec::new();
        take_due(&mut self.addresses, arrived, now, reputation, &mut due);
        take_due(&mut self.domains, arrived, now, reputation, &mut due);
        due.sort_by(|a, b| {
            let worst_first = |due: &Due| Reverse((due.tier, due.stood.count, due.stood.at));
            (a.rule.id, a.subject, worst_first(a), &a.indicator).cmp(&(
                b.rule.id,
                b.subject,
                worst_first(b),
                &b.indicator,
            ))
        });
        due.dedup_by_key(|due| (due.rule.id, due.subject));
        due
    }

    pub(super) fn usage(&self) -> Usage {
        self.addresses.usage() + self.domains.usage()
    }

    /// Never shrinks: what was counted over the longest window may still be judged.
    fn make_room_in_time(&mut self, span: Duration) {
        if span > self.idle_after {
            self.idle_after = span;
            self.addresses.set_idle_after(span);
            self.domains.set_idle_after(span);
        }
    }
}

fn keep<I: Hash + Eq>(table: &mut BoundedMap<Key<I>, Kept>, key: Key<I>, newer: Kept) {
    let older = table.entry(key, newer.latest.at, || newer).value;
    let risen = newer.latest.count >= older.highest.count;
    let highest = if risen || !older.is_judged(older.highest, newer.latest.at) {
        newer.latest
    } else {
        older.highest
    };
    *older = Kept { highest, ..newer };
}

fn take_due<I: Copy + Hash + Eq + Asked>(
    table: &mut BoundedMap<Key<I>, Kept>,
    arrived: &IndexedArrived<'_>,
    now: Timestamp,
    reputation: &dyn Reputation,
    due: &mut Vec<Due>,
) {
    let concerned = table.iter().filter(|(key, _)| arrived.concerns(key.indicator.asked()));
    let concerned: Vec<(Key<I>, Kept)> = concerned.map(|(key, kept)| (*key, *kept)).collect();
    for (key, kept) in concerned {
        let indicator = key.indicator.asked();
        let tier = reputation.tier(indicator);
        let stood = kept.judged(now);
        if let Some(stood) = stood.filter(|stood| kept.bar.is_met(stood.count, tier)) {
            table.remove(&key);
            due.push(kept.due(key.subject, tier, indicator.to_buf(), stood));
            continue;
        }
        let outstanding = |stood: Stood| {
            tier < RiskTier::Critical
                && reputation.want(indicator, Suspicion::of(stood.count, kept.bar.base))
        };
        if !stood.is_some_and(outstanding) {
            table.remove(&key);
        }
    }
}

impl<I> Key<I> {
    const fn of(finding: &Finding<'_>, indicator: I) -> Self {
        Self { rule: finding.rule.id, subject: finding.subject, indicator }
    }
}

impl Kept {
    /// How long ago a count may have stood.
    fn span(&self) -> Duration {
        self.window.map_or(LOOKBACK, |window| window.duration().max(LOOKBACK))
    }

    fn is_judged(&self, stood: Stood, now: Timestamp) -> bool {
        now <= stood.at.after(self.span())
    }

    /// The count that a verdict at `now` is to judge.
    fn judged(&self, now: Timestamp) -> Option<Stood> {
        [self.highest, self.latest].into_iter().find(|stood| self.is_judged(*stood, now))
    }

    fn due(self, subject: Subject, tier: RiskTier, indicator: IndicatorBuf, stood: Stood) -> Due {
        let Self { descriptor, rule, window, bar, .. } = self;
        Due { descriptor, rule, subject, window, bar, tier, indicator, stood }
    }
}

impl Due {
    /// When the count stood, and about whom: an order of those of one detector.
    pub(super) fn order(&self) -> (Timestamp, &'static str, Subject) {
        (self.stood.at, self.rule.id, self.subject)
    }

    pub(super) fn finding(&self) -> Finding<'_> {
        let Self { rule, subject, window, bar, tier, stood, .. } = *self;
        Finding {
            rule,
            subject,
            reached: Reached {
                count: stood.count,
                bar,
                tier,
                indicator: Some(self.indicator.borrowed()),
                standing: Standing::Since(stood.at),
            },
            step: 0,
            source: stood.source,
            target: stood.target,
            window,
        }
    }
}

/// Whom a verdict is asked about, as a table keeps it.
trait Asked {
    fn asked(&self) -> Indicator<'_>;
}

impl Asked for IpAddr {
    fn asked(&self) -> Indicator<'_> {
        Indicator::Ip(*self)
    }
}

/// A domain name in place, filled up with zeros.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Name {
    len: u8,
    bytes: [u8; Self::MAX_LEN],
}

impl Name {
    /// RFC 1035, 2.3.4, without the lengths at both ends.
    const MAX_LEN: usize = 253;

    fn new(name: &str) -> Option<Self> {
        let mut bytes = [0; Self::MAX_LEN];
        bytes.get_mut(..name.len())?.copy_from_slice(name.as_bytes());
        Some(Self { len: u8::try_from(name.len()).ok()?, bytes })
    }
}

impl Asked for Name {
    fn asked(&self) -> Indicator<'_> {
        let name = self.bytes.get(..usize::from(self.len)).unwrap_or_default();
        Indicator::Domain(str::from_utf8(name).unwrap_or_default())
    }
}
