//! Samples of each format, and what no list may do.

mod abusech;
mod documents;
mod hostile;
mod text;

use netsentinel_core::config::{FeedFormat, ReputationSettings};
use netsentinel_core::{Site, Timestamp};

use super::{Entry, FormatError, Parsed, Screen, Skip, read};
use crate::Scope;

/// What a list names, each as text, and how it was read.
fn parse(format: FeedFormat, text: impl AsRef<[u8]>) -> Result<(Vec<String>, Parsed), FormatError> {
    let scope = Scope::new(&ReputationSettings::default(), &Site::new(Vec::new()));
    let mut found = Vec::new();
    let mut each = |entry: Entry<'_>| {
        found.push(match entry {
            Entry::Network(network) if network.prefix_len() == network.max_prefix_len() => {
                network.addr().to_string()
            }
            Entry::Network(network) => network.to_string(),
            Entry::Domain(name) => name.to_owned(),
        });
    };
    let screen = Screen::with_documentation(scope);
    let parsed = read(format, text.as_ref(), &screen, now(), &mut each)?;
    assert_eq!(parsed.indicators, found.len() as u64);
    assert_eq!(parsed.skipped, parsed.reasons().iter().map(|(_, count)| count).sum::<u64>());
    Ok((found, parsed))
}

/// What it names, and why anything was skipped.
fn parsed(format: FeedFormat, text: impl AsRef<[u8]>) -> (Vec<String>, Vec<(Skip, u64)>) {
    let (found, parsed) = parse(format, text).unwrap();
    let mut reasons = parsed.reasons();
    reasons.sort_by_key(|(skip, _)| *skip as usize);
    (found, reasons)
}

fn now() -> Timestamp {
    "2026-11-21T00:00:00Z".parse().unwrap()
}

fn refused(format: FeedFormat, text: impl AsRef<[u8]>) -> String {
    parse(format, text).unwrap_err().to_string()
}
