//! Adding alerts, and updates of alerts.

use netsentinel_core::{Alert, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

use super::alert_sql::{
    Facts, SUPPRESSED, alert, end_text, facts_at, search_text, severity_number,
};
use super::fault::{Fault, Outcome};
use super::identity::Id;
use super::rollup::{Counted, Deltas};
use super::suppressing::Hits;
use super::work::{Memory, Work, integer};
use crate::store::{Change, ItemOutcome, Observer, StoreError, StoredAlert};

/// An alert made ready by its caller, so that the writer has less to do.
pub(super) struct Ready {
    alert: Alert,
    id: Id,
    body: String,
    search: String,
    source: Option<String>,
    target: Option<String>,
}

/// What became of a request's alerts.
pub(super) struct Added {
    /// Whether each was stored.
    stored: Vec<bool>,
    /// Those that were, in their order.
    changes: Vec<Change>,
}

impl Ready {
    /// Does for `alert` what needs no database.
    pub(super) fn new(alert: Alert) -> Result<Self, StoreError> {
        let body = serde_json::to_string(&alert)
            .map_err(|error| StoreError::Database(format!("an alert can not be kept: {error}")))?;
        let (source, target) = (end_text(&alert.source), end_text(&alert.target));
        let (id, search) = (Id::of(&alert), search_text(&alert));
        Ok(Self { alert, id, body, search, source, target })
    }

    fn counted(&self, place: i64, acknowledged: bool) -> Counted<'_> {
        Counted {
            place,
            severity: severity_number(self.alert.severity),
            acknowledged,
            timestamp: self.alert.timestamp,
            detector: &self.alert.detector,
            category: &self.alert.category,
        }
    }
}

impl Added {
    /// Tells the observer.
    pub(super) fn announce(&self, observer: &dyn Observer) {
        if !self.changes.is_empty() {
            observer.stored(&self.changes);
        }
    }

    /// One outcome for each alert of the request.
    pub(super) fn outcomes(self) -> Vec<ItemOutcome> {
        let mut changes = self.changes.into_iter();
        let mut next = |stored| if stored { changes.next() } else { None };
        let outcome = |change: Option<Change>| match change {
            Some(change) => ItemOutcome::Stored(Box::new(change)),
            None => ItemOutcome::Duplicate,
        };
        self.stored.iter().map(|stored| outcome(next(*stored))).collect()
    }
}

/// Stores the alerts that `agent` sent.
pub(super) fn add(
    work: &mut Work<'_>,
    agent: &str,
    alerts: Vec<Ready>,
    received: Timestamp,
) -> Outcome<Added> {
    let mut deltas = Deltas::default();
    let mut hits = Hits::default();
    let mut added = Added { stored: Vec::with_capacity(alerts.len()), changes: Vec::new() };
    let sender = sender(work.connection, agent)?;
    for ready in alerts {
        let change = match known(work, sender, &ready.id)? {
            Some((facts, update)) if ready.alert.update > update => {
                Some(replace(work, &facts, &ready, &mut deltas)?)
            }
            Some(_) => None,
            None => {
                let suppressed_by = work.memory.suppressed_by(&ready.alert, agent, received);
                suppressed_by.into_iter().for_each(|id| hits.count(id));
                let place = if suppressed_by.is_some() { SUPPRESSED } else { 0 };
                deltas.add(ready.counted(place, false));
                deltas.sender(sender, 1);
                insert(work, sender, &ready, (received, suppressed_by, place))?;
                let Memory { position, revision, .. } = *work.memory;
                work.recent.add(sender, ready.id, position);
                Some(fresh(position, revision, received, suppressed_by, ready.alert))
            }
        };
        added.stored.push(change.is_some());
        added.changes.extend(change);
    }
    deltas.apply(work.connection)?;
    hits.apply(work.connection, received)?;
    Ok(added)
}

