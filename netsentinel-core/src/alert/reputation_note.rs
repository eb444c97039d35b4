//! What an alert tells of reputation.

use serde::{Deserialize, Serialize};

use crate::{Indicator, ProviderVerdict, Reputation, RiskTier};

/// What was known of an endpoint when the alert was raised, or last updated by a verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReputationNote {
    /// The address or domain asked about.
    pub indicator: String,
    /// Its tier.
    pub tier: RiskTier,
    /// Why, where the provider tells.
    pub detail: Option<String>,
    /// Who said what, the worst first; absent where nobody says anything against it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub verdicts: Vec<ProviderVerdict>,
}

impl ReputationNote {
    /// What `reputation` says of `indicator`, which it has given this tier.
    pub(crate) fn of(
        indicator: Indicator<'_>,
        tier: RiskTier,
        reputation: &dyn Reputation,
    ) -> Self {
        Self {
            indicator: indicator.to_string(),
            tier,
            detail: reputation.detail(indicator),
            verdicts: reputation.verdicts(indicator),
        }
    }

    /// ` [VT:HIGH — 5 malicious]`, or nothing for what is clean.
    pub(crate) fn suffix(&self) -> String {
        match self {
            Self { tier: RiskTier::Clean, .. } => String::new(),
            Self { tier, detail: None, .. } => format!(" [VT:{tier}]"),
            Self { tier, detail: Some(detail), .. } => format!(" [VT:{tier} — {detail}]"),
        }
    }
}
