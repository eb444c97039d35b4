//! The counters that change with the alerts they count.

use std::collections::HashMap;

use netsentinel_core::Timestamp;
use rusqlite::{Connection, params};

use super::alert_sql::Facts;
use super::fault::Outcome;

const MINUTE_NANOS: i64 = 60_000_000_000;

/// What a command changes in the counters, put together before it is written.
#[derive(Default)]
pub(super) struct Deltas {
    severities: HashMap<(i64, i64, bool), i64>,
    minutes: HashMap<MinuteKey, i64>,
    senders: HashMap<i64, i64>,
}

type MinuteKey = (i64, i64, Box<str>, Box<str>);

/// What an alert is counted under.
#[derive(Clone, Copy)]
pub(super) struct Counted<'a> {
    pub(super) place: i64,
    pub(super) severity: i64,
    pub(super) acknowledged: bool,
    pub(super) timestamp: Timestamp,
    pub(super) detector: &'a str,
    pub(super) category: &'a str,
}

impl<'a> From<&'a Facts> for Counted<'a> {
    fn from(facts: &'a Facts) -> Self {
        Self {
            place: facts.place,
            severity: facts.severity,
            acknowledged: facts.acknowledged,
            timestamp: facts.timestamp,
            detector: &facts.detector,
            category: &facts.category,
        }
    }
}

/// The number of the minute that `time` lies in.
pub(super) const fn minute_of(time: Timestamp) -> i64 {
    time.as_nanos().div_euclid(MINUTE_NANOS)
}

/// When a minute begins.
pub(super) const fn minute_start(minute: i64) -> Timestamp {
    Timestamp::from_nanos(minute.saturating_mul(MINUTE_NANOS))
}

/// The last moment of a minute.
pub(super) const fn minute_end(minute: i64) -> Timestamp {
    match (minute + 1).checked_mul(MINUTE_NANOS) {
        Some(next) => Timestamp::from_nanos(next - 1),
        None => Timestamp::from_nanos(i64::MAX),
    }
}

impl Deltas {
    /// An alert counts here from now on.
    pub(super) fn add(&mut self, counted: Counted<'_>) {
        self.count(counted, 1);
    }

    /// An alert does not count here any more.
    pub(super) fn remove(&mut self, counted: Counted<'_>) {
        self.count(counted, -1);
    }

    /// An agent has `by` more alerts.
    pub(super) fn sender(&mut self, sender: i64, by: i64) {
        *self.senders.entry(sender).or_default() += by;
    }

    fn count(&mut self, counted: Counted<'_>, by: i64) {
        let Counted { place, severity, acknowledged, timestamp, detector, category } = counted;
        *self.severities.entry((place, severity, acknowledged)).or_default() += by;
        if place == 0 {
            let key = (minute_of(timestamp), severity, detector.into(), category.into());
            *self.minutes.entry(key).or_default() += by;
        }
    }

    /// Writes all of it.
    pub(super) fn apply(self, connection: &Connection) -> Outcome<()> {
        let mut severity = connection.prepare_cached(
            "INSERT INTO severity_counts VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO UPDATE SET alerts = alerts + excluded.alerts",
        )?;
        for ((place, level, acknowledged), by) in self.severities {
            if by != 0 {
                severity.execute(params![place, level, acknowledged, by])?;
            }
        }
        let mut minute = connection.prepare_cached(
            "INSERT INTO minute_counts VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO UPDATE SET alerts = alerts + excluded.alerts",
        )?;
        let mut empty = connection.prepare_cached(
            "DELETE FROM minute_counts WHERE minute = ?1 AND detector = ?2 AND category = ?3
             AND severity = ?4 AND alerts <= 0",
        )?;
        for ((at, level, detector, category), by) in self.minutes {
            if by != 0 {
                minute.execute(params![at, detector, category, level, by])?;
            }
            if by < 0 {
                empty.execute(params![at, detector, category, level])?;
            }
        }
        let mut sender = connection
            .prepare_cached("UPDATE senders SET alerts = alerts + ?2 WHERE number = ?1")?;
        let mut gone =
            connection.prepare_cached("DELETE FROM senders WHERE number = ?1 AND alerts <= 0")?;
        for (number, by) in self.senders {
            sender.execute([number, by])?;
            if by < 0 {
                gone.execute([number])?;
            }
        }
        Ok(())
    }
}
