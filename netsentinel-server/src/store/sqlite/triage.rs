//! Acknowledging, archiving, and the way back, in slices.

use std::sync::Arc;

use rusqlite::params;

use super::alert_sql::{ARCHIVED, Facts, facts_at};
use super::audit::By;
use super::fault::Outcome;
use super::page::{Search, find};
use super::rollup::{Counted, Deltas};
use super::work::{Work, integer};
use super::{SLICE, Shared};
use crate::store::{AlertFilter, Cursor, Observer, Result, Selection, Triage};

/// Characters of a selection that the audit trail shows.
const DETAIL_MAX: usize = 1_000;

/// What came of one slice.
struct Slice {
    changed: u64,
    revision: u64,
    /// The audit entry, once there is one.
    entry: Option<i64>,
}

/// What is done to every slice.
#[derive(Clone)]
struct Order {
    triage: Triage,
    by: By,
    detail: String,
    /// Alerts that changed after this revision are left alone.
    up_to: u64,
}

/// Changes all that is selected, and tells how many that were. One audit entry tells of all of it; it
/// is there from the first slice on and counts with them.
pub(super) async fn run(
    shared: Arc<Shared>,
    selection: Selection,
    triage: Triage,
    by: By,
) -> Result<u64> {
    let detail = detail(&selection);
    match selection {
        Selection::Positions(mut positions) => {
            positions.sort_unstable();
            positions.dedup();
            let order = Order { triage, by, detail, up_to: u64::MAX };
            let (mut total, mut entry) = (0, None);
            for slice in positions.chunks(SLICE) {
                let done = change(&shared, &order, slice.to_vec(), entry, total).await?;
                (total, entry) = (total + done.changed, done.entry);
            }
            Ok(total)
        }
        Selection::Matching { filter, up_to } => {
            let order = Order { triage, by, detail, up_to };
            let (mut total, mut entry, mut after) = (0, None, None);
            loop {
                let found = select(&shared, filter.clone(), &order, after).await?;
                let Some(last) = found.last().copied() else { return Ok(total) };
                let positions = found.iter().map(|at| at.position).collect();
                let done = change(&shared, &order, positions, entry, total).await?;
                (total, entry, after) = (total + done.changed, done.entry, Some(last));
            }
        }
    }
}

/// The next slice of what is to be changed; found on a reader, so that the writer goes on.
async fn select(
    shared: &Shared,
    filter: AlertFilter,
    order: &Order,
    after: Option<Cursor>,
) -> Result<Vec<Cursor>> {
    let (also, up_to) = (Some(needs(order.triage)), Some(order.up_to));
    shared
        .readers
        .run(move |connection| {
            find(connection, &Search { filter: &filter, after, up_to, also, limit: SLICE })
        })
        .await
}

/// What must hold of an alert that `triage` changes.
const fn needs(triage: Triage) -> &'static str {
    match triage {
        Triage::Acknowledge => "acknowledged_by IS NULL",
        Triage::Unacknowledge => "acknowledged_by IS NOT NULL",
        Triage::Archive => "+place < 2",
        Triage::Unarchive => "+place >= 2",
    }
}

async fn change(
    shared: &Shared,
    order: &Order,
    positions: Vec<u64>,
    entry: Option<i64>,
    before: u64,
) -> Result<Slice> {
    let order = order.clone();
    let announce = |slice: &Slice, observer: &dyn Observer| {
        if slice.changed > 0 {
            observer.changed(slice.revision);
        }
    };
    shared
        .writer
        .run(move |work| change_slice(work, &order, &positions, entry, before), announce)
        .await
}

fn change_slice(
    work: &mut Work<'_>,
    order: &Order,
    positions: &[u64],
    entry: Option<i64>,
    before: u64,
) -> Outcome<Slice> {
    let mut deltas = Deltas::default();
    let (mut changed, mut last) = (0, 0);
    for position in positions {
        let Some(facts) = facts_at(work.connection, *position)? else { continue };
        if facts.revision <= order.up_to && change_one(work, order, &facts, &mut deltas)? {
            (changed, last) = (changed + 1, *position);
        }
    }
    deltas.apply(work.connection)?;
    let entry = if changed == 0 {
        entry
    } else {
        let total = before + changed;
        let subject = if total == 1 { last.to_string() } else { format!("{total} alerts") };
        Some(note(work, order, entry, &subject)?)
    };
    Ok(Slice { changed, revision: work.memory.revision, entry })
}

fn change_one(
    work: &mut Work<'_>,
    order: &Order,
    facts: &Facts,
    deltas: &mut Deltas,
) -> Outcome<bool> {
    let was = Counted::from(facts);
    let mut is = was;
    match order.triage {
        Triage::Acknowledge => is.acknowledged = true,
        Triage::Unacknowledge => is.acknowledged = false,
        Triage::Archive => is.place |= ARCHIVED,
        Triage::Unarchive => is.place &= !ARCHIVED,
    }
    if (is.acknowledged, is.place) == (was.acknowledged, was.place) {
        return Ok(false);
    }
    deltas.remove(was);
    deltas.add(is);
    let (position, revision) = (integer(facts.position), integer(work.next_revision()));
    if is.place == was.place {
        let by = is.acknowledged.then_some((&order.by.actor, order.by.now.as_nanos()));
        work.connection
            .prepare_cached(
                "UPDATE alerts SET revision = ?2, acknowledged_by = ?3, acknowledged_at = ?4
                 WHERE position = ?1",
            )?
            .execute(params![position, revision, by.map(|by| by.0), by.map(|by| by.1)])?;
    } else {
        work.connection
            .prepare_cached("UPDATE alerts SET revision = ?2, place = ?3 WHERE position = ?1")?
            .execute([position, revision, is.place])?;
    }
    Ok(true)
}

/// Makes the audit entry, or has the one that there is tell the new number.
fn note(work: &Work<'_>, order: &Order, entry: Option<i64>, subject: &str) -> Outcome<i64> {
    let Some(id) = entry else {
        let action = match order.triage {
            Triage::Acknowledge => "alert.acknowledge",
            Triage::Unacknowledge => "alert.unacknowledge",
            Triage::Archive => "alert.archive",
            Triage::Unarchive => "alert.unarchive",
        };
        return order.by.note(work.connection, action, subject, &order.detail);
    };
    work.connection
        .prepare_cached("UPDATE audit SET subject = ?2 WHERE id = ?1")?
        .execute(params![id, subject])?;
    Ok(id)
}

/// What was selected, in short.
fn detail(selection: &Selection) -> String {
    let text = match selection {
        Selection::Positions(positions) if positions.len() < 2 => String::new(),
        Selection::Positions(positions) => {
            let shown: Vec<String> = positions.iter().take(100).map(u64::to_string).collect();
            format!("positions {}", shown.join(", "))
        }
        Selection::Matching { filter, up_to } => {
            let filter = serde_json::to_string(filter).unwrap_or_default();
            format!("all up to revision {up_to} that match {filter}")
        }
    };
    text.chars().take(DETAIL_MAX).collect()
}
