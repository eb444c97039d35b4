//! The entries as text for people and as JSON for scripts.

use std::fmt::Write as _;

use anyhow::Result;
use netsentinel_core::Timestamp;
use netsentinel_transport::tls::Validity;
use serde_json::{Value, json};

use super::entry::{Entry, State};

/// One paragraph for each file.
pub(crate) fn text(entries: &[Entry]) -> String {
    let paragraphs: Vec<_> = entries.iter().map(paragraph).collect();
    let mut out = paragraphs.join("\n");
    let wrong = entries.iter().filter(|entry| entry.state() != State::Fine).count();
    out.push('\n');
    out.push_str(&match wrong {
        0 => "All is well.\n".to_owned(),
        1 => "1 file needs attention.\n".to_owned(),
        wrong => format!("{wrong} files need attention.\n"),
    });
    out
}

/// An array with one object for each file.
pub(crate) fn json(entries: &[Entry]) -> Result<String> {
    let all: Vec<_> = entries.iter().map(object).collect();
    Ok(serde_json::to_string_pretty(&all)? + "\n")
}

fn paragraph(entry: &Entry) -> String {
    let mut out = format!("{}: {}\n", entry.file, entry.kind.name());
    let mut line = |label: &str, text: &str| {
        // Writing to a string can not fail.
        let _written = writeln!(out, "  {label:<12} {text}");
    };
    if let Some((facts, validity)) = &entry.certificate {
        line("subject", &facts.subject);
        line("issuer", &facts.issuer);
        if !facts.names.is_empty() {
            line("names", &facts.names.join(", "));
        }
        let (from, to) = (date(facts.not_before), date(facts.not_after));
        line("valid", &format!("{from} to {to}: {validity}"));
        line("serial", &facts.serial);
        line("SHA-256", &facts.fingerprint);
    }
    if let Some(mode) = entry.mode {
        line("mode", &format!("{mode:04o}"));
    }
    for note in &entry.notes {
        line("note", note);
    }
    for warning in &entry.warnings {
        line("WARNING", warning);
    }
    for error in &entry.errors {
        line("ERROR", error);
    }
    out
}

fn object(entry: &Entry) -> Value {
    let certificate = entry.certificate.as_ref().map(|(facts, validity)| {
        json!({
            "subject": facts.subject,
            "issuer": facts.issuer,
            "names": facts.names,
            "serial": facts.serial,
            "sha256": facts.fingerprint,
            "not_before": facts.not_before.to_string(),
            "not_after": facts.not_after.to_string(),
            "days_left": match validity {
                Validity::Current { days_left } => *days_left,
                _ => 0,
            },
        })
    });
    json!({
        "file": entry.file,
        "kind": entry.kind.id(),
        "state": entry.state().name(),
        "certificate": certificate,
        "mode": entry.mode.map(|mode| format!("{mode:04o}")),
        "notes": entry.notes,
        "warnings": entry.warnings,
        "errors": entry.errors,
    })
}

fn date(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M UTC")
}
