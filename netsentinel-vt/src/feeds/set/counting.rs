//! Which lists count, and what being on one means: two words, read at each peek.

use std::sync::atomic::{AtomicU64, Ordering};

use netsentinel_core::RiskTier;

/// Repeats the bits of 16 lists for each tier above clean.
const EACH_TIER: u64 = 0x0001_0001_0001_0001;

/// Which lists count, and with which tier.
#[derive(Debug, Default)]
pub(super) struct Counting {
    /// 16 bits for the lists of each tier above clean, the worst tier on top.
    worse: AtomicU64,
    /// The lists that call what they hold clean.
    clean: AtomicU64,
}

/// [`Counting`] at one moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Active {
    worse: u64,
    clean: u64,
}

impl Counting {
    pub(super) fn now(&self) -> Active {
        Active {
            worse: self.worse.load(Ordering::Acquire),
            clean: self.clean.load(Ordering::Acquire),
        }
    }

    /// From now on the list of this bit, which does not count or has this tier already, counts with it.
    pub(super) fn set(&self, bit: u16, tier: RiskTier) {
        let bit = u64::from(bit);
        match tier {
            RiskTier::Clean => self.clean.fetch_or(bit, Ordering::Release),
            RiskTier::Low => self.worse.fetch_or(bit, Ordering::Release),
            RiskTier::Medium => self.worse.fetch_or(bit << 16, Ordering::Release),
            RiskTier::High => self.worse.fetch_or(bit << 32, Ordering::Release),
            RiskTier::Critical => self.worse.fetch_or(bit << 48, Ordering::Release),
        };
    }

    /// From now on the list of this bit does not count.
    pub(super) fn clear(&self, bit: u16) {
        let bit = u64::from(bit);
        self.worse.fetch_and(!(bit * EACH_TIER), Ordering::Release);
        self.clean.fetch_and(!bit, Ordering::Release);
    }
}

impl Active {
    /// Whether no list counts.
    pub(super) fn is_empty(self) -> bool {
        self.worse | self.clean == 0
    }

    /// The lists that count, a bit each.
    pub(super) fn lists(self) -> u16 {
        let [a, b, c, d] = [0, 16, 32, 48].map(|shift| (self.worse >> shift) as u16);
        a | b | c | d | self.clean as u16
    }

    /// The worst tier of those of `lists` that count.
    pub(super) fn tier(self, lists: u16) -> Option<RiskTier> {
        let hits = (u64::from(lists) * EACH_TIER) & self.worse;
        match hits.checked_ilog2() {
            Some(48..) => Some(RiskTier::Critical),
            Some(32..) => Some(RiskTier::High),
            Some(16..) => Some(RiskTier::Medium),
            Some(_) => Some(RiskTier::Low),
            None => (u64::from(lists) & self.clean != 0).then_some(RiskTier::Clean),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_tier_of_the_lists_that_count_wins() {
        let counting = Counting::default();
        assert!(counting.now().is_empty());
        for (place, tier) in RiskTier::ALL.into_iter().enumerate() {
            counting.set(1 << place, tier);
            counting.set(1 << (15 - place), tier);
            assert_eq!(counting.now().tier(0xffff), Some(tier));
        }
        let tier = |lists| counting.now().tier(lists);
        for (place, own) in RiskTier::ALL.into_iter().enumerate() {
            assert_eq!(tier(1 << place), Some(own));
            assert_eq!(tier(1 << (15 - place)), Some(own));
        }
        assert_eq!(tier(0b0000_0111_1110_0000), None);
        assert_eq!(counting.now().lists(), 0b1111_1000_0001_1111);

        counting.clear(1 << 4);
        assert_eq!(counting.now().tier(0b1_1000), Some(RiskTier::High));
        assert_eq!(counting.now().tier(0b1_0001), Some(RiskTier::Clean));
        for place in 0..16 {
            counting.clear(1 << place);
        }
        assert!(counting.now().is_empty());
    }
}
