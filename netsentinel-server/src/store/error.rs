//! What can go wrong in a store.

/// Why the store could not do what it was asked.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// What is to be added is there already.
    #[error("{0} exists already")]
    Exists(String),
    /// There are as many as there may be.
    #[error(
        "there are {max} {what} already, and no more are kept: remove some that are not needed"
    )]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many there may be.
        max: u64,
    },
    /// The database is in use by another server.
    #[error(
        "{path} is in use by another server: stop that one first, or give this one a data_dir of its own"
    )]
    InUse {
        /// The lock file.
        path: String,
    },
    /// The database was made by a newer version.
    #[error(
        "{path} has schema {found}, and this version knows none after {known}: install the version that made it, or a newer one"
    )]
    Newer {
        /// The database.
        path: String,
        /// Its schema.
        found: u32,
        /// The newest schema that this version knows.
        known: u32,
    },
    /// The disk is full, or the database may not be written.
    #[error("the database can not be written: {0}")]
    Unwritable(String),
    /// The file is no database, or it is damaged.
    #[error(
        "{path} is damaged or no database ({reason}): restore a backup, or move it away to begin anew"
    )]
    Corrupt {
        /// The database.
        path: String,
        /// What was found.
        reason: String,
    },
    /// Anything else that the database reports.
    #[error("the database failed: {0}")]
    Database(String),
    /// The store is shutting down.
    #[error("the server is stopping")]
    Closed,
}
