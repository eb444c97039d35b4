//! How long to wait after failures.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

/// The longest wait after the first failure.
const FIRST: Duration = Duration::from_millis(500);
/// The longest wait at all.
const LONGEST: Duration = Duration::from_secs(60);
/// The shortest wait: full jitter goes down to nothing, and nothing is no wait.
const SHORTEST: Duration = Duration::from_millis(50);
/// The shortest wait after a refusal, which somebody must do something about.
const REFUSED: Duration = Duration::from_secs(30);

/// Exponential back-off with full jitter: so that a thousand agents do not come back at once.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The wait after one more failure: between 50 ms and 0.5 s at first, then twice that, up to 60 s.
    pub(super) fn failed(&mut self) -> Duration {
        let longest = FIRST.saturating_mul(1_u32 << self.failures.min(16)).min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        longest.mul_f64(random_fraction()).max(SHORTEST)
    }

    /// The wait after a refusal: between 30 s and 60 s.
    pub(super) fn refused() -> Duration {
        REFUSED + REFUSED.mul_f64(random_fraction())
    }

    /// All is well again.
    pub(super) fn reset(&mut self) {
        self.failures = 0;
    }
}

/// At least 0 and below 1. The standard library draws new hash keys for every `RandomState`, which is
/// random enough to spread agents.
fn random_fraction() -> f64 {
    let random = RandomState::new().hash_one(());
    (random >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_bound_and_are_spread() {
        let mut sums = [0.0; 12];
        for _ in 0..200 {
            let mut backoff = Backoff::default();
            for (failure, sum) in sums.iter_mut().enumerate() {
                let wait = backoff.failed().as_secs_f64();
                let longest = (0.5 * f64::from(1 << failure)).min(60.0);
                assert!((0.05..=longest).contains(&wait), "{wait} after {failure} failures");
                *sum += wait / longest;
            }
        }
        // Half of the longest on average; 200 draws stray from it by 2 % one time in three.
        assert!(sums.iter().all(|sum| (0.35..0.65).contains(&(sum / 200.0))), "{sums:?}");
        let refused = Backoff::refused().as_secs();
        assert!((30..=60).contains(&refused));
    }

    #[test]
    fn success_begins_anew() {
        let mut backoff = Backoff::default();
        for _ in 0..9 {
            backoff.failed();
        }
        backoff.reset();
        assert!(backoff.failed() <= FIRST);
    }
}
