//! What is known of an endpoint, and how that moves thresholds and severities.
//!
//! The engine only ever *peeks*: [`Reputation::tier`] answers from what is already known. Asking a
//! provider is the business of whoever implements the trait, in the background.

mod arrived;
mod indicator;
mod known;
mod suspicion;
mod verdict;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use arrived::Arrived;
pub(crate) use arrived::IndexedArrived;
pub use indicator::{Indicator, IndicatorBuf};
pub use known::{KnownReputation, ReputationError};
pub use suspicion::Suspicion;
pub use verdict::ProviderVerdict;

use crate::Severity;

/// How much an endpoint is distrusted.
///
/// Every tier above `Clean` lowers the thresholds that the endpoint is judged by; from `Medium` on
/// it also raises the severity. The factors are those of the system that invented them.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "UPPERCASE")]
pub enum RiskTier {
    /// Nothing is held against it, or nothing is known.
    #[default]
    Clean,
    /// A poor reputation score: threshold × 0.75, noted.
    Low,
    /// One or two engines call it malicious, or five suspicious: threshold × 0.50, one level up.
    Medium,
    /// Three to eight engines call it malicious: threshold × 0.25, one level up.
    High,
    /// Nine engines or more call it malicious: threshold × 0.10, severity `CRITICAL`.
    Critical,
}

impl RiskTier {
    /// All tiers, the most trusted first.
    pub const ALL: [Self; 5] = [Self::Clean, Self::Low, Self::Medium, Self::High, Self::Critical];

    /// The tier's name in capitals.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Clean => "CLEAN",
            Self::Low => "LOW",
            Self::Medium => "MEDIUM",
            Self::High => "HIGH",
            Self::Critical => "CRITICAL",
        }
    }

    /// `base` scaled by the tier, rounded up, at least 1.
    #[must_use]
    #[inline]
    pub const fn threshold(self, base: u64) -> u64 {
        let percent = match self {
            Self::Clean if base == 0 => return 1,
            Self::Clean => return base,
            Self::Low => 75,
            Self::Medium => 50,
            Self::High => 25,
            Self::Critical => 10,
        };
        // Whole hundreds first, so that no base overflows.
        let scaled = base / 100 * percent + (base % 100 * percent).div_ceil(100);
        if scaled == 0 { 1 } else { scaled }
    }

    /// `base` raised as the tier demands.
    #[must_use]
    pub const fn severity(self, base: Severity) -> Severity {
        match self {
            Self::Clean | Self::Low => base,
            Self::Medium | Self::High => base.raised(),
            Self::Critical => Severity::Critical,
        }
    }
}

impl fmt::Display for RiskTier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Tells what is known of an endpoint.
pub trait Reputation: Send + Sync {
    /// The tier of `indicator`, answered at once from what is already known.
    ///
    /// Called on the packet path: must neither block nor allocate. What is unknown is `Clean`.
    fn tier(&self, indicator: Indicator<'_>) -> RiskTier;

    /// Tells that a verdict about `indicator` is wanted, whose [`tier`](Self::tier) is not the worst yet,
    /// and how much its endpoint is suspected. Answers whether one is outstanding: then whoever counts
    /// keeps what it has, and judges it again when the verdict has come
    /// ([`Pipeline::reconsider`](crate::Pipeline::reconsider)).
    ///
    /// Called on the packet path, often and for the same indicator: must neither block nor allocate.
    /// `false` where it is known already, where it is never asked about, or where nobody can be asked.
    fn want(&self, indicator: Indicator<'_>, suspicion: Suspicion) -> bool {
        let _ = (indicator, suspicion);
        false
    }

    /// Who said what of `indicator`, the worst first; those who call it clean left out. Called for alerts
    /// only.
    fn verdicts(&self, indicator: Indicator<'_>) -> Vec<ProviderVerdict> {
        let _ = indicator;
        Vec::new()
    }

    /// Why `indicator` has its tier, in a few words, such as `5 malicious`. Called for alerts only.
    fn detail(&self, indicator: Indicator<'_>) -> Option<String> {
        let _ = indicator;
        None
    }
}

/// Knows nothing: every endpoint is [`RiskTier::Clean`], every threshold the base one.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clean;

impl Reputation for Clean {
    fn tier(&self, _: Indicator<'_>) -> RiskTier {
        RiskTier::Clean
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_scale_up_to_the_next_whole_number() {
        let scaled = |base| RiskTier::ALL.map(|tier| tier.threshold(base));
        assert_eq!(scaled(15), [15, 12, 8, 4, 2]);
        assert_eq!(scaled(200), [200, 150, 100, 50, 20]);
        assert_eq!(scaled(5_000_000), [5_000_000, 3_750_000, 2_500_000, 1_250_000, 500_000]);
        assert_eq!(scaled(1), [1; 5]);
        assert_eq!(RiskTier::Clean.threshold(u64::MAX), u64::MAX);
    }

    #[test]
    fn severities_rise_as_the_table_says() {
        let of = |base| RiskTier::ALL.map(|tier| tier.severity(base));
        use Severity::{Critical, High, Medium};
        assert_eq!(of(Medium), [Medium, Medium, High, High, Critical]);
        assert_eq!(of(High), [High, High, Critical, Critical, Critical]);
        assert_eq!(of(Critical), [Critical; 5]);
    }
}
