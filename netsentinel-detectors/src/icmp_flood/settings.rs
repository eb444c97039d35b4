//! The keys of `icmp_flood`.

use netsentinel_core::config::setting::{Seconds, Threshold};
use serde::{Deserialize, Serialize};

/// The detector's keys.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Echo requests that make a flood.
    #[serde(rename = "icmp_flood_threshold")]
    pub threshold: Threshold<1_000_000>,
    /// The window that they are counted over.
    #[serde(rename = "icmp_flood_window")]
    pub window: Seconds,
    /// Requests to one host by many sources that make a flood, in profile `tuned`.
    #[serde(rename = "icmp_flood_victim_threshold")]
    pub victim_threshold: Threshold<1_000_000>,
    /// Sources that are many, in profile `tuned`; fewer are told one by one.
    #[serde(rename = "icmp_flood_sources")]
    pub sources: Threshold<1_000_000>,
    /// Frames of large or fragmented echo requests that make a flood, in profile `tuned`.
    #[serde(rename = "icmp_flood_large_threshold")]
    pub large: Threshold<1_000_000>,
    /// Echo requests to all of a network that make a smurf attack, in profile `tuned`.
    #[serde(rename = "icmp_flood_smurf_threshold")]
    pub smurf: Threshold<1_000_000>,
    /// Unasked echo replies, or unasked errors, to one host that make a storm, in profile `tuned`.
    #[serde(rename = "icmp_flood_storm_threshold")]
    pub storm: Threshold<1_000_000>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            threshold: const { Threshold::new(100).unwrap() },
            window: const { Seconds::new(5).unwrap() },
            victim_threshold: const { Threshold::new(200).unwrap() },
            sources: const { Threshold::new(16).unwrap() },
            large: const { Threshold::new(100).unwrap() },
            smurf: const { Threshold::new(20).unwrap() },
            storm: const { Threshold::new(200).unwrap() },
        }
    }
}
