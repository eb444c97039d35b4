//! The MITRE ATT&CK techniques that the detectors name.
//!
//! Checked by hand against ATT&CK for Enterprise, version 19.1. Ids and names are kept in this one
//! table, so that a detector can not misspell them.

use serde::Serialize;

/// The ATT&CK version that [`Technique`] follows.
pub const ATTACK_VERSION: &str = "19.1";

/// A technique, or a sub-technique, in the tactic it serves here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Technique {
    /// Such as `T1046` or `T1595.001`.
    #[serde(rename = "technique")]
    pub id: &'static str,
    /// Its name, with its parent's where it has one.
    pub name: &'static str,
    /// The tactic.
    #[serde(serialize_with = "tactic_name")]
    pub tactic: Tactic,
}

/// A tactic: what the adversary is after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tactic {
    /// Such as `TA0007`.
    pub id: &'static str,
    /// Such as `Discovery`.
    pub name: &'static str,
}

impl Technique {
    /// Where ATT&CK describes it.
    pub fn url(&self) -> String {
        format!("https://attack.mitre.org/techniques/{}/", self.id.replace('.', "/"))
    }
}

fn tactic_name<S: serde::Serializer>(tactic: &Tactic, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(tactic.name)
}

const fn technique(id: &'static str, name: &'static str, tactic: Tactic) -> Technique {
    Technique { id, name, tactic }
}

const RECONNAISSANCE: Tactic = Tactic { id: "TA0043", name: "Reconnaissance" };
const INITIAL_ACCESS: Tactic = Tactic { id: "TA0001", name: "Initial Access" };
const DISCOVERY: Tactic = Tactic { id: "TA0007", name: "Discovery" };
const CREDENTIAL_ACCESS: Tactic = Tactic { id: "TA0006", name: "Credential Access" };
const COMMAND_AND_CONTROL: Tactic = Tactic { id: "TA0011", name: "Command and Control" };
const EXFILTRATION: Tactic = Tactic { id: "TA0010", name: "Exfiltration" };
const IMPACT: Tactic = Tactic { id: "TA0040", name: "Impact" };

/// Looking for services, from within.
pub const NETWORK_SERVICE_DISCOVERY: Technique =
    technique("T1046", "Network Service Discovery", DISCOVERY);
/// Looking for services, from outside.
pub const SCANNING_IP_BLOCKS: Technique =
    technique("T1595.001", "Active Scanning: Scanning IP Blocks", RECONNAISSANCE);
/// Using up what a host's network stack has; its text names SYN floods.
pub const OS_EXHAUSTION_FLOOD: Technique =
    technique("T1499.001", "Endpoint Denial of Service: OS Exhaustion Flood", IMPACT);
/// Sending more than a network can carry.
pub const DIRECT_NETWORK_FLOOD: Technique =
    technique("T1498.001", "Network Denial of Service: Direct Network Flood", IMPACT);
/// Making others send more than a network can carry.
pub const REFLECTION_AMPLIFICATION: Technique =
    technique("T1498.002", "Network Denial of Service: Reflection Amplification", IMPACT);
/// Talking on a port that the protocol does not use.
pub const NON_STANDARD_PORT: Technique =
    technique("T1571", "Non-Standard Port", COMMAND_AND_CONTROL);
/// Answering for somebody else's address.
pub const ARP_CACHE_POISONING: Technique =
    technique("T1557.002", "Adversary-in-the-Middle: ARP Cache Poisoning", CREDENTIAL_ACCESS);
/// Commands inside DNS.
pub const DNS_C2: Technique =
    technique("T1071.004", "Application Layer Protocol: DNS", COMMAND_AND_CONTROL);
/// Finding the server by names that both sides compute.
pub const DOMAIN_GENERATION: Technique =
    technique("T1568.002", "Dynamic Resolution: Domain Generation Algorithms", COMMAND_AND_CONTROL);
/// One protocol inside another.
pub const PROTOCOL_TUNNELING: Technique =
    technique("T1572", "Protocol Tunneling", COMMAND_AND_CONTROL);
/// Data out by another way than the command channel.
pub const EXFILTRATION_OVER_ALTERNATIVE_PROTOCOL: Technique =
    technique("T1048", "Exfiltration Over Alternative Protocol", EXFILTRATION);
/// Data out by a protocol that encrypts nothing: FTP, mail.
pub const EXFILTRATION_IN_THE_CLEAR: Technique = technique(
    "T1048.003",
    "Exfiltration Over Alternative Protocol: Exfiltration Over Unencrypted Non-C2 Protocol",
    EXFILTRATION,
);
/// Data out in pieces too small to be noticed.
pub const DATA_TRANSFER_SIZE_LIMITS: Technique =
    technique("T1030", "Data Transfer Size Limits", EXFILTRATION);
/// Data or commands in a protocol that carries neither, such as ICMP.
pub const NON_APPLICATION_LAYER_PROTOCOL: Technique =
    technique("T1095", "Non-Application Layer Protocol", COMMAND_AND_CONTROL);
/// Data out over the command channel.
pub const EXFILTRATION_OVER_C2: Technique =
    technique("T1041", "Exfiltration Over C2 Channel", EXFILTRATION);
/// Guessing passwords.
pub const BRUTE_FORCE: Technique = technique("T1110", "Brute Force", CREDENTIAL_ACCESS);
/// Trying a few passwords on many accounts.
pub const PASSWORD_SPRAYING: Technique =
    technique("T1110.003", "Brute Force: Password Spraying", CREDENTIAL_ACCESS);
/// Logging in with somebody else's password.
pub const VALID_ACCOUNTS: Technique = technique("T1078", "Valid Accounts", INITIAL_ACCESS);
