//! The messages between agent and server: JSON over HTTPS on `agent_port`.
//!
//! | request | body | answer |
//! |---|---|---|
//! | `POST /api/agent/enrol` | [`Enrolment`] | [`Enrolled`] |
//! | `POST /api/alert` | one alert, or [`AlertBatch`] | [`BatchAnswer`] |
//! | `POST /api/agent/heartbeat` | [`Heartbeat`] | [`HeartbeatAnswer`] |
//! | `GET /api/reputation?indicator=…` | none | [`ReputationAnswer`] |
//!
//! Enrolment shows the shared key in [`KEY_HEADER`]. Everything else shows the agent's id in
//! [`AGENT_HEADER`] and its own key in [`KEY_HEADER`]. Whatever is refused as a whole is answered by
//! a [`Problem`]. Unknown fields are ignored on both sides, so that versions may differ.

mod alerts;
mod enrolment;
mod heartbeat;
mod problem;
mod reputation;

pub use alerts::{AlertBatch, BatchAnswer, ItemAnswer, ItemStatus};
pub use enrolment::{AgentId, Enrolled, Enrolment, InvalidAgentId};
pub use heartbeat::{
    Heartbeat, HeartbeatAnswer, InterfaceReport, InterfaceState, ReputationHealth,
    ReputationReport, RingReport, SpoolReport,
};
pub use problem::Problem;
pub use reputation::{IndicatorAnswer, IndicatorState, ReputationAnswer};

/// Alerts in one request at most.
pub const BATCH_ALERTS_MAX: usize = 500;
/// Bytes of one request's body at most.
pub const BATCH_BYTES_MAX: usize = 1 << 20;
/// The header with an agent's id.
pub const AGENT_HEADER: &str = "x-agent-id";
/// The header with a key.
pub const KEY_HEADER: &str = "x-api-key";
/// Bytes of a key before it is written as URL-safe base64 without padding.
pub const KEY_BYTES: usize = 32;
/// Where alerts are posted.
pub const ALERT_PATH: &str = "/api/alert";
/// Where agents enrol.
pub const ENROL_PATH: &str = "/api/agent/enrol";
/// Where heartbeats are posted.
pub const HEARTBEAT_PATH: &str = "/api/agent/heartbeat";
/// Where what is known of addresses and domains is asked.
pub const REPUTATION_PATH: &str = "/api/reputation";
/// Indicators in one request at most: their names together stay well below what a URL may hold.
pub const REPUTATION_INDICATORS_MAX: usize = 24;
