//! The schema's versions: numbered, forward only, each in a transaction of its own.

use rusqlite::Connection;

use super::fault::Outcome;

/// Marks the file as ours: "NSnt".
pub(super) const APPLICATION_ID: i32 = 0x4e53_6e74;

/// What leads from each version to the next; the first makes version 1 of an empty file.
const MIGRATIONS: &[&str] = &[include_str!("migrations/0001_initial.sql")];

/// The newest schema that this version knows.
pub(super) const NEWEST: u32 = MIGRATIONS.len() as u32;

/// The schema that the file has; 0 in an empty one.
pub(super) fn version(connection: &Connection) -> Outcome<u32> {
    Ok(connection.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}

/// Brings the schema to [`NEWEST`]. What was done stays done when a later step fails.
pub(super) fn migrate(connection: &mut Connection) -> Outcome<()> {
    run(connection, MIGRATIONS)
}

fn run(connection: &mut Connection, migrations: &[&str]) -> Outcome<()> {
    let done = version(connection)? as usize;
    for (number, sql) in (1_u32..).zip(migrations).skip(done) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(sql)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", number)?;
        transaction.commit()?;
        tracing::info!(schema = number, "database migrated");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_is_done_once_and_a_failing_one_leaves_what_was_before() {
        let mut connection = Connection::open_in_memory().unwrap();
        let first = "CREATE TABLE a (x); INSERT INTO a VALUES (1);";
        run(&mut connection, &[first]).unwrap();
        assert_eq!(version(&connection).unwrap(), 1);

        let broken = "CREATE TABLE b (x); INSERT INTO nowhere VALUES (1);";
        run(&mut connection, &[first, "UPDATE a SET x = x + 1", broken]).unwrap_err();
        assert_eq!(version(&connection).unwrap(), 2);
        assert!(connection.prepare("SELECT * FROM b").is_err());

        run(&mut connection, &[first, "UPDATE a SET x = x + 1", "CREATE TABLE b (x)"]).unwrap();
        let x: i64 = connection.query_row("SELECT x FROM a", [], |row| row.get(0)).unwrap();
        assert_eq!((version(&connection).unwrap(), x), (3, 2));
    }

    #[test]
    fn an_empty_file_gets_the_newest_schema() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection).unwrap();
        assert_eq!(version(&connection).unwrap(), NEWEST);
    }
}
