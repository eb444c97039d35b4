//! What is sent over `/ws`.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use super::hub::Text;
use crate::api::AgentView;
use crate::store::{MinuteCounts, Stats, StoredAlert};

/// A message of the live feed, as JSON in one text frame.
///
/// `hello`, `alert` and `changed` tell how far the client has come: it remembers the highest
/// revision of these. After a break it asks `/api/alerts/changes` for what came after that.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[schemars(rename = "LiveMessage")]
pub(crate) enum Message<'a> {
    /// The first message: everything after this revision will be told.
    Hello {
        /// The newest revision now.
        revision: u64,
    },
    /// An alert came, or an agent sent an update of it. Suppressed ones are not told.
    Alert {
        /// Whether it was not there before.
        new: bool,
        /// As it is now.
        alert: &'a StoredAlert,
    },
    /// People or a suppression changed alerts: ask for the changes after the last revision seen.
    Changed {
        /// The newest of them.
        revision: u64,
    },
    /// The client fell behind and some messages were left out: ask for the changes after `after`.
    Resync {
        /// The last revision that it was sent.
        after: u64,
    },
    /// Counters over everything, when they have changed, at most once a second.
    Stats {
        /// The counters.
        stats: Stats,
    },
    /// The last 60 minutes, when they have changed, at most once a second.
    Timeline {
        /// The oldest minute first.
        minutes: &'a [MinuteCounts],
    },
    /// All agents, when anything about them has changed, at most once a second.
    Agents {
        /// By name.
        agents: &'a [AgentView],
    },
}

impl Message<'_> {
    /// As it is sent.
    pub(super) fn text(&self) -> Text {
        // Maps with text keys and derived structs always serialize.
        Arc::from(serde_json::to_string(self).unwrap_or_default())
    }
}
