//! Alerts that the server choked on when it got them alone: tried again now and then, alone, so that the
//! others pass.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use crate::spool::Spooled;

/// How many are set aside at most. They are kept in memory: at most 16 MiB, commonly 10 KiB.
const ALERTS_MAX: usize = 16;
/// How long each waits.
const WAIT: Duration = Duration::from_secs(60);

/// The alerts set aside, the one to be tried first in front. In the spool they are in flight.
#[derive(Debug, Default)]
pub(super) struct Aside {
    alerts: VecDeque<(Instant, Spooled)>,
}

impl Aside {
    /// Sets an alert aside; when that is one too many, gives back the one that has waited longest.
    pub(super) fn put(&mut self, alert: Spooled) -> Option<Spooled> {
        self.alerts.push_back((Instant::now() + WAIT, alert));
        if self.alerts.len() <= ALERTS_MAX {
            return None;
        }
        self.alerts.pop_front().map(|(_, alert)| alert)
    }

    /// When the next is to be tried.
    pub(super) fn due(&self) -> Option<Instant> {
        self.alerts.front().map(|(due, _)| *due)
    }

    /// Takes the next if it is time.
    pub(super) fn take_due(&mut self) -> Option<Spooled> {
        if self.due()? > Instant::now() {
            return None;
        }
        self.alerts.pop_front().map(|(_, alert)| alert)
    }
}
