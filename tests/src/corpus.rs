//! The labelled captures beside the repository. They are never part of it, so whoever needs them
//! says so where they are absent.

use std::path::{Path, PathBuf};

/// Names another place for the corpus.
const PLACE: &str = "NETSENTINEL_CORPUS";

/// The root of the repository.
pub fn repository() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// The folder of the corpus; without it, tells that `what` is skipped.
pub fn corpus(what: &str) -> Option<PathBuf> {
    let place = std::env::var_os(PLACE)
        .map_or_else(|| repository().join("../shared/corpus"), PathBuf::from);
    if place.is_dir() {
        return Some(place);
    }
    tell(&format!("SKIPPED {what}: no corpus at {} (or in ${PLACE})", place.display()));
    None
}

/// Prints a line of a test's findings.
#[allow(clippy::print_stderr, reason = "what a test has counted is for its reader")]
pub fn tell(line: &str) {
    eprintln!("{line}");
}
