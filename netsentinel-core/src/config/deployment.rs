//! Where agent and server live: keys that the pipeline does not use, declared here so that one file
//! serves every program and a wrong value is found by whichever reads it first.

use std::fmt;
use std::net::IpAddr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::{AgentSettings, ReputationSettings, ServerSettings};

/// Keys whose values must not be shown.
pub(super) const SECRETS: &[&str] =
    &["api_key", "api_key_previous", "virustotal_api_key", "abuseipdb_api_key", "abusech_auth_key"];

/// The keys of agent and server.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Deployment {
    /// Address that the server's listeners bind to.
    pub server_host: IpAddr,
    /// The older name of `gui_port`.
    pub server_port: u16,
    /// Port of the dashboard and the API.
    pub gui_port: u16,
    /// Port that agents report to.
    pub agent_port: u16,
    /// Port of plain HTTP that redirects to the dashboard; 0 turns it off.
    pub redirect_port: u16,
    /// The shared key with which an agent enrols.
    pub api_key: Secret,
    /// The shared key before the last rotation, which enrols too until it is dropped.
    pub api_key_previous: Secret,
    /// What an agent must show: its key, or its key and a client certificate of our authority.
    pub agent_auth: AgentAuth,
    /// Path of the certificate authority's certificate.
    pub ca_cert: String,
    /// Path of the server's certificate.
    pub server_cert: String,
    /// Path of the server's private key.
    pub server_key: String,
    /// VirusTotal's API key; empty turns its look-ups off.
    pub virustotal_api_key: Secret,
    /// AbuseIPDB's API key; empty turns its look-ups and its blacklist off.
    pub abuseipdb_api_key: Secret,
    /// The key that abuse.ch asks for with its feeds (Feodo, URLhaus, ThreatFox, SSLBL); sent to its hosts
    /// only.
    pub abusech_auth_key: Secret,
    /// Who is asked what is known of addresses and domains.
    pub reputation: ReputationSettings,
    /// The agent's own keys.
    pub agent: AgentSettings,
    /// The server's own keys.
    pub server: ServerSettings,
}

/// What an agent must show to be heard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AgentAuth {
    /// Its key.
    #[default]
    Key,
    /// Its key, over a connection that it opened with a client certificate of our authority. The
    /// first certificate's name is bound to the agent.
    Mtls,
}

impl Deployment {
    /// Whether the file holds anything that only its owner may read.
    pub fn holds_secrets(&self) -> bool {
        let all = [
            &self.api_key,
            &self.api_key_previous,
            &self.virustotal_api_key,
            &self.abuseipdb_api_key,
            &self.abusech_auth_key,
        ];
        all.iter().any(|secret| !secret.is_empty())
    }
}

impl Default for Deployment {
    fn default() -> Self {
        Self {
            server_host: IpAddr::from([0, 0, 0, 0]),
            server_port: 8443,
            gui_port: 8443,
            agent_port: 8444,
            redirect_port: 8442,
            api_key: Secret::default(),
            api_key_previous: Secret::default(),
            agent_auth: AgentAuth::Key,
            ca_cert: "ca.crt".into(),
            server_cert: "server.crt".into(),
            server_key: "server.key".into(),
            virustotal_api_key: Secret::default(),
            abuseipdb_api_key: Secret::default(),
            abusech_auth_key: Secret::default(),
            reputation: ReputationSettings::default(),
            agent: AgentSettings::default(),
            server: ServerSettings::default(),
        }
    }
}

/// Whether a file with these Unix permission bits is open to everybody, which no file with a secret
/// may be. The owner's group may have rights: whoever gives a file such a mode means it, as for a
/// service that reads what root has written.
pub const fn is_open_to_all(mode: u32) -> bool {
    mode & 0o007 != 0
}

/// A text that must not be shown: neither `Debug` nor an error message ever prints it.
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Keeps `text` from being shown.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the one place that needs it: never for a log, a message or an argument.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether nothing is set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A secret of a wrong type is not shown either, unlike other values.
impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(text) => Ok(Self(text)),
            _ => Err(D::Error::custom("must be a text in quotes")),
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_empty() { "Secret(unset)" } else { "Secret(set)" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_may_read_and_nobody_else() {
        for mode in [0o600, 0o400, 0o640, 0o440, 0o100_640] {
            assert!(!is_open_to_all(mode), "{mode:o}");
        }
        for mode in [0o604, 0o602, 0o601, 0o644, 0o666] {
            assert!(is_open_to_all(mode), "{mode:o}");
        }
    }

    #[test]
    fn secrets_stay_out_of_debug_output() {
        let text = r#"{"api_key": "hunter2"}"#;
        let deployment: Deployment = serde_json::from_str(text).unwrap();
        assert!(deployment.holds_secrets());
        assert!(!format!("{deployment:?}").contains("hunter2"));
        let error = serde_json::from_str::<Deployment>(r#"{"api_key": 8675309}"#).unwrap_err();
        assert!(!error.to_string().contains("8675309"), "{error}");
    }
}
