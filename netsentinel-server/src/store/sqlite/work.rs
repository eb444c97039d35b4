//! What a command that changes the store works with.

use std::sync::Arc;

use netsentinel_core::Timestamp;
use rusqlite::Connection;

use super::fault::Outcome;
use super::identity::Recent;
use super::suppressing::{Active, load};
use crate::store::StoreError;

/// What a command that changes the store works with: the connection, within a transaction, and what
/// the writer remembers.
pub(super) struct Work<'a> {
    pub(super) connection: &'a Connection,
    pub(super) memory: &'a mut Memory,
    pub(super) recent: &'a mut Recent,
}

/// What the writer remembers between transactions, cheap to copy so that it can be set back.
#[derive(Clone, Default)]
pub(super) struct Memory {
    /// The last position given out.
    pub(super) position: u64,
    /// The last revision given out.
    pub(super) revision: u64,
    /// All suppressions, the oldest first.
    pub(super) suppressions: Arc<Vec<Active>>,
    /// Changes when another connection has written.
    data_version: i64,
}

impl Memory {
    /// Reads everything anew if another connection has written. Must be called within a transaction.
    pub(super) fn refresh(&mut self, connection: &Connection, recent: &mut Recent) -> Outcome<()> {
        let version: i64 =
            connection.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))?;
        if version != self.data_version {
            let counters = "SELECT position, revision FROM counters";
            (self.position, self.revision) = connection
                .query_row(counters, [], |row| Ok((natural(row.get(0)?), natural(row.get(1)?))))?;
            self.suppressions = Arc::new(load(connection)?);
            *recent = Recent::load(connection)?;
            self.data_version = version;
        }
        Ok(())
    }

    /// Writes the numbers given out since `before` down.
    pub(super) fn keep(&self, before: &Self, connection: &Connection) -> Outcome<()> {
        if (self.position, self.revision) != (before.position, before.revision) {
            connection
                .prepare_cached("UPDATE counters SET position = ?1, revision = ?2")?
                .execute([integer(self.position), integer(self.revision)])?;
        }
        Ok(())
    }
}

impl Work<'_> {
    /// A new position.
    pub(super) fn next_position(&mut self) -> u64 {
        self.memory.position += 1;
        self.memory.position
    }

    /// A new revision.
    pub(super) fn next_revision(&mut self) -> u64 {
        self.memory.revision += 1;
        self.memory.revision
    }
}

/// A number as SQLite keeps it. No counter gets near the limit.
pub(super) fn integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A number that SQLite kept.
pub(super) fn natural(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// A time that SQLite kept.
pub(super) fn moment(nanos: Option<i64>) -> Option<Timestamp> {
    nanos.map(Timestamp::from_nanos)
}

/// Fails when `table`, a constant, has `max` rows or more.
pub(super) fn bounded(connection: &Connection, table: &'static str, max: u64) -> Outcome<()> {
    let sql = format!("SELECT count(*) FROM {table}");
    let rows: i64 = connection.query_row(&sql, [], |row| row.get(0))?;
    if rows >= integer(max) {
        return Err(StoreError::TooMany { what: table, max }.into());
    }
    Ok(())
}
