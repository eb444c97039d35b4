//! Agents as they are kept.

use netsentinel_core::Timestamp;
use netsentinel_transport::wire::{AgentId, Heartbeat};

/// An agent that asks to be known.
#[derive(Clone, Debug)]
pub struct NewAgent {
    /// Its identity.
    pub id: AgentId,
    /// SHA-256 of its key.
    pub key_hash: [u8; 32],
    /// The name in the client certificate that it came with.
    pub certificate: Option<String>,
    /// The machine's name.
    pub hostname: String,
    /// Its operating system.
    pub os: String,
    /// Its version.
    pub version: String,
    /// The address that it came from.
    pub address: String,
}

/// What became of an enrolment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnrolOutcome {
    /// It is known now.
    Enrolled,
    /// It was known already, by the same key.
    Known,
    /// Its id is known by another key or certificate, or revoked.
    Refused,
    /// There are as many agents as there may be.
    Full,
}

/// An agent.
#[derive(Clone, Debug, PartialEq)]
pub struct AgentRecord {
    /// Its identity.
    pub id: AgentId,
    /// SHA-256 of its key.
    pub key_hash: [u8; 32],
    /// The client certificate's name that is bound to it.
    pub certificate: Option<String>,
    /// The machine's name.
    pub hostname: String,
    /// Its operating system.
    pub os: String,
    /// Its version.
    pub version: String,
    /// The address that it was last heard from.
    pub address: String,
    /// When it enrolled.
    pub first_seen: Timestamp,
    /// When it was last heard.
    pub last_seen: Timestamp,
    /// Whether its key was taken away.
    pub revoked: bool,
    /// Alerts of it that are kept.
    pub alerts: u64,
    /// Its latest heartbeat.
    pub heartbeat: Option<Heartbeat>,
}
