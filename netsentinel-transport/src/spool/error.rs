//! What can go wrong with a spool.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// What can go wrong with a spool. Whatever it is, no alert that was acknowledged is lost by it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SpoolError {
    /// Something else bears the folder's name.
    #[error("{} is not a folder: move it away or set another state_dir", .path.display())]
    NotAFolder {
        /// Where the folder should be.
        path: PathBuf,
    },
    /// Another process has the spool open.
    #[error("{} is in use by another agent: stop that one or set another state_dir", .path.display())]
    Locked {
        /// The folder.
        path: PathBuf,
    },
    /// The folder can not be written.
    #[error("{} can not be written ({reason}): check owner, mode and mount", .path.display())]
    ReadOnly {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
    /// The disk, or the owner's share of it, is full.
    #[error("no room left to write {}: free some, or lower spool_bytes", .path.display())]
    Full {
        /// The file that was written.
        path: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
    /// A newer version of this program wrote the file.
    #[error("{} has the unknown format {version}: a newer version wrote it; go back to that one", .path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// What its head says.
        version: u8,
    },
    /// Anything else that the system refused.
    #[error("{}: {reason}", .path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
    /// An alert could not be written as JSON.
    #[error("an alert can not be written as JSON")]
    Encode(#[from] serde_json::Error),
    /// The thread that worked on the spool died.
    #[error("the spool's thread ended unexpectedly")]
    Thread,
}

impl SpoolError {
    /// The variant for what the system said about `path`.
    pub(super) fn of(path: &Path, reason: io::Error) -> Self {
        let path = path.to_owned();
        match reason.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Self::Full { path, reason },
            ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => {
                Self::ReadOnly { path, reason }
            }
            ErrorKind::NotADirectory => Self::NotAFolder { path },
            _ => Self::Io { path, reason },
        }
    }
}
