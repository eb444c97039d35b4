//! Suppressions: kept, applied to what comes in, to what is there, and taken away.
//!
//! An alert records one suppression, the oldest that it falls under. When that is taken away, the
//! alert falls to the next one that would have suppressed it, and comes back only if there is none.

use std::collections::HashMap;
use std::sync::Arc;

use netsentinel_core::{Alert, Timestamp};
use rusqlite::{Connection, Row, params};

use super::alert_sql::{Facts, SUPPRESSED, facts, facts_at, select_facts};
use super::audit::By;
use super::fault::{Fault, Outcome};
use super::identity::Recent;
use super::rollup::{Counted, Deltas};
use super::work::{Memory, Work, integer, moment, natural};
use super::{SLICE, Shared};
use crate::store::{NewSuppression, Observer, Result, StoreError, Suppression, SuppressionRule};

/// Suppressions at most: every alert that comes in is compared with each.
const SUPPRESSIONS_MAX: usize = 1_000;

/// A suppression as the writer remembers it.
#[derive(Clone)]
pub(super) struct Active {
    id: u64,
    rule: SuppressionRule,
    expires: Option<Timestamp>,
    /// Alerts up to this position do not fall under it.
    after: u64,
}

impl Active {
    fn holds_at(&self, received: Timestamp) -> bool {
        self.expires.is_none_or(|expires| received < expires)
    }

    /// Whether an alert that is stored falls under it.
    fn holds_for(&self, facts: &Facts, received: Timestamp) -> bool {
        facts.position > self.after && self.holds_at(received) && facts.fall_under(&self.rule)
    }
}

impl Memory {
    /// The suppression that an alert falls under that comes in now.
    pub(super) fn suppressed_by(
        &self,
        alert: &Alert,
        agent: &str,
        received: Timestamp,
    ) -> Option<u64> {
        let holds =
            |active: &&Active| active.holds_at(received) && active.rule.matches(alert, agent);
        self.suppressions.iter().find(holds).map(|active| active.id)
    }
}

/// Hits that a command brings.
#[derive(Default)]
pub(super) struct Hits(HashMap<u64, i64>);

impl Hits {
    /// One alert more.
    pub(super) fn count(&mut self, suppression: u64) {
        *self.0.entry(suppression).or_default() += 1;
    }

    /// Writes them.
    pub(super) fn apply(self, connection: &Connection, at: Timestamp) -> Outcome<()> {
        for (id, by) in self.0 {
            connection
                .prepare_cached(
                    "UPDATE suppressions SET hits = hits + ?2, last_hit = max(?3, coalesce(last_hit, ?3))
                     WHERE id = ?1",
                )?
                .execute([integer(id), by, at.as_nanos()])?;
        }
        Ok(())
    }
}

/// All suppressions as the writer remembers them.
pub(super) fn load(connection: &Connection) -> Outcome<Vec<Active>> {
    let mut select = connection
        .prepare_cached("SELECT id, rule, expires, after FROM suppressions ORDER BY id")?;
    let mut rows = select.query([])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        let (expires, after) = (moment(row.get(2)?), natural(row.get(3)?));
        all.push(Active { id: natural(row.get(0)?), rule: rule(row, 1)?, expires, after });
    }
    Ok(all)
}

fn rule(row: &Row<'_>, column: usize) -> Outcome<SuppressionRule> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text).map_err(|error| Fault::json("a suppression's rule", &error))
}

/// All suppressions, the oldest first.
pub(super) fn list(connection: &Connection) -> Outcome<Vec<Suppression>> {
    let sql = "SELECT id, rule, reason, expires, author, created, hits, last_hit FROM suppressions
        ORDER BY id";
    let mut select = connection.prepare_cached(sql)?;
    let mut rows = select.query([])?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push(suppression(row)?);
    }
    Ok(all)
}

fn suppression(row: &Row<'_>) -> Outcome<Suppression> {
    Ok(Suppression {
        id: natural(row.get(0)?),
        rule: rule(row, 1)?,
        reason: row.get(2)?,
        expires: moment(row.get(3)?),
        author: row.get(4)?,
        created: Timestamp::from_nanos(row.get(5)?),
        hits: natural(row.get(6)?),
        last_hit: moment(row.get(7)?),
    })
}

