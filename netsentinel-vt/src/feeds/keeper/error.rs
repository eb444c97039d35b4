//! Why a list was not loaded.

use std::io;
use std::path::PathBuf;

use netsentinel_core::text::shown;

use crate::feeds::fetch::FetchError;
use crate::feeds::formats::{FormatError, Parsed};

/// Why a list was not loaded.
#[derive(Debug, thiserror::Error)]
pub(super) enum LoadError {
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    Format(#[from] FormatError),
    /// There is nothing on it, where there was something before.
    #[error("nothing is on it, and {before} were before: the last good one stays")]
    Empty { before: u64 },
    /// Nothing of what is on it can be used.
    #[error("none of its {} entries can be used ({})", .0.skipped, reasons(.0))]
    Useless(Box<Parsed>),
    /// It has become too small.
    #[error(
        "{now} are on it, and {before} were before: the last good one stays; if that many are right, \
         delete {}", shown(&.copy.to_string_lossy())
    )]
    Shrunk { now: u64, before: u64, copy: PathBuf },
    /// The copy can not be kept or read.
    #[error("the copy can not be kept: {0}")]
    Copy(#[source] io::Error),
    /// All places of the set are taken.
    #[error("there are too many lists")]
    NoPlace,
    /// The task that was to read it has died.
    #[error("reading it failed")]
    Stopped,
}

/// Why entries were skipped: the most frequent reasons.
pub(super) fn reasons(parsed: &Parsed) -> String {
    /// Reasons that are told.
    const TOLD_MAX: usize = 3;
    let mut text = String::new();
    for (skip, count) in parsed.reasons().into_iter().take(TOLD_MAX) {
        let comma = if text.is_empty() { "" } else { ", " };
        text = format!("{text}{comma}{}: {count}", skip.name());
    }
    text
}
