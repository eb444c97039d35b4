//! `docs/configuration.md`, from the settings of the pipeline, of agent and server, and of each
//! detector: their defaults, their doc comments, and what they say to values out of range.

use netsentinel_core::Pipeline;
use netsentinel_core::config::{
    AgentSettings, Config, ConfigError, Deployment, PipelineSettings, ReputationSettings,
    ServerSettings, reference,
};
use netsentinel_detectors::BUILTIN;
use serde_json::{Map, Value, json};

use super::{plain, source};

const INTRODUCTION: &str = "\
# Configuration

<!-- Made from the settings in the code by `UPDATE_DOCS=1 cargo test -p netsentinel-tests --test docs`.
Change the doc comments of the settings, not this. -->

One JSON object, by custom `sentinel_config.json`, that agent, server and replay share. It is flat,
but for what only the agent or only the server needs, and for reputation: that lies within `agent`,
`server` and `reputation`, and is named with a dot, as `server.retention_days`, where something is wrong with it. Every key may be left
out. A value of a wrong type or out of range is refused, with the name of its key; a key that nothing
reads is told, with the nearest one that exists. `sentinel-replay --config FILE --check-config`
checks a file and prints what holds.
";

/// The whole page. Every key must have its sentence, and every sentence its key.
pub(crate) fn page() -> String {
    let mut page = String::from(INTRODUCTION);
    let pipeline = keys_of(&PipelineSettings::default());
    let file = "netsentinel-core/src/config/pipeline.rs";
    page.push_str(&part("The pipeline", "", &pipeline, &sentences(file, "PipelineSettings")));
    let deployment = keys_of(&Deployment::default());
    let file = "netsentinel-core/src/config/deployment.rs";
    let note = "The pipeline does not use these. Keys that are secrets are never shown.\n";
    page.push_str(&part("Agent and server", note, &deployment, &sentences(file, "Deployment")));
    page.push_str(&nested("agent", "AgentSettings", &keys_of(&AgentSettings::default())));
    page.push_str(&nested("server", "ServerSettings", &keys_of(&ServerSettings::default())));
    let reputation = keys_of(&ReputationSettings::default());
    page.push_str(&nested("reputation", "ReputationSettings", &reputation));
    page.push_str(&feeds());
    let mut told: Vec<String> = pipeline.keys().chain(deployment.keys()).cloned().collect();
    for registration in BUILTIN {
        let defaults = registration.defaults();
        let descriptor = registration.descriptor();
        let folder = format!("netsentinel-detectors/src/{}", descriptor.id);
        let alone = format!("{folder}.rs");
        let file = if source(&alone).is_some() { alone } else { format!("{folder}/settings.rs") };
        let sentences = sentences(&file, "Settings");
        if defaults.is_empty() {
            assert!(sentences.is_empty(), "{file}");
            continue;
        }
        let note = format!("{} ({}).\n", upper(descriptor.summary), descriptor.id);
        page.push_str(&part(descriptor.category, &note, &defaults, &sentences));
        told.extend(defaults.keys().cloned());
    }
    told.sort();
    let mut all: Vec<_> = reference(&[BUILTIN]).keys().cloned().collect();
    all.sort();
    assert_eq!(told, all);
    page
}

/// The section of the object `name`, which the settings type `kind` describes.
fn nested(name: &str, kind: &str, defaults: &Map<String, Value>) -> String {
    let within = |key: &str| format!("{name}.{key}");
    let defaults = defaults.iter().map(|(key, value)| (within(key), value.clone())).collect();
    let mut told = sentences(&format!("netsentinel-core/src/config/{name}.rs"), kind);
    told.iter_mut().for_each(|sentence| sentence.key = within(&sentence.key));
    let note = format!("Keys of the object `{name}`, as `{{ \"{name}\": {{ … }} }}`.\n");
    part(&format!("Within `{name}`"), &note, &defaults, &told)
}

/// The section of the objects in `reputation.feeds`.
fn feeds() -> String {
    let feed = |keys: Value| json!({ "reputation": { "feeds": [keys] } });
    let least = json!({ "name": "a", "format": "plain", "from": "b" });
    let config = Config::parse(&feed(least.clone()).to_string()).unwrap();
    let defaults = keys_of(&config.deployment.reputation.feeds[0]);
    let told = sentences("netsentinel-core/src/config/reputation.rs", "FeedSettings");
    let unknown = feed(json!({ "name": "a", "format": "?", "from": "b" }));
    let formats = Config::parse(&unknown.to_string()).unwrap_err().to_string();
    let formats = formats.split_once("expected one of ").unwrap().1.to_owned();
    let mut page = String::from(
        "\n## Within each of `reputation.feeds`\n\nExamples are in [reputation.md](reputation.md).\n\n\
         | key | default | what it is |\n|---|---|---|\n",
    );
    assert_eq!(defaults.len(), told.len());
    for Sentence { key, text, .. } in told {
        let default = match &defaults[&key] {
            _ if least.get(&key).is_some() => "must be given".into(),
            Value::Null => "that of the format".into(),
            default => shown(default),
        };
        let text = if key == "format" { format!("{text} One of {formats}.") } else { text };
        page.push_str(&format!("| `{key}` | {default} | {text} |\n"));
    }
    page
}

fn keys_of(settings: &impl serde::Serialize) -> Map<String, Value> {
    match serde_json::to_value(settings) {
        Ok(Value::Object(keys)) => keys,
        other => panic!("no object of keys: {other:?}"),
    }
}

fn upper(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default()
        + characters.as_str()
}