/// The number that stands for `agent`.
fn sender(connection: &Connection, agent: &str) -> Outcome<i64> {
    let known = connection
        .prepare_cached("SELECT number FROM senders WHERE agent = ?1")?
        .query_row([agent], |row| row.get(0))
        .optional()?;
    match known {
        Some(number) => Ok(number),
        None => {
            connection.execute("INSERT INTO senders (agent, alerts) VALUES (?1, 0)", [agent])?;
            Ok(connection.last_insert_rowid())
        }
    }
}

/// The alert that is there already by this id, and its update.
fn known(work: &Work<'_>, sender: i64, id: &Id) -> Outcome<Option<(Facts, u32)>> {
    let Some(position) = work.recent.find(work.connection, &(sender, id.clone()))? else {
        return Ok(None);
    };
    let update = work
        .connection
        .prepare_cached("SELECT update_number FROM alerts WHERE position = ?1")?
        .query_row([integer(position)], |row| row.get(0))
        .optional()?;
    Ok(facts_at(work.connection, position)?.zip(update))
}

/// Adds an alert at the next position.
fn insert(
    work: &mut Work<'_>,
    sender: i64,
    ready: &Ready,
    (received, suppressed_by, place): (Timestamp, Option<u64>, i64),
) -> Outcome<()> {
    let alert = &ready.alert;
    let (position, revision) = (work.next_position(), work.next_revision());
    work.connection
        .prepare_cached(
            "INSERT INTO alerts (position, revision, received, sender, id, update_number, timestamp,
                severity, place, suppressed_by, comments, source_internal, source, target, detector,
                rule, category, search)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
        )?
        .execute(params![
            integer(position),
            integer(revision),
            received.as_nanos(),
            sender,
            ready.id,
            alert.update,
            alert.timestamp.as_nanos(),
            severity_number(alert.severity),
            place,
            suppressed_by.map(integer),
            alert.source.internal,
            ready.source,
            ready.target,
            alert.detector,
            alert.rule,
            alert.category,
            ready.search,
        ])?;
    work.connection
        .prepare_cached("INSERT INTO bodies VALUES (?1, ?2)")?
        .execute(params![integer(position), ready.body])?;
    Ok(())
}

fn fresh(
    position: u64,
    revision: u64,
    received: Timestamp,
    suppressed_by: Option<u64>,
    alert: Alert,
) -> Change {
    let stored = StoredAlert {
        position,
        revision,
        received,
        acknowledged_by: None,
        acknowledged_at: None,
        archived: false,
        suppressed_by,
        comments: 0,
        alert,
    };
    Change { new: true, stored }
}

/// Replaces what the agent told before. What people did with the alert stays, and whether it is
/// suppressed too.
fn replace(
    work: &mut Work<'_>,
    facts: &Facts,
    ready: &Ready,
    deltas: &mut Deltas,
) -> Outcome<Change> {
    deltas.remove(Counted::from(facts));
    deltas.add(ready.counted(facts.place, facts.acknowledged));
    write_over(work, facts.position, ready)?;
    let gone = || Fault::Damaged(format!("the alert at {} has no body", facts.position));
    let stored = alert(work.connection, facts.position)?.ok_or_else(gone)?;
    Ok(Change { new: false, stored })
}

fn write_over(work: &mut Work<'_>, position: u64, ready: &Ready) -> Outcome<()> {
    let alert = &ready.alert;
    let revision = work.next_revision();
    work.connection
        .prepare_cached(
            "UPDATE alerts SET revision = ?2, update_number = ?3, timestamp = ?4, severity = ?5,
                source_internal = ?6, source = ?7, target = ?8, detector = ?9, rule = ?10,
                category = ?11, search = ?12
             WHERE position = ?1",
        )?
        .execute(params![
            integer(position),
            integer(revision),
            alert.update,
            alert.timestamp.as_nanos(),
            severity_number(alert.severity),
            alert.source.internal,
            ready.source,
            ready.target,
            alert.detector,
            alert.rule,
            alert.category,
            ready.search,
        ])?;
    work.connection
        .prepare_cached("UPDATE bodies SET body = ?2 WHERE position = ?1")?
        .execute(params![integer(position), ready.body])?;
    Ok(())
}
