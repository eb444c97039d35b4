//! The configuration: one JSON object that agent, server and replay share. It is flat, but for what
//! only the agent or only the server needs, which lies in an object each.
//!
//! Every part of the product deserializes its own keys from the whole object, so a key is
//! declared in one place only: a detector's in its `Settings`, the pipeline's in
//! [`PipelineSettings`], those of the agent and the server in [`Deployment`]. Missing keys take
//! their defaults. Values out of range are refused by the types in [`setting`]; keys that nobody
//! declares are told by [`Config::unknown_keys`], with the nearest one that exists.

mod agent;
mod deployment;
mod keys;
mod pipeline;
mod reputation;
mod server;
pub mod setting;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

pub use agent::{AgentSettings, ReputationSource, Threads};
pub use deployment::{AgentAuth, Deployment, Secret, is_open_to_all};
pub use keys::{UnknownKey, reference};
pub use pipeline::{PipelineSettings, Profile};
pub use reputation::{DomainScope, FeedFormat, FeedSettings, ReputationSettings};
pub use server::ServerSettings;

use crate::text::printable;

/// A configuration as it was written: the object itself, and the parts that are not a detector's.
#[derive(Clone, Debug)]
pub struct Config {
    object: Value,
    /// How the pipeline runs.
    pub pipeline: PipelineSettings,
    /// Where agent and server live. The pipeline does not use it.
    pub deployment: Deployment,
}

impl Config {
    /// Reads a configuration from JSON text.
    ///
    /// # Errors
    ///
    /// When the text is not one JSON object, or a key of the pipeline or the deployment has a wrong
    /// type or is out of range. Detectors' keys are judged when the pipeline is built.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        // Some editors begin a file with a byte order mark.
        let text = text.trim_start_matches('\u{feff}');
        let object: Value = serde_json::from_str(text).map_err(ConfigError::Json)?;
        if !object.is_object() {
            return Err(ConfigError::NotAnObject);
        }
        Ok(Self { pipeline: section(&object)?, deployment: section(&object)?, object })
    }

    /// Reads the settings of one part from the whole object.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Key`] names the key that has a wrong type or is out of range.
    pub fn section<T: DeserializeOwned>(&self) -> Result<T, ConfigError> {
        section(&self.object)
    }
}

/// All defaults.
impl Default for Config {
    fn default() -> Self {
        Self {
            object: Value::Object(Map::new()),
            pipeline: PipelineSettings::default(),
            deployment: Deployment::default(),
        }
    }
}

/// Why a configuration can not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The text is not JSON.
    #[error("not valid JSON: {0}")]
    Json(serde_json::Error),
    /// The text is JSON, but no object.
    #[error("expected one JSON object of keys and values")]
    NotAnObject,
    /// The value of a key has a wrong type or is out of range.
    #[error("key \"{key}\": {reason}")]
    Key {
        /// The key.
        key: String,
        /// What is wrong with its value.
        reason: String,
    },
    /// Two detectors have the same id.
    #[error("detector {id} is registered twice")]
    Twice {
        /// The id.
        id: &'static str,
    },
    /// There are more detectors than a pipeline has room for.
    #[error("more than {most} detectors are registered")]
    TooMany {
        /// How many there may be.
        most: usize,
    },
    /// A detector reads a key that is another's, or that of NetSentinel itself.
    #[error("key \"{key}\" is read by both {first} and {second}")]
    SharedKey {
        /// The key.
        key: String,
        /// Whose it is: the detector that came first, or `netsentinel`.
        first: &'static str,
        /// The detector that came later.
        second: &'static str,
    },
}

fn section<T: DeserializeOwned>(object: &Value) -> Result<T, ConfigError> {
    serde_path_to_error::deserialize(object).map_err(|error| ConfigError::Key {
        key: printable(error.path().to_string().as_bytes()),
        reason: printable(error.into_inner().to_string().as_bytes()),
    })
}

pub(crate) fn object_of<T: Serialize>(settings: &T) -> Map<String, Value> {
    match serde_json::to_value(settings) {
        Ok(Value::Object(map)) => map,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_name_the_key_and_what_it_takes() {
        let error = |text: &str| Config::parse(text).unwrap_err().to_string();
        assert!(error("{").starts_with("not valid JSON: EOF"));
        assert_eq!(error("[]"), "expected one JSON object of keys and values");
        assert_eq!(
            error(r#"{"alert_cooldown": 0}"#),
            "key \"alert_cooldown\": must be a whole number from 1 to 86400"
        );
        assert!(error(r#"{"alert_cooldown": "15"}"#).contains("invalid type: string"));
        assert!(error(r#"{"agent_port": 70000}"#).starts_with("key \"agent_port\""));
        assert!(error(r#"{"profile": "loud"}"#).contains("unknown variant `loud`"));
        let network = error(r#"{"internal_networks": ["10.0.0.0/8", "10.0.0.0/33"]}"#);
        assert!(network.starts_with("key \"internal_networks[1]\""), "{network}");
    }

    #[test]
    fn errors_name_keys_within_objects() {
        let error = |text: &str| Config::parse(text).unwrap_err().to_string();
        assert_eq!(
            error(r#"{"server": {"retention_days": 0}}"#),
            "key \"server.retention_days\": must be a whole number from 1 to 36500"
        );
        for (text, key, kind) in [
            (r#"{"server": {"retention_days": "9"}}"#, "server.retention_days", "string"),
            (r#"{"server": {"data_dir": 5}}"#, "server.data_dir", "integer"),
            (r#"{"agent": {"promiscuous": 1}}"#, "agent.promiscuous", "integer"),
            (r#"{"agent": {"interfaces": "eth0"}}"#, "agent.interfaces", "string"),
            (r#"{"agent": {"interfaces": ["eth0", 7]}}"#, "agent.interfaces[1]", "integer"),
            (r#"{"agent": "eth0"}"#, "agent", "string"),
            (r#"{"server": null}"#, "server", "null"),
        ] {
            let told = error(text);
            assert!(told.starts_with(&format!("key \"{key}\": invalid type: {kind}")), "{told}");
        }
    }
}
