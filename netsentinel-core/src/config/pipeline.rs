//! How the pipeline runs, whatever detectors it has.

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::setting::{Capacity, MemoryLimit, Seconds};
use crate::{Limits, Setup, Site};

/// Which set of rules the detectors follow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// Exactly the rules of the systems that NetSentinel unites.
    Seed,
    /// The same rules with guards against false alarms and with further variants.
    #[default]
    Tuned,
}

/// The pipeline's own keys.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct PipelineSettings {
    /// Which set of rules the detectors follow.
    pub profile: Profile,
    /// While this long has not passed since a rule last held for a subject, it raises no new alert
    /// for it but adds to the one that is open.
    pub alert_cooldown: Seconds,
    /// The networks that count as internal.
    pub internal_networks: Vec<IpNet>,
    /// Hosts (or other keys) that each table of a detector remembers.
    pub max_hosts: Capacity,
    /// Flows remembered at once.
    pub max_flows: Capacity,
    /// Mebibytes that all tables together stay within, whatever the number of workers: sets the sizes
    /// of all of them instead of `max_hosts` and `max_flows`. 0: no limit.
    pub memory_limit: MemoryLimit,
    /// Rules that raise no alerts, such as `port_scan/slow`.
    pub disabled_rules: Vec<String>,
    /// Guards that spare nobody, such as `port_scan/traceroute`.
    pub disabled_guards: Vec<String>,
}

impl PipelineSettings {
    /// What detectors are told when they are made.
    pub fn setup(&self) -> Setup {
        Setup { profile: self.profile, limits: Limits { max_keys: self.max_hosts.get() } }
    }

    /// The internal networks.
    pub fn site(&self) -> Site {
        Site::new(self.internal_networks.clone())
    }
}

impl Default for PipelineSettings {
    fn default() -> Self {
        Self {
            profile: Profile::Tuned,
            alert_cooldown: const { Seconds::new(15).unwrap() },
            internal_networks: Site::default().as_ref().to_vec(),
            max_hosts: const { Capacity::new(65_536).unwrap() },
            max_flows: const { Capacity::new(131_072).unwrap() },
            memory_limit: MemoryLimit::NONE,
            disabled_rules: Vec::new(),
            disabled_guards: Vec::new(),
        }
    }
}
