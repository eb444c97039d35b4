//! MISP: events with their attributes, and the manifest of a feed, which names its events.
//!
//! Only attributes that are marked for detection (`to_ids`) count: the others are context, and name
//! bystanders such as public resolvers. Several events may follow each other in one list: so the copy of a
//! feed is kept.

use std::collections::BTreeMap;
use std::io::BufRead;

use serde::Deserialize;
use serde::de::MapAccess;

use super::intake::Intake;
use super::json::{Bounded, Each, Keys, TakeKey, Value, lenient};
use super::{FormatError, Skip};

/// Reads one or more events.
pub(super) fn read(input: impl BufRead, intake: &mut Intake<'_>) -> Result<(), FormatError> {
    let mut documents = serde_json::Deserializer::from_reader(Bounded::new(input));
    let mut event = Event { intake, found: false, failed: None };
    // The end of the input is the one thing that can follow a document but another document.
    while documents.end().is_err() {
        event.found = false;
        serde::de::DeserializeSeed::deserialize(Keys(&mut Document(&mut event)), &mut documents)?;
        if let Some(error) = event.failed {
            return Err(error);
        }
        if !event.found {
            return Err(FormatError::Other(
                "a MISP event (the manifest of a feed must be named manifest.json)",
            ));
        }
    }
    Ok(())
}

/// A whole document: `{"Event": {…}}`.
struct Document<'e, 'a, 'i>(&'e mut Event<'a, 'i>);

/// An event: `{"Attribute": […], "Object": [{"Attribute": […]}]}`.
struct Event<'a, 'i> {
    intake: &'a mut Intake<'i>,
    found: bool,
    failed: Option<FormatError>,
}

#[derive(Deserialize)]
struct Attribute {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    value: String,
    #[serde(default, deserialize_with = "lenient")]
    to_ids: Option<bool>,
    #[serde(default, deserialize_with = "lenient")]
    deleted: Option<bool>,
}

/// What several attributes make together, such as a file with its hashes.
#[derive(Deserialize)]
struct Object {
    #[serde(rename = "Attribute", default)]
    attributes: Vec<Lenient>,
}

/// An attribute, or what should be one.
#[derive(Deserialize)]
struct Lenient(#[serde(deserialize_with = "lenient")] Option<Attribute>);

impl<'de> TakeKey<'de> for Document<'_, '_, '_> {
    fn key<A: MapAccess<'de>>(
        &mut self,
        key: &str,
        value: &mut Value<'_, 'de, A>,
    ) -> Result<(), A::Error> {
        if key == "Event" {
            self.0.found = true;
            value.read(Keys(&mut *self.0))?;
        }
        Ok(())
    }
}

impl<'de> TakeKey<'de> for Event<'_, '_> {
    fn key<A: MapAccess<'de>>(
        &mut self,
        key: &str,
        value: &mut Value<'_, 'de, A>,
    ) -> Result<(), A::Error> {
        match key {
            "Attribute" => value.read(Each::new(&mut |found: Lenient| self.attribute(found))),
            "Object" => value.read(Each::new(&mut |object: Object| {
                object.attributes.into_iter().for_each(|found| self.attribute(found));
            })),
            _ => Ok(()),
        }
    }
}

impl Event<'_, '_> {
    fn attribute(&mut self, Lenient(attribute): Lenient) {
        let taken = match attribute {
            None => {
                self.intake.skip(Skip::Malformed);
                Ok(())
            }
            Some(attribute) if attribute.deleted == Some(true) => Ok(()),
            Some(attribute) if attribute.to_ids == Some(true) => take(&attribute, self.intake),
            Some(_) => Ok(()),
        };
        if let Err(error) = taken {
            self.failed.get_or_insert(error);
        }
    }
}

fn take(attribute: &Attribute, intake: &mut Intake<'_>) -> Result<(), FormatError> {
    let value = attribute.value.trim();
    let (first, second) = value.split_once('|').unwrap_or((value, ""));
    match attribute.kind.as_str() {
        "ip-src" | "ip-dst" => intake.network_in(value),
        "ip-src|port" | "ip-dst|port" => intake.address_in(first),
        "domain" | "hostname" => intake.name(value),
        "domain|ip" => {
            intake.name(first)?;
            intake.address_in(second)
        }
        _ => Ok(()),
    }
}

/// The manifest of a feed: which events it has.
pub(crate) struct Manifest {
    /// The names of the events' files, the latest first.
    pub(crate) events: Vec<String>,
}

impl Manifest {
    /// Reads a manifest.
    pub(crate) fn read(input: impl BufRead) -> Result<Self, FormatError> {
        #[derive(Deserialize)]
        struct Summary {
            #[serde(default)]
            timestamp: serde_json::Value,
        }
        let events: BTreeMap<String, Summary> = serde_json::from_reader(Bounded::new(input))?;
        let mut events: Vec<_> = events
            .into_iter()
            .filter(|(uuid, _)| is_uuid(uuid))
            .map(|(uuid, summary)| (seconds(&summary.timestamp), uuid))
            .collect();
        if events.is_empty() {
            return Err(FormatError::Other("the manifest of a MISP feed"));
        }
        events.sort_by(|a, b| b.cmp(a));
        Ok(Self { events: events.into_iter().map(|(_, uuid)| format!("{uuid}.json")).collect() })
    }
}

/// MISP writes them as text, and other tools as numbers.
fn seconds(timestamp: &serde_json::Value) -> u64 {
    let text = timestamp.as_str().and_then(|text| text.parse().ok());
    timestamp.as_u64().or(text).unwrap_or_default()
}

/// Nothing else may become a part of a path.
fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}
