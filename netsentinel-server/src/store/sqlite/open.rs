//! Opening the database: folder, lock, schema, connections.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::fault::{Fault, Outcome};
use super::identity::FOLD;
use super::readers::Readers;
use super::writer::Writer;
use super::{Shared, SqliteStore, migration, suppressing};
use crate::store::{Observer, Result, StoreError};

/// The database's name within the data folder.
const DATABASE: &str = "netsentinel.db";
/// The lock's name within the data folder.
const LOCK: &str = "netsentinel.lock";
/// How long a write waits for the command line's, and the other way round.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// KiB of pages that the writer keeps in memory.
const WRITER_CACHE_KIB: i32 = 16 << 10;
/// Pages in the log after which the writer folds it into the database: 64 MiB. The later, the more
/// often has a page been written again meanwhile, which is then folded in once.
const CHECKPOINT_PAGES: i32 = 8_192;
/// Bytes of a page: twice SQLite's default holds more of the alerts that come together, and makes
/// storing them about a fifth faster.
const PAGE_BYTES: i32 = 8_192;
/// A database of at most so many bytes that was not closed cleanly is checked through when it is
/// opened. The log makes a killed server or a lost power harmless, so a larger one, whose check would
/// take long, only has its header, schema and both ends looked at.
const CHECK_BYTES_MAX: u64 = 64 << 20;
/// Statements that each connection keeps compiled.
const STATEMENTS: usize = 128;

impl SqliteStore {
    /// Opens the database in `data_dir` for a server, and makes both where they are not there yet.
    /// No other server may have it open. Older schemas are brought to the newest.
    ///
    /// # Errors
    /// [`StoreError::InUse`], [`StoreError::Newer`], [`StoreError::Corrupt`] or
    /// [`StoreError::Unwritable`]: nothing was changed then.
    pub fn open(data_dir: &Path, observer: Arc<dyn Observer>) -> Result<Self> {
        Self::open_folding(data_dir, observer, FOLD)
    }

    /// As [`SqliteStore::open`]; ids go into their index when there are `fold_after` new ones.
    pub(super) fn open_folding(
        data_dir: &Path,
        observer: Arc<dyn Observer>,
        fold_after: usize,
    ) -> Result<Self> {
        make_folder(data_dir)?;
        let Some(lock) = try_lock(data_dir)? else { return Err(in_use(data_dir)) };
        let (database, connection) = prepare(data_dir, true, true)?;
        Self::start(database, connection, Some(lock), observer, fold_after)
    }

    /// Opens the database for the command line, also while a server has it open. Only accounts,
    /// tokens and agents should be changed this way: the server's observers are not told.
    ///
    /// # Errors
    /// As [`SqliteStore::open`]; [`StoreError::InUse`] only when the schema is an older one while a
    /// server runs.
    pub fn open_beside(data_dir: &Path) -> Result<Self> {
        make_folder(data_dir)?;
        // Held while the schema may change; given back so that a server can start meanwhile.
        let lock = try_lock(data_dir)?;
        let (database, connection) = prepare(data_dir, lock.is_some(), false)?;
        drop(lock);
        Self::start(database, connection, None, Arc::new(()), FOLD)
    }

    fn start(
        database: PathBuf,
        connection: Connection,
        lock: Option<File>,
        observer: Arc<dyn Observer>,
        fold_after: usize,
    ) -> Result<Self> {
        let writer = Writer::start(connection, &database, lock, observer, fold_after)?;
        let shared = Shared { readers: Readers::new(&database), writer, database };
        Ok(Self { shared: Arc::new(shared) })
    }
}

/// The database's path, and the connection that writes.
fn prepare(data_dir: &Path, may_migrate: bool, serving: bool) -> Result<(PathBuf, Connection)> {
    let database = data_dir.join(DATABASE);
    make_file(&database)?;
    match connect(&database, data_dir, may_migrate, serving) {
        Ok(connection) => Ok((database, connection)),
        Err(fault) => Err(fault.told(&database)),
    }
}

/// The connection that writes, after all that must hold of the file was looked at.
fn connect(
    database: &Path,
    data_dir: &Path,
    may_migrate: bool,
    serving: bool,
) -> Outcome<Connection> {
    let log = fs::metadata(database.with_extension("db-wal")).is_ok_and(|log| log.len() > 0);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(database, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    let version = probe(&connection)?;
    if version > migration::NEWEST {
        let path = database.display().to_string();
        let newer = StoreError::Newer { path, found: version, known: migration::NEWEST };
        return Err(newer.into());
    }
    if version == 0 {
        // Both take effect only while the file is empty.
        connection.pragma_update(None, "page_size", PAGE_BYTES)?;
        connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    }
    settle(&connection)?;
    if version < migration::NEWEST {
        if !may_migrate {
            return Err(in_use(data_dir).into());
        }
        migration::migrate(&mut connection)?;
    }
    if serving {
        if log && fs::metadata(database).is_ok_and(|file| file.len() <= CHECK_BYTES_MAX) {
            check_through(&connection)?;
        }
        suppressing::release_orphans(&mut connection)?;
    }
    Ok(connection)
}

/// Reads the header and the schema, and refuses a database that is not ours.
fn probe(connection: &Connection) -> Outcome<u32> {
    let version = migration::version(connection)?;
    let id: i32 = connection.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if (tables > 0 || version > 0) && id != migration::APPLICATION_ID {
        return Err(Fault::Damaged("it is a database of another program".into()));
    }
    if version > 0 && version <= migration::NEWEST {
        let ends = "SELECT (SELECT revision FROM counters),
            (SELECT max(position) FROM alerts), (SELECT min(position) FROM alerts)";
        connection.query_row(ends, [], |_| Ok(()))?;
    }
    Ok(version)
}

fn check_through(connection: &Connection) -> Outcome<()> {
    let found: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if found == "ok" { Ok(()) } else { Err(Fault::Damaged(found)) }
}

/// How the writer's connection works.
fn settle(connection: &Connection) -> Outcome<()> {
    // Asking for the mode answers with the one that is now in force.
    connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get::<_, String>(0))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(())
}

/// A connection that can only read.
pub(super) fn connect_reader(database: &Path) -> Outcome<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(database, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "query_only", true)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(connection)
}

fn make_folder(data_dir: &Path) -> Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(data_dir)
        .map_err(|error| unwritable(data_dir, &error))
}

/// Makes the file before SQLite does, so that nobody else can read it even for a moment. SQLite gives
/// the log the same rights.
fn make_file(database: &Path) -> Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false).mode(0o600);
    options
        .open(database)
        .and_then(|file| file.set_permissions(Permissions::from_mode(0o600)))
        .map_err(|error| unwritable(database, &error))
}

/// The lock that a running server holds; `None` when another has it.
fn try_lock(data_dir: &Path) -> Result<Option<File>> {
    let path = data_dir.join(LOCK);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false).mode(0o600);
    let file = options.open(&path).map_err(|error| unwritable(&path, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(unwritable(&path, &error)),
    }
}

fn in_use(data_dir: &Path) -> StoreError {
    StoreError::InUse { path: data_dir.join(LOCK).display().to_string() }
}

fn unwritable(path: &Path, error: &io::Error) -> StoreError {
    StoreError::Unwritable(format!("{}: {error}", path.display()))
}
