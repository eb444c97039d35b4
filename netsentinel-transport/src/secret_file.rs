//! Files that only their owner may read: keys, identities, the configuration.
//!
//! Such a file is never written in place. It is staged beside its final name, flushed to the disk,
//! and then renamed, so that after a crash there is the old file or the new one and no mixture.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use netsentinel_core::config::is_open_to_all;
use netsentinel_core::text::shown;
use ring::rand::{SecureRandom as _, SystemRandom};

/// Writes a file that must not exist yet, with mode 0600.
///
/// # Errors
///
/// [`SecretFileError::Exists`] when it does; otherwise what the system says.
pub fn write_new(path: &Path, bytes: &[u8]) -> Result<(), SecretFileError> {
    Staged::new(path, bytes)?.commit_new()
}

/// Writes a file with mode 0600 and replaces what is there; the owner and the group of the replaced
/// file are kept where the system allows it, and then also the group's right to read it.
///
/// # Errors
///
/// What the system says; the old file is then still there.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), SecretFileError> {
    Staged::new(path, bytes)?.commit()
}

/// Reads a file of at most `len_max` bytes that others may not read.
///
/// # Errors
///
/// [`SecretFileError::Shared`] when others may, with the command that mends it;
/// [`SecretFileError::TooLong`]; otherwise what the system says.
pub fn read(path: &Path, len_max: u64) -> Result<Vec<u8>, SecretFileError> {
    let failed = SecretFileError::io(path, "read");
    let file = File::open(path).map_err(&failed)?;
    refuse_shared(path, &file.metadata().map_err(&failed)?)?;
    let mut bytes = Vec::new();
    file.take(len_max.saturating_add(1)).read_to_end(&mut bytes).map_err(&failed)?;
    if bytes.len() as u64 > len_max {
        return Err(SecretFileError::TooLong { file: name(path), len_max });
    }
    Ok(bytes)
}

/// Refuses a file that is [open to everybody](is_open_to_all). Without Unix modes nothing is refused.
///
/// # Errors
///
/// [`SecretFileError::Shared`], with the command that mends it; otherwise what the system says.
pub fn refuse_if_shared(path: &Path) -> Result<(), SecretFileError> {
    refuse_shared(path, &fs::metadata(path).map_err(SecretFileError::io(path, "read"))?)
}

/// A file that is written and flushed, and waits beside its final name.
///
/// Dropping it without a commit removes it.
#[derive(Debug)]
pub struct Staged {
    path: PathBuf,
    waiting: PathBuf,
}

impl Staged {
    /// Writes `bytes` beside `path`, with mode 0600, and flushes them to the disk. Of a file that
    /// is there already, owner, group and the group's right to read are taken over.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn new(path: &Path, bytes: &[u8]) -> Result<Self, SecretFileError> {
        let failed = SecretFileError::io(path, "written");
        let mut random = [0; 8];
        SystemRandom::new()
            .fill(&mut random)
            .map_err(|_| failed(io::Error::other("the system gives no random numbers")))?;
        let base = path.file_name().ok_or_else(|| failed(io::ErrorKind::InvalidInput.into()))?;
        let mut waiting = OsString::from(".");
        waiting.push(base);
        waiting.push(format!(".{:016x}.tmp", u64::from_be_bytes(random)));
        let staged = Self { path: path.into(), waiting: path.with_file_name(waiting) };
        let mut file = create_private(&staged.waiting).map_err(&failed)?;
        file.write_all(bytes).map_err(&failed)?;
        keep_owner(path, &file);
        file.sync_all().map_err(&failed)?;
        Ok(staged)
    }

    /// Gives the file its final name, in place of one that has it.
    ///
    /// # Errors
    ///
    /// What the system says; the old file is then still there.
    pub fn commit(self) -> Result<(), SecretFileError> {
        let failed = SecretFileError::io(&self.path, "written");
        fs::rename(&self.waiting, &self.path).map_err(&failed)?;
        sync_folder(&self.path).map_err(&failed)
    }

    /// Gives the file its final name if no other file has it.
    ///
    /// # Errors
    ///
    /// [`SecretFileError::Exists`] when one has; otherwise what the system says.
    pub fn commit_new(self) -> Result<(), SecretFileError> {
        let failed = SecretFileError::io(&self.path, "written");
        match fs::hard_link(&self.waiting, &self.path) {
            Ok(()) => sync_folder(&self.path).map_err(&failed),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(SecretFileError::Exists { file: name(&self.path) })
            }
            // Some file systems have no hard links. Then nothing is left but to look first.
            Err(_) => match fs::symlink_metadata(&self.path) {
                Ok(_) => Err(SecretFileError::Exists { file: name(&self.path) }),
                Err(error) if error.kind() == io::ErrorKind::NotFound => self.commit(),
                Err(error) => Err(failed(error)),
            },
        }
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        // After a rename there is nothing to remove, and a failure harms nobody.
        let _gone = fs::remove_file(&self.waiting);
    }
}

