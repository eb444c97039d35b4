//! Counts over many alerts, from the counters that are kept with them.

use std::collections::HashMap;

use netsentinel_core::{Severity, Timestamp};
use rusqlite::{Connection, params};

use super::alert_sql::{ARCHIVED, SUPPRESSED, severity_number, severity_of};
use super::fault::Outcome;
use super::rollup::{minute_end, minute_of, minute_start};
use super::work::{integer, natural};
use crate::store::{CategoryCount, MinuteCounts, SourceCount, Stats};

/// Minutes in one timeline at most: a week.
const MINUTES_MAX: u32 = 7 * 24 * 60;
/// Sources in one answer at most.
const SOURCES_MAX: usize = 1_000;
/// Alerts of each severity that the sources are counted over at most, the newest.
const SOURCE_ALERTS_MAX: i64 = 500_000;

/// The newest revision.
pub(super) fn revision(connection: &Connection) -> Outcome<u64> {
    let mut select = connection.prepare_cached("SELECT revision FROM counters")?;
    Ok(natural(select.query_row([], |row| row.get(0))?))
}

/// Counters over everything that is kept.
pub(super) fn stats(connection: &Connection) -> Outcome<Stats> {
    let mut stats = Stats { revision: revision(connection)?, ..Stats::default() };
    let mut select = connection
        .prepare_cached("SELECT place, severity, acknowledged, alerts FROM severity_counts")?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let (place, severity): (i64, _) = (row.get(0)?, severity_of(row.get(1)?)?);
        let (acknowledged, alerts): (bool, _) = (row.get(2)?, natural(row.get(3)?));
        if place == 0 {
            *stats.alerts.of(severity) += alerts;
            if !acknowledged {
                *stats.unacknowledged.of(severity) += alerts;
            }
        }
        if place & ARCHIVED != 0 {
            stats.archived += alerts;
        }
        if place & SUPPRESSED != 0 {
            stats.suppressed += alerts;
        }
    }
    Ok(stats)
}

/// `minutes` of them, up to and including the one of `until`.
pub(super) fn timeline(
    connection: &Connection,
    until: Timestamp,
    minutes: u32,
) -> Outcome<Vec<MinuteCounts>> {
    let minutes = i64::from(minutes.min(MINUTES_MAX));
    let last = minute_of(until);
    let first = last - minutes + 1;
    let empty = |minute| MinuteCounts { minute: minute_start(minute), alerts: Default::default() };
    let mut line: Vec<MinuteCounts> = (first..=last).map(empty).collect();
    let mut select = connection.prepare_cached(
        "SELECT minute, severity, sum(alerts) FROM minute_counts
         WHERE minute BETWEEN ?1 AND ?2 GROUP BY minute, severity",
    )?;
    let mut rows = select.query([first, last])?;
    while let Some(row) = rows.next()? {
        let at = row.get::<_, i64>(0)? - first;
        let severity = severity_of(row.get(1)?)?;
        if let Some(counts) = usize::try_from(at).ok().and_then(|at| line.get_mut(at)) {
            *counts.alerts.of(severity) += natural(row.get(2)?);
        }
    }
    Ok(line)
}

/// The sources with the most alerts. Alerts without a source do not count, and of each severity no
/// more than the newest half million.
pub(super) fn top_sources(
    connection: &Connection,
    since: Timestamp,
    limit: usize,
) -> Outcome<Vec<SourceCount>> {
    let mut sources: HashMap<String, SourceCount> = HashMap::new();
    let mut select = connection.prepare_cached(
        "SELECT source, source_internal, max(timestamp), count(*) FROM
            (SELECT source, source_internal, timestamp FROM alerts INDEXED BY alerts_by_severity
             WHERE place = 0 AND severity = ?1 AND timestamp >= ?2
             ORDER BY timestamp DESC LIMIT ?3)
         WHERE source IS NOT NULL GROUP BY source",
    )?;
    for severity in Severity::ALL {
        let bound = params![severity_number(severity), since.as_nanos(), SOURCE_ALERTS_MAX];
        let mut rows = select.query(bound)?;
        while let Some(row) = rows.next()? {
            let (source, last_seen): (String, _) =
                (row.get(0)?, Timestamp::from_nanos(row.get(2)?));
            let internal: Option<bool> = row.get(1)?;
            let count = sources.entry(source).or_insert_with_key(|source| SourceCount {
                source: source.clone(),
                internal,
                alerts: Default::default(),
                last_seen,
            });
            if last_seen >= count.last_seen {
                (count.last_seen, count.internal) = (last_seen, internal);
            }
            *count.alerts.of(severity) += natural(row.get(3)?);
        }
    }
    let mut most: Vec<SourceCount> = sources.into_values().collect();
    let rank = |count: &SourceCount| std::cmp::Reverse(count.alerts.total());
    most.sort_unstable_by(|a, b| rank(a).cmp(&rank(b)).then_with(|| a.source.cmp(&b.source)));
    most.truncate(limit.min(SOURCES_MAX));
    Ok(most)
}

/// Alerts by category, the most first. Whole minutes come from the counters; the rest of the minute
/// that `since` lies in is counted.
pub(super) fn categories(connection: &Connection, since: Timestamp) -> Outcome<Vec<CategoryCount>> {
    let minute = minute_of(since);
    let mut found = Categories::default();
    let whole = if minute_start(minute) == since { minute } else { minute + 1 };
    found.read(
        connection,
        "SELECT detector, category, severity, sum(alerts) FROM minute_counts
         WHERE minute >= ?1 GROUP BY detector, category, severity",
        &[whole],
    )?;
    if whole > minute {
        for severity in Severity::ALL {
            found.read(
                connection,
                "SELECT detector, category, severity, count(*) FROM alerts
                 INDEXED BY alerts_by_severity
                 WHERE place = 0 AND severity = ?1 AND timestamp BETWEEN ?2 AND ?3
                 GROUP BY detector, category",
                &[severity_number(severity), since.as_nanos(), minute_end(minute).as_nanos()],
            )?;
        }
    }
    let mut most: Vec<CategoryCount> = found.0.into_values().collect();
    most.sort_unstable_by(|a, b| {
        let most = b.alerts.total().cmp(&a.alerts.total());
        most.then_with(|| (&a.detector, &a.category).cmp(&(&b.detector, &b.category)))
    });
    Ok(most)
}

#[derive(Default)]
struct Categories(HashMap<(String, String), CategoryCount>);

impl Categories {
    fn read(&mut self, connection: &Connection, sql: &str, bound: &[i64]) -> Outcome<()> {
        let mut select = connection.prepare_cached(sql)?;
        let mut rows = select.query(rusqlite::params_from_iter(bound))?;
        while let Some(row) = rows.next()? {
            let key: (String, String) = (row.get(0)?, row.get(1)?);
            let severity = severity_of(row.get(2)?)?;
            let count = self.0.entry(key).or_insert_with_key(|(detector, category)| {
                let (detector, category) = (detector.clone(), category.clone());
                CategoryCount { detector, category, alerts: Default::default() }
            });
            *count.alerts.of(severity) += natural(row.get(3)?);
        }
        Ok(())
    }
}

/// Bytes of the database with its log.
pub(super) fn bytes(connection: &Connection, log: u64) -> Outcome<u64> {
    let sql = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size";
    let pages: i64 = connection.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
    Ok(integer(natural(pages)) as u64 + log)
}
