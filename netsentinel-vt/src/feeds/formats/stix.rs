//! STIX 2.1: the indicators of a bundle, as far as their patterns name addresses, networks or domains.

use std::io::BufRead;

use netsentinel_core::Timestamp;
use serde::Deserialize;
use serde::de::{DeserializeSeed as _, MapAccess};

use super::intake::Intake;
use super::json::{Bounded, Each, Keys, TakeKey, Value, lenient};
use super::{FormatError, Skip};

mod pattern;

/// Reads a bundle. An indicator that is revoked, or not valid at `now`, is skipped.
pub(super) fn read(
    input: impl BufRead,
    intake: &mut Intake<'_>,
    now: Timestamp,
) -> Result<(), FormatError> {
    let mut document = serde_json::Deserializer::from_reader(Bounded::new(input));
    let mut bundle = Bundle { intake, now, found: false, failed: None };
    Keys(&mut bundle).deserialize(&mut document)?;
    document.end()?;
    match bundle.failed {
        Some(error) => Err(error),
        None if bundle.found => Ok(()),
        None => Err(FormatError::Other("a STIX bundle with objects")),
    }
}

struct Bundle<'a, 'i> {
    intake: &'a mut Intake<'i>,
    now: Timestamp,
    found: bool,
    failed: Option<FormatError>,
}

/// An object of the bundle; those that are no indicators have none of the other fields.
#[derive(Deserialize)]
struct Object {
    #[serde(rename = "type", default)]
    kind: String,
    pattern: Option<String>,
    pattern_type: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    valid_from: Option<Timestamp>,
    valid_until: Option<String>,
    #[serde(default)]
    revoked: bool,
    #[serde(default)]
    indicator_types: Vec<String>,
}

#[derive(Deserialize)]
struct Lenient(#[serde(deserialize_with = "lenient")] Option<Object>);

impl<'de> TakeKey<'de> for Bundle<'_, '_> {
    fn key<A: MapAccess<'de>>(
        &mut self,
        key: &str,
        value: &mut Value<'_, 'de, A>,
    ) -> Result<(), A::Error> {
        if key == "objects" {
            self.found = true;
            value.read(Each::new(&mut |object: Lenient| self.object(object)))?;
        }
        Ok(())
    }
}

impl Bundle<'_, '_> {
    fn object(&mut self, Lenient(object): Lenient) {
        let taken = match object {
            None => {
                self.intake.skip(Skip::Malformed);
                Ok(())
            }
            Some(object) if object.kind == "indicator" => self.indicator(&object),
            Some(_) => Ok(()),
        };
        if let Err(error) = taken {
            self.failed.get_or_insert(error);
        }
    }

    fn indicator(&mut self, object: &Object) -> Result<(), FormatError> {
        // A moment that can not be read is one that may be over.
        let is_over =
            |until: &String| !until.parse().is_ok_and(|until: Timestamp| until > self.now);
        if object.revoked
            || object.valid_from.is_some_and(|from| from > self.now)
            || object.valid_until.as_ref().is_some_and(is_over)
        {
            self.intake.skip(Skip::NotValidNow);
            return Ok(());
        }
        let is_stix = object.pattern_type.as_deref().is_none_or(|kind| kind == "stix");
        let benign = object.indicator_types.iter().any(|kind| kind == "benign");
        let pattern = object.pattern.as_deref().filter(|_| is_stix && !benign);
        let Some(found) = pattern.and_then(pattern::values) else {
            self.intake.skip(Skip::OtherPattern);
            return Ok(());
        };
        found.into_iter().try_for_each(|value| match value {
            pattern::Value::Network(text) => self.intake.network_in(&text),
            pattern::Value::Name(text) => self.intake.name(&text),
        })
    }
}
