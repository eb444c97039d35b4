//! abuse.ch Feodo Tracker: servers that control malware, as CSV or an address a line.

use std::io::BufRead;

use super::FormatError;
use super::address_lines;
use super::columns::{Columns, fields};
use super::intake::Intake;
use super::lines::each_line;

/// Reads either. Often there is none on the list: that is no error here.
pub(super) fn read(input: impl BufRead, intake: &mut Intake<'_>) -> Result<(), FormatError> {
    let mut columns: Option<Columns<1>> = None;
    each_line(input, intake, |line, intake| {
        if let Some(header) = Columns::in_header(line, ["dst_ip"]) {
            columns = Some(header);
            return Ok(());
        }
        match &columns {
            _ if line.starts_with('#') => Ok(()),
            Some(columns) => {
                let fields = fields(line);
                let [address] = columns.of(&fields);
                intake.address_in(address)
            }
            // A table whose header is missing does not read as addresses, and is refused for that.
            None => address_lines::line(line, intake),
        }
    })
}
