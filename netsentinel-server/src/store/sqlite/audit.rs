//! The audit trail.

use std::time::Duration;

use netsentinel_core::Timestamp;
use rusqlite::{Connection, Row, params};

use super::fault::Outcome;
use super::work::{integer, natural};
use crate::store::AuditEntry;

/// How long an entry is kept: a year and a month.
const AUDIT_AGE: Duration = Duration::from_secs(400 * 86_400);
/// Entries kept at most; the oldest go first.
const AUDIT_MAX: i64 = 1_000_000;
/// After so many new entries the old ones are looked at.
const TRIM_EVERY: i64 = 64;
/// Old entries that go at once.
const TRIM_SLICE: i64 = 1_000;
/// Entries in one page at most.
const PAGE_MAX: usize = 5_000;

/// Who did something, and when.
#[derive(Clone, Debug)]
pub(super) struct By {
    pub(super) actor: String,
    pub(super) now: Timestamp,
}

impl By {
    pub(super) fn new(actor: &str, now: Timestamp) -> Self {
        Self { actor: actor.to_owned(), now }
    }

    /// Notes what was done, in the transaction in which it is done. The entry's number comes back.
    pub(super) fn note(
        &self,
        connection: &Connection,
        action: &str,
        subject: &str,
        detail: &str,
    ) -> Outcome<i64> {
        connection
            .prepare_cached(
                "INSERT INTO audit (at, actor, action, subject, detail) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![self.now.as_nanos(), self.actor, action, subject, detail])?;
        let id = connection.last_insert_rowid();
        if id % TRIM_EVERY == 0 {
            trim(connection, id, self.now)?;
        }
        Ok(id)
    }
}

/// Notes an entry as it is, but for its number.
pub(super) fn note(connection: &Connection, entry: &AuditEntry) -> Outcome<()> {
    let by = By::new(&entry.actor, entry.at);
    by.note(connection, &entry.action, &entry.subject, &entry.detail).map(drop)
}

/// Deletes a slice of the oldest entries, if they are too old or too many.
fn trim(connection: &Connection, newest: i64, now: Timestamp) -> Outcome<()> {
    let age = i64::try_from(AUDIT_AGE.as_nanos()).unwrap_or(i64::MAX);
    connection
        .prepare_cached(
            "DELETE FROM audit WHERE id IN (SELECT id FROM audit ORDER BY id LIMIT ?1)
             AND (at < ?2 OR id <= ?3)",
        )?
        .execute([TRIM_SLICE, now.as_nanos().saturating_sub(age), newest - AUDIT_MAX])?;
    Ok(())
}

/// Entries from before the one numbered `before`, the newest first.
pub(super) fn page(
    connection: &Connection,
    before: Option<u64>,
    limit: usize,
) -> Outcome<Vec<AuditEntry>> {
    let sql = "SELECT id, at, actor, action, subject, detail FROM audit WHERE id < ?1
        ORDER BY id DESC LIMIT ?2";
    let before = before.map_or(i64::MAX, integer);
    let mut select = connection.prepare_cached(sql)?;
    let rows = select.query_map([before, integer(limit.min(PAGE_MAX) as u64)], entry)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn entry(row: &Row<'_>) -> rusqlite::Result<AuditEntry> {
    Ok(AuditEntry {
        id: natural(row.get(0)?),
        at: Timestamp::from_nanos(row.get(1)?),
        actor: row.get(2)?,
        action: row.get(3)?,
        subject: row.get(4)?,
        detail: row.get(5)?,
    })
}
