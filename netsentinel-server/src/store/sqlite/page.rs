//! Finding alerts: filters become SQL with bound values, answered in the order of an index.

use netsentinel_core::{Severity, Timestamp};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params_from_iter};

use super::alert_sql::{ARCHIVED, STORED, SUPPRESSED, alert, severity_number, stored};
use super::fault::Outcome;
use super::work::{integer, natural};
use crate::store::{AlertFilter, AlertPage, Cursor, StoredAlert};

/// Alerts in one page at most, whatever is asked.
const PAGE_MAX: usize = 5_000;
/// Detectors in a filter up to which each is looked up by itself.
const DETECTOR_SCANS: usize = 16;

/// Which alerts to find.
pub(super) struct Search<'a> {
    /// What they are.
    pub(super) filter: &'a AlertFilter,
    /// Only older ones than this.
    pub(super) after: Option<Cursor>,
    /// No newer revisions than this.
    pub(super) up_to: Option<u64>,
    /// What else must hold of them; a constant text.
    pub(super) also: Option<&'static str>,
    /// So many at most.
    pub(super) limit: usize,
}

/// A page of alerts, the newest timestamp first.
pub(super) fn page(
    connection: &Connection,
    filter: &AlertFilter,
    after: Option<Cursor>,
    limit: usize,
) -> Outcome<AlertPage> {
    let limit = limit.min(PAGE_MAX);
    let search = Search { filter, after, up_to: None, also: None, limit: limit.saturating_add(1) };
    let mut found = find(connection, &search)?;
    let more = found.len() > limit;
    found.truncate(limit);
    let mut alerts = Vec::with_capacity(found.len());
    for cursor in &found {
        alerts.extend(alert(connection, cursor.position)?);
    }
    let next = if more { found.last().copied() } else { None };
    Ok(AlertPage { alerts, next })
}

/// Up to `limit` alerts that changed after `revision`.
pub(super) fn changes(
    connection: &Connection,
    revision: u64,
    limit: usize,
) -> Outcome<Vec<StoredAlert>> {
    let sql = format!(
        "SELECT {STORED} FROM alerts INDEXED BY alerts_by_revision CROSS JOIN bodies USING (position)
         WHERE revision > ?1 ORDER BY revision LIMIT ?2"
    );
    let mut select = connection.prepare_cached(&sql)?;
    let mut rows = select.query([integer(revision), integer(limit.min(PAGE_MAX) as u64)])?;
    let mut alerts = Vec::new();
    while let Some(row) = rows.next()? {
        alerts.push(stored(row)?);
    }
    Ok(alerts)
}

/// Where the alerts are that `search` asks for, the newest timestamp first.
///
/// Each way through an index that the filter allows gives its newest ones in order; the newest of all
/// ways together are the answer. So no more is read than `limit` rows a way and what is passed over.
pub(super) fn find(connection: &Connection, search: &Search<'_>) -> Outcome<Vec<Cursor>> {
    let sender = match &search.filter.agent {
        None => None,
        Some(agent) => match sender(connection, agent)? {
            Some(number) => Some(number),
            None => return Ok(Vec::new()),
        },
    };
    let conditions = conditions(search, sender);
    let mut found = Vec::new();
    for way in ways(search.filter, sender) {
        follow(connection, &way, &conditions, search.limit, &mut found)?;
    }
    found.sort_unstable_by_key(|at| std::cmp::Reverse((at.timestamp, at.position)));
    found.truncate(search.limit);
    Ok(found)
}

/// An index, and what its first columns must be.
struct Way {
    index: &'static str,
    equal: Vec<(&'static str, Value)>,
}

/// What must hold of a row, in SQL with a `?` for each value.
#[derive(Default)]
struct Conditions {
    sql: String,
    values: Vec<Value>,
}

impl Conditions {
    /// `sql` has as many `?` as there are values.
    fn and(&mut self, sql: &str, values: impl IntoIterator<Item = Value>) {
        self.sql.push_str(" AND ");
        self.sql.push_str(sql);
        self.values.extend(values);
    }

