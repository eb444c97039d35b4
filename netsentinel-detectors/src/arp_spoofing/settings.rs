//! The detector's keys.

use netsentinel_core::config::setting::{Seconds, Threshold};
use serde::{Deserialize, Serialize};

/// The detector's keys.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Answers that nobody asked for, with which one hardware address claims an address, that are
    /// poisoning by themselves: tools repeat them every second or two, stacks send none.
    #[serde(rename = "arp_unasked_threshold")]
    pub unasked_threshold: Threshold<1_000>,
    /// The window that unasked answers and changes back and forth are counted over.
    #[serde(rename = "arp_spoofing_window")]
    pub window: Seconds,
    /// Times that the owner of an address must be heard again between the claims of a rival.
    #[serde(rename = "arp_flip_flop_threshold")]
    pub flip_flop_threshold: Threshold<1_000>,
    /// Addresses that one station keeps others from taking, by answering for them.
    #[serde(rename = "dad_denial_threshold")]
    pub dad_denial_threshold: Threshold<1_000>,
    /// Routers that first advertise themselves within ten seconds: more than any link has.
    #[serde(rename = "rogue_router_threshold")]
    pub rogue_router_threshold: Threshold<1_000>,
    /// How long a link must have been watched before a further router is a stranger; RFC 4861 lets
    /// routers be silent for 1,800 seconds.
    #[serde(rename = "rogue_router_learning")]
    pub rogue_router_learning: Seconds,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            unasked_threshold: const { Threshold::new(5).unwrap() },
            window: const { Seconds::new(60).unwrap() },
            flip_flop_threshold: const { Threshold::new(2).unwrap() },
            dad_denial_threshold: const { Threshold::new(3).unwrap() },
            rogue_router_threshold: const { Threshold::new(10).unwrap() },
            rogue_router_learning: const { Seconds::new(1_800).unwrap() },
        }
    }
}
