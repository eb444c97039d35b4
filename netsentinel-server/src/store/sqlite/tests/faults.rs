//! Bad files, full disks, and two at once.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use rusqlite::Connection;

use super::super::fault::Fault;
use super::super::{SqliteStore, accounts};
use super::{empty, open};
use crate::store::contract::{Sample, agent, alert, at};
use crate::store::{AlertFilter, Role, Store, StoreError, User};

fn fails(dir: &std::path::Path) -> StoreError {
    SqliteStore::open(dir, Arc::new(())).err().unwrap()
}

#[test]
fn a_second_server_is_refused_and_the_command_line_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let first = open(dir.path(), Arc::new(()));
    assert!(matches!(fails(dir.path()), StoreError::InUse { .. }));
    let beside = SqliteStore::open_beside(dir.path()).unwrap();
    drop(first);
    // A server can start while the command line has it open.
    drop(open(dir.path(), Arc::new(())));
    drop(beside);
}

#[tokio::test]
async fn what_is_written_beside_is_seen() {
    let dir = tempfile::tempdir().unwrap();
    let server = open(dir.path(), Arc::new(()));
    let beside = SqliteStore::open_beside(dir.path()).unwrap();
    for (number, store) in [(1, &server), (2, &beside), (3, &server)] {
        let one = alert(Sample { id: number, ..Sample::default() });
        let added = store.add_alerts(&agent(1), vec![one], at(0)).await;
        assert!(added.is_ok(), "{added:?}");
    }
    let created = at(0);
    let (name, password_hash) = ("ann".to_owned(), String::new());
    let user = User { name, role: Role::Admin, password_hash, created };
    beside.add_user(user, "command line", at(0)).await.unwrap();
    assert_eq!(server.users().await.unwrap().len(), 1);
    let changes = server.changes(0, 10).await.unwrap();
    assert_eq!(changes.iter().map(|change| change.revision).collect::<Vec<_>>(), [1, 2, 3]);
}

#[test]
fn the_command_line_does_not_migrate_under_a_running_server() {
    let dir = tempfile::tempdir().unwrap();
    drop(open(dir.path(), Arc::new(())));
    let lock = fs::File::open(dir.path().join("netsentinel.lock")).unwrap();
    lock.lock().unwrap();
    let database = Connection::open(dir.path().join("netsentinel.db")).unwrap();
    database.pragma_update(None, "user_version", 0).unwrap();
    drop(database);
    let error = SqliteStore::open_beside(dir.path()).err().unwrap();
    assert!(matches!(error, StoreError::InUse { .. }), "{error}");
}

#[test]
fn files_are_for_nobody_else() {
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("new");
    let store = open(&dir, Arc::new(()));
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&dir), 0o700);
    for file in fs::read_dir(&dir).unwrap() {
        assert_eq!(mode(&file.unwrap().path()), 0o600);
    }
    drop(store);
    assert!(!dir.join("netsentinel.db-wal").exists());
}

#[test]
fn a_newer_schema_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    drop(open(dir.path(), Arc::new(())));
    let database = Connection::open(dir.path().join("netsentinel.db")).unwrap();
    database.pragma_update(None, "user_version", 999).unwrap();
    drop(database);
    assert!(matches!(fails(dir.path()), StoreError::Newer { found: 999, .. }));
}

#[test]
fn what_is_no_database_of_ours_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("netsentinel.db");
    fs::write(&file, "certainly not a database, but long enough for a header, or so one hopes....")
        .unwrap();
    assert!(matches!(fails(dir.path()), StoreError::Corrupt { .. }));

    fs::remove_file(&file).unwrap();
    Connection::open(&file).unwrap().execute_batch("CREATE TABLE theirs (x)").unwrap();
    assert!(matches!(fails(dir.path()), StoreError::Corrupt { .. }));

    fs::remove_file(&file).unwrap();
    drop(open(dir.path(), Arc::new(())));
    let mut bytes = fs::read(&file).unwrap();
    // The header stays good; the schema behind it does not.
    bytes[100..1_000].fill(0x5a);
    fs::write(&file, bytes).unwrap();
    assert!(matches!(fails(dir.path()), StoreError::Corrupt { .. }));
}

#[test]
fn a_folder_that_can_not_be_made_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    for path in [file.clone(), file.join("below")] {
        let error = fails(&path);
        assert!(matches!(&error, StoreError::Unwritable(told) if told.contains("file")), "{error}");
    }
}