    /// `column` is one of `values`. The plus keeps SQLite from choosing a way of its own.
    fn one_of(&mut self, column: &str, values: Vec<Value>) {
        let marks = vec!["?"; values.len()].join(",");
        self.and(&format!("+{column} IN ({marks})"), values);
    }
}

/// The ways that together lead to all alerts that the filter lets through, and to none twice.
fn ways(filter: &AlertFilter, sender: Option<i64>) -> Vec<Way> {
    if let Some(source) = &filter.source {
        let equal = vec![("source", Value::from(source.clone()))];
        return vec![Way { index: "alerts_by_source", equal }];
    }
    if let Some(number) = sender {
        let equal = vec![("sender", Value::from(number))];
        return vec![Way { index: "alerts_by_sender", equal }];
    }
    let mut detectors = filter.detector.clone();
    detectors.sort_unstable();
    detectors.dedup();
    if (1..=DETECTOR_SCANS).contains(&detectors.len()) {
        let way = |id: String| Way {
            index: "alerts_by_detector",
            equal: vec![("detector", Value::from(id))],
        };
        return detectors.into_iter().map(way).collect();
    }
    let mut ways = Vec::new();
    for place in places(filter) {
        for severity in Severity::ALL {
            if filter.severity.is_empty() || filter.severity.contains(&severity) {
                let severity = Value::from(severity_number(severity));
                let equal = vec![("place", Value::from(place)), ("severity", severity)];
                ways.push(Way { index: "alerts_by_severity", equal });
            }
        }
    }
    ways
}

/// The places that the filter lets through.
fn places(filter: &AlertFilter) -> Vec<i64> {
    let place = if filter.archived { ARCHIVED } else { 0 };
    if filter.suppressed { vec![place, place | SUPPRESSED] } else { vec![place] }
}

fn conditions(search: &Search<'_>, sender: Option<i64>) -> Conditions {
    let filter = search.filter;
    let mut all = Conditions::default();
    all.one_of("place", places(filter).into_iter().map(Value::from).collect());
    if !filter.severity.is_empty() {
        let numbers = filter.severity.iter().map(|level| severity_number(*level));
        all.one_of("severity", numbers.map(Value::from).collect());
    }
    if !filter.detector.is_empty() {
        all.one_of("detector", filter.detector.iter().cloned().map(Value::from).collect());
    }
    if let Some(number) = sender {
        all.and("+sender = ?", [number.into()]);
    }
    if let Some(source) = &filter.source {
        all.and("+source = ?", [source.clone().into()]);
    }
    if let Some(target) = &filter.target {
        all.and("target = ?", [target.clone().into()]);
    }
    if let Some(since) = filter.since {
        all.and("timestamp >= ?", [since.as_nanos().into()]);
    }
    if let Some(until) = filter.until {
        all.and("timestamp < ?", [until.as_nanos().into()]);
    }
    if let Some(Cursor { timestamp, position }) = search.after {
        let (time, position) = (Value::from(timestamp.as_nanos()), integer(position).into());
        let values = [time.clone(), time, position];
        all.and("timestamp <= ? AND (timestamp < ? OR position < ?)", values);
    }
    match filter.acknowledged {
        Some(true) => all.and("acknowledged_by IS NOT NULL", []),
        Some(false) => all.and("acknowledged_by IS NULL", []),
        None => {}
    }
    if let Some(revision) = search.up_to {
        all.and("+revision <= ?", [integer(revision).into()]);
    }
    if let Some(also) = search.also {
        all.and(also, []);
    }
    if let Some(text) = filter.text.as_ref().filter(|text| !text.is_empty()) {
        all.and("instr(search, ?) > 0", [text.to_lowercase().into()]);
    }
    all
}

fn follow(
    connection: &Connection,
    way: &Way,
    conditions: &Conditions,
    limit: usize,
    found: &mut Vec<Cursor>,
) -> Outcome<()> {
    let limit = Value::from(integer(limit as u64));
    let first = way.equal.iter().map(|(_, value)| value);
    let values = first.chain(&conditions.values).chain([&limit]);
    let mut select = connection.prepare_cached(&statement(way, conditions))?;
    let mut rows = select.query(params_from_iter(values))?;
    while let Some(row) = rows.next()? {
        let timestamp = Timestamp::from_nanos(row.get(0)?);
        found.push(Cursor { timestamp, position: natural(row.get(1)?) });
    }
    Ok(())
}

/// The statement that goes one way.
fn statement(way: &Way, conditions: &Conditions) -> String {
    let equal: Vec<String> = way.equal.iter().map(|(column, _)| format!("{column} = ?")).collect();
    format!(
        "SELECT timestamp, position FROM alerts INDEXED BY {} WHERE {}{}
         ORDER BY timestamp DESC, position DESC LIMIT ?",
        way.index,
        equal.join(" AND "),
        conditions.sql
    )
}

fn sender(connection: &Connection, agent: &str) -> Outcome<Option<i64>> {
    let known = connection
        .prepare_cached("SELECT number FROM senders WHERE agent = ?1")?
        .query_row([agent], |row| row.get(0))
        .optional();
    Ok(known?)
}

#[cfg(test)]
mod tests {
    use super::super::migration::migrate;
    use super::*;

    /// A statement that sorts reads all of what it filters, however few are asked for.
    #[test]
    fn every_way_goes_along_its_index_without_sorting() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection).unwrap();
        let none = AlertFilter::default();
        let time = Some(Timestamp::from_nanos(1));
        let filters = [
            none.clone(),
            AlertFilter { suppressed: true, archived: true, ..none.clone() },
            AlertFilter { severity: vec![Severity::Low, Severity::High], ..none.clone() },
            AlertFilter { detector: vec!["a".into(), "b".into(), "a".into()], ..none.clone() },
            AlertFilter { source: Some("a".into()), severity: vec![Severity::Low], ..none.clone() },
            AlertFilter { agent: Some("a".into()), since: time, until: time, ..none.clone() },
            AlertFilter { text: Some("a".into()), acknowledged: Some(true), ..none.clone() },
            AlertFilter { target: Some("a".into()), acknowledged: Some(false), ..none },
        ];
        let after = Some(Cursor { timestamp: Timestamp::from_nanos(1), position: 1 });
        for filter in &filters {
            let also = Some("+place < 2");
            let search = Search { filter, after, up_to: Some(1), also, limit: 1 };
            let sender = filter.agent.as_ref().map(|_| 1);
            let conditions = conditions(&search, sender);
            for way in ways(filter, sender) {
                let sql = format!("EXPLAIN QUERY PLAN {}", statement(&way, &conditions));
                let mut plan = connection.prepare(&sql).unwrap();
                let steps = plan.raw_query().mapped(|row| row.get::<_, String>(3));
                let steps: Vec<String> = steps.map(|step| step.unwrap()).collect();
                assert_eq!(steps.len(), 1, "{sql}: {steps:?}");
                assert!(steps[0].contains(way.index), "{steps:?}");
                assert!(steps[0].contains("timestamp<"), "{steps:?}");
            }
        }
    }
}
