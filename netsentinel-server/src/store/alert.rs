//! Alerts as they are kept, and how they are asked for.

use netsentinel_core::{Alert, Severity, Timestamp};
use netsentinel_transport::wire::AgentId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An alert with what the server knows of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StoredAlert {
    /// Its place in the store; never changes.
    pub position: u64,
    /// Grows whenever anything about it changes.
    pub revision: u64,
    /// When the server first stored it.
    pub received: Timestamp,
    /// Who acknowledged it.
    pub acknowledged_by: Option<String>,
    /// When.
    pub acknowledged_at: Option<Timestamp>,
    /// Whether it was put away: lists leave it out unless asked.
    pub archived: bool,
    /// The suppression that matched it, if one did: lists leave it out unless asked.
    pub suppressed_by: Option<u64>,
    /// How many comments it has.
    pub comments: u32,
    /// What the agent told.
    pub alert: Alert,
}

/// Which alerts to list. Parts that are absent let everything through.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AlertFilter {
    /// Not before this time.
    pub since: Option<Timestamp>,
    /// Before this time.
    pub until: Option<Timestamp>,
    /// Of one of these severities; empty for all.
    pub severity: Vec<Severity>,
    /// By one of these detectors; empty for all.
    pub detector: Vec<String>,
    /// With this source address, written as alerts write it.
    pub source: Option<String>,
    /// With this target address.
    pub target: Option<String>,
    /// From this agent.
    pub agent: Option<String>,
    /// With this text, in any case, in category, message, source address or hostname.
    pub text: Option<String>,
    /// Acknowledged or not.
    pub acknowledged: Option<bool>,
    /// Archived ones instead of those that are not.
    pub archived: bool,
    /// Suppressed ones too.
    pub suppressed: bool,
}

/// Where a page ended: timestamp and position of its last alert. Opaque outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The alert's time.
    pub timestamp: Timestamp,
    /// Its position.
    pub position: u64,
}

/// A page of alerts.
#[derive(Clone, Debug, Default)]
pub struct AlertPage {
    /// The alerts.
    pub alerts: Vec<StoredAlert>,
    /// From where to go on; `None` at the end.
    pub next: Option<Cursor>,
}

/// What became of one alert that was to be stored.
#[derive(Clone, Debug, PartialEq)]
pub enum ItemOutcome {
    /// It is stored.
    Stored(Box<Change>),
    /// It, or a later update of it, was stored before.
    Duplicate,
}

/// A stored alert that is new or has changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Whether it was not there before.
    pub new: bool,
    /// As it is now.
    pub stored: StoredAlert,
}

/// Which alerts to change.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Selection {
    /// Those at these positions.
    Positions(Vec<u64>),
    /// All that the filter lets through, up to and including this revision, so that nothing is
    /// changed that the person has not seen.
    Matching {
        /// The filter.
        filter: AlertFilter,
        /// The newest revision that counts.
        up_to: u64,
    },
}

/// What to do with alerts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Triage {
    /// Somebody has seen it.
    Acknowledge,
    /// Not seen after all.
    Unacknowledge,
    /// Put away.
    Archive,
    /// Back into the lists.
    Unarchive,
}

/// What somebody wrote about an alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Comment {
    /// Its number.
    pub id: u64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub author: String,
    /// The text.
    pub text: String,
}

impl AlertFilter {
    /// Those of one agent.
    pub fn of_agent(agent: &AgentId) -> Self {
        Self { agent: Some(agent.to_string()), ..Self::default() }
    }
}
