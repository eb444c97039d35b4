//! What is known of addresses and domains, asked of the server by its agents.

use netsentinel_core::{IndicatorBuf, ProviderVerdict, RiskTier, Timestamp};
use serde::{Deserialize, Serialize};

/// What the server knows of the indicators of a request, in its order.
///
/// The request is `GET /api/reputation?indicator=…&indicator=…`, with at most
/// [`REPUTATION_INDICATORS_MAX`](super::REPUTATION_INDICATORS_MAX). Each is an address or a domain, and may
/// be followed by a comma and how much its endpoint is suspected, from 0 to 100: `203.0.113.7,87`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReputationAnswer {
    /// The server's clock.
    pub at: Timestamp,
    /// One for each indicator.
    pub indicators: Vec<IndicatorAnswer>,
}

/// What the server knows of one indicator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct IndicatorAnswer {
    /// What was asked about.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub indicator: IndicatorBuf,
    /// Whether that is all that there will be.
    pub state: IndicatorState,
    /// Seconds that it still counts; 0 while it is pending.
    pub lasts_s: u64,
    /// Its tier as far as it is known.
    pub tier: RiskTier,
    /// Who said what, the worst first; nobody who calls it clean.
    pub verdicts: Vec<ProviderVerdict>,
}

/// Whether a verdict is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum IndicatorState {
    /// All who can be asked have answered.
    Known,
    /// It waits to be asked about: ask again in a while.
    Pending,
    /// Nobody is asked about it; lists were looked at.
    NotAsked,
}