/// Adds a suppression. From its commit on it is applied to what comes in; then, if asked, to what was
/// there before, slice by slice.
pub(super) async fn suppress(
    shared: Arc<Shared>,
    new: NewSuppression,
    apply_to_stored: bool,
    by: By,
) -> Result<Suppression> {
    let (note_by, now) = (by.clone(), by.now);
    let apply_to_stored = apply_to_stored && new.expires.is_none_or(|expires| now < expires);
    let add = move |work: &mut Work<'_>| insert(work, &new, apply_to_stored, &note_by);
    let (mut suppression, last) = shared.writer.run(add, |_, _| {}).await?;
    if apply_to_stored {
        let (id, mut from) = (suppression.id, 0);
        while from < last {
            let rule = suppression.rule.clone();
            let look = move |connection: &Connection| candidates(connection, &rule, from, last);
            let (found, seen) = shared.readers.run(look).await?;
            from = seen;
            if !found.is_empty() {
                let apply = move |work: &mut Work<'_>| apply_slice(work, id, &found, now);
                let hits = shared.writer.run(apply, announce).await?.0;
                suppression.hits += hits;
                suppression.last_hit = suppression.last_hit.or((hits > 0).then_some(now));
            }
        }
    }
    Ok(suppression)
}

/// The suppression, and the last position that was there before it.
fn insert(
    work: &mut Work<'_>,
    new: &NewSuppression,
    apply_to_stored: bool,
    by: &By,
) -> Outcome<(Suppression, u64)> {
    if work.memory.suppressions.len() >= SUPPRESSIONS_MAX {
        let max = SUPPRESSIONS_MAX as u64;
        return Err(StoreError::TooMany { what: "suppressions", max }.into());
    }
    let text = serde_json::to_string(&new.rule)
        .map_err(|error| StoreError::Database(format!("a rule can not be kept: {error}")))?;
    let (last, created) = (work.memory.position, by.now);
    let after = if apply_to_stored { 0 } else { last };
    let expires = new.expires.map(Timestamp::as_nanos);
    work.connection.execute(
        "INSERT INTO suppressions (rule, reason, expires, author, created, hits, after)
         VALUES (?1, ?2, ?3, ?4, ?5, 0, ?6)",
        params![text, new.reason, expires, by.actor, created.as_nanos(), integer(after)],
    )?;
    let id = natural(work.connection.last_insert_rowid());
    by.note(work.connection, "suppression.add", &id.to_string(), &text)?;
    let active = Active { id, rule: new.rule.clone(), expires: new.expires, after };
    Arc::make_mut(&mut work.memory.suppressions).push(active);
    let NewSuppression { rule, reason, expires } = new.clone();
    let author = by.actor.clone();
    let suppression =
        Suppression { id, rule, reason, expires, author, created, hits: 0, last_hit: None };
    Ok((suppression, last))
}

/// Positions after `from` up to `last` that fall under `rule` and are not suppressed, from one slice
/// of what is stored; and how far that slice went.
fn candidates(
    connection: &Connection,
    rule: &SuppressionRule,
    from: u64,
    last: u64,
) -> Outcome<(Vec<u64>, u64)> {
    let condition = "position > ?1 AND position <= ?2 ORDER BY position LIMIT ?3";
    let mut select = connection.prepare_cached(&select_facts(condition))?;
    let mut rows = select.query([integer(from), integer(last), integer(SLICE as u64)])?;
    let (mut found, mut seen, mut looked) = (Vec::new(), last, 0);
    while let Some(row) = rows.next()? {
        let facts = facts(row)?;
        looked += 1;
        if looked == SLICE {
            seen = facts.position;
        }
        if facts.suppressed_by.is_none() && facts.fall_under(rule) {
            found.push(facts.position);
        }
    }
    Ok((found, seen))
}

/// Suppresses those of `positions` that are still there and still fall under suppression `id`.
fn apply_slice(
    work: &mut Work<'_>,
    id: u64,
    positions: &[u64],
    now: Timestamp,
) -> Outcome<(u64, u64)> {
    let all = Arc::clone(&work.memory.suppressions);
    // Somebody may have taken it away meanwhile.
    let Some(active) = all.iter().find(|active| active.id == id) else { return Ok((0, 0)) };
    let (mut deltas, mut hits, mut changed) = (Deltas::default(), Hits::default(), 0);
    for position in positions {
        let Some(facts) = facts_at(work.connection, *position)? else { continue };
        if facts.suppressed_by.is_none() && facts.fall_under(&active.rule) {
            set(work, &facts, Some(id), &mut deltas)?;
            hits.count(id);
            changed += 1;
        }
    }
    deltas.apply(work.connection)?;
    hits.apply(work.connection, now)?;
    Ok((changed, work.memory.revision))
}

