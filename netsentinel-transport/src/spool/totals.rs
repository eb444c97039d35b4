//! What was dropped and rejected since the spool was made.

use std::io;

use serde::{Deserialize, Serialize};

use super::BySeverity;
use super::disk::Disk;

/// The file of the totals.
const NAME: &str = "totals.json";
/// What becomes it once it is whole.
const NEXT: &str = "totals.json.tmp";
/// Far more than the file ever has.
const BYTES_MAX: u64 = 64 << 10;

/// What was dropped and rejected since the spool was made.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Totals {
    pub(super) dropped: BySeverity<u64>,
    pub(super) rejected: BySeverity<u64>,
    /// Whether the file tells less than this.
    #[serde(skip)]
    behind: bool,
}

impl Totals {
    /// Reads the totals; `None` if they are there but make no sense.
    pub(super) fn read(disk: &dyn Disk) -> io::Result<Option<Self>> {
        match disk.read(NAME, BYTES_MAX) {
            Ok(text) => Ok(serde_json::from_slice(&text).ok()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Some(Self::default())),
            Err(error) => Err(error),
        }
    }

    /// Counts and keeps it. That a full disk can not keep it must not stop what is counted, which may
    /// free the disk: it is tried again with the next change and by [`Self::catch_up`].
    pub(super) fn count(&mut self, disk: &mut dyn Disk, change: impl FnOnce(&mut Self)) {
        change(self);
        self.behind = self.keep(disk).is_err();
    }

    /// Keeps what could not be kept before.
    pub(super) fn catch_up(&mut self, disk: &mut dyn Disk) {
        if self.behind {
            self.behind = self.keep(disk).is_err();
        }
    }

    fn keep(&self, disk: &mut dyn Disk) -> io::Result<()> {
        match disk.remove(NEXT) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        disk.create(NEXT, &serde_json::to_vec(self)?)?;
        disk.rename(NEXT, NAME)?;
        disk.sync_folder()
    }
}
