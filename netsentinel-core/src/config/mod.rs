//! The configuration: one flat JSON object that agent, server and replay share.
//!
//! Every part of the product deserializes its own keys from the whole object, so a key is
//! declared in one place only: a detector's in its `Settings`, the pipeline's in
//! [`PipelineSettings`], those of the agent and the server in [`Deployment`]. Missing keys take
//! their defaults. Values out of range are refused by the types in [`setting`]; keys that nobody
//! declares are told by [`Config::unknown_keys`], with the nearest one that exists.

mod deployment;
mod pipeline;
pub mod setting;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

pub use deployment::{Deployment, Secret};
pub use pipeline::{PipelineSettings, Profile};

use crate::Registration;
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

    /// Every key of `reference` with the value that counts: the one written here, or the default.
    pub fn effective(&self, reference: &Map<String, Value>) -> Map<String, Value> {
        let value = |(key, default): (&String, &Value)| {
            let secret = deployment::SECRETS.contains(&key.as_str());
            let written = self.object.get(key).filter(|written| *written != default);
            let shown = if secret { written.map(|_| "(set)".into()) } else { written.cloned() };
            (key.clone(), shown.unwrap_or_else(|| default.clone()))
        };
        reference.iter().map(value).collect()
    }

    /// Keys that nothing reads, each with the nearest key that something does.
    pub fn unknown_keys(&self, registrations: &[&[Registration]]) -> Vec<UnknownKey> {
        let known = reference(registrations);
        let written = self.object.as_object().into_iter().flat_map(Map::keys);
        written
            .filter(|key| !known.contains_key(key.as_str()))
            .map(|key| UnknownKey { key: printable(key.as_bytes()), nearest: nearest(key, &known) })
            .collect()
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

/// A key that nothing reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownKey {
    /// The key, made safe to show.
    pub key: String,
    /// The nearest key that exists, where one is near.
    pub nearest: Option<String>,
}

impl std::fmt::Display for UnknownKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "unknown key \"{}\"", self.key)?;
        match &self.nearest {
            Some(nearest) => write!(f, ": did you mean \"{nearest}\"?"),
            None => Ok(()),
        }
    }
}

/// Every key with its default: the pipeline's, the deployment's, and those of `registrations`.
pub fn reference(registrations: &[&[Registration]]) -> Map<String, Value> {
    let mut all = Map::new();
    all.extend(object_of(&PipelineSettings::default()));
    all.extend(object_of(&Deployment::default()));
    all.extend(registrations.iter().copied().flatten().flat_map(Registration::defaults));
    all
}

/// Why a configuration can not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The text is not JSON.
    #[error("not valid JSON: {0}")]
    Json(#[source] serde_json::Error),
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

fn nearest(key: &str, known: &Map<String, Value>) -> Option<String> {
    const ALIKE: f64 = 0.75;
    known
        .keys()
        .map(|candidate| (strsim::normalized_damerau_levenshtein(key, candidate), candidate))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate.clone())
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
    fn unknown_keys_are_told_with_the_nearest() {
        let config = Config::parse(r#"{"alert_coldown": 3, "gui_port": 1, "zzz": 1}"#).unwrap();
        let told: Vec<_> = config.unknown_keys(&[]).iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "unknown key \"alert_coldown\": did you mean \"alert_cooldown\"?",
                "unknown key \"zzz\""
            ]
        );
    }
}