/// Has an alert be suppressed by another suppression, or by none.
fn set(work: &mut Work<'_>, facts: &Facts, by: Option<u64>, deltas: &mut Deltas) -> Outcome<()> {
    let was = Counted::from(facts);
    let mut is = was;
    is.place = if by.is_some() { was.place | SUPPRESSED } else { was.place & !SUPPRESSED };
    if is.place != was.place {
        deltas.remove(was);
        deltas.add(is);
    }
    let revision = work.next_revision();
    work.connection
        .prepare_cached(
            "UPDATE alerts SET revision = ?2, place = ?3, suppressed_by = ?4 WHERE position = ?1",
        )?
        .execute(params![integer(facts.position), integer(revision), is.place, by.map(integer)])?;
    Ok(())
}

/// Takes a suppression away. From the first commit on it is not applied any more; alerts that it
/// suppressed come back slice by slice.
pub(super) async fn unsuppress(shared: Arc<Shared>, id: u64, by: By) -> Result<bool> {
    let now = by.now;
    if !shared.writer.run(move |work| remove(work, id, &by), |_, _| {}).await? {
        return Ok(false);
    }
    while shared.writer.run(move |work| release(work, id, Some(now)), announce).await?.0 > 0 {}
    Ok(true)
}

fn remove(work: &mut Work<'_>, id: u64, by: &By) -> Outcome<bool> {
    let there =
        work.connection.execute("DELETE FROM suppressions WHERE id = ?1", [integer(id)])? > 0;
    if there {
        Arc::make_mut(&mut work.memory.suppressions).retain(|active| active.id != id);
        by.note(work.connection, "suppression.remove", &id.to_string(), "")?;
    }
    Ok(there)
}

/// Hands a slice of the alerts of a suppression that is gone to another one, or lets them free. How
/// many, and the newest revision, come back.
fn release(work: &mut Work<'_>, id: u64, now: Option<Timestamp>) -> Outcome<(u64, u64)> {
    let select = "SELECT position, received FROM alerts INDEXED BY alerts_suppressed
        WHERE suppressed_by = ?1 LIMIT ?2";
    let all = Arc::clone(&work.memory.suppressions);
    let found: Vec<(i64, i64)> = work
        .connection
        .prepare_cached(select)?
        .query_map([integer(id), integer(SLICE as u64)], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let (mut deltas, mut hits) = (Deltas::default(), Hits::default());
    for (position, received) in &found {
        let Some(facts) = facts_at(work.connection, natural(*position))? else { continue };
        let received = Timestamp::from_nanos(*received);
        let next = all.iter().find(|active| active.holds_for(&facts, received));
        let next = next.map(|active| active.id);
        set(work, &facts, next, &mut deltas)?;
        next.into_iter().for_each(|id| hits.count(id));
    }
    deltas.apply(work.connection)?;
    if let Some(now) = now {
        hits.apply(work.connection, now)?;
    }
    Ok((found.len() as u64, work.memory.revision))
}

fn announce(slice: &(u64, u64), observer: &dyn Observer) {
    if slice.0 > 0 {
        observer.changed(slice.1);
    }
}

/// Finishes what [`unsuppress`] had begun when the server was killed.
pub(super) fn release_orphans(connection: &mut Connection) -> Outcome<()> {
    loop {
        let transaction = connection.transaction()?;
        let orphan: Option<i64> = transaction.query_row(
            "SELECT min(suppressed_by) FROM alerts INDEXED BY alerts_suppressed
             WHERE suppressed_by IS NOT NULL AND suppressed_by NOT IN (SELECT id FROM suppressions)",
            [],
            |row| row.get(0),
        )?;
        let Some(id) = orphan else { return Ok(()) };
        let (mut memory, mut recent) = (Memory::default(), Recent::default());
        memory.refresh(&transaction, &mut recent)?;
        let before = memory.clone();
        let mut work = Work { connection: &transaction, memory: &mut memory, recent: &mut recent };
        release(&mut work, natural(id), None)?;
        memory.keep(&before, &transaction)?;
        transaction.commit()?;
    }
}
