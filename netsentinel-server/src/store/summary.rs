//! Counts over many alerts.

use netsentinel_core::{Severity, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Alerts by severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SeverityCounts {
    /// LOW.
    pub low: u64,
    /// MEDIUM.
    pub medium: u64,
    /// HIGH.
    pub high: u64,
    /// CRITICAL.
    pub critical: u64,
}

impl SeverityCounts {
    /// The counter of `severity`.
    pub fn of(&mut self, severity: Severity) -> &mut u64 {
        match severity {
            Severity::Low => &mut self.low,
            Severity::Medium => &mut self.medium,
            Severity::High => &mut self.high,
            Severity::Critical => &mut self.critical,
        }
    }

    /// All together.
    pub const fn total(self) -> u64 {
        self.low + self.medium + self.high + self.critical
    }
}

/// Counters over everything that is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Stats {
    /// Alerts that are neither archived nor suppressed.
    pub alerts: SeverityCounts,
    /// Of those, the ones that nobody has acknowledged.
    pub unacknowledged: SeverityCounts,
    /// Archived alerts.
    pub archived: u64,
    /// Suppressed alerts.
    pub suppressed: u64,
    /// The newest revision.
    pub revision: u64,
}

/// The alerts of one minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MinuteCounts {
    /// When the minute begins.
    pub minute: Timestamp,
    /// The alerts with a timestamp in it.
    pub alerts: SeverityCounts,
}

/// The alerts about one source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SourceCount {
    /// Its address, or its hardware address where it has none.
    pub source: String,
    /// Whether it belongs to the site.
    pub internal: Option<bool>,
    /// Its alerts.
    pub alerts: SeverityCounts,
    /// The newest of them.
    pub last_seen: Timestamp,
}

/// The alerts of one category.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CategoryCount {
    /// The detector's id.
    pub detector: String,
    /// Its display name.
    pub category: String,
    /// Its alerts.
    pub alerts: SeverityCounts,
}
