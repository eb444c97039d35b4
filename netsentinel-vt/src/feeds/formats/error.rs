//! Why a list can not be read at all.

use std::io;

use super::{DOCUMENT_BYTES_MAX, INDICATORS_MAX};

/// Why a list can not be read at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FormatError {
    /// It can not be read.
    #[error("it can not be read: {0}")]
    Read(#[from] io::Error),
    /// A JSON document that ends too early, or is none.
    #[error("it is not the JSON document that it should be: {0}")]
    Json(#[source] serde_json::Error),
    /// A JSON document that is too large.
    #[error("it has more than {} MiB", DOCUMENT_BYTES_MAX >> 20)]
    TooLarge,
    /// A JSON document about something else.
    #[error("it is not {0}")]
    Other(&'static str),
    /// A table that does not say what its columns are, or has none of those that are needed.
    #[error("no header names the columns {0}: is it a list of this format?")]
    NoHeader(String),
    /// SSLBL's lists of certificates and fingerprints.
    #[error(
        "it lists hashes, and neither addresses nor domains: take SSLBL's list of addresses \
         (sslipblacklist.csv)"
    )]
    Hashes,
    /// A list whose last line is missing.
    #[error("the line of metadata at its end is missing: it was cut off")]
    CutOff,
    /// A list that names too much.
    #[error("it names more than {INDICATORS_MAX} addresses, networks and domains")]
    TooMany,
}

/// An error of reading that serde has wrapped is told as what it was.
impl From<serde_json::Error> for FormatError {
    fn from(error: serde_json::Error) -> Self {
        if error.is_io() {
            let error = io::Error::from(error);
            return match error.kind() {
                io::ErrorKind::FileTooLarge => Self::TooLarge,
                _ => Self::Read(error),
            };
        }
        Self::Json(error)
    }
}
