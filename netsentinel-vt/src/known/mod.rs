//! What is known now, for the packet path.
//!
//! - `key`: keyed hashes; a name is hashed label by label, so that its parents come along
//! - `table`: tiers by hash, one word each; what providers said, withdrawn by whoever asks when its time is
//!   over, so that a peek needs no clock
//! - `notes`: what is wanted; `arrivals`: what has come
//! - `peeks`: counters; `told`: verdicts in a few words

mod arrivals;
mod key;
mod notes;
mod peeks;
mod table;
#[cfg(test)]
mod tests;
mod told;

use std::fmt;
use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arc_swap::ArcSwap;
use netsentinel_core::{
    Arrived, Indicator, IndicatorBuf, ProviderVerdict, Reputation, RiskTier, Suspicion, Timestamp,
};

use crate::feeds::FeedSet;
use crate::{Cache, Scope};
use arrivals::Arrivals;
use key::{Key, Keys, NAME_LEN_MAX};
use notes::Notes;
use peeks::Peeks;
use table::Table;

/// Verdicts that are told of an indicator at most, the worst first.
const VERDICTS_MAX: usize = 32;

/// What is known now: implements [`Reputation`]. One for all threads.
///
/// The longest name that providers have said something of counts: that of a registered domain holds for the
/// names below it. Where lists hold something worse, that counts instead. What the scope allows is clean,
/// whoever says what.
///
/// A peek waits for nothing and allocates nothing, but for a few bytes when a thread calls first.
pub struct Known {
    keys: Keys,
    table: Table,
    cache: Arc<Cache>,
    feeds: Arc<FeedSet>,
    scope: ArcSwap<Scope>,
    asks_addresses: AtomicBool,
    asks_domains: AtomicBool,
    notes: Notes,
    arrivals: Arrivals,
    peeks: Peeks,
    wake: Wake,
}

/// Called, from any thread, when [`Known::take_arrived`] has something to give.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// What the packet path has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KnownCounters {
    /// Peeks and look-ups that found a verdict or a list entry.
    pub hits: u64,
    /// Those that found nothing.
    pub misses: u64,
    /// Notes given up because the ring was full.
    pub notes_dropped: u64,
}

impl Known {
    /// Knows what `cache` and `feeds` hold at the time `now`. Until [`set_asking`](Self::set_asking) says
    /// so, nothing is outstanding.
    pub fn new(
        cache: Arc<Cache>,
        feeds: Arc<FeedSet>,
        scope: Scope,
        now: Timestamp,
        wake: Wake,
    ) -> Arc<Self> {
        let (_, capacity, _) = cache.usage();
        let capacity = usize::try_from(capacity).ok().and_then(NonZeroUsize::new);
        let known = Self {
            keys: Keys::default(),
            table: Table::new(capacity.unwrap_or(NonZeroUsize::MIN)),
            cache,
            feeds,
            scope: ArcSwap::from_pointee(scope),
            asks_addresses: AtomicBool::new(false),
            asks_domains: AtomicBool::new(false),
            notes: Notes::new(),
            arrivals: Arrivals::new(),
            peeks: Peeks::default(),
            wake,
        };
        for (indicator, tier) in known.cache.tiers(now) {
            known.put(indicator.borrowed(), tier);
        }
        Arc::new(known)
    }

    /// Knows what `cache` and `feeds` hold, for good: nobody is asked, nothing arrives, no time is over.
    /// For replays, with a cache that was loaded without a time.
    pub fn offline(cache: Arc<Cache>, feeds: Arc<FeedSet>, scope: Scope) -> Arc<Self> {
        Self::new(cache, feeds, scope, Timestamp::MIN, Arc::new(|| ()))
    }

    /// The indicators whose tier has become worse since the last call. Waits for nothing, and costs
    /// nothing where none have come.
    pub fn take_arrived(&self) -> Arrived {
        self.arrivals.take()
    }

    /// What the packet path has done so far.
    pub fn counters(&self) -> KnownCounters {
        let (hits, misses) = self.peeks.sums();
        KnownCounters { hits, misses, notes_dropped: self.notes.dropped() }
    }

