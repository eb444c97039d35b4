//! How an agent is, told every half minute.

use netsentinel_core::Timestamp;
use serde::{Deserialize, Serialize};

/// How an agent is. Counters run since it started.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Heartbeat {
    /// The agent's clock.
    pub at: Timestamp,
    /// The agent's version.
    pub version: String,
    /// The machine's name.
    pub hostname: String,
    /// Its operating system, such as `linux`.
    pub os: String,
    /// Seconds since the agent started.
    pub uptime_s: u64,
    /// Packets judged.
    pub packets: u64,
    /// Bytes of these packets on the wire.
    pub bytes: u64,
    /// Packets that were captured but could not be judged.
    pub dropped_agent: u64,
    /// Packets judged at a later time than their own, because one after them came first.
    pub out_of_order: u64,
    /// Packets that could not be decoded to the end.
    pub malformed: u64,
    /// Entries that full tables gave up while they might still have mattered.
    pub evictions: u64,
    /// Alerts raised, updates not counted.
    pub alerts: u64,
    /// Whether the agent's own connection to the server is left out.
    pub uplink_excluded: bool,
    /// What is captured on.
    pub interfaces: Vec<InterfaceReport>,
    /// What waits to be sent.
    pub spool: SpoolReport,
    /// Resident memory in bytes, where it is known.
    pub rss_bytes: Option<u64>,
    /// What it knows of endpoints; nothing where nobody is asked.
    pub reputation: Option<ReputationReport>,
}

/// One interface. Counters run since the agent started, across all times it was opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct InterfaceReport {
    /// Its name.
    pub name: String,
    /// Whether it is captured on.
    pub state: InterfaceState,
    /// Packets that reached the capture: those judged and those that the kernel dropped.
    pub received: u64,
    /// Packets that the kernel dropped because its buffer was full.
    pub dropped_kernel: u64,
    /// Packets that the interface or its driver dropped, where that is known.
    pub dropped_interface: u64,
    /// Its rings, where the kernel shares it among several; the figures above are their sums.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rings: Vec<RingReport>,
}

/// One ring of an interface. Counters run as those of the interface do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RingReport {
    /// Packets that the kernel gave to this ring, those that it dropped among them.
    pub received: u64,
    /// Packets that the kernel dropped because this ring's buffer was full.
    pub dropped_kernel: u64,
}

/// Whether an interface is captured on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum InterfaceState {
    /// It is.
    Up,
    /// It is there but down; capture goes on when it is up again.
    Down,
    /// It is not there; capture goes on when it comes back.
    Gone,
}

/// The state of an agent's spool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct SpoolReport {
    /// Alerts that the server has not answered for.
    pub alerts: u64,
    /// Bytes that the spool takes on the disk.
    pub bytes: u64,
    /// Alerts dropped because the spool was full, since it was made.
    pub dropped: u64,
    /// Alerts that the server rejected, kept as dead letters or counted when those overflowed.
    pub rejected: u64,
}

/// What an agent knows of endpoints, and how asking goes. Counters run since it started.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct ReputationReport {
    /// Whether those whom it asks can be asked: the worst of them.
    pub health: ReputationHealth,
    /// Why not, if not.
    pub reason: Option<String>,
    /// Peeks of the packet path that found a verdict or a list entry.
    pub hits: u64,
    /// Peeks that found nothing.
    pub misses: u64,
    /// Verdicts that are remembered.
    pub cached: u64,
    /// Indicators that wait to be asked about.
    pub queued: u64,
    /// Indicators that were not asked about because too many waited.
    pub dropped: u64,
    /// Requests made.
    pub requests: u64,
}

/// Whether somebody can be asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum ReputationHealth {
    /// It answers, or was not asked yet.
    #[default]
    Ok,
    /// It is left alone for a while: it said so, or it failed.
    Paused,
    /// It is not asked again until the agent reloads or restarts.
    Stopped,
}

/// What the server tells in return.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HeartbeatAnswer {
    /// The server's clock, so that the agent can warn when its own is off.
    pub at: Timestamp,
}