/// Why a secret file can not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SecretFileError {
    /// The system refuses.
    #[error("{file}: can not be {action}: {reason}")]
    Io {
        /// The file.
        file: String,
        /// What was to be done: `read`, `written`.
        action: &'static str,
        /// What the system says.
        reason: io::Error,
    },
    /// A file that must not be there is.
    #[error("{file}: exists already")]
    Exists {
        /// The file.
        file: String,
    },
    /// Everybody may read or write the file.
    #[error("{file}: holds a secret, and mode {mode:04o} is open to everybody: chmod 600 {file}")]
    Shared {
        /// The file.
        file: String,
        /// Its permission bits.
        mode: u32,
    },
    /// The file is longer than any such file is.
    #[error("{file}: longer than {len_max} bytes, which no such file is")]
    TooLong {
        /// The file.
        file: String,
        /// The limit in bytes.
        len_max: u64,
    },
}

impl SecretFileError {
    /// Whether the file does not exist.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Io { reason, .. } if reason.kind() == io::ErrorKind::NotFound)
    }

    fn io(path: &Path, action: &'static str) -> impl Fn(io::Error) -> Self + use<> {
        let file = name(path);
        move |reason| Self::Io { file: file.clone(), action, reason }
    }
}

/// How messages call a file: a name can not forge a message.
pub(crate) fn name(path: &Path) -> String {
    shown(&path.to_string_lossy()).into_owned()
}

#[cfg(unix)]
fn create_private(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

#[cfg(not(unix))]
fn create_private(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}

/// Only root can give a file away, and only then does it matter: a service must still be able to read
/// the file that root has renewed for it.
#[cfg(unix)]
fn keep_owner(replaced: &Path, file: &File) {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, fchown};
    const GROUP_READS: u32 = 0o040;
    let Ok(old) = fs::metadata(replaced) else { return };
    let _kept = fchown(file, Some(old.uid()), Some(old.gid()));
    let same_group = file.metadata().is_ok_and(|new| new.gid() == old.gid());
    if same_group && old.mode() & GROUP_READS != 0 {
        let _kept = file.set_permissions(fs::Permissions::from_mode(0o600 | GROUP_READS));
    }
}

#[cfg(not(unix))]
fn keep_owner(_: &Path, _: &File) {}

/// The new name itself is on the disk only when its folder is.
#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn refuse_shared(path: &Path, file: &fs::Metadata) -> Result<(), SecretFileError> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = file.permissions().mode() & 0o7777;
    match is_open_to_all(mode) {
        false => Ok(()),
        true => Err(SecretFileError::Shared { file: name(path), mode }),
    }
}

#[cfg(not(unix))]
fn refuse_shared(_: &Path, _: &fs::Metadata) -> Result<(), SecretFileError> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_file_never_replaces_and_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        write_new(&path, b"one").unwrap();
        let error = write_new(&path, b"two").unwrap_err();
        assert!(matches!(error, SecretFileError::Exists { .. }), "{error}");
        assert_eq!(read(&path, 3).unwrap(), b"one");
        write_atomic(&path, b"two").unwrap();
        assert_eq!(read(&path, 3).unwrap(), b"two");
        drop(Staged::new(&path, b"three").unwrap());
        assert!(matches!(read(&path, 2).unwrap_err(), SecretFileError::TooLong { .. }));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(read(&folder.path().join("none"), 9).unwrap_err().is_missing());
    }

    #[cfg(unix)]
    #[test]
    fn what_everybody_may_read_is_refused_with_advice() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        write_new(&path, b"one").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o600);
        for open in [0o604, 0o602, 0o666] {
            fs::set_permissions(&path, fs::Permissions::from_mode(open)).unwrap();
            let error = read(&path, 9).unwrap_err().to_string();
            assert!(error.contains(&format!("mode {open:04o}")), "{error}");
            assert!(error.contains("chmod 600"), "{error}");
            refuse_if_shared(&path).unwrap_err();
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        refuse_if_shared(&path).unwrap();
        // A service that may read what root has written can read what root writes anew.
        write_atomic(&path, b"two").unwrap();
        assert_eq!(mode(&path), 0o640);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
        write_atomic(&path, b"three").unwrap();
        assert_eq!(mode(&path), 0o640);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o604)).unwrap();
        write_atomic(&path, b"four").unwrap();
        assert_eq!(mode(&path), 0o600);
    }
}
