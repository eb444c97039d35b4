//! What the server keeps and how much it takes.

use serde::{Deserialize, Serialize};

use super::setting::Whole;

/// The keys within `server`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct ServerSettings {
    /// Folder of the database.
    pub data_dir: String,
    /// Agents that may be enrolled at once.
    pub agents_max: Whole<1, 100_000>,
    /// Alerts taken from one agent within `alerts_window`; what is more must wait.
    pub alerts_max: Whole<1, 1_000_000>,
    /// Seconds that `alerts_max` is counted over.
    pub alerts_window: Whole<1, 3_600>,
    /// Seconds of silence after which an agent is shown as offline.
    pub offline_after: Whole<1, 86_400>,
    /// Days that alerts are kept.
    pub retention_days: Whole<1, 36_500>,
    /// Bytes that the database may take; beyond it the oldest alerts go first.
    pub retention_bytes: Whole<16_777_216, 1_125_899_906_842_624>,
    /// Hours after which a person must sign in again.
    pub session_hours: Whole<1, 720>,
    /// Browsers and scripts that may follow the live feed at once.
    pub live_clients_max: Whole<1, 10_000>,
    /// Connections open at once on each listener.
    pub connections_max: Whole<16, 1_000_000>,
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self {
            data_dir: "/var/lib/netsentinel-server".into(),
            agents_max: const { Whole::new(500).unwrap() },
            alerts_max: const { Whole::new(50).unwrap() },
            alerts_window: const { Whole::new(5).unwrap() },
            offline_after: const { Whole::new(90).unwrap() },
            retention_days: const { Whole::new(90).unwrap() },
            retention_bytes: const { Whole::new(10 << 30).unwrap() },
            session_hours: const { Whole::new(12).unwrap() },
            live_clients_max: const { Whole::new(200).unwrap() },
            connections_max: const { Whole::new(4096).unwrap() },
        }
    }
}
