//! What an agent captures and where it reports.

use std::num::NonZeroUsize;

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
    /// Bytes of the kernel's buffer for each interface, or for each of its rings.
    pub buffer_bytes: Whole<262_144, 4_294_967_295>,
    /// Rings that the kernel shares each interface among, each read by a thread of its own; `auto` for one for
    /// every four processors, from 1 to 4. More than one only on Linux.
    pub rings: Threads,
    /// Threads that share the judging; they take little more memory than one. `auto` for one for every
    /// four processors, from 1 to 4.
    pub workers: Threads,
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

/// How many threads share a piece of work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub enum Threads {
    /// As many as this machine's processors suggest.
    #[default]
    Auto,
    /// So many; at most [`MAX`](Self::MAX).
    Exactly(NonZeroUsize),
}

impl Threads {
    /// The most that can be asked for.
    pub const MAX: usize = 64;
    /// Processors for each thread that is chosen automatically. Fewer threads than processors, for others work
    /// here too; one ring and one worker do half a million packets a second, which few hosts see.
    const PROCESSORS_EACH: usize = 4;
    /// The most that are chosen automatically.
    const AUTO_MAX: usize = 4;

    /// How many these are on a machine of so many processors.
    pub fn on(self, processors: NonZeroUsize) -> NonZeroUsize {
        match self {
            Self::Exactly(threads) => threads,
            Self::Auto => {
                let threads = (processors.get() / Self::PROCESSORS_EACH).clamp(1, Self::AUTO_MAX);
                NonZeroUsize::new(threads).unwrap_or(NonZeroUsize::MIN)
            }
        }
    }
}

/// As it is written in a configuration.
#[derive(Serialize, Deserialize)]
#[serde(untagged, expecting = "expected `auto` or a whole number from 1 to 64")]
enum Written {
    Number(usize),
    Word(String),
}

impl From<Threads> for Written {
    fn from(threads: Threads) -> Self {
        match threads {
            Threads::Auto => Self::Word("auto".into()),
            Threads::Exactly(threads) => Self::Number(threads.get()),
        }
    }
}

impl TryFrom<Written> for Threads {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, &'static str> {
        let exactly = match written {
            Written::Word(word) if word == "auto" => return Ok(Self::Auto),
            Written::Number(threads) if threads <= Self::MAX => NonZeroUsize::new(threads),
            Written::Number(_) | Written::Word(_) => None,
        };
        exactly.map(Self::Exactly).ok_or("expected `auto` or a whole number from 1 to 64")
    }
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
            rings: Threads::Auto,
            workers: Threads::Auto,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_are_a_number_or_chosen() {
        let read = |text: &str| serde_json::from_str::<Threads>(text);
        let exactly = |threads| Threads::Exactly(NonZeroUsize::new(threads).unwrap());
        assert_eq!(read("\"auto\"").unwrap(), Threads::Auto);
        assert_eq!(read("64").unwrap(), exactly(64));
        for wrong in ["0", "65", "-1", "1.5", "\"two\"", "[2]", "null"] {
            let error = read(wrong).unwrap_err().to_string();
            assert!(error.contains("`auto` or a whole number from 1 to 64"), "{wrong}: {error}");
        }
        for threads in [Threads::Auto, exactly(3)] {
            assert_eq!(read(&serde_json::to_string(&threads).unwrap()).unwrap(), threads);
        }
        let on = |threads: Threads, processors| threads.on(NonZeroUsize::new(processors).unwrap());
        let chosen =
            [1, 2, 7, 8, 12, 16, 128].map(|processors| on(Threads::Auto, processors).get());
        assert_eq!(chosen, [1, 1, 1, 2, 3, 4, 4]);
        assert_eq!(on(exactly(3), 1).get(), 3);
    }
}
