//! Verdicts with their time to live, kept on the disk.
//!
//! - `entry`: what is remembered of one indicator
//! - `shelf`: entries by indicator, by use, and by when they end
//! - `file`: how they are written

mod entry;
mod file;
mod shelf;
#[cfg(test)]
mod tests;

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use netsentinel_core::config::ReputationSettings;
use netsentinel_core::{IndicatorBuf, ProviderVerdict, RiskTier, Timestamp};

use crate::ReputationSetupError;
use entry::{Entry, Part};
use file::Lines;
use shelf::Shelf;

/// What a provider says counts at least this long, so that nobody is asked in circles.
const LASTS_MIN: Duration = Duration::from_secs(1);
/// The end of what counts for good.
const FOR_GOOD: Timestamp = Timestamp::from_nanos(i64::MAX);

/// Verdicts with their time to live, of each provider by itself. Bounded: what was used longest ago goes
/// first, the clean before the bad. For any thread; no call takes longer than copying what it gives.
#[derive(Debug)]
pub struct Cache {
    state: Mutex<State>,
    /// One save at a time.
    saving: Mutex<()>,
}

#[derive(Debug)]
struct State {
    shelf: Shelf,
    lifetimes: Lifetimes,
}

/// How long what a provider said counts, unless it says so itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetimes {
    /// For something that is held against the indicator. What a provider says of the time is cut to this.
    pub bad: Duration,
    /// For nothing held against it, and for an indicator that the provider does not know.
    pub clean: Duration,
    /// For a question that failed: it is not asked again so soon.
    pub error: Duration,
}

/// What became of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// These are held against it, the worst first; nothing, if there are none.
    Known {
        /// The verdicts.
        verdicts: Vec<ProviderVerdict>,
        /// How long they count, where the provider says so.
        lasts: Option<Duration>,
    },
    /// The provider does not know it.
    Unknown,
    /// There was no answer. What the provider said before goes on counting for its time.
    Failed,
}

/// What is remembered of an indicator, as it counts at the time asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remembered {
    /// The worst tier of all verdicts that count.
    pub tier: RiskTier,
    /// All that count, the worst first.
    pub verdicts: Vec<ProviderVerdict>,
    /// When the first of its parts stops counting.
    pub until: Timestamp,
}

/// What recording an outcome changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// The indicator's tier now.
    pub tier: RiskTier,
    /// An indicator that was given up to make room.
    pub evicted: Option<IndicatorBuf>,
}

/// What was read from a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    /// Indicators that count.
    pub indicators: u64,
    /// Lines left out because their time is over.
    pub expired: u64,
    /// Lines that make no sense.
    pub invalid: u64,
}

impl Cache {
    /// Room for `capacity` indicators.
    pub fn new(capacity: NonZeroUsize, lifetimes: Lifetimes) -> Self {
        let state = State { shelf: Shelf::new(capacity), lifetimes };
        Self { state: Mutex::new(state), saving: Mutex::new(()) }
    }

    /// Takes other lifetimes for what is recorded from now on.
    pub fn set_lifetimes(&self, lifetimes: Lifetimes) {
        self.state().lifetimes = lifetimes;
    }

    /// Records what became of asking `provider` about `indicator` at the time `now`.
    pub fn record(
        &self,
        provider: &str,
        indicator: &IndicatorBuf,
        outcome: Outcome,
        now: Timestamp,
    ) -> Recorded {
        let mut state = self.state();
        let failed = outcome == Outcome::Failed;
        let part = state.lifetimes.part(provider, outcome, now);
        let held = state.shelf.peek(indicator);
        let mut parts: Vec<Part> =
            held.map(|held| held.counting(now).cloned().collect()).unwrap_or_default();
        match parts.iter_mut().find(|held| held.provider == part.provider) {
            Some(_) if failed => {}
            Some(held) => *held = part,
            None => parts.push(part),
        }
        let entry = Entry::new(parts);
        let tier = entry.tier(now).unwrap_or_default();
        Recorded { tier, evicted: state.shelf.put(indicator, entry, now) }
    }

    /// Whether what `provider` said of `indicator` still counts, a failure included.
    pub fn has(&self, provider: &str, indicator: &IndicatorBuf, now: Timestamp) -> bool {
        let state = self.state();
        state.shelf.peek(indicator).is_some_and(|entry| entry.part(provider, now).is_some())
    }

    /// What is remembered of `indicator`; counts as a use of it.
    pub fn look(&self, indicator: &IndicatorBuf, now: Timestamp) -> Option<Remembered> {
        let entry = self.state().shelf.get(indicator)?;
        let until = entry.counting(now).map(|part| part.until).min()?;
        Some(Remembered { tier: entry.tier(now)?, verdicts: entry.verdicts(now), until })
    }

