//! Data of others, kept beside the repository and never in it.

use std::io::Write as _;
use std::path::{Path, PathBuf};

/// The root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new(".")).to_path_buf()
}

/// The test vector `name`; where it is absent, says what is skipped.
pub fn vector(name: &str) -> Option<PathBuf> {
    let path = root().join("../shared/spec/vectors").join(name);
    if !path.exists() {
        skip(format_args!("{} is not there", path.display()));
        return None;
    }
    Some(path)
}

/// Says on standard error what a test leaves out, and why; unlike what `eprintln!` says, this is seen
/// when the test passes.
pub fn skip(why: impl std::fmt::Display) {
    // A test that can not tell it is no worse a test.
    let _ = writeln!(std::io::stderr(), "skipped: {why}");
}