/// As on a full disk nothing is acknowledged that is not stored, reading goes on, and when there is
/// room again so does writing.
#[tokio::test]
async fn a_full_disk_is_told_and_gets_over() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path(), Arc::new(()));
    let pages = async |pages: i64| {
        let set = move |work: &mut super::super::work::Work<'_>| {
            let sql = format!("PRAGMA max_page_count = {pages}");
            Ok(work.connection.query_row(&sql, [], |row| row.get::<_, i64>(0))?)
        };
        store.shared.writer.run(set, |_, _| {}).await.unwrap()
    };
    let batch = |from: u32| {
        let ids = from..from + 500;
        ids.map(|id| alert(Sample { id, ..Sample::default() })).collect::<Vec<_>>()
    };
    store.add_alerts(&agent(1), batch(0), at(0)).await.unwrap();
    // Less than there are already: SQLite takes the present size as the limit.
    pages(1).await;
    let error = store.add_alerts(&agent(1), batch(500), at(0)).await.unwrap_err();
    assert!(matches!(&error, StoreError::Unwritable(told) if told.contains("full")), "{error}");
    assert_eq!(store.stats().await.unwrap().alerts.high, 500);
    assert_eq!(store.revision().await.unwrap(), 500);

    pages(1 << 30).await;
    store.check().await.unwrap();
    store.add_alerts(&agent(1), batch(500), at(0)).await.unwrap();
    assert_eq!(store.stats().await.unwrap().alerts.high, 1_000);
    assert_eq!(store.revision().await.unwrap(), 1_000);
}

/// A command that fails takes nothing of the others in its transaction with it.
#[tokio::test]
async fn one_failing_command_fails_alone() {
    let (_dir, store) = empty(Arc::new(()));
    let user = |name: &str| {
        let (name, password_hash) = (name.to_owned(), String::new());
        User { name, role: Role::Viewer, password_hash, created: at(0) }
    };
    let add = |name: &'static str| store.add_user(user(name), "ann", at(0));
    let (a, b, again, c) = tokio::join!(add("a"), add("b"), add("a"), add("c"));
    assert!(a.is_ok() && b.is_ok() && c.is_ok());
    assert!(matches!(again, Err(StoreError::Exists(_))));
    assert_eq!(store.users().await.unwrap().len(), 3);
    assert_eq!(store.audit(None, 10).await.unwrap().len(), 3);
}

/// A read that takes too long is broken off, and the next one runs.
#[tokio::test]
async fn a_read_whose_caller_has_gone_stops() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path(), Arc::new(()));
    let (ended, end) = tokio::sync::oneshot::channel();
    let (begun, begin) = tokio::sync::oneshot::channel();
    let forever = move |connection: &Connection| {
        let _ = begun.send(());
        let sql = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n)
            SELECT count(*) FROM n";
        let result = connection.query_row(sql, [], |row| row.get::<_, i64>(0));
        let _ = ended.send(result.is_err());
        Ok::<_, Fault>(())
    };
    tokio::select! {
        _ = store.shared.readers.run(forever) => panic!("nobody counts to the end"),
        started = begin => started.unwrap(),
    }
    assert!(end.await.unwrap());
    assert_eq!(store.alerts(&AlertFilter::default(), None, 1).await.unwrap().alerts.len(), 0);
    let token = store.shared.readers.run(accounts::tokens).await.unwrap();
    assert!(token.is_empty());
}

/// What a server that was killed while it took a suppression away left behind is finished.
#[tokio::test]
async fn alerts_of_a_suppression_that_is_gone_come_back() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path(), Arc::new(()));
    let rule =
        crate::store::SuppressionRule { detector: Some("port_scan".into()), ..Default::default() };
    let new = crate::store::NewSuppression { rule, reason: String::new(), expires: None };
    store.suppress(new, false, "ann", at(0)).await.unwrap();
    store.add_alerts(&agent(1), vec![alert(Sample::default())], at(1)).await.unwrap();
    assert_eq!(store.stats().await.unwrap().suppressed, 1);
    let forget = |work: &mut super::super::work::Work<'_>| {
        Ok(work.connection.execute("DELETE FROM suppressions", [])?)
    };
    store.shared.writer.run(forget, |_, _| {}).await.unwrap();
    drop(store);
    let store = open(dir.path(), Arc::new(()));
    let stats = store.stats().await.unwrap();
    assert_eq!((stats.suppressed, stats.alerts.high, stats.revision), (0, 1, 2));
}
