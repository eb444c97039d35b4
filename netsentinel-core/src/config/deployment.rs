//! Where agent and server live: keys that the pipeline does not use, declared here so that one file
//! serves every program and a wrong value is found by whichever reads it first.

use std::fmt;
use std::net::IpAddr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// Keys whose values must not be shown.
pub(super) const SECRETS: &[&str] = &["api_key", "virustotal_api_key"];

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
    /// Path of the certificate authority's certificate.
    pub ca_cert: String,
    /// Path of the server's certificate.
    pub server_cert: String,
    /// Path of the server's private key.
    pub server_key: String,
    /// VirusTotal's API key; empty turns the look-ups off.
    pub virustotal_api_key: Secret,
}

impl Deployment {
    /// Whether the file holds anything that only its owner may read.
    pub fn holds_secrets(&self) -> bool {
        !self.api_key.is_empty() || !self.virustotal_api_key.is_empty()
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
            ca_cert: "ca.crt".into(),
            server_cert: "server.crt".into(),
            server_key: "server.key".into(),
            virustotal_api_key: Secret::default(),
        }
    }
}

/// A text that must not be shown: neither `Debug` nor an error message ever prints it.
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
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
    fn secrets_stay_out_of_debug_output() {
        let text = r#"{"api_key": "hunter2"}"#;
        let deployment: Deployment = serde_json::from_str(text).unwrap();
        assert!(deployment.holds_secrets());
        assert!(!format!("{deployment:?}").contains("hunter2"));
        let error = serde_json::from_str::<Deployment>(r#"{"api_key": 8675309}"#).unwrap_err();
        assert!(!error.to_string().contains("8675309"), "{error}");
    }
}
