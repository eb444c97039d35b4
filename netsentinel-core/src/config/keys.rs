//! Which keys there are, which of them a file has, and which it misspells.

use serde_json::{Map, Value};

use super::{Config, Deployment, PipelineSettings, deployment, object_of};
use crate::Registration;
use crate::text::printable;

/// Every key with its default: the pipeline's, the deployment's, and those of `registrations`. Keys
/// within an object are within an object here.
pub fn reference(registrations: &[&[Registration]]) -> Map<String, Value> {
    let mut all = Map::new();
    all.extend(object_of(&PipelineSettings::default()));
    all.extend(object_of(&Deployment::default()));
    all.extend(registrations.iter().copied().flatten().flat_map(Registration::defaults));
    all
}

impl Config {
    /// Every key of `reference` with the value that counts: the one written here, or the default;
    /// key by key within objects too. Secrets are not shown.
    pub fn effective(&self, reference: &Map<String, Value>) -> Map<String, Value> {
        let value = |(key, default): (&String, &Value)| {
            let written = self.object.get(key);
            let shown = match written.filter(|written| *written != default) {
                Some(_) if deployment::SECRETS.contains(&key.as_str()) => "(set)".into(),
                _ => overlaid(default, written),
            };
            (key.clone(), shown)
        };
        reference.iter().map(value).collect()
    }

    /// Keys that nothing reads, each with the nearest key that something does. A key within an
    /// object is told with the object's, as `server.retention_days`.
    pub fn unknown_keys(&self, registrations: &[&[Registration]]) -> Vec<UnknownKey> {
        let known = reference(registrations);
        let mut paths = Vec::new();
        collect_paths(&known, "", &mut paths);
        let mut unknown = Vec::new();
        if let Some(written) = self.object.as_object() {
            collect_unknown(written, &known, "", &mut unknown);
        }
        let told = |key: String| UnknownKey { nearest: nearest(&key, &paths), key: safe(&key) };
        unknown.into_iter().map(told).collect()
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
        match self.nearest.as_deref() {
            // Somebody wrote the path as if it was one key.
            Some(nearest) if nearest == self.key => match nearest.split_once('.') {
                Some((object, key)) => write!(f, ": write \"{key}\" within \"{object}\""),
                None => Ok(()),
            },
            Some(nearest) => write!(f, ": did you mean \"{nearest}\"?"),
            None => Ok(()),
        }
    }
}

/// `default` with what is written instead: key by key where it is an object that has keys.
fn overlaid(default: &Value, written: Option<&Value>) -> Value {
    let Some(written) = written else { return default.clone() };
    match (keys_within(default), written.as_object()) {
        (Some(defaults), Some(written)) => {
            let each = defaults
                .iter()
                .map(|(key, default)| (key.clone(), overlaid(default, written.get(key))));
            Value::Object(each.collect())
        }
        _ => written.clone(),
    }
}

/// The keys within a setting. An object that has none by default takes any, as a table would.
fn keys_within(default: &Value) -> Option<&Map<String, Value>> {
    default.as_object().filter(|keys| !keys.is_empty())
}

fn collect_paths(known: &Map<String, Value>, within: &str, paths: &mut Vec<String>) {
    for (key, default) in known {
        let path = path(within, key);
        if let Some(keys) = keys_within(default) {
            collect_paths(keys, &path, paths);
        }
        paths.push(path);
    }
}

fn collect_unknown(
    written: &Map<String, Value>,
    known: &Map<String, Value>,
    within: &str,
    unknown: &mut Vec<String>,
) {
    for (key, value) in written {
        let path = path(within, key);
        match (known.get(key).map(keys_within), value.as_object()) {
            (None, _) => unknown.push(path),
            (Some(Some(known)), Some(written)) => collect_unknown(written, known, &path, unknown),
            _ => {}
        }
    }
}

fn path(within: &str, key: &str) -> String {
    if within.is_empty() { key.to_owned() } else { format!("{within}.{key}") }
}

fn safe(key: &str) -> String {
    printable(key.as_bytes())
}

/// The path among `known` that `key` is most like: by the whole of both or, for a key written in
/// another object than its own, by what follows the last dot.
fn nearest(key: &str, known: &[String]) -> Option<String> {
    const ALIKE: f64 = 0.75;
    let likeness = |candidate: &str| {
        let whole = strsim::normalized_damerau_levenshtein(key, candidate);
        let last = strsim::normalized_damerau_levenshtein(leaf(key), leaf(candidate));
        (whole.max(last), whole)
    };
    known
        .iter()
        .map(|candidate| (likeness(candidate), candidate))
        .filter(|(likeness, _)| likeness.0 >= ALIKE)
        .max_by(|(a, _), (b, _)| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)))
        .map(|(_, candidate)| candidate.clone())
}

fn leaf(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(text: &str) -> Vec<String> {
        let config = Config::parse(text).unwrap();
        config.unknown_keys(&[]).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn unknown_keys_are_told_with_the_nearest() {
        assert_eq!(
            told(r#"{"alert_coldown": 3, "gui_port": 1, "zzz": 1}"#),
            [
                "unknown key \"alert_coldown\": did you mean \"alert_cooldown\"?",
                "unknown key \"zzz\""
            ]
        );
    }

    #[test]
    fn keys_within_objects_are_told_with_their_object() {
        for (text, expected) in [
            (
                r#"{"server": {"retntion_days": 9, "retention_days": 9}}"#,
                "unknown key \"server.retntion_days\": did you mean \"server.retention_days\"?",
            ),
            (
                r#"{"agent": {"retention_days": 9}}"#,
                "unknown key \"agent.retention_days\": did you mean \"server.retention_days\"?",
            ),
            (
                r#"{"retention_days": 9}"#,
                "unknown key \"retention_days\": did you mean \"server.retention_days\"?",
            ),
            (
                r#"{"server": {"alert_cooldown": 9}}"#,
                "unknown key \"server.alert_cooldown\": did you mean \"alert_cooldown\"?",
            ),
            (
                r#"{"server.retention_days": 9}"#,
                "unknown key \"server.retention_days\": write \"retention_days\" within \"server\"",
            ),
            (r#"{"serverr": {}}"#, "unknown key \"serverr\": did you mean \"server\"?"),
            (r#"{"agent": {"\u001b[2J": {}}}"#, "unknown key \"agent.\\x1b[2J\""),
        ] {
            assert_eq!(told(text), [expected]);
        }
        assert_eq!(told(r#"{"agent": {}, "server": {"data_dir": "x"}}"#), [""; 0]);
    }

    #[test]
    fn what_counts_is_told_key_by_key() {
        let text = r#"{"agent": {"interfaces": ["eth0"], "promiscuous": false, "zzz": 1},
            "alert_cooldown": 9, "api_key": "hunter2"}"#;
        let known = reference(&[]);
        let effective = Config::parse(text).unwrap().effective(&known);
        let mut expected = known;
        expected["agent"]["interfaces"] = json!(["eth0"]);
        expected["agent"]["promiscuous"] = false.into();
        expected["alert_cooldown"] = 9.into();
        expected["api_key"] = "(set)".into();
        assert_eq!(effective, expected);
    }
}
