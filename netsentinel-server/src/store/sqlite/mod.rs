//! The store that comes with the server: one SQLite file in WAL mode.
//!
//! - All changes go through one thread with the only connection that writes. It takes what is queued
//!   into one transaction, each command in a savepoint of its own, and answers after the commit.
//! - Reads run on a few read-only connections, each in a transaction of its own and limited in time.
//! - What may concern a great many alerts (triage by filter, suppressions, retention) is done in
//!   slices, so that alerts that come in meanwhile never wait for long.
//! - Counts are kept in tables that change in the transaction of what they count.
//! - Text is looked for by going through what the other parts of a filter leave. A full-text index
//!   would make every insert about three times as expensive, so there is none.

mod accounts;
mod agents;
mod alert_sql;
mod audit;
mod comments;
mod fault;
mod identity;
mod insert;
mod migration;
mod open;
mod page;
mod readers;
mod retention;
mod rollup;
mod store;
mod summaries;
mod suppressing;
mod triage;
mod users;
mod work;
mod writer;

#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;

use readers::Readers;
use writer::Writer;

/// The store in one SQLite file, `netsentinel.db`. Made by [`SqliteStore::open`].
///
/// Dropping it finishes what was asked, and closes the file.
pub struct SqliteStore {
    shared: Arc<Shared>,
}

/// What the store shares with tasks that go on when their caller has gone.
struct Shared {
    database: PathBuf,
    // The readers close first, so that the writer is the last connection and folds the log in.
    readers: Readers,
    writer: Writer,
}

/// Alerts that one transaction changes at most.
const SLICE: usize = 5_000;
