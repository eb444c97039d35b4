//! Getting a list from its place into a file of ours.

mod client;
mod content;
mod error;
mod key;
mod place;
#[cfg(test)]
mod tests;

pub(super) use client::{Ask, Fetched, Fetcher, LIST_BYTES_MAX, Limits, Validators};
pub(super) use content::look;
pub(super) use error::FetchError;
pub(super) use key::AccessKey;
pub(super) use place::Place;

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

/// Makes a file that only its owner may read, empty whatever was there.
pub(super) fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options.open(path)
}
