//! Deleting what is old or too much, a slice at a time.

use netsentinel_core::Timestamp;
use rusqlite::Connection;

use super::alert_sql::facts_at;
use super::fault::Outcome;
use super::identity::forget;
use super::rollup::{Counted, Deltas};
use super::work::{Work, integer, natural};

/// Alerts that go at once. Deleting one costs more than changing one, so these slices are smaller than
/// others.
const SLICE: usize = 2_000;
/// Of all pages, the part that may be free before pages are given back to the file system: new alerts
/// fill free pages, so giving all of them back would only move pages about.
const FREE_PART: u64 = 8;
/// Pages given back at once: 8 MiB.
const PAGES_BACK: u64 = 1_024;

/// Deletes up to a slice of alerts that were received before `oldest`, or of the first ones while what
/// is kept takes more than `bytes_max`. Free pages within the file and the log do not count, for they
/// are bounded and deleting alerts does not make them less. Returns how many alerts went.
pub(super) fn retain(work: &mut Work<'_>, oldest: Timestamp, bytes_max: u64) -> Outcome<u64> {
    let connection = work.connection;
    connection
        .prepare_cached("DELETE FROM sessions WHERE expires <= ?1")?
        .execute([oldest.as_nanos()])?;
    let mut positions = received_before(connection, oldest)?;
    if positions.is_empty() {
        positions = first(connection, surplus(connection, bytes_max)?)?;
    }
    let mut deltas = Deltas::default();
    for position in &positions {
        let Some(facts) = facts_at(connection, natural(*position))? else { continue };
        deltas.remove(Counted::from(&facts));
        deltas.sender(facts.sender, -1);
        forget(connection, *position)?;
        connection.prepare_cached("DELETE FROM bodies WHERE position = ?1")?.execute([position])?;
        connection.prepare_cached("DELETE FROM alerts WHERE position = ?1")?.execute([position])?;
    }
    deltas.apply(connection)?;
    give_back(connection, bytes_max)?;
    Ok(positions.len() as u64)
}

/// Positions grow with the time of receipt, so what is old is among the first.
fn received_before(connection: &Connection, oldest: Timestamp) -> Outcome<Vec<i64>> {
    let sql = "SELECT position FROM
        (SELECT position, received FROM alerts ORDER BY position LIMIT ?1) WHERE received < ?2";
    let mut select = connection.prepare_cached(sql)?;
    let rows = select.query_map([integer(SLICE as u64), oldest.as_nanos()], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn first(connection: &Connection, alerts: u64) -> Outcome<Vec<i64>> {
    let mut select =
        connection.prepare_cached("SELECT position FROM alerts ORDER BY position LIMIT ?1")?;
    let rows = select.query_map([integer(alerts.min(SLICE as u64))], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// About how many alerts must go for the rest to take `bytes_max`.
fn surplus(connection: &Connection, bytes_max: u64) -> Outcome<u64> {
    let pages = Pages::of(connection)?;
    let used = (pages.all - pages.free) * pages.bytes;
    if used <= bytes_max {
        return Ok(0);
    }
    let alerts: i64 = connection
        .prepare_cached("SELECT coalesce(sum(alerts), 0) FROM severity_counts")?
        .query_row([], |row| row.get(0))?;
    let each = (used / natural(alerts).max(1)).max(1);
    Ok((used - bytes_max).div_ceil(each))
}

/// Gives free pages back when there are many of them, or when the file is larger than it may be.
fn give_back(connection: &Connection, bytes_max: u64) -> Outcome<()> {
    let pages = Pages::of(connection)?;
    let over = (pages.all * pages.bytes).saturating_sub(bytes_max) / pages.bytes;
    let many = pages.free.saturating_sub(pages.all / FREE_PART);
    let back = pages.free.min(over.max(many)).min(PAGES_BACK);
    if back > 0 {
        let mut vacuum = connection.prepare(&format!("PRAGMA incremental_vacuum({back})"))?;
        let mut rows = vacuum.query([])?;
        // Each step gives one page back.
        while rows.next()?.is_some() {}
    }
    Ok(())
}

struct Pages {
    all: u64,
    free: u64,
    bytes: u64,
}

impl Pages {
    fn of(connection: &Connection) -> Outcome<Self> {
        let read = |sql: &str| -> Outcome<u64> {
            Ok(natural(connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?))
        };
        Ok(Self {
            all: read("PRAGMA page_count")?,
            free: read("PRAGMA freelist_count")?,
            bytes: read("PRAGMA page_size")?.max(1),
        })
    }
}
