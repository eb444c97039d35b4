//! The keys of the detector.

use netsentinel_core::config::setting::{Seconds, Threshold};
use serde::{Deserialize, Serialize};

/// The detector's keys.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Bytes on the wire that are too many.
    #[serde(rename = "exfil_bytes_threshold")]
    pub threshold: Threshold<1_000_000_000_000>,
    /// The window that they are counted over.
    #[serde(rename = "exfil_window")]
    pub window: Seconds,
    /// Bytes of payload to one external host that are too many, if hardly any come back. The default is what an
    /// archive of documents has, and no web page, mail without attachment or telemetry.
    #[serde(rename = "exfil_ratio_bytes")]
    pub ratio_bytes: Threshold<1_000_000_000_000>,
    /// How one-sided that exchange must be: (out - in) / (out + in) in percent. At 80, nine times as much goes out as
    /// comes in.
    #[serde(rename = "exfil_ratio_percent")]
    pub ratio_percent: Threshold<100>,
    /// The window of the exchange.
    #[serde(rename = "exfil_ratio_window")]
    pub ratio_window: Seconds,
    /// Bytes of payload to one external host that are too many over hours, if hardly any come back: a leak of 1.4 kB
    /// a second.
    #[serde(rename = "exfil_slow_bytes")]
    pub slow_bytes: Threshold<1_000_000_000_000>,
    /// The hours, in seconds; the leak must go on for half of them.
    #[serde(rename = "exfil_slow_window")]
    pub slow_window: Seconds,
    /// Bytes between two hosts in ICMP echoes of changing content that are too many within five minutes. Ping
    /// repeats its content but for a time stamp.
    #[serde(rename = "exfil_icmp_bytes")]
    pub icmp_bytes: Threshold<1_000_000_000_000>,
    /// Bytes of information in very long names below one registered domain that are too many within five minutes.
    /// A dozen names carry so much, and no program that looks something up asks for as many of them.
    #[serde(rename = "exfil_dns_bytes")]
    pub dns_bytes: Threshold<1_000_000_000_000>,
    /// Files or mails sent out in the clear by programs, to one external host within an hour, that are too many.
    #[serde(rename = "exfil_clear_uploads")]
    pub clear_uploads: Threshold<1_000_000>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            threshold: const { Threshold::new(5_000_000).unwrap() },
            window: const { Seconds::new(60).unwrap() },
            ratio_bytes: const { Threshold::new(3_000_000).unwrap() },
            ratio_percent: const { Threshold::new(80).unwrap() },
            ratio_window: const { Seconds::new(600).unwrap() },
            slow_bytes: const { Threshold::new(20_000_000).unwrap() },
            slow_window: const { Seconds::new(14_400).unwrap() },
            icmp_bytes: const { Threshold::new(1_024).unwrap() },
            dns_bytes: const { Threshold::new(1_024).unwrap() },
            clear_uploads: const { Threshold::new(1).unwrap() },
        }
    }
}
