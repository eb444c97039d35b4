//! How much an endpoint is suspected, which says who is asked about first.

use serde::{Deserialize, Serialize};

/// How near the behaviour of an endpoint has come to a rule's base threshold, in percent: 0 for one
/// that was merely seen, 100 at the threshold and beyond.
///
/// Look-ups are few: four a minute with a free key. So the most suspected are asked about first.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(from = "u8")]
pub struct Suspicion(u8);

impl Suspicion {
    /// Merely seen.
    pub const SEEN: Self = Self(0);
    /// At a threshold or beyond.
    pub const REACHED: Self = Self(100);

    /// A count of `count` where `base` makes an alert.
    pub const fn of(count: u64, base: u64) -> Self {
        if count >= base {
            return Self::REACHED;
        }
        // Below the base, so the quotient is below 100.
        Self((count as u128 * 100 / base as u128) as u8)
    }

    /// From 0 to 100.
    pub const fn percent(self) -> u8 {
        self.0
    }
}

/// What is beyond 100 counts as 100.
impl From<u8> for Suspicion {
    fn from(percent: u8) -> Self {
        Self(percent.min(100))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_the_share_of_the_threshold() {
        let of = |count, base| Suspicion::of(count, base).percent();
        assert_eq!(
            [of(0, 15), of(2, 15), of(14, 15), of(15, 15), of(99, 15)],
            [0, 13, 93, 100, 100]
        );
        assert_eq!(of(u64::MAX - 1, u64::MAX), 99);
        assert_eq!(of(0, 0), 100);
        assert_eq!(Suspicion::from(200), Suspicion::REACHED);
    }
}
