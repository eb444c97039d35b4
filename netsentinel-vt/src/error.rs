//! Why reputation can not be set up.

use std::path::PathBuf;

/// Why reputation can not be set up. Nothing that comes from a provider or a list is here: they may fail at
/// any time, and everything goes on at the base thresholds.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReputationSetupError {
    /// A key of the configuration is wrong.
    #[error("key \"{key}\": {reason}")]
    Key {
        /// The key, such as `reputation.virustotal_url`.
        key: String,
        /// What is wrong with it, and what to write.
        reason: String,
    },
    /// A file can not be read or written.
    #[error("{}: {reason}", .path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong.
        #[source]
        reason: std::io::Error,
    },
    /// The HTTP client could not be made.
    #[error("the HTTP client could not be made: {0}")]
    Client(String),
}
