//! The first attempts at a host. Of most hosts there are no more: those need no table of who tried what.

use netsentinel_core::Timestamp;

use super::votes::Print;

/// Attempts that a host holds by itself.
pub(super) const EARLY_MAX: usize = 8;

/// The last attempts at a host that are counted nowhere else: what each was, by a fingerprint, and when. So the
/// count of a source at a port is exact from the first attempt on, though most are never counted one by one.
pub(super) struct Early {
    prints: [u32; EARLY_MAX],
    times: [Timestamp; EARLY_MAX],
    next: u8,
}

impl Early {
    pub(super) const NONE: Self =
        Self { prints: [0; EARLY_MAX], times: [Timestamp::MIN; EARLY_MAX], next: 0 };

    /// Takes an attempt at `now`, unless all places are taken by others within `window` nanoseconds of it;
    /// tells whether there was room.
    pub(super) fn takes(&mut self, print: Print, now: Timestamp, window: u64) -> bool {
        let at = usize::from(self.next) % EARLY_MAX;
        if is_within(self.times[at], now, window) {
            return false;
        }
        (self.prints[at], self.times[at]) = (print.0, now);
        self.next = self.next.wrapping_add(1);
        true
    }

    /// How many of them are like `print`, within `window` nanoseconds of `now`.
    pub(super) fn count(&self, print: Print, now: Timestamp, window: u64) -> u64 {
        self.alike(print, now, window).count() as u64
    }

    /// When the first of those came.
    pub(super) fn oldest(&self, print: Print, now: Timestamp, window: u64) -> Option<Timestamp> {
        self.alike(print, now, window).min()
    }

    fn alike(
        &self,
        print: Print,
        now: Timestamp,
        window: u64,
    ) -> impl Iterator<Item = Timestamp> + '_ {
        let held = self.prints.iter().zip(self.times);
        let alike = held.filter(move |(held, _)| **held == print.0).map(|(_, time)| time);
        alike.filter(move |time| is_within(*time, now, window))
    }
}

/// [`Timestamp::MIN`] is never: no attempt.
fn is_within(time: Timestamp, now: Timestamp, window: u64) -> bool {
    time != Timestamp::MIN && now.nanos_since(time) <= window
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_free_again_when_the_window_has_passed() {
        let at = |second| Timestamp::from_parts(second, 0);
        let window = 5_000_000_000;
        let (one, other) = (Print(1), Print(2));
        let mut early = Early::NONE;
        for second in 0..8 {
            assert!(early.takes(if second % 2 == 0 { one } else { other }, at(second / 4), window));
        }
        assert!(!early.takes(one, at(2), window), "full");
        assert_eq!((early.count(one, at(2), window), early.count(Print(3), at(2), window)), (4, 0));
        assert_eq!(early.oldest(one, at(2), window), Some(at(0)));
        assert_eq!(early.oldest(one, at(6), window), Some(at(1)));
        assert!(early.takes(other, at(6), window), "the oldest has left");
        assert_eq!(early.count(other, at(6), window), 3);
    }
}
