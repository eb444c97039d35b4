//! `docs/detectors.md`, from the pages of the detectors' modules.

use netsentinel_core::Registration;
use netsentinel_detectors::BUILTIN;

use super::{plain, source};

/// The headings of every detector, in their order; "Guards" only where there are some.
const FORM: [&str; 8] = [
    "What it sees",
    "Why it matters",
    "Rule",
    "Guards",
    "Keys",
    "Blind spots",
    "ATT&CK",
    "Sources",
];

const INTRODUCTION: &str = "\
# Detectors

<!-- Made from the pages of the modules in netsentinel-detectors/src by `UPDATE_DOCS=1 cargo test -p
netsentinel-tests --test docs`. Change those, not this. -->

What each built-in detector looks for, and what it can not see. The severities are those before
reputation is asked; the signature numbers are those of EVE output. How the keys are set is told in
[configuration.md](configuration.md), where their ranges are.

";

/// The whole page.
pub(crate) fn page() -> String {
    let mut page = String::from(INTRODUCTION);
    page.push_str(
        "| detector | category | severity | rules (signature) | ATT&CK | keys (default) |\n",
    );
    page.push_str("|---|---|---|---|---|---|\n");
    for registration in BUILTIN {
        page.push_str(&overview(registration));
    }
    for registration in BUILTIN {
        let descriptor = registration.descriptor();
        let (title, sections) = told(registration);
        page.push_str(&format!("\n## {}\n\n`{}`: {title}\n", descriptor.category, descriptor.id));
        for (heading, text) in sections {
            page.push_str(&format!("\n### {heading}\n\n{text}\n"));
        }
    }
    page
}

/// The detector's line in the table.
fn overview(registration: &Registration) -> String {
    let descriptor = registration.descriptor();
    let rules = descriptor.rules.iter().map(|rule| format!("`{}` ({})", rule.id, rule.signature));
    let keys = registration.defaults();
    let keys = keys.iter().map(|(key, default)| format!("`{key}` ({})", listed(default)));
    let told = section(registration, "ATT&CK");
    let links = techniques(&told)
        .into_iter()
        .map(|id| format!("[{id}](https://attack.mitre.org/techniques/{}/)", id.replace('.', "/")));
    let [rules, links, keys] =
        [rules.collect::<Vec<_>>(), links.collect(), keys.collect()].map(|list| list.join(", "));
    let link = descriptor.category.to_lowercase().replace(' ', "-");
    let (id, category, severity) = (descriptor.id, descriptor.category, descriptor.severity);
    let keys = if keys.is_empty() { "none" } else { &keys };
    format!("| [`{id}`](#{link}) | {category} | {severity} | {rules} | {links} | {keys} |\n")
}

/// A default as the table shows it.
fn listed(default: &serde_json::Value) -> String {
    match default.as_array() {
        Some(list) => list.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
        None => default.to_string(),
    }
}

/// The first paragraph of a detector's module, and its sections with their headings.
fn told(registration: &Registration) -> (String, Vec<(String, String)>) {
    let id = registration.descriptor().id;
    let source = source(&format!("netsentinel-detectors/src/{id}/mod.rs"))
        .or_else(|| source(&format!("netsentinel-detectors/src/{id}.rs")))
        .unwrap_or_else(|| panic!("{id} has no module of its own"));
    let lines = source.lines().map_while(|line| line.strip_prefix("//!"));
    let text: Vec<_> = lines.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
    let text = plain(&text.join("\n"));
    let mut parts = text.split("\n# ");
    let title = parts.next().unwrap_or_default().trim().to_owned();
    let sections = parts.map(|part| {
        let (heading, text) = part.split_once('\n').unwrap_or((part, ""));
        (heading.to_owned(), text.trim().to_owned())
    });
    (title, sections.collect())
}

fn section(registration: &Registration, heading: &str) -> String {
    let (_, sections) = told(registration);
    let found = sections.into_iter().find(|(each, _)| each == heading);
    found.unwrap_or_else(|| panic!("{registration:?} has no \"{heading}\"")).1
}

/// The ids of techniques in `text`, in their order.
fn techniques(text: &str) -> Vec<&str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '.');
    let words = words.map(|word| word.trim_end_matches('.'));
    let number =
        |word: &str| word.len() >= 4 && word.chars().all(|c| c.is_ascii_digit() || c == '.');
    words.filter(|word| word.strip_prefix('T').is_some_and(number)).collect()
}

/// Checks that a detector's page has all headings in their order, and names its rules, its keys and
/// its techniques.
pub(crate) fn check_form(registration: &Registration) {
    let descriptor = registration.descriptor();
    let id = descriptor.id;
    let (title, sections) = told(registration);
    assert!(title.ends_with('.') && !title.contains('\n'), "{id}: {title}");
    let headings: Vec<_> = sections.iter().map(|(heading, _)| &**heading).collect();
    let form = FORM.into_iter().filter(|h| *h != "Guards" || !descriptor.guards.is_empty());
    assert_eq!(headings, form.collect::<Vec<_>>(), "{id}");
    for (heading, text) in &sections {
        assert!(text.ends_with('.'), "{id}, {heading}: {text}");
    }
    let rules = section(registration, "Rule");
    for rule in descriptor.rules {
        assert!(rule.id.starts_with(&format!("{id}/")), "{}", rule.id);
        assert!(rules.contains(&format!("`{}`", rule.id)), "{id} does not tell {}", rule.id);
    }
    for guard in descriptor.guards {
        assert!(guard.id.starts_with(&format!("{id}/")), "{}", guard.id);
        let told = section(registration, "Guards").contains(&format!("`{}`", guard.id));
        assert!(told, "{id} does not tell {}", guard.id);
    }
    let keys = section(registration, "Keys");
    let mut owned: Vec<_> = keys
        .lines()
        .filter_map(|line| line.strip_prefix("- `")?.split_once("`:"))
        .map(|(key, _)| key.to_owned())
        .collect();
    owned.sort();
    assert_eq!(owned, registration.defaults().keys().cloned().collect::<Vec<_>>(), "{id}");
    let told = section(registration, "ATT&CK");
    for technique in descriptor.attack {
        assert!(techniques(&told).contains(&technique.id), "{id} does not tell {}", technique.id);
    }
}

#[test]
fn signatures_are_in_the_local_range_and_used_once() {
    let rules = BUILTIN.iter().flat_map(|registration| registration.descriptor().rules);
    let mut seen = std::collections::BTreeSet::new();
    for rule in rules {
        assert!((1_000_000..2_000_000).contains(&rule.signature), "{}", rule.id);
        assert!(seen.insert(rule.signature), "{} has a signature used before", rule.id);
    }
}
