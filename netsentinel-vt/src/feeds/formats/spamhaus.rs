//! Spamhaus DROP: networks in the hands of criminals, as JSON lines or the older text.

use std::borrow::Cow;
use std::io::BufRead;

use serde::Deserialize;

use super::intake::Intake;
use super::lines::each_line;
use super::{FormatError, Skip, address_lines};

/// A line of JSON. The last one is not a network but says of itself that it is metadata.
#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    cidr: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "type")]
    kind: Option<Cow<'a, str>>,
}

/// Reads either. JSON without its last line was cut off.
pub(super) fn read(input: impl BufRead, intake: &mut Intake<'_>) -> Result<(), FormatError> {
    let (mut is_json, mut ended) = (false, false);
    each_line(input, intake, |line, intake| {
        if !line.starts_with('{') {
            return address_lines::line(line, intake);
        }
        is_json = true;
        match serde_json::from_str::<Line<'_>>(line) {
            Ok(Line { cidr: Some(cidr), .. }) => intake.network_in(&cidr),
            Ok(Line { kind: Some(kind), .. }) if kind == "metadata" => {
                ended = true;
                Ok(())
            }
            _ => {
                intake.skip(Skip::Malformed);
                Ok(())
            }
        }
    })?;
    if is_json && !ended { Err(FormatError::CutOff) } else { Ok(()) }
}
