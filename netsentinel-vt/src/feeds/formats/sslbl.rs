//! abuse.ch SSLBL: addresses of servers with certificates of malware.

use std::io::BufRead;

use super::FormatError;
use super::columns::{Columns, fields};
use super::intake::Intake;
use super::lines::each_line;

/// Reads the CSV of addresses.
pub(super) fn read(input: impl BufRead, intake: &mut Intake<'_>) -> Result<(), FormatError> {
    let mut columns: Option<Columns<1>> = None;
    each_line(input, intake, |line, intake| {
        if ["sha1", "ja3_md5"].iter().any(|hash| Columns::in_header(line, [*hash]).is_some()) {
            return Err(FormatError::Hashes);
        }
        if let Some(header) = Columns::in_header(line, ["dstip"]) {
            columns = Some(header);
            return Ok(());
        }
        if line.starts_with('#') {
            return Ok(());
        }
        let columns = columns.as_ref().ok_or_else(|| FormatError::NoHeader("DstIP".into()))?;
        let fields = fields(line);
        let [address] = columns.of(&fields);
        intake.address_in(address)
    })
}
