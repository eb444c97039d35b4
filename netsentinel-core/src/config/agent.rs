//! What an agent captures and where it reports.

use serde::{Deserialize, Serialize};

use super::setting::Whole;

/// The keys within `agent`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct AgentSettings {
    /// Address of the server as `https://HOST:PORT`; without a port `agent_port` counts.
    pub server_url: String,
    /// Interfaces to capture on, or `any`; empty for the one that the default route leaves by.
    pub interfaces: Vec<String>,
    /// Filter in the language of tcpdump; empty for all packets.
    pub filter: String,
    /// Whether packets for other machines are captured too.
    pub promiscuous: bool,
    /// Bytes kept of a packet; what is cut off is not judged.
    pub snap_length: Whole<64, 262_144>,
    /// Bytes of the kernel's buffer for each interface.
    pub buffer_bytes: Whole<262_144, 4_294_967_295>,
    /// Whether the agent's own connection to the server is left out of what is judged.
    pub exclude_uplink: bool,
    /// Folder of the identity and of the spool.
    pub state_dir: String,
    /// Bytes that alerts not yet answered for may take on the disk.
    pub spool_bytes: Whole<1_048_576, 1_099_511_627_776>,
    /// Path of this agent's client certificate, where the server asks for one.
    pub client_cert: String,
    /// Path of the client certificate's private key.
    pub client_key: String,
    /// Whom the agent asks what is known of endpoints.
    pub reputation: ReputationSource,
    /// Seconds between heartbeats; after three without one the server shows the agent as offline.
    pub heartbeat_interval: Whole<1, 3_600>,
}

/// Whom an agent asks what is known of endpoints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReputationSource {
    /// The server, which holds the keys and asks once for the whole site.
    #[default]
    Server,
    /// The providers themselves, with the keys of the agent's own configuration.
    Own,
    /// Nobody: every endpoint is clean.
    Off,
}

impl Default for AgentSettings {
    fn default() -> Self {
        Self {
            server_url: String::new(),
            interfaces: Vec::new(),
            filter: String::new(),
            promiscuous: true,
            snap_length: const { Whole::new(65_535).unwrap() },
            buffer_bytes: const { Whole::new(8 << 20).unwrap() },
            exclude_uplink: true,
            state_dir: "/var/lib/netsentinel-agent".into(),
            spool_bytes: const { Whole::new(256 << 20).unwrap() },
            client_cert: String::new(),
            client_key: String::new(),
            reputation: ReputationSource::Server,
            heartbeat_interval: const { Whole::new(30).unwrap() },
        }
    }
}
