//! What a detector tells: one rule that held for one subject.

mod agent;
mod endpoint;
mod flow_id;
mod id;
mod reputation_note;
mod sink;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use agent::Agent;
pub use endpoint::{Endpoint, Subject};
pub use flow_id::{FlowId, community_id};
pub use id::AlertId;
pub use reputation_note::ReputationNote;
pub use sink::Sink;

use crate::{Severity, Timestamp};

/// One alert, or an update of one told before.
///
/// Serialized it is one JSON object; `docs/alert.schema.json` describes it. An update has the `id`,
/// `timestamp` and `frame` of the alert that it continues, a higher `update`, and what has changed
/// since: whoever keeps alerts keeps the highest `update` of an `id`. There is one when a verdict makes
/// an alert worse that is open, and one when an alert is closed that has grown, which tells the total.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Alert {
    /// Version of this format: 1.
    pub v: u8,
    /// The same for the same agent, rule, subject and packet time, however often it is replayed.
    pub id: AlertId,
    /// 0 when the alert is raised; each update has one more than what was told before it.
    pub update: u32,
    /// Time of the packet that made the rule hold; of the newest packet where a verdict did, which then
    /// is later than `last_seen`; of the measurement for what the sensor tells of itself.
    pub timestamp: Timestamp,
    /// Which detector, such as `port_scan`; `sensor` for what the sensor tells of itself.
    pub detector: Cow<'static, str>,
    /// Which rule of it, such as `port_scan/vertical`.
    pub rule: Cow<'static, str>,
    /// The rule's number, in Suricata's range for local rules.
    pub signature: u32,
    /// The detector's display name, such as `Port Scan`.
    pub category: Cow<'static, str>,
    /// How bad, with reputation taken into account.
    pub severity: Severity,
    /// How bad without it.
    pub base_severity: Severity,
    /// Who did it. For ARP the claimed address, and the MAC that claims it.
    pub source: Endpoint,
    /// To whom; for a source with many targets, the one that the last packet went to.
    pub target: Endpoint,
    /// One English sentence with the numbers in it.
    pub message: String,
    /// What the rule counted: ports, packets, bytes. Goes on growing in updates.
    pub count: u64,
    /// The count at which the rule holds, with reputation taken into account; for
    /// `dns_tunnelling/long_name` the one that must be exceeded.
    pub threshold: u64,
    /// The count at which it holds without.
    pub base_threshold: u64,
    /// The window the count is over, in seconds; 0 for a rule about single packets.
    pub window_s: u64,
    /// Time of the first packet counted.
    pub first_seen: Timestamp,
    /// Time of the last packet counted.
    pub last_seen: Timestamp,
    /// The facts that the rule rests on.
    pub evidence: Map<String, Value>,
    /// What is known of the endpoint that the rule asks about; absent for rules that ask about none.
    pub reputation: Option<ReputationNote>,
    /// What the behaviour is called in MITRE ATT&CK.
    pub attack: Vec<TechniqueNote>,
    /// The flow of the packet that made the rule hold; absent for ARP and where no packet did.
    pub flow: Option<FlowId>,
    /// Number of that packet in its capture, from 1; 0 for an alert that no packet raised.
    pub frame: u64,
    /// The interface that it was captured on, where that is known.
    pub interface: Option<String>,
    /// Who watched.
    pub agent: Agent,
}

/// A technique of MITRE ATT&CK.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TechniqueNote {
    /// Such as `T1046`.
    pub technique: Cow<'static, str>,
    /// Its name.
    pub name: Cow<'static, str>,
    /// The tactic's name.
    pub tactic: Cow<'static, str>,
}

impl Alert {
    /// The format's version.
    pub const VERSION: u8 = 1;
}
