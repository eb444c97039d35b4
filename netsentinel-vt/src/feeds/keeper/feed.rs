//! A list: how it is, and when it is due.

use std::time::{Duration, SystemTime};

use netsentinel_core::Timestamp;
use netsentinel_core::text::shown;

use super::copies::Record;
use super::error::LoadError;
use super::load::Loaded;
use super::plan::Plan;
use crate::feeds::FeedId;
use crate::feeds::fetch::{FetchError, Validators};
use crate::status::FeedStatus;

/// Characters of an error that are told.
const ERROR_CHARS_MAX: usize = 400;

/// As long as a server may ask to be left alone.
const DELAY_MAX: Duration = Duration::from_secs(86_400);

/// A list.
#[derive(Debug)]
pub(super) struct Feed {
    pub(super) plan: Plan,
    /// Its place in the set.
    pub(super) id: Option<FeedId>,
    pub(super) record: Record,
    /// Whether the copy is to be read before all else.
    pub(super) restore: bool,
    /// Whether the set holds it.
    pub(super) held: bool,
    /// Whether it counts.
    pub(super) active: bool,
    pub(super) indicators: u64,
    pub(super) skipped: u64,
    /// When and how large its file was when it was read; of a list in a file.
    pub(super) stamp: Option<Stamp>,
    pub(super) error: Option<String>,
    failures: u32,
    due: Timestamp,
}

/// When a file was changed, and how large it is.
pub(super) type Stamp = (SystemTime, u64);

impl Feed {
    pub(super) fn new(plan: Plan) -> Self {
        Self {
            id: None,
            record: Record::new(&plan),
            restore: true,
            held: false,
            active: false,
            indicators: 0,
            skipped: 0,
            stamp: None,
            error: None,
            failures: 0,
            due: Timestamp::MIN,
            plan,
        }
    }

    /// Goes on with what was known before a restart. A list whose server was asked then is not asked for
    /// again before its time, whether it gave the list or not.
    pub(super) fn remember(&mut self, record: Record) {
        let wait =
            if record.current >= record.asked { self.plan.every } else { self.plan.retry_min };
        self.due = record.asked.map_or(Timestamp::MIN, |asked| asked.after(wait));
        self.record = record;
    }

    /// Whether it is to be loaded. A time that no schedule can have come to is that of a clock that was
    /// wrong, and counts as now.
    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        self.wait(now).is_zero()
    }

    /// How long until it is due.
    pub(super) fn wait(&self, now: Timestamp) -> Duration {
        let wait = Duration::from_nanos(self.due.nanos_since(now));
        if wait > self.plan.every.max(DELAY_MAX) * 2 { Duration::ZERO } else { wait }
    }

    /// Tries again where it failed, unless its server counts how often it is asked.
    pub(super) fn retry_soon(&mut self) {
        let was_refused = self.record.asked == self.record.current;
        if self.error.is_some() && (was_refused || !self.plan.is_counted()) {
            self.make_due();
        }
    }

    pub(super) fn make_due(&mut self) {
        self.due = Timestamp::MIN;
    }

    /// How many it named when it was last good, while that still counts.
    pub(super) fn before(&self, now: Timestamp) -> Option<u64> {
        self.record.indicators.filter(|_| self.held && !self.is_too_old(now))
    }

    /// Whether what is known of it is too old to count. A time to come is that of a clock that was wrong.
    pub(super) fn is_too_old(&self, now: Timestamp) -> bool {
        self.record
            .current
            .is_none_or(|current| u128::from(now.nanos_since(current)) > self.plan.lasts.as_nanos())
    }

    /// The set holds what was loaded.
    pub(super) fn take(&mut self, loaded: &Loaded) {
        self.held = true;
        self.indicators = loaded.held;
        self.skipped = loaded.parsed.skipped + loaded.refused;
        if loaded.refused > 0 {
            tracing::warn!(
                feed = self.plan.name,
                refused = loaded.refused,
                "all lists together hold more than fits into memory: the rest of this one does not count"
            );
        }
    }

    /// There is no copy that can be used.
    pub(super) fn forget_copy(&mut self) {
        self.record.indicators = None;
        self.record.validators = Validators::default();
    }

    pub(super) fn succeeded(&mut self, now: Timestamp) {
        self.record.current = Some(now);
        self.failures = 0;
        self.error = None;
        self.due = now.after(self.plan.every);
    }

    /// Puts it off, the longer the more often it failed, up to its usual time.
    pub(super) fn failed(&mut self, error: &LoadError, now: Timestamp) {
        let double = 1_u32.checked_shl(self.failures).unwrap_or(u32::MAX);
        let usual = self.plan.retry_min.saturating_mul(double).min(self.plan.every);
        let asked = match error {
            LoadError::Fetch(FetchError::Busy { retry_after, .. }) => *retry_after,
            _ => None,
        };
        self.failures = self.failures.saturating_add(1).min(31);
        self.due = now.after(asked.unwrap_or_default().max(usual));
        let text = error.to_string();
        let told = shown(&text).chars().take(ERROR_CHARS_MAX).collect();
        // The same once more says nothing new.
        if self.error.as_ref() != Some(&told) {
            tracing::warn!(
                feed = self.plan.name,
                from = self.plan.place.name(),
                "not loaded: {told}"
            );
        }
        self.error = Some(told);
    }

    pub(super) fn status(&self) -> FeedStatus {
        let old = (self.held && !self.active).then(|| {
            format!(
                "older than {} days, so it no longer counts",
                self.plan.lasts.as_secs() / 86_400
            )
        });
        let error = match (old, self.error.clone()) {
            (Some(old), Some(error)) => Some(format!("{old}; {error}")),
            (old, error) => old.or(error),
        };
        FeedStatus {
            name: self.plan.name.clone(),
            tier: self.plan.tier,
            active: self.active,
            indicators: self.indicators,
            skipped: self.skipped,
            loaded: self.record.current.filter(|_| self.held),
            error,
        }
    }
}
