//! The detector's keys.

use netsentinel_core::config::setting::{Seconds, Threshold};
use serde::{Deserialize, Serialize};

/// The detector's keys.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// The ports.
    #[serde(rename = "suspicious_ports")]
    pub ports: Vec<u16>,
    /// Those of them that honest programs use, too: IRC, development servers, games, the Android debug
    /// bridge inside. A contact at one of these alone says little.
    #[serde(rename = "suspicious_ports_common")]
    pub common: Vec<u16>,
    /// Points that make a conversation worth an alert: one each for a peer outside, a port without an
    /// honest use, and a protocol that is not known to belong there.
    #[serde(rename = "suspicious_port_weight")]
    pub weight: Threshold<3>,
    /// Connection attempts without an answer that make insistence. A program that is turned away once
    /// sends its first SYN three times in seven seconds.
    #[serde(rename = "suspicious_port_tries")]
    pub tries: Threshold<16>,
    /// How long they must go on at least.
    #[serde(rename = "suspicious_port_insistence")]
    pub insistence: Seconds,
    /// Different high ports that a host may have tried in the last minute before its ports are taken for
    /// chance: a scan, or a client of a peer-to-peer network.
    #[serde(rename = "suspicious_port_chance")]
    pub chance: Threshold<48>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            ports: vec![1337, 4444, 5555, 6666, 6667, 12345, 31337, 65535],
            common: vec![5555, 6666, 6667, 12345],
            weight: const { Threshold::new(2).unwrap() },
            tries: const { Threshold::new(3).unwrap() },
            insistence: const { Seconds::new(15).unwrap() },
            chance: const { Threshold::new(12).unwrap() },
        }
    }
}
