//! A copy of the database while it is in use.

use std::fs::{self, OpenOptions};
use std::path::Path;

use netsentinel_core::text::shown;
use rusqlite::{Connection, OpenFlags};

use crate::store::StoreError;

/// Writes a copy of the database `database` to the new file `file`, which only its owner may read.
/// The copy is as the database was at one moment, also while a server writes. Tells its size in
/// bytes.
///
/// # Errors
///
/// When the file exists, can not be written, or the database can not be read; then no file is left.
pub fn backup(database: &Path, file: &Path) -> Result<u64, StoreError> {
    let told = shown(&file.to_string_lossy()).into_owned();
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    match options.open(file) {
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            return Err(StoreError::Exists(told));
        }
        Err(error) => return Err(StoreError::Unwritable(format!("{told}: {error}"))),
    }
    // It writes into a file that is there only while that is empty.
    let copied = copy(database, file).and_then(|()| {
        let file = OpenOptions::new().write(true).open(file);
        let synced = file.and_then(|file| file.sync_all().and_then(|()| file.metadata()));
        synced.map_err(|error| StoreError::Unwritable(format!("{told}: {error}")))
    });
    match copied {
        Ok(copy) => Ok(copy.len()),
        Err(error) => {
            // What is left of it is worth nothing.
            let _ = fs::remove_file(file);
            Err(error)
        }
    }
}

fn copy(database: &Path, file: &Path) -> Result<(), StoreError> {
    let failed = |error: rusqlite::Error| StoreError::Database(error.to_string());
    let target = file.to_str().ok_or_else(|| StoreError::Unwritable("no UTF-8 name".into()))?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(database, flags).map_err(failed)?;
    connection.busy_timeout(std::time::Duration::from_secs(5)).map_err(failed)?;
    connection.execute("VACUUM INTO ?1", [target]).map_err(failed)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Role, SqliteStore, Store as _};

    #[tokio::test]
    async fn a_backup_is_a_database_and_replaces_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (live, restored) = (folder.path().join("live"), folder.path().join("restored"));
        let store = std::sync::Arc::new(SqliteStore::open(&live, std::sync::Arc::new(())).unwrap());
        let accounts = crate::Accounts::new(store.clone());
        accounts.make_token("t", Role::Viewer, None, "tests").await.unwrap();
        fs::create_dir(&restored).unwrap();
        let copy = restored.join("netsentinel.db");
        let bytes = backup(&live.join("netsentinel.db"), &copy).unwrap();
        assert!(bytes > 4096);
        let error = backup(&live.join("netsentinel.db"), &copy).unwrap_err().to_string();
        assert!(error.ends_with("exists already"), "{error}");
        backup(&folder.path().join("none"), &folder.path().join("x")).unwrap_err();
        assert!(!folder.path().join("x").exists());
        let again = SqliteStore::open(&restored, std::sync::Arc::new(())).unwrap();
        assert_eq!(again.tokens().await.unwrap().len(), 1);
    }
}
