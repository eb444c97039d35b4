//! Alerts between Rust and SQL.

use std::net::IpAddr;

use netsentinel_core::alert::Endpoint;
use netsentinel_core::{Alert, Severity, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row};

use super::fault::{Fault, Outcome};
use super::work::{integer, moment, natural};
use crate::store::{StoredAlert, SuppressionRule};

/// Bits of the column `place`.
pub(super) const SUPPRESSED: i64 = 1;
pub(super) const ARCHIVED: i64 = 2;

/// The columns that [`stored`] reads, in its order.
pub(super) const STORED: &str = "position, revision, received, acknowledged_by, acknowledged_at,
    place, suppressed_by, comments, body";

/// The columns that [`facts`] reads, in its order.
const FACTS: &str = "position, revision, sender, agent, timestamp, severity, place, suppressed_by,
    acknowledged_by IS NOT NULL, detector, rule, category, source, target";

/// What a stored alert is counted, selected and suppressed by.
pub(super) struct Facts {
    pub(super) position: u64,
    pub(super) revision: u64,
    pub(super) sender: i64,
    pub(super) agent: String,
    pub(super) timestamp: Timestamp,
    pub(super) severity: i64,
    pub(super) place: i64,
    pub(super) suppressed_by: Option<i64>,
    pub(super) acknowledged: bool,
    pub(super) detector: String,
    pub(super) rule: String,
    pub(super) category: String,
    pub(super) source: Option<String>,
    pub(super) target: Option<String>,
}

impl Facts {
    /// Whether `rule` is about the alert.
    pub(super) fn fall_under(&self, rule: &SuppressionRule) -> bool {
        let ip = |end: &Option<String>| end.as_ref().and_then(|end| end.parse::<IpAddr>().ok());
        let ends = (ip(&self.source), ip(&self.target));
        rule.matches_ends(&self.detector, &self.rule, ends, &self.agent)
    }
}

/// The alert at `position`.
pub(super) fn alert(connection: &Connection, position: u64) -> Outcome<Option<StoredAlert>> {
    let sql =
        format!("SELECT {STORED} FROM alerts JOIN bodies USING (position) WHERE position = ?1");
    let mut select = connection.prepare_cached(&sql)?;
    let mut rows = select.query([integer(position)])?;
    rows.next()?.map(stored).transpose()
}

/// Reads the columns [`STORED`].
pub(super) fn stored(row: &Row<'_>) -> Outcome<StoredAlert> {
    let place: i64 = row.get(5)?;
    let position = natural(row.get(0)?);
    let body = row.get_ref(8)?.as_str().map_err(|error| Fault::Damaged(error.to_string()))?;
    let alert = serde_json::from_str(body)
        .map_err(|error| Fault::json(&format!("the alert at {position}"), &error))?;
    Ok(StoredAlert {
        position,
        revision: natural(row.get(1)?),
        received: Timestamp::from_nanos(row.get(2)?),
        acknowledged_by: row.get(3)?,
        acknowledged_at: moment(row.get(4)?),
        archived: place & ARCHIVED != 0,
        suppressed_by: row.get::<_, Option<i64>>(6)?.map(natural),
        comments: row.get(7)?,
        alert,
    })
}

/// What is known of the alert at `position` without its body.
pub(super) fn facts_at(connection: &Connection, position: u64) -> Outcome<Option<Facts>> {
    let found = connection
        .prepare_cached(&select_facts("position = ?1"))?
        .query_row([integer(position)], facts)
        .optional();
    Ok(found?)
}

/// The statement that selects [`Facts`] under `condition`. The cross join has SQLite begin with alerts.
pub(super) fn select_facts(condition: &str) -> String {
    format!("SELECT {FACTS} FROM alerts CROSS JOIN senders ON number = sender WHERE {condition}")
}

/// Reads the columns of [`select_facts`].
pub(super) fn facts(row: &Row<'_>) -> rusqlite::Result<Facts> {
    Ok(Facts {
        position: natural(row.get(0)?),
        revision: natural(row.get(1)?),
        sender: row.get(2)?,
        agent: row.get(3)?,
        timestamp: Timestamp::from_nanos(row.get(4)?),
        severity: row.get(5)?,
        place: row.get(6)?,
        suppressed_by: row.get(7)?,
        acknowledged: row.get(8)?,
        detector: row.get(9)?,
        rule: row.get(10)?,
        category: row.get(11)?,
        source: row.get(12)?,
        target: row.get(13)?,
    })
}

/// A severity as it is kept.
pub(super) const fn severity_number(severity: Severity) -> i64 {
    severity as i64
}

/// A severity that was kept.
pub(super) fn severity_of(number: i64) -> Outcome<Severity> {
    let level = usize::try_from(number).ok().and_then(|at| Severity::ALL.get(at).copied());
    level.ok_or_else(|| Fault::Damaged(format!("no severity has the number {number}")))
}

/// An end's address, or its hardware address where it has none.
pub(super) fn end_text(end: &Endpoint) -> Option<String> {
    end.ip.map(|ip| ip.to_string()).or_else(|| end.mac.map(|mac| mac.to_string()))
}

/// What text is looked for in. The parts are kept apart by a character that nobody types.
pub(super) fn search_text(alert: &Alert) -> String {
    let source = end_text(&alert.source).unwrap_or_default();
    let parts = [&*alert.category, &alert.message, &source, &alert.agent.hostname];
    parts.join("\u{1f}").to_lowercase()
}
