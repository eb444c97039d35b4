//! Counts over a window that slides by halves: a few bytes a key, where an exact window would be too
//! large and the threshold is too high for one event more or less to matter.

use netsentinel_core::Timestamp;
use netsentinel_core::config::setting::Seconds;

const NANOS_PER_HALF_SECOND: i64 = 500_000_000;

/// How often `N` kinds of thing happened in the half of a window that goes on and in the one before: never
/// more than within the window, and all of what came within its last half.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Recent<const N: usize> {
    half: i64,
    now: [u32; N],
    before: [u32; N],
}

impl<const N: usize> Recent<N> {
    /// Nothing happened.
    pub(crate) const NONE: Self = Self { half: i64::MIN, now: [0; N], before: [0; N] };

    /// Notes that `kind` happened once more; tells how often it has now. A kind not below `N` counts nothing.
    pub(crate) fn add(&mut self, kind: usize, now: Timestamp, window: Seconds) -> u64 {
        self.roll(now, window);
        if let Some(count) = self.now.get_mut(kind) {
            *count = count.saturating_add(1);
        }
        self.sum(kind)
    }

    /// How often `kind` has happened.
    pub(crate) fn count(&mut self, kind: usize, now: Timestamp, window: Seconds) -> u64 {
        self.roll(now, window);
        self.sum(kind)
    }

    /// How often each kind has happened, as of the last time that was asked about or added to.
    pub(crate) fn counts(&self) -> [u64; N] {
        std::array::from_fn(|kind| self.sum(kind))
    }

    fn sum(&self, kind: usize) -> u64 {
        let of = |counts: &[u32; N]| counts.get(kind).copied().map_or(0, u64::from);
        of(&self.now) + of(&self.before)
    }

    fn roll(&mut self, now: Timestamp, window: Seconds) {
        let half_len = NANOS_PER_HALF_SECOND.saturating_mul(window.get() as i64).max(1);
        // Most come in the half that goes on, which a multiplication tells sooner than a division does.
        let start = self.half.checked_mul(half_len);
        let within = |start| (now.as_nanos().wrapping_sub(start) as u64) < half_len as u64;
        if start.is_some_and(within) {
            return;
        }
        let half = now.as_nanos().div_euclid(half_len);
        let next = half == self.half.saturating_add(1);
        self.before = if next { self.now } else { [0; N] };
        self.now = [0; N];
        self.half = half;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const WINDOW: Seconds = Seconds::new(4).unwrap();

    proptest! {
        #[test]
        fn is_between_half_a_window_and_a_whole(steps in prop::collection::vec(0_i64..900, 1..200)) {
            let mut recent = Recent::<2>::NONE;
            let (mut times, mut millis) = (Vec::new(), 0);
            for step in steps {
                millis += step;
                times.push(millis);
                let now = Timestamp::from_nanos(millis * 1_000_000);
                let count = recent.add(1, now, WINDOW) as usize;
                let within = |span: i64| times.iter().filter(|time| millis - **time <= span).count();
                prop_assert!(within(2_000 - 1) <= count && count <= within(4_000));
                prop_assert_eq!(recent.count(0, now, WINDOW), 0);
            }
        }
    }

    #[test]
    fn another_window_forgets_and_counts_nothing_that_did_not_happen() {
        let mut recent = Recent::<1>::NONE;
        let now = Timestamp::from_parts(1_800_000_000, 0);
        assert_eq!(recent.add(0, now, WINDOW), 1);
        assert_eq!(recent.add(0, now, const { Seconds::new(60).unwrap() }), 1);
        assert_eq!(recent.add(7, now, const { Seconds::new(60).unwrap() }), 0);
    }
}
