//! Alerts as text, in the forms that other tools read.
//!
//! Every alert is one line without its end. Whatever an attacker wrote has been escaped before it
//! came into an alert ([`text`](crate::text)), and each format escapes once more what would end one
//! of its fields.

mod cef;
mod ecs;
mod eve;
mod table;

use std::fmt;
use std::str::FromStr;

use crate::Alert;
use crate::text::{is_unsafe, shown};

/// A form that alerts can be written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// NetSentinel's own: one JSON object, as `docs/alert.schema.json` describes it.
    #[default]
    Ndjson,
    /// Suricata's EVE: an `alert` event, valid against Suricata's schema.
    Eve,
    /// ArcSight Common Event Format, version 0.
    Cef,
    /// Elastic Common Schema, a JSON document.
    Ecs,
    /// A line for people.
    Table,
}

impl Format {
    /// All forms.
    pub const ALL: [Self; 5] = [Self::Ndjson, Self::Eve, Self::Cef, Self::Ecs, Self::Table];

    /// The name on command lines.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ndjson => "ndjson",
            Self::Eve => "eve",
            Self::Cef => "cef",
            Self::Ecs => "ecs",
            Self::Table => "table",
        }
    }

    /// What goes before the first alert, if anything.
    pub fn header(self) -> Option<String> {
        (self == Self::Table).then(table::header)
    }

    /// `alert` as one line.
    pub fn line(self, alert: &Alert) -> String {
        match self {
            Self::Ndjson => json(alert),
            Self::Eve => json(&eve::event(alert)),
            Self::Cef => cef::event(alert),
            Self::Ecs => json(&ecs::document(alert)),
            Self::Table => table::row(alert),
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The text names no format.
#[derive(Debug, thiserror::Error)]
#[error("not a format: expected ndjson, eve, cef, ecs or table")]
pub struct UnknownFormat;

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, UnknownFormat> {
        Self::ALL.into_iter().find(|format| format.name() == text).ok_or(UnknownFormat)
    }
}

/// `value` as one line of JSON. JSON itself lets DEL, the C1 controls and bidirectional marks
/// through; here they become `\u` escapes.
pub fn json(value: &impl serde::Serialize) -> String {
    // Maps with text keys and derived structs always serialize.
    let plain = serde_json::to_string(value).unwrap_or_default();
    if !plain.contains(is_unsafe) {
        return plain;
    }
    let mut out = String::with_capacity(plain.len() + 16);
    for c in plain.chars() {
        if is_unsafe(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            out.push(c);
        }
    }
    out
}

/// An alert with text in it that tries to break out, for the tests of all formats.
#[cfg(test)]
pub(crate) fn hostile_alert() -> Alert {
    use crate::alert::{Agent, AlertId, Endpoint, Subject};
    use crate::{Mac, Severity, Timestamp};

    let host = std::net::IpAddr::from([10, 0, 0, 7]);
    let time = Timestamp::from_parts(1_795_000_000, 123_456_789);
    let nasty = "a|b=c\\d\"e\n\r\tf\u{1b}[31m\u{202e}<script>";
    let mut evidence = serde_json::Map::new();
    evidence.insert("query".into(), nasty.into());
    Alert {
        v: Alert::VERSION,
        id: AlertId::of("replay", "dns_tunnelling/long_name", &Subject::host(host), time),
        update: 0,
        timestamp: time,
        detector: "dns_tunnelling".into(),
        rule: "dns_tunnelling/long_name".into(),
        signature: 1_000_051,
        category: "DNS Tunnelling".into(),
        severity: Severity::High,
        base_severity: Severity::Medium,
        source: Endpoint { internal: Some(true), ..Endpoint::ip(host).mac(Mac::BROADCAST) },
        target: Endpoint::ip("2001:db8::53".parse().unwrap()).port(53),
        message: nasty.into(),
        count: 61,
        threshold: 25,
        base_threshold: 50,
        window_s: 0,
        first_seen: time,
        last_seen: time,
        evidence,
        reputation: None,
        attack: vec![(&crate::detector::attack::DNS_C2).into()],
        flow: None,
        frame: 42,
        interface: Some(nasty.into()),
        agent: Agent { id: nasty.into(), hostname: nasty.into(), os: "linux".into() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_forges_a_line_or_a_terminal_sequence() {
        for format in Format::ALL {
            let line = format.line(&hostile_alert());
            let bad = |c: char| c.is_control() || c == '\u{202e}';
            assert!(!line.contains(bad), "{format}: {line}");
        }
    }

    #[test]
    fn the_json_forms_are_json() {
        for format in [Format::Ndjson, Format::Eve, Format::Ecs] {
            let line = format.line(&hostile_alert());
            let value: serde_json::Value = serde_json::from_str(&line).unwrap();
            assert!(value.is_object());
        }
        let back: Alert = serde_json::from_str(&Format::Ndjson.line(&hostile_alert())).unwrap();
        assert_eq!(back, hostile_alert());
    }

    #[test]
    fn names_read_back() {
        for format in Format::ALL {
            assert_eq!(format.name().parse::<Format>().unwrap(), format);
        }
        assert!("xml".parse::<Format>().is_err());
    }
}
