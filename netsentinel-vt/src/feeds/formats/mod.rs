//! How lists are written: readers that hand on what a list names, one indicator at a time.
//!
//! Everything in a list is hostile, or at least careless. A line that can not be read, or that names what is
//! never held against anybody ([`Screen`]), is skipped and counted with its [`Skip`]; the list goes on.
//! Only a list that is not of its format at all is an error. No reader keeps more of a list in memory than a
//! line, or one object of a JSON document.

mod address_lines;
mod columns;
mod dshield;
mod error;
mod feodo;
mod hosting;
mod intake;
mod json;
mod lines;
mod misp;
mod plain;
mod screen;
mod spamhaus;
mod sslbl;
mod stix;
#[cfg(test)]
mod tests;
mod threatfox;
mod urlhaus;

use std::io::BufRead;

use netsentinel_core::Timestamp;
use netsentinel_core::config::FeedFormat;

pub use error::FormatError;
pub use intake::{Entry, INDICATORS_MAX, Parsed};
pub use json::DOCUMENT_BYTES_MAX;
pub use lines::LINE_BYTES_MAX;
pub(crate) use misp::Manifest;
pub use screen::{Screen, Skip};

use intake::Intake;

/// Reads a list of that format and hands each indicator that may count to `each`, in the list's order, the
/// same one as often as the list names it. `now` decides what of a STIX bundle counts.
///
/// # Errors
///
/// When it can not be read, is not of that format, or names more than [`INDICATORS_MAX`]. What was handed on
/// by then is not to be used.
pub fn read(
    format: FeedFormat,
    input: impl BufRead,
    screen: &Screen,
    now: Timestamp,
    each: &mut dyn FnMut(Entry<'_>),
) -> Result<Parsed, FormatError> {
    let mut intake = Intake::new(screen, each);
    match format {
        FeedFormat::Plain => plain::read(input, &mut intake),
        FeedFormat::Feodo => feodo::read(input, &mut intake),
        FeedFormat::Urlhaus => urlhaus::read(input, &mut intake),
        FeedFormat::Threatfox => threatfox::read(input, &mut intake),
        FeedFormat::Sslbl => sslbl::read(input, &mut intake),
        FeedFormat::Spamhaus => spamhaus::read(input, &mut intake),
        FeedFormat::Dshield => dshield::read(input, &mut intake),
        FeedFormat::BlocklistDe => address_lines::read(input, &mut intake),
        FeedFormat::Misp => misp::read(input, &mut intake),
        FeedFormat::Stix => stix::read(input, &mut intake, now),
    }?;
    Ok(intake.parsed())
}
