//! abuse.ch ThreatFox: indicators of many kinds, as CSV.

use std::io::BufRead;

use super::columns::{Columns, fields};
use super::intake::Intake;
use super::lines::each_line;
use super::urlhaus::{host_in, host_of};
use super::{FormatError, Skip};

/// Confidence that an indicator needs, from 0 to 100. ThreatFox gives 25 to what nobody has looked at, 50 to
/// what is likely, 75 and 100 to what was looked at.
const CONFIDENCE_MIN: u8 = 50;

const COLUMNS: [&str; 4] = ["ioc_value", "ioc_type", "confidence_level", "is_compromised"];

/// Reads the CSV. Hashes are left out, and not counted. Domains that were taken over are victims, and skipped;
/// the column that says so is not in older exports.
pub(super) fn read(input: impl BufRead, intake: &mut Intake<'_>) -> Result<(), FormatError> {
    let mut columns: Option<Columns<4>> = None;
    each_line(input, intake, |line, intake| {
        if let Some(header) = Columns::in_header(line, COLUMNS) {
            columns = Some(header);
            return Ok(());
        }
        if line.starts_with('#') {
            return Ok(());
        }
        let columns = columns
            .as_ref()
            .ok_or_else(|| FormatError::NoHeader("ioc_value, ioc_type, confidence_level".into()))?;
        let fields = fields(line);
        let [value, kind, confidence, compromised] = columns.of(&fields);
        if !matches!(kind, "ip:port" | "domain" | "url") {
            if kind.is_empty() {
                intake.skip(Skip::Malformed);
            }
            return Ok(());
        }
        // Without a number nobody has vouched for it.
        if confidence.parse::<u8>().unwrap_or(0) < CONFIDENCE_MIN {
            intake.skip(Skip::Unsure);
            return Ok(());
        }
        let victim = ["true", "1", "yes"].iter().any(|yes| compromised.eq_ignore_ascii_case(yes));
        match kind {
            "ip:port" => intake.address_in(value),
            _ if victim => {
                intake.skip(Skip::Victim);
                Ok(())
            }
            "domain" => host_in(value, intake),
            _ => host_of(value, intake),
        }
    })
}
