//! The time of packets as it passes: never back, and second by second.

use crate::Timestamp;

/// How far packet time has come.
#[derive(Clone, Copy, Debug)]
pub(super) struct PacketTime {
    newest: Timestamp,
    /// When the second that `newest` is in ends: its last moment.
    second_end: Timestamp,
    begun: bool,
}

/// What a moment is to the time that has come before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entered {
    /// Older than the newest, which goes on to be now.
    Late,
    /// In the same second as the newest.
    Within,
    /// In another second than the newest.
    Second,
    /// The first of all.
    First,
}

impl PacketTime {
    /// Before every packet.
    pub(super) const START: Self =
        Self { newest: Timestamp::MIN, second_end: Timestamp::MIN, begun: false };

    /// The newest time; [`Timestamp::MIN`] before the first.
    pub(super) const fn now(self) -> Timestamp {
        self.newest
    }

    /// The newest time; `None` before the first.
    pub(super) fn newest(self) -> Option<Timestamp> {
        self.begun.then_some(self.newest)
    }

    /// Moves on to `timestamp`.
    #[inline]
    pub(super) fn enter(&mut self, timestamp: Timestamp) -> Entered {
        if timestamp < self.newest {
            return Entered::Late;
        }
        self.newest = timestamp;
        if timestamp <= self.second_end && self.begun {
            return Entered::Within;
        }
        self.second_end = Timestamp::from_parts(timestamp.as_secs(), 999_999_999);
        match std::mem::replace(&mut self.begun, true) {
            true => Entered::Second,
            false => Entered::First,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_begin_once_and_time_never_runs_back() {
        let mut time = PacketTime::START;
        assert_eq!(time.newest(), None);
        let nanos = [1_999_999_999, 1_000_000_000, 2_000_000_000, 2_999_999_999, 3_000_000_000];
        let entered = nanos.map(|nanos| time.enter(Timestamp::from_nanos(nanos)));
        use Entered::{First, Late, Second, Within};
        assert_eq!(entered, [First, Late, Second, Within, Second]);
        assert_eq!(time.newest(), Some(Timestamp::from_nanos(3_000_000_000)));
    }

    #[test]
    fn the_ends_of_time_are_times_like_any() {
        let mut time = PacketTime::START;
        assert_eq!(time.enter(Timestamp::MIN), Entered::First);
        assert_eq!(time.newest(), Some(Timestamp::MIN));
        assert_eq!(time.enter(Timestamp::from_nanos(i64::MAX)), Entered::Second);
        assert_eq!(time.enter(Timestamp::from_nanos(i64::MAX)), Entered::Within);
    }
}
