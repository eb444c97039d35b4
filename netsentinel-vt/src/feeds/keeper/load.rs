//! From a file to the set: reads it twice, first to judge it, then to take it.

use std::fs::File;
use std::io::{self, BufReader};
use std::path::Path;
use std::sync::Arc;

use netsentinel_core::Timestamp;

use super::copies::Copies;
use super::error::LoadError;
use super::plan::Plan;
use crate::feeds::fetch::{FetchError, look};
use crate::feeds::formats::{self, Entry, FormatError, Parsed, Screen};
use crate::feeds::{FeedId, FeedSet};

/// A reload must name at least one of so many that the last good one named.
const SHRINK_MAX: u64 = 2;
/// Bytes that are read at once.
const READ_BYTES: usize = 64 << 10;

/// What a load is made of, to be run where waiting for the disk is no harm.
pub(super) struct Job {
    pub(super) plan: Plan,
    pub(super) id: FeedId,
    pub(super) screen: Screen,
    pub(super) copies: Copies,
    pub(super) set: Arc<FeedSet>,
    pub(super) now: Timestamp,
}

/// What was loaded.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) parsed: Parsed,
    /// Indicators that the set holds of it.
    pub(super) held: u64,
    /// Indicators that the set did not take: it is full.
    pub(super) refused: u64,
}

impl Job {
    /// Judges the list that was fetched by the last good one, which named `before`; makes it the last good
    /// one, and takes it.
    pub(super) fn admit(&self, before: Option<u64>) -> Result<Loaded, LoadError> {
        let fetched = self.copies.fetched(&self.plan.name);
        if let Err(error) = self.judge(&fetched, before) {
            self.copies.discard(&self.plan.name);
            return Err(error);
        }
        self.copies.adopt(&self.plan.name).map_err(LoadError::Copy)?;
        self.take()
    }

    /// Takes the last good one once more; nothing if there is none.
    pub(super) fn restore(&self) -> Result<Option<Loaded>, LoadError> {
        if !self.copies.list(&self.plan.name).exists() {
            return Ok(None);
        }
        self.take().map(Some)
    }

    fn judge(&self, path: &Path, before: Option<u64>) -> Result<(), LoadError> {
        look(path)?;
        let parsed = self.read(path, &mut |_| {})?;
        let copy = self.copies.list(&self.plan.name);
        // Whoever deletes the copy takes whatever comes.
        let before = before.filter(|_| copy.exists()).unwrap_or(0);
        match parsed.indicators {
            0 if parsed.skipped > 0 => Err(LoadError::Useless(Box::new(parsed))),
            0 if before > 0 => Err(LoadError::Empty { before }),
            now if now < before.div_ceil(SHRINK_MAX) => {
                Err(LoadError::Shrunk { now, before, copy })
            }
            _ => Ok(()),
        }
    }

    fn take(&self) -> Result<Loaded, LoadError> {
        let mut load = self.set.load(self.id);
        let parsed = self.read(&self.copies.list(&self.plan.name), &mut |entry| match entry {
            Entry::Network(network) => load.network(network),
            Entry::Domain(name) => load.domain(name),
        })?;
        let refused = load.refused();
        Ok(Loaded { parsed, held: load.finish(), refused })
    }

    fn read(&self, path: &Path, each: &mut dyn FnMut(Entry<'_>)) -> Result<Parsed, FormatError> {
        let input = BufReader::with_capacity(READ_BYTES, File::open(path)?);
        formats::read(self.plan.format, input, &self.screen, self.now, each)
    }
}

/// What is wrong with a file of ours is no fault of the list.
impl From<io::Error> for LoadError {
    fn from(error: io::Error) -> Self {
        Self::Fetch(FetchError::File(error))
    }
}