    /// Drops what no longer counts. Tells the indicators that have changed by it, with their tier now; no
    /// tier where nothing is left of them. Looks only at what is over.
    pub fn expire(&self, now: Timestamp) -> Vec<(IndicatorBuf, Option<RiskTier>)> {
        self.state().shelf.expire(now)
    }

    /// Forgets everything; tells what it was.
    pub fn clear(&self) -> Vec<IndicatorBuf> {
        self.state().shelf.clear()
    }

    /// How many indicators are remembered, how many can be, and how many were given up before their time.
    pub fn usage(&self) -> (u64, u64, u64) {
        self.state().shelf.usage()
    }

    /// Writes everything to `path`: as a whole or not at all, for its owner only. Blocks. While it writes, a
    /// file of that name with `.tmp` behind it lies beside it.
    ///
    /// # Errors
    ///
    /// When the file can not be written; what was there is still there.
    pub fn save(&self, path: &Path) -> Result<(), ReputationSetupError> {
        let _one = self.saving.lock().unwrap_or_else(PoisonError::into_inner);
        let all = self.state().shelf.all();
        file::write(path, &all).map_err(|reason| failed(path, reason))
    }

    /// Adds what a file holds that still counts at `now`; without a time, all of it counts for good: a
    /// replay has no now. Blocks. Lines that make no sense are counted, not fatal. Reads until there is no
    /// more room; what was used last comes first. A missing file holds nothing.
    ///
    /// # Errors
    ///
    /// When the file is there and can not be read, or is no such file at all.
    pub fn load(
        &self,
        path: &Path,
        now: Option<Timestamp>,
    ) -> Result<Loaded, ReputationSetupError> {
        self.read(path, now).map_err(|reason| failed(path, reason))
    }

    fn read(&self, path: &Path, now: Option<Timestamp>) -> std::io::Result<Loaded> {
        let mut loaded = Loaded::default();
        let Some(mut lines) = Lines::open(path)? else { return Ok(loaded) };
        while !self.state().shelf.is_full() {
            let Some(read) = lines.next()? else { break };
            let Some(mut read) = read else {
                loaded.invalid += 1;
                continue;
            };
            let mut state = self.state();
            match now {
                None => read.parts.iter_mut().for_each(|part| part.until = FOR_GOOD),
                Some(now) => {
                    let latest = now.after(state.lifetimes.longest());
                    read.parts.retain(|part| part.until > now);
                    read.parts.iter_mut().for_each(|part| part.until = part.until.min(latest));
                }
            }
            if read.parts.is_empty() {
                loaded.expired += 1;
                continue;
            }
            state.shelf.add(&read.indicator, read.parts);
            loaded.indicators += 1;
        }
        Ok(loaded)
    }

    /// The tiers of all that counts at `now`.
    pub(crate) fn tiers(&self, now: Timestamp) -> Vec<(IndicatorBuf, RiskTier)> {
        let all = self.state().shelf.all();
        let counting = all.iter().filter_map(|(key, entry)| Some((key, entry.tier(now)?)));
        counting.map(|(key, tier)| (IndicatorBuf::clone(key), tier)).collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lifetimes {
    /// As the configuration says.
    pub fn of(settings: &ReputationSettings) -> Self {
        const HOUR: u64 = 3_600;
        Self {
            bad: Duration::from_secs(settings.bad_hours.get() * HOUR),
            clean: Duration::from_secs(settings.clean_hours.get() * HOUR),
            error: Duration::from_secs(settings.error_minutes.get() * 60),
        }
    }

    fn longest(&self) -> Duration {
        self.bad.max(self.clean).max(self.error)
    }

    fn part(&self, provider: &str, outcome: Outcome, now: Timestamp) -> Part {
        let (verdicts, lasts) = match outcome {
            Outcome::Known { verdicts, lasts } => {
                let bad = verdicts.iter().any(|verdict| verdict.tier > RiskTier::Clean);
                let usual = if bad { self.bad } else { self.clean };
                (verdicts, lasts.map_or(usual, |lasts| lasts.min(self.bad)))
            }
            Outcome::Unknown => (Vec::new(), self.clean),
            Outcome::Failed => (Vec::new(), self.error),
        };
        let until = now.after(lasts.max(LASTS_MIN));
        Part::new(provider, until, verdicts)
    }
}

fn failed(path: &Path, reason: std::io::Error) -> ReputationSetupError {
    ReputationSetupError::File { path: path.into(), reason }
}
