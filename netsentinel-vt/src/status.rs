//! What is told of a broker: by `/metrics`, by the API and on the command line.

use netsentinel_core::{RiskTier, Timestamp};
use serde::{Deserialize, Serialize};

/// What is told of a broker.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Status {
    /// Whether nobody is asked, and what would be is only logged.
    pub dry_run: bool,
    /// Peeks and look-ups that found a verdict or a list entry.
    pub hits: u64,
    /// Those that found nothing.
    pub misses: u64,
    /// Notes of the packet path that were given up because the ring was full.
    pub notes_dropped: u64,
    /// Verdicts that are remembered, and how many can be.
    pub cached: u64,
    /// How many verdicts can be remembered.
    pub cache_max: u64,
    /// Verdicts given up for newer ones before their time.
    pub cache_evictions: u64,
    /// Indicators that wait to be asked about.
    pub queued: u64,
    /// How many can wait.
    pub queue_max: u64,
    /// Indicators given up for others that are more suspected, or because they have waited too long.
    pub queue_dropped: u64,
    /// Indicators that were not asked about because they are not global, or are allowed.
    pub refused: u64,
    /// Who is asked.
    pub providers: Vec<ProviderStatus>,
    /// Lists.
    pub feeds: Vec<FeedStatus>,
}

/// What is told of a provider.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProviderStatus {
    /// Its name.
    pub name: String,
    /// Whether it can be asked.
    pub health: Health,
    /// Why not, if not.
    pub reason: Option<String>,
    /// Until when it is left alone.
    pub paused_until: Option<Timestamp>,
    /// Requests made; in a dry run those that would have been.
    pub requests: u64,
    /// Questions that were answered, with whatever.
    pub answered: u64,
    /// Requests that failed.
    pub failed: u64,
    /// Requests left in this minute; absent where there is no limit.
    pub left_minute: Option<u64>,
    /// Requests left in these 24 hours; absent where there is no limit.
    pub left_day: Option<u64>,
}

/// Whether a provider can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// It answers, or was not asked yet.
    Ok,
    /// It is left alone for a while: it said so, or it failed.
    Paused,
    /// Its key is refused: it is not asked again until it has another one.
    Stopped,
}

/// What is told of a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FeedStatus {
    /// Its name.
    pub name: String,
    /// What being on it means.
    pub tier: RiskTier,
    /// Whether it counts: `false` before it was loaded first, and when it is too old.
    pub active: bool,
    /// Addresses, networks and domains on it.
    pub indicators: u64,
    /// Lines that could not be read, or name what is never held against anybody.
    pub skipped: u64,
    /// When what counts was loaded from its place, or last found unchanged there.
    pub loaded: Option<Timestamp>,
    /// What went wrong the last time, if it did.
    pub error: Option<String>,
}
