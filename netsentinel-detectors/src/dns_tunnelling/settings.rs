//! The keys of the detector.

use netsentinel_core::config::setting::{Seconds, Threshold};
use serde::{Deserialize, Serialize};

/// The detector's keys.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// The longest name that is let through.
    #[serde(rename = "dns_tunnel_query_len")]
    pub query_len: Threshold<253>,
    /// Different long names below one registered domain from which on they count as long names, where none of
    /// them looks encoded: hosts in clouds have long names, but few of them are asked for.
    #[serde(rename = "dns_tunnel_long_names")]
    pub long_names: Threshold<1_000>,
    /// Bytes of information in the different names below one registered domain that are too many. The default is
    /// 5 bytes a second over the window; browsing stays below a tenth of it.
    #[serde(rename = "dns_tunnel_bytes")]
    pub bytes: Threshold<1_000_000_000>,
    /// Different names below one registered domain, answered by records that can carry anything, that are too
    /// many. A tunnel that only waits for commands asks for so many in less than a minute.
    #[serde(rename = "dns_tunnel_answers")]
    pub answers: Threshold<1_000_000>,
    /// The window that names, information and answers are counted over.
    #[serde(rename = "dns_tunnel_window")]
    pub window: Seconds,
    /// Registered domains that do not exist and look computed that are too many; domains that can be read count an
    /// eighth. A browser's probes are single labels and count nothing.
    #[serde(rename = "dns_dga_domains")]
    pub dga_domains: Threshold<1_000>,
    /// The window that they are counted over.
    #[serde(rename = "dns_dga_window")]
    pub dga_window: Seconds,
    /// Datagrams to and from port 53 that are no DNS messages, the fewer of both directions taken twice, that are
    /// too many within a minute.
    #[serde(rename = "dns_direct_datagrams")]
    pub direct_datagrams: Threshold<1_000_000>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            query_len: const { Threshold::new(50).unwrap() },
            long_names: const { Threshold::new(5).unwrap() },
            bytes: const { Threshold::new(3_000).unwrap() },
            answers: const { Threshold::new(30).unwrap() },
            window: const { Seconds::new(600).unwrap() },
            dga_domains: const { Threshold::new(6).unwrap() },
            dga_window: const { Seconds::new(300).unwrap() },
            direct_datagrams: const { Threshold::new(30).unwrap() },
        }
    }
}
