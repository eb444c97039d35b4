//! What people write about alerts.

use netsentinel_core::Timestamp;
use rusqlite::{Connection, Row, params};

use super::audit::By;
use super::fault::Outcome;
use super::work::{Work, integer, natural};
use crate::store::{Comment, StoreError};

/// Comments on one alert at most.
const COMMENTS_MAX: u64 = 1_000;

/// Adds a comment; `None` when there is no such alert.
pub(super) fn add(
    work: &mut Work<'_>,
    position: u64,
    text: String,
    by: &By,
) -> Outcome<Option<Comment>> {
    let revision = work.memory.revision + 1;
    let commented = work
        .connection
        .prepare_cached(
            "UPDATE alerts SET comments = comments + 1, revision = ?2 WHERE position = ?1
             RETURNING comments",
        )?
        .query_map([integer(position), integer(revision)], |row| row.get::<_, i64>(0))?
        .next()
        .transpose()?;
    let Some(comments) = commented else { return Ok(None) };
    if natural(comments) > COMMENTS_MAX {
        return Err(StoreError::TooMany { what: "comments on one alert", max: COMMENTS_MAX }.into());
    }
    work.next_revision();
    work.connection.execute(
        "INSERT INTO comments (position, at, author, text) VALUES (?1, ?2, ?3, ?4)",
        params![integer(position), by.now.as_nanos(), by.actor, text],
    )?;
    let id = natural(work.connection.last_insert_rowid());
    by.note(work.connection, "alert.comment", &position.to_string(), &format!("comment {id}"))?;
    Ok(Some(Comment { id, at: by.now, author: by.actor.clone(), text }))
}

/// An alert's comments, the oldest first.
pub(super) fn list(connection: &Connection, position: u64) -> Outcome<Vec<Comment>> {
    let sql = "SELECT id, at, author, text FROM comments WHERE position = ?1 ORDER BY id";
    let mut select = connection.prepare_cached(sql)?;
    let rows = select.query_map([integer(position)], comment)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn comment(row: &Row<'_>) -> rusqlite::Result<Comment> {
    Ok(Comment {
        id: natural(row.get(0)?),
        at: Timestamp::from_nanos(row.get(1)?),
        author: row.get(2)?,
        text: row.get(3)?,
    })
}
