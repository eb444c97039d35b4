//! How often a provider may be asked, also across restarts.
//!
//! Two windows, both half-open: a request at `y` is allowed if fewer requests than the quota were made
//! after `y` − 60 s, and fewer than the quota after `y` − 24 h. So no 60 seconds and no 24 hours ever see
//! more, wherever they begin.
//!
//! A request is counted before it is sent, and that may take a while: of two requests the first may be on the
//! wire late and the second at once. So both windows are longer by `SENT_WITHIN`, and what holds for those
//! that are counted holds for those on the wire.
//!
//! - `minute`: the minute, by GCRA; it spreads requests out, which anti-abuse measures like better
//! - `history`: the day, exactly, since GCRA would waste half of a day's quota
//! - `journal`: the file, so that a restart forgets nothing
//!
//! # Clocks
//!
//! Time is handed in. Where it steps back, requests that would lie in the future count as made now: at
//! most a day is lost, and nothing is given twice. Where it steps forward, the quota comes back as if
//! that time had passed, since nobody can tell the two apart; what was forgotten then stays forgotten when
//! it steps back again.

mod history;
mod journal;
mod minute;

use std::path::Path;
use std::time::Duration;

use netsentinel_core::Timestamp;

use self::history::History;
use self::journal::Journal;
use self::minute::Minute;
use crate::http::CONNECT_TIMEOUT;
use crate::{Quota, ReputationSetupError};

/// A request is on the wire at most this long after it was counted: reaching the provider may take as long as
/// that may, and the disk and this machine a second.
const SENT_WITHIN: Duration = CONNECT_TIMEOUT.saturating_add(Duration::from_secs(1));

/// How long to wait when the disk takes nothing.
const DISK_RETRY: Duration = Duration::from_secs(60);

/// Allows requests so that no 60 seconds and no 24 hours see more than the quota, even where each is sent up
/// to 6 seconds after it was allowed, and across restarts: each is on the disk before it is made.
///
/// Without any quota nothing is counted, and nothing written.
#[derive(Debug)]
pub struct Limiter {
    quota: Quota,
    /// Requests of the last 24 hours.
    history: History,
    minute: Option<Minute>,
    journal: Option<Journal>,
    /// The latest time that was handed in.
    latest: Timestamp,
}

/// What is left of a quota.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Left {
    /// Requests that the minute allows at once, which is about half of its quota at most; `None` without
    /// a limit.
    pub minute: Option<u64>,
    /// Requests in these 24 hours; `None` without a limit.
    pub day: Option<u64>,
}

impl Limiter {
    /// Goes on with what `file` says was asked before; without a file nothing outlives the process. The
    /// file is made where it is missing, its folder is not. A file that makes no sense counts as a quota
    /// that is used up now. One process at a time may use a file.
    ///
    /// # Errors
    ///
    /// When the file can not be read or written.
    pub fn open(
        file: Option<&Path>,
        quota: Quota,
        now: Timestamp,
    ) -> Result<Self, ReputationSetupError> {
        let (journal, history) = match file {
            None => (None, History::default()),
            Some(path) => {
                let failed =
                    |reason| ReputationSetupError::File { path: path.to_path_buf(), reason };
                let (journal, history) = Journal::open(path, now).map_err(failed)?;
                (Some(journal), history)
            }
        };
        let mut limiter = Self { quota, history, minute: None, journal, latest: now };
        limiter.set_quota(quota, now);
        Ok(limiter)
    }

    /// Takes one request, which is on the disk when this returns. Blocks for as long as the disk takes.
    ///
    /// # Errors
    ///
    /// The earliest moment at which to try again, always after `now`: when the quota is used up, or the
    /// disk takes nothing. It may be refused then too, for the other quota.
    pub fn take(&mut self, now: Timestamp) -> Result<(), Timestamp> {
        if self.quota == Quota::default() {
            return Ok(());
        }
        self.pass_time(now);
        if let Some(quota) = self.quota.per_day
            && let Some(free) = self.history.full_until(quota)
        {
            return Err(free);
        }
        if let Some(minute) = &mut self.minute {
            minute.take(now)?;
        }
        if let Some(journal) = &mut self.journal
            && let Err(error) = journal.add(now, &self.history)
        {
            let file = journal.path().display();
            tracing::warn!(%file, %error, "nobody is asked: requests can not be counted on the disk");
            return Err(now.after(DISK_RETRY));
        }
        self.history.add(now, 1);
        Ok(())
    }

    /// What is left at `now`.
    pub fn left(&self, now: Timestamp) -> Left {
        let used = self.history.count(now);
        let stepped_back = (now < self.latest).then(|| self.minute_from(now)).flatten();
        Left {
            minute: stepped_back.as_ref().or(self.minute.as_ref()).map(|minute| minute.left(now)),
            day: self.quota.per_day.map(|quota| u64::from(quota.get()).saturating_sub(used)),
        }
    }

    /// Takes another quota; what was asked before counts on, if there was any quota before.
    pub fn set_quota(&mut self, quota: Quota, now: Timestamp) {
        self.quota = quota;
        self.pass_time(now);
        self.minute = self.minute_from(now);
    }

    /// Forgets what is too old, and takes what lies in the future as made now.
    fn pass_time(&mut self, now: Timestamp) {
        if now < self.latest {
            self.bring_back(now);
        }
        self.latest = now;
        self.history.forget(now);
    }

    fn bring_back(&mut self, now: Timestamp) {
        let moved = self.history.bring_back(now);
        self.minute = self.minute_from(now);
        if moved
            && let Some(journal) = &mut self.journal
            && let Err(error) = journal.rewrite(&self.history)
        {
            // It is written anew before the next request, or a restart takes the future as made then.
            let file = journal.path().display();
            tracing::warn!(%file, %error, "the clock stepped back, which could not be kept");
        }
    }

    fn minute_from(&self, now: Timestamp) -> Option<Minute> {
        let quota = self.quota.per_minute?;
        Some(Minute::new(quota, now, self.history.last_minute(now)))
    }
}

/// This long before `moment`, clamped to the range.
fn before(moment: Timestamp, span: Duration) -> Timestamp {
    let span = i64::try_from(span.as_nanos()).unwrap_or(i64::MAX);
    Timestamp::from_nanos(moment.as_nanos().saturating_sub(span))
}

#[cfg(test)]
mod tests;
