//! What one provider said of an indicator.

use serde::{Deserialize, Serialize};

use super::RiskTier;

/// What one provider said of an indicator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProviderVerdict {
    /// Who says so, such as `virustotal`, or the name of a feed.
    pub provider: String,
    /// The tier that this alone would give.
    pub tier: RiskTier,
    /// Why, in a few words, such as `5 malicious`.
    pub detail: String,
}