    /// Whether somebody can be asked: addresses, and domains. While not, [`want`](Reputation::want) answers
    /// that nothing is outstanding.
    pub fn set_asking(&self, addresses: bool, domains: bool) {
        self.asks_addresses.store(addresses, Ordering::Relaxed);
        self.asks_domains.store(domains, Ordering::Relaxed);
    }

    /// From now on `indicator` is known and has this tier, clean too, as far as providers go. If that is
    /// worse than what was known, it has arrived.
    pub(crate) fn publish(&self, indicator: Indicator<'_>, tier: RiskTier) {
        if self.put(indicator, tier) {
            self.arrivals.add(indicator.to_buf());
            (self.wake)();
        }
    }

    /// From now on `indicator` is not known: its time is over, or it was given up for others. Names below it
    /// may go unwanted for some seconds more.
    pub(crate) fn withdraw(&self, indicator: Indicator<'_>) {
        let mut writer = self.table.write();
        if let Some(key) = self.key(indicator) {
            writer.remove(key);
            self.notes.settle(key);
        }
    }

    /// A list was loaded: everything that waits may have arrived.
    pub(crate) fn feeds_changed(&self) {
        self.arrivals.any();
        (self.wake)();
    }

    /// Gives what the packet path has noted since the last call, in order. May be called by one task only.
    pub(crate) fn take_notes(&self, each: &mut dyn FnMut(Indicator<'_>, Suspicion)) {
        self.notes.take(each);
    }

    /// All may be noted again: what was noted a moment ago may have been answered and forgotten since.
    pub(crate) fn forget_notes(&self) {
        self.notes.forget();
    }

    /// Counts a look that was no peek: a server's are those of its agents.
    pub(crate) fn count(&self, hit: bool) {
        self.peeks.count(hit);
    }

    /// Takes another scope. What it no longer allows may have arrived.
    pub(crate) fn set_scope(&self, scope: Scope) {
        self.scope.store(Arc::new(scope));
        self.notes.forget();
        self.feeds_changed();
    }

    /// Whether that is worse than what providers said before.
    fn put(&self, indicator: Indicator<'_>, tier: RiskTier) -> bool {
        let Some(key) = self.key(indicator) else { return false };
        let mut writer = self.table.write();
        let before = self.provided(indicator).unwrap_or_default();
        let put = writer.put(key, tier);
        self.notes.settle(key);
        if !put {
            if self.table.overflows() == 1 {
                tracing::warn!("more verdicts than there is room for: some do not count");
            }
            return false;
        }
        tier > before
    }

    fn key(&self, indicator: Indicator<'_>) -> Option<Key> {
        match indicator {
            Indicator::Ip(ip) => Some(self.keys.address(ip)),
            Indicator::Domain(name) => self.keys.name(name, |_| ()),
        }
    }

    /// What providers said, of the longest name that they said something of.
    fn provided(&self, indicator: Indicator<'_>) -> Option<RiskTier> {
        match indicator {
            Indicator::Ip(ip) => self.table.get(self.keys.address(ip)),
            Indicator::Domain(name) => {
                let mut above = None;
                let own = self.keys.name(name, |parent| above = self.table.get(parent).or(above));
                own.and_then(|own| self.table.get(own)).or(above)
            }
        }
    }

    /// Who said what, as [`provided`](Self::provided) has it.
    fn said(&self, indicator: Indicator<'_>) -> Vec<ProviderVerdict> {
        // What is over is withdrawn from table and cache by the same hand; until then it counts in both.
        let look = |of: &IndicatorBuf| self.cache.look(of, Timestamp::MIN);
        let remembered = match indicator {
            Indicator::Ip(ip) => look(&IndicatorBuf::Ip(ip)),
            Indicator::Domain(name) if name.len() > NAME_LEN_MAX => None,
            Indicator::Domain(name) => {
                let parents = name.match_indices('.').filter_map(|(dot, _)| name.get(dot + 1..));
                let parents = parents.filter(|parent| parent.contains('.'));
                let mut names = std::iter::once(name).chain(parents);
                names.find_map(|name| look(&IndicatorBuf::Domain(name.into())))
            }
        };
        remembered.map(|remembered| remembered.verdicts).unwrap_or_default()
    }

    /// The notes come first: they are the smaller table, and hold refusals too. What is published or withdrawn
    /// is struck from them.
    fn want_ip(&self, ip: IpAddr, suspicion: Suspicion) -> bool {
        let key = self.keys.address(ip);
        self.notes.answer(key, suspicion).unwrap_or_else(|| {
            let open = self.table.get(key).is_none() && self.scope.load().may_ask_ip(ip);
            if open {
                self.notes.add(key, Indicator::Ip(ip), suspicion);
            } else {
                self.notes.refuse(key);
            }
            open
        })
    }

    fn want_name(&self, name: &str, suspicion: Suspicion) -> bool {
        let Some(key) = self.keys.name(name, |_| ()) else { return false };
        let answer = self.notes.answer(key, suspicion);
        match answer {
            Some(false) => false,
            // What was noted may be known by now, by its registered domain.
            Some(true) if self.provided(Indicator::Domain(name)).is_none() => true,
            _ => {
                let open = self.table.get(key).is_none() && self.note_name(name, key, suspicion);
                if !open {
                    self.notes.refuse(key);
                }
                open
            }
        }
    }

    /// Notes what is asked about where `name` was seen, such as its registered domain: once for all names
    /// below it. Whether that is known counts, not whether some other parent is.
    fn note_name(&self, name: &str, key: Key, suspicion: Suspicion) -> bool {
        let asked = self.scope.load().asked_borrowed(Indicator::Domain(name));
        let Some(asked @ Indicator::Domain(asked_name)) = asked else { return false };
        let Some(asked_key) = self.keys.name(asked_name, |_| ()) else { return false };
        if self.table.get(asked_key).is_some() {
            return false;
        }
        let noted = self.notes.answer(asked_key, suspicion) == Some(true)
            || self.notes.add(asked_key, asked, suspicion);
        if noted && key != asked_key {
            self.notes.mark(key, suspicion);
        }
        true
    }
}

impl Reputation for Known {
    fn tier(&self, indicator: Indicator<'_>) -> RiskTier {
        let known = self.provided(indicator).max(self.feeds.tier(indicator));
        self.peeks.count(known.is_some());
        match known {
            None | Some(RiskTier::Clean) => RiskTier::Clean,
            Some(_) if self.scope.load().allows(indicator) => RiskTier::Clean,
            Some(tier) => tier,
        }
    }

