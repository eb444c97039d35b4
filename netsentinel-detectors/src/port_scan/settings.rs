//! The keys of the detector.

use netsentinel_core::RiskTier;
use netsentinel_core::config::setting::{Seconds, Threshold};
use serde::{Deserialize, Serialize};

/// The detector's keys.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Distinct ports that make a scan; under profile `tuned` of one host, an answered port counting a
    /// quarter.
    #[serde(rename = "port_scan_threshold")]
    pub threshold: Threshold<4096>,
    /// The window that they are counted over.
    #[serde(rename = "port_scan_window")]
    pub window: Seconds,
    /// Distinct ports of one host that refuse, within the same window, that make a scan: half of what
    /// makes one of silent ports, for a refusal is the rarer accident.
    #[serde(rename = "port_scan_refused_threshold")]
    pub refused_threshold: Threshold<4096>,
    /// Distinct silent UDP ports of one host, within the same window, that make a scan: fewer than of TCP,
    /// for a client seldom asks more than one or two.
    #[serde(rename = "port_scan_udp_threshold")]
    pub udp_threshold: Threshold<4096>,
    /// Internal hosts on one port that make a sweep, within a minute: those that do not answer less those
    /// that do.
    #[serde(rename = "port_scan_sweep_threshold")]
    pub sweep_threshold: Threshold<1024>,
    /// The same for hosts outside, of which file sharing and crawlers try many that are gone.
    #[serde(rename = "port_scan_sweep_external_threshold")]
    pub sweep_external_threshold: Threshold<1024>,
    /// Addresses of one /24 network asked for by ARP in vain, within ten seconds, that make a sweep: more
    /// than a host has neighbours that left at once.
    #[serde(rename = "port_scan_arp_threshold")]
    pub arp_threshold: Threshold<256>,
    /// Ports probed by NULL, FIN or XMAS segments, within a minute, that make a scan: no honest stack sends
    /// any, broken ones a few.
    #[serde(rename = "port_scan_stealth_threshold")]
    pub stealth_threshold: Threshold<1024>,
    /// Ports of one host that reset what belongs to no connection, within ten seconds, that make a scan.
    #[serde(rename = "port_scan_ack_threshold")]
    pub ack_threshold: Threshold<1024>,
    /// IP protocols that one host calls unreachable, within a minute, that make a scan: honest hosts speak
    /// three or four in all.
    #[serde(rename = "port_scan_protocol_threshold")]
    pub protocol_threshold: Threshold<256>,
    /// Failed ports of one host, or failed internal hosts on one port, that make a slow scan.
    #[serde(rename = "port_scan_slow_threshold")]
    pub slow_threshold: Threshold<1024>,
    /// The window that slow scans are counted over: an hour finds a port every three minutes.
    #[serde(rename = "port_scan_slow_window")]
    pub slow_window: Seconds,
    /// Ports of one host that fail for many sources, within a minute, that make a distributed scan.
    #[serde(rename = "port_scan_distributed_threshold")]
    pub distributed_threshold: Threshold<1024>,
    /// Places that one UDP socket sends an unasked body to, within a second, that make a worm: each is
    /// another port or another network. More than anything opens at once by datagrams of that size; a
    /// worm sends hundreds.
    #[serde(rename = "port_scan_worm_threshold")]
    pub worm_threshold: Threshold<256>,
}

impl Settings {
    /// Whether one port of a host may be a scan, if the worst is known of who tries it.
    pub(super) fn one_port_may_do(&self) -> bool {
        RiskTier::Critical.threshold(self.threshold.get()) <= 1
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            threshold: const { Threshold::new(15).unwrap() },
            window: const { Seconds::new(10).unwrap() },
            refused_threshold: const { Threshold::new(8).unwrap() },
            udp_threshold: const { Threshold::new(10).unwrap() },
            sweep_threshold: const { Threshold::new(20).unwrap() },
            sweep_external_threshold: const { Threshold::new(100).unwrap() },
            arp_threshold: const { Threshold::new(30).unwrap() },
            stealth_threshold: const { Threshold::new(5).unwrap() },
            ack_threshold: const { Threshold::new(10).unwrap() },
            protocol_threshold: const { Threshold::new(5).unwrap() },
            slow_threshold: const { Threshold::new(20).unwrap() },
            slow_window: const { Seconds::new(3_600).unwrap() },
            distributed_threshold: const { Threshold::new(30).unwrap() },
            worm_threshold: const { Threshold::new(8).unwrap() },
        }
    }
}
