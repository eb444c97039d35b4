//! Alerts, and what became of each.

use netsentinel_core::Alert;
use serde::{Deserialize, Serialize};

/// Several alerts in one request.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AlertBatch {
    /// At most [`BATCH_ALERTS_MAX`](super::BATCH_ALERTS_MAX).
    pub alerts: Vec<Alert>,
}

/// What became of the alerts of a request, one item for each, in their order.
///
/// Comes with status 200; with 429 and a `Retry-After` header when some were deferred.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BatchAnswer {
    /// One for each alert of the request.
    pub results: Vec<ItemAnswer>,
}

/// What became of one alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ItemAnswer {
    /// Its id, where it could be read.
    pub id: Option<String>,
    /// Which update of that alert it is.
    pub update: Option<u32>,
    /// What became of it.
    pub status: ItemStatus,
    /// Why it was rejected or deferred.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
}

/// What became of one alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum ItemStatus {
    /// It is stored, durably.
    Accepted,
    /// It, or a later update of it, was stored before.
    Duplicate,
    /// It will never be taken.
    Rejected,
    /// It was not looked at, because the agent sends more than it may: send it again later.
    Deferred,
}

impl ItemStatus {
    /// Whether the server has answered for the alert, so that it need not be sent again.
    pub const fn is_settled(self) -> bool {
        !matches!(self, Self::Deferred)
    }
}
