//! What part of a quota is kept for the suspected.

use std::time::Duration;

use tokio::time::Instant;

use crate::Quota;
use crate::limiter::Left;

const DAY: Duration = Duration::from_secs(24 * 3_600);
/// Into how many parts the half for those merely seen is cut: so much of it may be used at once.
const PARTS: u32 = 24;
/// Up to here a minute's quota allows but one request at once (see [`limiter`](crate::limiter)).
const AT_ONCE: u32 = 2;
/// When to look again whether there is more left.
const LOOK_AGAIN: Duration = Duration::from_secs(15);

/// Says when a request may be made for indicators that are merely seen.
///
/// They use half of the day's quota at most, an hour's part of it at once and the rest evenly spread; and
/// they are asked about only while more than half of the day's quota is left, which holds across restarts
/// too. A quota of one a day is for the suspected alone. Where a minute allows two requests at once, one of
/// them is kept for the suspected as well.
#[derive(Debug)]
pub(super) struct Reserve {
    quota: Quota,
    /// Half of the day's quota.
    half: u32,
    /// Between two requests.
    step: Duration,
    /// How far requests may run ahead of the even pace.
    ahead: Duration,
    /// When, at an even pace, the next is due.
    next: Instant,
}

impl Reserve {
    pub(super) fn new(quota: Quota, now: Instant) -> Self {
        let half = quota.per_day.map_or(0, |day| day.get() / 2);
        let at_once = (half / PARTS).max(1);
        let step = DAY / half.saturating_sub(at_once).max(1);
        Self { quota, half, step, ahead: step * (at_once - 1), next: now }
    }

    /// How long to wait, with so much left; nothing for not at all.
    pub(super) fn wait(&self, left: Left, now: Instant) -> Option<Duration> {
        if let (Some(minute), Some(left)) = (self.quota.per_minute, left.minute)
            && minute.get() > AT_ONCE
            && left < 2
        {
            return Some(LOOK_AGAIN);
        }
        let day = self.quota.per_day?.get();
        if left.day.is_some_and(|left| left <= u64::from(day - self.half)) {
            return Some(LOOK_AGAIN);
        }
        let wait = self.next.saturating_duration_since(now).saturating_sub(self.ahead);
        (!wait.is_zero()).then_some(wait)
    }

    /// A request was made for some merely seen.
    pub(super) fn used(&mut self, now: Instant) {
        self.next = self.next.max(now) + self.step;
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    fn quota(per_minute: u32, per_day: u32) -> Quota {
        Quota { per_minute: NonZeroU32::new(per_minute), per_day: NonZeroU32::new(per_day) }
    }

    fn left(minute: u64, day: u64) -> Left {
        Left { minute: Some(minute), day: Some(day) }
    }

    #[test]
    fn is_half_of_the_day_spread_over_it() {
        for per_day in [2, 3, 10, 47, 48, 500, 1_000, 100_000] {
            let start = Instant::now();
            let mut reserve = Reserve::new(quota(1_000, per_day), start);
            let all = left(1_000, per_day.into());
            let (mut at, mut used) = (start, Vec::new());
            while at < start + DAY * 2 {
                match reserve.wait(all, at) {
                    Some(wait) => at += wait,
                    None => {
                        reserve.used(at);
                        used.push(at);
                    }
                }
            }
            let half = per_day as usize / 2;
            for window in used.windows(half + 1) {
                assert!(window[half] - window[0] >= DAY - Duration::from_micros(1), "{per_day}");
            }
            assert!(used.len() >= half, "{per_day}: all of the half is used");
            let hour = used.iter().filter(|at| **at - start < DAY / 24).count();
            assert!(hour <= (half / 12).max(1) + 1, "{per_day}: {hour} within an hour");
        }
    }

    #[test]
    fn holds_while_less_than_half_is_left() {
        let now = Instant::now();
        let free = Reserve::new(quota(4, 500), now);
        assert_eq!(free.wait(left(2, 251), now), None);
        assert!(free.wait(left(1, 500), now).is_some());
        assert!(free.wait(left(2, 250), now).is_some());
        assert_eq!(Reserve::new(quota(2, 500), now).wait(left(1, 500), now), None);
        assert!(Reserve::new(quota(4, 1), now).wait(left(2, 1), now).is_some());
    }

    #[test]
    fn without_a_limit_there_is_none() {
        let now = Instant::now();
        let mut reserve = Reserve::new(Quota::default(), now);
        for _ in 0..1_000 {
            assert_eq!(reserve.wait(Left::default(), now), None);
            reserve.used(now);
        }
    }
}
