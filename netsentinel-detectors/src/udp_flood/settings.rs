//! The keys of `udp_flood`.

use netsentinel_core::config::setting::{Seconds, Threshold};
use serde::{Deserialize, Serialize};

/// The detector's keys. Profile `seed` has no such detector.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Datagrams to one host that make a flood where hardly any are answered, in profile `tuned`.
    #[serde(rename = "udp_flood_threshold")]
    pub threshold: Threshold<10_000_000>,
    /// The window that they are counted over, in profile `tuned`.
    #[serde(rename = "udp_flood_window")]
    pub window: Seconds,
    /// Sources that are many, in profile `tuned`; one of fewer is told as the source.
    #[serde(rename = "udp_flood_sources")]
    pub sources: Threshold<1_000_000>,
    /// Large answers to one host without a question that make an amplification attack, in profile `tuned`.
    #[serde(rename = "udp_flood_amplification_threshold")]
    pub amplification: Threshold<1_000_000>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            threshold: const { Threshold::new(1_000).unwrap() },
            window: const { Seconds::new(5).unwrap() },
            sources: const { Threshold::new(16).unwrap() },
            amplification: const { Threshold::new(100).unwrap() },
        }
    }
}