/// The section of one owner, its keys in the order in which the code has them.
fn part(owner: &str, note: &str, defaults: &Map<String, Value>, sentences: &[Sentence]) -> String {
    let mut told: Vec<_> = sentences.iter().map(|each| &each.key).collect();
    told.sort();
    let mut keys: Vec<_> = defaults.keys().collect();
    keys.sort();
    assert_eq!(told, keys, "{owner}");
    let mut part = format!("\n## {owner}\n\n{note}");
    if !note.is_empty() {
        part.push('\n');
    }
    part.push_str("| key | default | takes | what it is |\n|---|---|---|---|\n");
    for Sentence { key, text, in_seconds } in sentences {
        let default = &defaults[key];
        let mut takes = takes(key, default);
        if *in_seconds {
            takes = takes.replace("number", "number of seconds");
        }
        part.push_str(&format!("| `{key}` | {} | {takes} | {text} |\n", shown(default)));
    }
    part
}

fn shown(default: &Value) -> String {
    match default {
        Value::String(text) if text.is_empty() => "empty".into(),
        Value::Array(list) if list.is_empty() => "empty".into(),
        Value::Object(_) => "see below".into(),
        Value::Array(list) => {
            let list: Vec<_> = list.iter().map(ToString::to_string).collect();
            format!("`[{}]`", list.join(", "))
        }
        other => format!("`{other}`"),
    }
}

/// What the doc comment of a setting says.
struct Sentence {
    key: String,
    text: String,
    in_seconds: bool,
}

/// The keys of the settings type `name` in a source file, each with its doc comment.
fn sentences(file: &str, name: &str) -> Vec<Sentence> {
    let source = source(file).unwrap_or_else(|| panic!("{file} is missing"));
    let opening = format!("pub struct {name} {{");
    let body = source.split_once(&opening).unwrap_or_else(|| panic!("{file}: no {opening}")).1;
    let (mut found, mut doc, mut renamed) = (Vec::new(), Vec::new(), None);
    for line in body.lines().map(str::trim).take_while(|line| *line != "}") {
        if let Some(text) = line.strip_prefix("///") {
            doc.push(text.trim());
        } else if let Some(rename) = line.strip_prefix("#[serde(rename = \"") {
            renamed = rename.split('"').next().map(str::to_owned);
        } else if let Some((field, kind)) =
            line.strip_prefix("pub ").and_then(|l| l.split_once(':'))
        {
            let key = renamed.take().unwrap_or_else(|| field.to_owned());
            let text = plain(&std::mem::take(&mut doc).join(" "));
            assert!(text.ends_with('.') && !text.contains('|'), "{file}: {key}");
            found.push(Sentence { key, text, in_seconds: kind.trim() == "Seconds," });
        }
    }
    found
}

/// What values a key takes, found out by giving it one that it must refuse.
fn takes(key: &str, default: &Value) -> String {
    let number = |reason: String| match reason.strip_prefix("must be ") {
        Some(range) => range.to_owned(),
        None if reason.contains("expected u16") => "a whole number from 0 to 65535".into(),
        None => panic!("{key}: {reason}"),
    };
    match default {
        Value::Number(_) => refusal(key, &json!(u64::MAX)).map(number),
        Value::Object(_) => refusal(key, &json!(7)).map(|_| "an object".into()),
        Value::Bool(_) => refusal(key, &json!(7)).map(|reason| {
            assert!(reason.contains("expected a boolean"), "{key}: {reason}");
            "`true` or `false`".into()
        }),
        Value::Array(_) if refusal(key, &json!(["?"])).is_none() => {
            refusal(key, &json!([7])).map(|_| "a list of texts".into())
        }
        Value::Array(list) if !list.is_empty() && list.iter().all(Value::is_number) => {
            let each = refusal(key, &json!([u64::MAX])).map(number);
            each.map(|each| each.replace("a whole number", "a list of whole numbers"))
        }
        Value::Array(_)
            if refusal(key, &json!([{}])).is_some_and(|it| it.contains("missing field")) =>
        {
            Some("a list of objects".into())
        }
        Value::Array(_)
            if refusal(key, &json!(["?"])).is_some_and(|it| it.contains("there is no")) =>
        {
            Some("a list of [names](detectors.md)".into())
        }
        Value::Array(_) => {
            let refused = refusal(key, &json!(["?"])).filter(|reason| reason.contains("IP"));
            refused.map(|_| "a list of networks".into())
        }
        _ => Some(match refusal(key, &json!("?")) {
            None => "text".into(),
            Some(reason) if reason.contains("IP address") => "an IP address".into(),
            Some(reason) => match reason.split_once("expected ") {
                Some((_, variants)) => variants.to_owned(),
                None => panic!("{key}: {reason}"),
            },
        }),
    }
    .unwrap_or_else(|| panic!("{key} takes anything"))
}

/// Why `value` can not be the value of `key`, if it can not.
fn refusal(key: &str, value: &Value) -> Option<String> {
    let object = key.rsplit('.').fold(value.clone(), |value, key| json!({ key: value }));
    let text = serde_json::to_string(&object).ok()?;
    let built = Config::parse(&text)
        .and_then(|config| Pipeline::builder(&config).detectors(BUILTIN).build().map(|_| ()));
    match built {
        Ok(()) => None,
        Err(ConfigError::Key { key: named, reason }) => {
            assert!(named.starts_with(key), "{named} is not {key}");
            Some(reason)
        }
        Err(other) => panic!("{key}: {other}"),
    }
}
