//! The keys of `syn_flood`.

use netsentinel_core::config::setting::{Seconds, Threshold};
use serde::{Deserialize, Serialize};

/// The detector's keys.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Attempts that make a flood.
    #[serde(rename = "syn_flood_threshold")]
    pub threshold: Threshold<1_000_000>,
    /// The window that they are counted over.
    #[serde(rename = "syn_flood_window")]
    pub window: Seconds,
    /// Attempts at one host by many sources that make a flood, in profile `tuned`.
    #[serde(rename = "syn_flood_victim_threshold")]
    pub victim_threshold: Threshold<1_000_000>,
    /// Sources that are many, in profile `tuned`; fewer are told one by one.
    #[serde(rename = "syn_flood_sources")]
    pub sources: Threshold<1_000_000>,
    /// Percent of a sample of handshakes that must complete for a crowd to be no flood, in profile `tuned`.
    #[serde(rename = "syn_flood_completed_percent")]
    pub completed_percent: Threshold<100>,
    /// Sources that no host can have, and as many targets, within ten seconds, in profile `tuned`.
    #[serde(rename = "syn_flood_forged_threshold")]
    pub forged_threshold: Threshold<1_000>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            threshold: const { Threshold::new(200).unwrap() },
            window: const { Seconds::new(5).unwrap() },
            victim_threshold: const { Threshold::new(200).unwrap() },
            sources: const { Threshold::new(16).unwrap() },
            completed_percent: const { Threshold::new(50).unwrap() },
            forged_threshold: const { Threshold::new(5).unwrap() },
        }
    }
}
