//! Who an agent is: an id and a key that it draws itself when it is installed, and keeps.
//!
//! A machine's name is only a label. Two machines may bear the same one, and a machine that is
//! installed anew is another agent; so what counts is drawn at random, once, and never replaced
//! silently: an agent that lost its identity would be a stranger to the server.

mod key;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use netsentinel_core::config::Secret;
use ring::rand::{SecureRandom as _, SystemRandom};
use serde::{Deserialize, Serialize};

pub use key::{NoRandomness, is_key, key_hash, key_matches, keys_equal, new_key};

use crate::secret_file::{self, SecretFileError};
use crate::wire::AgentId;

/// The file within the agent's folder.
pub const IDENTITY_FILE: &str = "identity.json";
/// Longest identity that is read; a whole one has about 110 bytes.
const LEN_MAX: u64 = 4096;

/// An agent's id and its own key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Identity {
    /// What the agent is known by.
    pub id: AgentId,
    /// What it proves it by; the server keeps only [`key_hash`] of it.
    pub key: Secret,
}

impl Identity {
    /// The identity in `folder`, drawn at the first call and kept since. The folder is made with
    /// mode 0700, the file with 0600.
    ///
    /// # Errors
    ///
    /// When the file can not be read or written, when everybody may read it or write the folder, and
    /// when it is damaged: it is then left as it is.
    pub fn load_or_create(folder: &Path) -> Result<Self, IdentityError> {
        make_folder(folder)?;
        match Self::load(folder) {
            Err(IdentityError::File(error)) if error.is_missing() => {}
            found => return found,
        }
        let drawn = Self::draw()?;
        let text = serde_json::to_vec(&drawn).map_err(|error| IdentityError::Damaged {
            file: secret_file::name(&Self::path(folder)),
            reason: error.to_string(),
        })?;
        match secret_file::write_new(&Self::path(folder), &text) {
            Ok(()) => Ok(drawn),
            // Another start of the same agent was faster; its identity counts.
            Err(SecretFileError::Exists { .. }) => Self::load(folder),
            Err(error) => Err(error.into()),
        }
    }

    /// The identity in `folder`, which must be there.
    ///
    /// # Errors
    ///
    /// As [`load_or_create`](Self::load_or_create), and when there is none.
    pub fn load(folder: &Path) -> Result<Self, IdentityError> {
        let path = Self::path(folder);
        let bytes = secret_file::read(&path, LEN_MAX)?;
        let damaged = |reason: &str| IdentityError::Damaged {
            file: secret_file::name(&path),
            reason: reason.into(),
        };
        let identity: Self = serde_json::from_slice(&bytes).map_err(|error| {
            // The text of a JSON error may quote the key, its place does not.
            damaged(&format!("line {}, column {}", error.line(), error.column()))
        })?;
        if !is_key(identity.key.expose()) {
            return Err(damaged("its key is not 32 bytes in URL-safe base64"));
        }
        Ok(identity)
    }

    fn draw() -> Result<Self, IdentityError> {
        let mut bytes = [0; 16];
        SystemRandom::new().fill(&mut bytes).map_err(|_| NoRandomness)?;
        Ok(Self { id: AgentId::from_bytes(bytes), key: new_key()? })
    }

    fn path(folder: &Path) -> PathBuf {
        folder.join(IDENTITY_FILE)
    }
}

/// Why there is no identity.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// The file can not be read or written, or everybody may read it.
    #[error(transparent)]
    File(#[from] SecretFileError),
    /// The folder can not be made.
    #[error(
        "{folder}: can not be made: {reason}: make it, or set agent.state_dir to another folder"
    )]
    Folder {
        /// The folder.
        folder: String,
        /// What the system says.
        reason: io::Error,
    },
    /// Everybody may put files into the folder.
    #[error("{folder}: everybody may replace the agent's identity there: chmod 700 {folder}")]
    OpenFolder {
        /// The folder.
        folder: String,
    },
    /// The file is no identity any more.
    #[error(
        "{file}: damaged ({reason}): restore it from a backup; or move it away, and the agent \
         enrols as a new one beside the old"
    )]
    Damaged {
        /// The file.
        file: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The system gives no random numbers.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

#[cfg(unix)]
fn make_folder(folder: &Path) -> Result<(), IdentityError> {
    use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
    let name = || secret_file::name(folder);
    let failed = |reason| IdentityError::Folder { folder: name(), reason };
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
    let mode = fs::metadata(folder).map_err(failed)?.permissions().mode();
    if mode & 0o002 == 0 { Ok(()) } else { Err(IdentityError::OpenFolder { folder: name() }) }
}

#[cfg(not(unix))]
fn make_folder(folder: &Path) -> Result<(), IdentityError> {
    fs::create_dir_all(folder)
        .map_err(|reason| IdentityError::Folder { folder: secret_file::name(folder), reason })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_is_drawn_once_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("a/state");
        assert!(Identity::load(&state).is_err());
        let drawn = Identity::load_or_create(&state).unwrap();
        let kept = Identity::load_or_create(&state).unwrap();
        assert_eq!((&drawn.id, &drawn.key), (&kept.id, &kept.key));
        let other = Identity::load_or_create(folder.path()).unwrap();
        assert_ne!(drawn.id, other.id);
        assert!(!keys_equal(drawn.key.expose(), other.key.expose()));
        assert!(!format!("{drawn:?}").contains(drawn.key.expose()));
    }

    #[test]
    fn many_starts_at_once_agree() {
        let folder = tempfile::tempdir().unwrap();
        let start = std::sync::Barrier::new(8);
        let ids: std::collections::BTreeSet<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| {
                        start.wait();
                        Identity::load_or_create(folder.path()).unwrap().id
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(ids.len(), 1);
    }

    #[test]
    fn a_damaged_identity_is_told_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(IDENTITY_FILE);
        let key = "a".repeat(43);
        let bad_key = format!(r#"{{"id": "{}", "key": "short"}}"#, "0".repeat(32));
        let bad_id = format!(r#"{{"id": "x", "key": "{key}"}}"#);
        for damaged in ["", "{", "[]", bad_key.as_str(), bad_id.as_str()] {
            secret_file::write_atomic(&path, damaged.as_bytes()).unwrap();
            let error = Identity::load_or_create(folder.path()).unwrap_err().to_string();
            assert!(error.contains("damaged") && error.contains("enrols as a new one"), "{error}");
            assert!(!error.contains(&key), "{error}");
            assert_eq!(fs::read(&path).unwrap(), damaged.as_bytes());
        }
    }

    #[cfg(unix)]
    #[test]
    fn modes_are_tight_and_open_ones_are_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("state");
        Identity::load_or_create(&state).unwrap();
        let file = state.join(IDENTITY_FILE);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&state), mode(&file)), (0o700, 0o600));
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        let error = Identity::load_or_create(&state).unwrap_err().to_string();
        assert!(error.contains("chmod 600"), "{error}");
        fs::set_permissions(&state, fs::Permissions::from_mode(0o777)).unwrap();
        let error = Identity::load_or_create(&state).unwrap_err().to_string();
        assert!(error.contains("chmod 700"), "{error}");
    }
}
