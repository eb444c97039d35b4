//! How the uplink goes.

use netsentinel_core::Timestamp;

/// How the uplink goes: for `doctor`, status lines and tests. Counters run since it started.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UplinkState {
    /// Since when the server answers as it should; `None` while it does not.
    pub connected_since: Option<Timestamp>,
    /// What went wrong last, and when.
    pub last_error: Option<(Timestamp, String)>,
    /// Failures since the last answer that was as it should be.
    pub failures: u64,
    /// Alerts that the server accepted.
    pub accepted: u64,
    /// Alerts that it had already.
    pub duplicate: u64,
    /// Alerts that it rejected.
    pub rejected: u64,
    /// Alerts that it deferred, each time counted.
    pub deferred: u64,
    /// Heartbeats answered.
    pub heartbeats: u64,
    /// Seconds that the server's clock was ahead of ours at the last heartbeat.
    pub clock_ahead_s: Option<i64>,
}