    fn want(&self, indicator: Indicator<'_>, suspicion: Suspicion) -> bool {
        match indicator {
            Indicator::Ip(ip) => {
                self.asks_addresses.load(Ordering::Relaxed) && self.want_ip(ip, suspicion)
            }
            Indicator::Domain(name) => {
                self.asks_domains.load(Ordering::Relaxed)
                    && name.contains('.')
                    && self.want_name(name, suspicion)
            }
        }
    }

    fn detail(&self, indicator: Indicator<'_>) -> Option<String> {
        told::told(&self.verdicts(indicator))
    }

    fn verdicts(&self, indicator: Indicator<'_>) -> Vec<ProviderVerdict> {
        if self.scope.load().allows(indicator) {
            return Vec::new();
        }
        let mut verdicts = self.said(indicator);
        verdicts.extend(self.feeds.verdicts(indicator));
        verdicts.retain(|verdict| verdict.tier > RiskTier::Clean);
        let worst_first = |verdict: &ProviderVerdict| std::cmp::Reverse(verdict.tier);
        verdicts.sort_by(|a, b| {
            worst_first(a).cmp(&worst_first(b)).then_with(|| a.provider.cmp(&b.provider))
        });
        verdicts.truncate(VERDICTS_MAX);
        verdicts
    }
}

impl fmt::Debug for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Known").field("counters", &self.counters()).finish_non_exhaustive()
    }
}
