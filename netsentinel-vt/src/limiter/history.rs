//! The requests of the last 24 hours.

use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::time::Duration;

use netsentinel_core::Timestamp;

use super::minute::MINUTE;
use super::{SENT_WITHIN, before};

/// The window: 24 hours, and how late a request may be sent.
pub(super) const DAY: Duration = SENT_WITHIN.saturating_add(Duration::from_secs(24 * 60 * 60));
/// Moments that are kept exactly. When there are more, requests of the same second are kept as made at
/// the last of them, so that there are never more than this and the seconds of a day: 3 MB.
const EXACT_MAX: usize = 100_000;

/// Requests of the last 24 hours, the oldest first.
#[derive(Debug, Default)]
pub(super) struct History {
    requests: VecDeque<Requests>,
    total: u64,
}

/// Requests made at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Requests {
    pub(super) at: Timestamp,
    pub(super) count: u32,
}

impl History {
    /// What was asked, in whatever order; what lies after `now` counts as made now.
    pub(super) fn new(mut requests: Vec<Requests>, now: Timestamp) -> Self {
        requests.sort_unstable();
        let mut history = Self::default();
        for Requests { at, count } in requests {
            if now.nanos_since(at) < DAY.as_nanos() as u64 {
                history.add(at.min(now), count);
            }
        }
        history
    }

    /// Adds requests made at `at`, which is not before the last.
    pub(super) fn add(&mut self, at: Timestamp, count: u32) {
        let crowded = self.requests.len() >= EXACT_MAX;
        match self.requests.back_mut() {
            Some(last) if last.at == at || crowded && last.at.as_secs() == at.as_secs() => {
                let sum = last.count.saturating_add(count);
                self.total += u64::from(sum - last.count);
                *last = Requests { at, count: sum };
            }
            _ => {
                self.total += u64::from(count);
                self.requests.push_back(Requests { at, count });
            }
        }
    }

    /// Forgets what was asked a [`DAY`] before `now`, or earlier.
    pub(super) fn forget(&mut self, now: Timestamp) {
        while let Some(first) = self.requests.front()
            && now.nanos_since(first.at) >= DAY.as_nanos() as u64
        {
            self.total = self.total.saturating_sub(first.count.into());
            self.requests.pop_front();
        }
    }

    /// Takes what lies after `now` as made now; tells whether anything does.
    pub(super) fn bring_back(&mut self, now: Timestamp) -> bool {
        let mut count = 0_u32;
        while let Some(last) = self.requests.back()
            && last.at > now
        {
            count = count.saturating_add(last.count);
            self.total = self.total.saturating_sub(last.count.into());
            self.requests.pop_back();
        }
        if count > 0 {
            self.add(now, count);
        }
        count > 0
    }

    /// Until when a quota of so many in a [`DAY`] is used up; `None` if it is not.
    pub(super) fn full_until(&self, quota: NonZeroU32) -> Option<Timestamp> {
        let quota = u64::from(quota.get());
        let mut left = self.total;
        let mut until = None;
        for requests in &self.requests {
            if left < quota {
                break;
            }
            left = left.saturating_sub(requests.count.into());
            until = Some(requests.at.after(DAY));
        }
        until
    }

    /// Requests within the [`DAY`] up to `now`.
    pub(super) fn count(&self, now: Timestamp) -> u64 {
        let old = |requests: &&Requests| now.nanos_since(requests.at) >= DAY.as_nanos() as u64;
        let gone: u64 = self.requests.iter().take_while(old).map(|old| u64::from(old.count)).sum();
        self.total.saturating_sub(gone)
    }

    /// Requests within the [`MINUTE`] up to `now`, the oldest first; what lies after `now` as made now.
    pub(super) fn last_minute(&self, now: Timestamp) -> impl Iterator<Item = Requests> {
        let from = self.requests.partition_point(|requests| requests.at <= before(now, MINUTE));
        let made = move |requests: &Requests| Requests { at: requests.at.min(now), ..*requests };
        self.requests.range(from..).map(made)
    }

    /// All that is kept, the oldest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = Requests> {
        self.requests.iter().copied()
    }

    /// How many moments are kept.
    pub(super) fn len(&self) -> usize {
        self.requests.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_requests_take_no_more_room_than_a_day_has_seconds() {
        let mut history = History::default();
        let mut now = Timestamp::from_parts(1_763_700_000, 0);
        for _ in 0..EXACT_MAX + 10_000 {
            now = now.after(Duration::from_millis(10));
            history.add(now, 1);
        }
        assert_eq!(history.len(), EXACT_MAX + 100);
        assert_eq!(history.count(now), EXACT_MAX as u64 + 10_000);
        // A second early at most, never late.
        let quota = NonZeroU32::new(EXACT_MAX as u32).unwrap();
        let exact = before(now.after(DAY), Duration::from_millis(10) * (EXACT_MAX as u32 - 1));
        assert_eq!(history.full_until(quota), Some(exact));
        history.forget(now.after(DAY));
        assert_eq!((history.len(), history.count(now)), (0, 0));
    }

    #[test]
    fn what_lies_in_the_future_was_made_now() {
        let at = |secs| Timestamp::from_parts(secs, 0);
        let mut history = History::default();
        for secs in [10, 20, 30, 40] {
            history.add(at(secs), 1);
        }
        assert!(history.bring_back(at(25)) && !history.bring_back(at(25)));
        let kept: Vec<_> = history.iter().collect();
        let of = |secs, count| Requests { at: at(secs), count };
        assert_eq!(kept, [of(10, 1), of(20, 1), of(25, 2)]);
        let day = DAY.as_secs() as i64;
        assert_eq!(history.full_until(NonZeroU32::new(3).unwrap()), Some(at(20 + day)));
        assert_eq!(history.full_until(NonZeroU32::new(5).unwrap()), None);
    }

    #[test]
    fn as_many_as_can_be_counted_are_forgotten_whole() {
        let now = Timestamp::from_parts(1_763_700_000, 0);
        let mut history = History::default();
        history.add(now, u32::MAX);
        history.add(now, u32::MAX);
        assert_eq!(history.count(now), u64::from(u32::MAX));
        history.forget(now.after(DAY));
        assert_eq!(history.count(now), 0);
    }
}
