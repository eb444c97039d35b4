//! From what SQLite reports to what callers are told.

use std::path::Path;

use rusqlite::ErrorCode;

use crate::store::StoreError;

/// What went wrong within the store.
#[derive(Debug)]
pub(super) enum Fault {
    /// SQLite says so.
    Sqlite(rusqlite::Error),
    /// We say so.
    Store(StoreError),
    /// What was read can not have been written by us.
    Damaged(String),
}

/// What work on the database may fail with.
pub(super) type Outcome<T> = Result<T, Fault>;

impl Fault {
    /// The fault in the words of the store's contract.
    pub(super) fn told(self, database: &Path) -> StoreError {
        let corrupt =
            |reason: String| StoreError::Corrupt { path: database.display().to_string(), reason };
        match self {
            Self::Store(error) => error,
            Self::Damaged(reason) => corrupt(reason),
            Self::Sqlite(error) => match error.sqlite_error_code() {
                Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                    corrupt(error.to_string())
                }
                Some(
                    ErrorCode::DiskFull
                    | ErrorCode::ReadOnly
                    | ErrorCode::SystemIoFailure
                    | ErrorCode::CannotOpen
                    | ErrorCode::PermissionDenied,
                ) => StoreError::Unwritable(error.to_string()),
                Some(ErrorCode::OperationInterrupted) => StoreError::Database(format!(
                    "reading took longer than {} s: ask for less time or with more filters",
                    super::readers::READ_LIMIT.as_secs()
                )),
                _ => StoreError::Database(error.to_string()),
            },
        }
    }

    /// A JSON text that was kept can not be read back.
    pub(super) fn json(what: &str, error: &serde_json::Error) -> Self {
        Self::Damaged(format!("{what} can not be read: {error}"))
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}
