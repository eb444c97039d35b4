//! What a spool asks of a disk, and the folder that gives it.

use std::fmt::Debug;
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use super::SpoolError;

/// The file that is locked while a spool is open.
const LOCK: &str = "lock";

/// A folder of files. What has returned is seen by every later call; what survives a loss of power is
/// said for each.
pub(super) trait Disk: Debug + Send {
    /// Where `name` is, for messages.
    fn path(&self, name: &str) -> PathBuf;
    /// The names of all files.
    fn names(&self) -> io::Result<Vec<String>>;
    /// The first `most` bytes of a file.
    fn read(&self, name: &str, most: u64) -> io::Result<Vec<u8>>;
    /// Ranges of a file, each by offset and length; an error of one does not stop the others.
    fn read_ranges(
        &self,
        name: &str,
        ranges: &[(u64, usize)],
    ) -> io::Result<Vec<io::Result<Vec<u8>>>>;
    /// Makes a file that is not there yet. Its bytes survive, but its name only with
    /// [`Disk::sync_folder`].
    fn create(&mut self, name: &str, bytes: &[u8]) -> io::Result<()>;
    /// Writes at `at`; a file that is not there is made. Survives if `durable`, but for the name.
    fn write(&mut self, name: &str, at: u64, bytes: &[u8], durable: bool) -> io::Result<()>;
    /// Cuts a file off. Survives.
    fn truncate(&mut self, name: &str, len: u64) -> io::Result<()>;
    /// Renames a file, over another if need be. Survives only with [`Disk::sync_folder`].
    fn rename(&mut self, from: &str, to: &str) -> io::Result<()>;
    /// Removes a file. Survives only with [`Disk::sync_folder`].
    fn remove(&mut self, name: &str) -> io::Result<()>;
    /// Makes all names survive.
    fn sync_folder(&mut self) -> io::Result<()>;
}

/// A folder of the file system, locked while this lives.
#[derive(Debug)]
pub(super) struct Folder {
    root: PathBuf,
    _lock: File,
}

impl Folder {
    /// Opens `root`, which is made if need be, for its owner alone; fails when another has it open.
    pub(super) fn open(root: &Path) -> Result<Self, SpoolError> {
        let failed = |reason| SpoolError::of(root, reason);
        match std::fs::metadata(root) {
            Ok(found) if !found.is_dir() => {
                return Err(SpoolError::NotAFolder { path: root.to_owned() });
            }
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                make(root).map_err(failed)?;
            }
            Err(error) => return Err(failed(error)),
        }
        close_to_others(root).map_err(failed)?;
        let path = root.join(LOCK);
        let failed = |reason| SpoolError::of(&path, reason);
        let lock = options().write(true).create(true).truncate(false).open(&path);
        let lock = lock.map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { root: root.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(SpoolError::Locked { path: root.to_owned() }),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }
}

impl Disk for Folder {
    fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    fn names(&self) -> io::Result<Vec<String>> {
        let entries = std::fs::read_dir(&self.root)?;
        let names = entries.map(|entry| Ok(entry?.file_name().into_string().ok()));
        // What is no text is none of ours.
        names.filter_map(io::Result::transpose).collect()
    }

    fn read(&self, name: &str, most: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        File::open(self.path(name))?.take(most).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn read_ranges(
        &self,
        name: &str,
        ranges: &[(u64, usize)],
    ) -> io::Result<Vec<io::Result<Vec<u8>>>> {
        let mut file = File::open(self.path(name))?;
        let read = ranges.iter().map(|&(at, len)| {
            let mut bytes = vec![0; len];
            file.seek(SeekFrom::Start(at))?;
            file.read_exact(&mut bytes)?;
            Ok(bytes)
        });
        Ok(read.collect())
    }

    fn create(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let mut file = options().write(true).create_new(true).open(self.path(name))?;
        file.write_all(bytes)?;
        file.sync_data()
    }

    fn write(&mut self, name: &str, at: u64, bytes: &[u8], durable: bool) -> io::Result<()> {
        let path = self.path(name);
        let mut file = options().write(true).create(true).truncate(false).open(path)?;
        file.seek(SeekFrom::Start(at))?;
        file.write_all(bytes)?;
        if durable { file.sync_data() } else { Ok(()) }
    }

    fn truncate(&mut self, name: &str, len: u64) -> io::Result<()> {
        let file = options().write(true).open(self.path(name))?;
        file.set_len(len)?;
        file.sync_all()
    }

    fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        std::fs::rename(self.path(from), self.path(to))
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        std::fs::remove_file(self.path(name))
    }

    fn sync_folder(&mut self) -> io::Result<()> {
        // Elsewhere folders can not be opened, and names are kept by the file system's journal.
        if cfg!(unix) { File::open(&self.root)?.sync_all() } else { Ok(()) }
    }
}

/// Opens files for their owner alone.
fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn make(root: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(root)?;
    match root.parent() {
        // Without this the folder itself might be gone after a loss of power.
        Some(parent) if cfg!(unix) && !parent.as_os_str().is_empty() => {
            File::open(parent)?.sync_all()
        }
        _ => Ok(()),
    }
}

/// Alerts tell what is wrong in a network: nobody else needs to read them.
fn close_to_others(root: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mut mode = std::fs::metadata(root)?.permissions();
        if mode.mode() & 0o077 != 0 {
            mode.set_mode(0o700);
            std::fs::set_permissions(root, mode)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_for_one_and_for_its_owner() {
        let parent = tempfile::tempdir().unwrap();
        let root = parent.path().join("a/spool");
        let mut first = Folder::open(&root).unwrap();
        assert!(matches!(Folder::open(&root), Err(SpoolError::Locked { .. })));
        first.write("x", 0, b"alert", true).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = |path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode(root.clone()), mode(root.join("x"))), (0o700, 0o600));
            assert_eq!(mode(root.join(LOCK)), 0o600);
        }
        drop(first);
        let again = Folder::open(&root).unwrap();
        assert_eq!(again.read("x", 2).unwrap(), b"al");
        let ranges = again.read_ranges("x", &[(1, 2), (4, 9)]).unwrap();
        assert_eq!(ranges[0].as_ref().unwrap(), b"le");
        assert!(ranges[1].is_err());
    }

    #[test]
    fn what_is_no_folder_is_named() {
        let parent = tempfile::tempdir().unwrap();
        let file = parent.path().join("file");
        std::fs::write(&file, b"").unwrap();
        for path in [file.clone(), file.join("below")] {
            let error = Folder::open(&path).unwrap_err();
            assert!(matches!(error, SpoolError::NotAFolder { .. }), "{error}");
            assert!(error.to_string().contains("file"), "{error}");
        }
    }
}
