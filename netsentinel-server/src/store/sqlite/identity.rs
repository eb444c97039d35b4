//! Which alerts are there already, by agent and id.
//!
//! Ids are scattered, so writing each into a large index as it comes would write a page for every
//! alert. The ids of the newest alerts are remembered here instead, and go into the index many at
//! once and in its order, which writes each page once for many of them. `counters.folded` tells up to
//! which position the index knows; what is after that is read back when the database is opened.

use std::collections::HashMap;

use netsentinel_core::Alert;
use rusqlite::types::{FromSql, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, OptionalExtension, params};

use super::fault::Outcome;
use super::work::{integer, natural};

/// Ids that are remembered before they go into the index: a few MB, and about a tenth of a second to
/// write.
pub(super) const FOLD: usize = 32_768;

/// An alert's id: half as many bytes where it is what agents send.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Id {
    /// 32 hexadecimal digits.
    Digits([u8; 16]),
    /// Anything else.
    Text(String),
}

impl Id {
    pub(super) fn of(alert: &Alert) -> Self {
        let id = alert.id.to_string();
        let hexadecimal = id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        match u128::from_str_radix(&id, 16) {
            Ok(number) if id.len() == 32 && hexadecimal => Self::Digits(number.to_be_bytes()),
            _ => Self::Text(id),
        }
    }
}

impl ToSql for Id {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self {
            Self::Digits(bytes) => Ok(ToSqlOutput::Borrowed(ValueRef::Blob(bytes))),
            Self::Text(text) => text.to_sql(),
        }
    }
}

impl FromSql for Id {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value {
            ValueRef::Blob(_) => FromSql::column_result(value).map(Self::Digits),
            _ => FromSql::column_result(value).map(Self::Text),
        }
    }
}

type Key = (i64, Id);

/// The newest alerts, of which the index does not know yet.
#[derive(Default)]
pub(super) struct Recent {
    positions: HashMap<Key, u64>,
    /// As they were added.
    order: Vec<(u64, Key)>,
}

impl Recent {
    /// Reads what the index does not know.
    pub(super) fn load(connection: &Connection) -> Outcome<Self> {
        let mut recent = Self::default();
        let mut select = connection.prepare(
            "SELECT position, sender, id FROM alerts
             WHERE position > (SELECT folded FROM counters) ORDER BY position",
        )?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            recent.add(row.get(1)?, row.get(2)?, natural(row.get(0)?));
        }
        Ok(recent)
    }

    /// Where the alert was put that has this id. It may have been deleted since.
    pub(super) fn find(&self, connection: &Connection, key: &Key) -> Outcome<Option<u64>> {
        if let Some(position) = self.positions.get(key) {
            return Ok(Some(*position));
        }
        let found = connection
            .prepare_cached("SELECT position FROM ids WHERE sender = ?1 AND id = ?2")?
            .query_row(params![key.0, key.1], |row| row.get(0))
            .optional()?;
        Ok(found.map(natural))
    }

    /// An alert was added.
    pub(super) fn add(&mut self, sender: i64, id: Id, position: u64) {
        self.positions.insert((sender, id.clone()), position);
        self.order.push((position, (sender, id)));
    }

    /// What was added after `position` was undone.
    pub(super) fn rewind(&mut self, position: u64) {
        while let Some((_, key)) = self.order.pop_if(|(at, _)| *at > position) {
            // If the id was there before, its alert had been deleted.
            self.positions.remove(&key);
        }
    }

    /// How many were added.
    pub(super) fn len(&self) -> usize {
        self.order.len()
    }

    /// Writes all into the index. To be forgotten here only when that is durable.
    pub(super) fn fold(&self, connection: &Connection) -> Outcome<()> {
        let first: Option<i64> =
            connection.query_row("SELECT min(position) FROM alerts", [], |row| row.get(0))?;
        let first = first.map_or(u64::MAX, natural);
        let mut there: Vec<(&Key, u64)> = self
            .positions
            .iter()
            .map(|(key, position)| (key, *position))
            .filter(|(_, position)| *position >= first)
            .collect();
        there.sort_unstable();
        let mut insert =
            connection.prepare_cached("INSERT OR REPLACE INTO ids VALUES (?1, ?2, ?3)")?;
        for ((sender, id), position) in there {
            insert.execute(params![sender, id, integer(position)])?;
        }
        connection.execute("UPDATE counters SET folded = position", [])?;
        Ok(())
    }
}

/// Forgets an alert that is deleted.
pub(super) fn forget(connection: &Connection, position: i64) -> Outcome<()> {
    connection
        .prepare_cached(
            "DELETE FROM ids WHERE (sender, id) =
                (SELECT sender, id FROM alerts WHERE position = ?1) AND position = ?1",
        )?
        .execute([position])?;
    Ok(())
}
