//! Whether a provider can be asked.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use netsentinel_core::Timestamp;
use netsentinel_core::text::shown;
use tokio::time::Instant;

use crate::status::{Health, ProviderStatus};

/// The longest wait after the first failure; it doubles with each that follows.
const FIRST: Duration = Duration::from_secs(10);
/// The longest wait after a failure.
const LONGEST: Duration = Duration::from_secs(600);
/// Characters of a reason that are kept.
const REASON_MAX: usize = 200;

/// Whether a provider can be asked, and what asking has led to.
#[derive(Clone, Debug, Default)]
pub(super) struct Condition {
    pub(super) requests: u64,
    pub(super) answered: u64,
    pub(super) failed: u64,
    /// Failures since the last answer.
    failures: u32,
    reason: Option<String>,
    pause: Option<(Instant, Timestamp)>,
    stopped: bool,
}

impl Condition {
    pub(super) fn stopped(&self) -> bool {
        self.stopped
    }

    /// Until when it is left alone.
    pub(super) fn paused_until(&self) -> Option<Instant> {
        self.pause.map(|(until, _)| until)
    }

    /// The pause is over.
    pub(super) fn go_on(&mut self) {
        self.pause = None;
    }

    /// One more failure: leaves it alone for `wait`, now being `now`. Whether it is the first since it
    /// answered last.
    pub(super) fn fail(&mut self, reason: &str, wait: Duration, now: Timestamp) -> bool {
        self.failed += 1;
        self.failures = self.failures.saturating_add(1);
        self.reason = Some(clean(reason));
        self.pause = Some((Instant::now() + wait, now.after(wait)));
        self.failures == 1
    }

    /// How long to leave it alone after one more failure: 5 to 10 s at first, then twice that, up to 5 to
    /// 10 minutes.
    pub(super) fn back_off(&self) -> Duration {
        let longest = FIRST.saturating_mul(1 << self.failures.min(16)).min(LONGEST);
        longest.mul_f64(0.5 + random_fraction() / 2.0)
    }

    /// It answered. Whether that is after failures.
    pub(super) fn answer(&mut self, answered: u64) -> bool {
        self.answered += answered;
        self.reason = None;
        std::mem::take(&mut self.failures) > 0
    }

    /// Its key is refused.
    pub(super) fn stop(&mut self, reason: &str) {
        self.failed += 1;
        self.stopped = true;
        self.pause = None;
        self.reason = Some(clean(reason));
    }

    /// Counts on from what another has counted.
    pub(super) fn count_from(&mut self, other: &Self) {
        self.requests += other.requests;
        self.answered += other.answered;
        self.failed += other.failed;
    }

    /// What is told of it, but for what is left of its quota.
    pub(super) fn status(&self, name: &str) -> ProviderStatus {
        let health = match (self.stopped, self.pause) {
            (true, _) => Health::Stopped,
            (false, Some(_)) => Health::Paused,
            (false, None) => Health::Ok,
        };
        ProviderStatus {
            name: name.into(),
            health,
            reason: self.reason.clone().filter(|_| health != Health::Ok),
            paused_until: self.pause.map(|(_, until)| until),
            requests: self.requests,
            answered: self.answered,
            failed: self.failed,
            left_minute: None,
            left_day: None,
        }
    }
}

/// What a provider may have written, made safe to show and short.
pub(super) fn clean(reason: &str) -> String {
    let short: String = reason.chars().take(REASON_MAX).collect();
    shown(&short).into_owned()
}

/// At least 0 and below 1: the standard library draws new hash keys for every `RandomState`.
fn random_fraction() -> f64 {
    let random = RandomState::new().hash_one(());
    (random >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_from_seconds_to_minutes() {
        let mut condition = Condition::default();
        for longest in [10, 20, 40, 80, 160, 320, 600, 600, 600] {
            let wait = condition.back_off().as_secs_f64();
            let longest = f64::from(longest);
            assert!((longest / 2.0..=longest).contains(&wait), "{wait} of {longest}");
            let first = condition.fail("down\n", Duration::from_secs(1), Timestamp::from_nanos(0));
            assert_eq!(first, condition.failures == 1);
        }
        assert_eq!(condition.status("a").reason.as_deref(), Some("down\\x0a"));
        assert!(condition.answer(1) && !condition.answer(1));
        assert!(condition.back_off() <= FIRST);
    }
}
