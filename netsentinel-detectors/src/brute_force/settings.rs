//! The detector's keys.

use netsentinel_core::config::setting::{Seconds, Threshold};
use serde::{Deserialize, Serialize};

/// The detector's keys.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Attempts that make guessing.
    #[serde(rename = "bruteforce_threshold")]
    pub threshold: Threshold<1_000_000>,
    /// The window that they are counted over.
    #[serde(rename = "bruteforce_window")]
    pub window: Seconds,
    /// Ports where people log in.
    #[serde(rename = "bruteforce_ports")]
    pub ports: Vec<u16>,
    /// Log-ins seen to fail that make guessing. Nobody types ten wrong passwords in a minute; Slips tells
    /// of guessing at nine.
    #[serde(rename = "bruteforce_failures")]
    pub failures: Threshold<10_000>,
    /// The window that they are counted over.
    #[serde(rename = "bruteforce_failures_window")]
    pub failures_window: Seconds,
    /// SSH or RDP sessions without a log-in that make guessing. A session holds three to six passwords, so
    /// six are about as many as Zeek's 30.
    #[serde(rename = "bruteforce_sessions")]
    pub sessions: Threshold<10_000>,
    /// The window that they are counted over.
    #[serde(rename = "bruteforce_sessions_window")]
    pub sessions_window: Seconds,
    /// Hosts at which the log-ins of one source fail that make spraying.
    #[serde(rename = "bruteforce_spray_hosts")]
    pub spray_hosts: Threshold<1_000>,
    /// User names that one source tries and fails with that make spraying.
    #[serde(rename = "bruteforce_spray_users")]
    pub spray_users: Threshold<1_000>,
    /// The window that hosts and user names are counted over.
    #[serde(rename = "bruteforce_spray_window")]
    pub spray_window: Seconds,
    /// Failed log-ins and sessions that make slow guessing: as many as Zeek allows SSH.
    #[serde(rename = "bruteforce_slow_threshold")]
    pub slow_threshold: Threshold<10_000>,
    /// The window that they, the sources of distributed guessing and the failures before a success are
    /// counted over.
    #[serde(rename = "bruteforce_slow_window")]
    pub slow_window: Seconds,
    /// Sources that fail at one service, each too rarely to be told of, that make distributed guessing.
    #[serde(rename = "bruteforce_distributed_sources")]
    pub distributed_sources: Threshold<1_000>,
    /// Failures in a row after which a log-in that works is told of. Who only mistypes needs fewer; a session
    /// of SSH or RDP counts twice.
    #[serde(rename = "bruteforce_success_after")]
    pub success_after: Threshold<10_000>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            threshold: const { Threshold::new(30).unwrap() },
            window: const { Seconds::new(30).unwrap() },
            ports: vec![21, 22, 23, 445, 1433, 3306, 3389, 5432, 5900],
            failures: const { Threshold::new(10).unwrap() },
            failures_window: const { Seconds::new(60).unwrap() },
            sessions: const { Threshold::new(6).unwrap() },
            sessions_window: const { Seconds::new(60).unwrap() },
            spray_hosts: const { Threshold::new(5).unwrap() },
            spray_users: const { Threshold::new(6).unwrap() },
            spray_window: const { Seconds::new(600).unwrap() },
            slow_threshold: const { Threshold::new(30).unwrap() },
            slow_window: const { Seconds::new(3_600).unwrap() },
            distributed_sources: const { Threshold::new(20).unwrap() },
            success_after: const { Threshold::new(10).unwrap() },
        }
    }
}
