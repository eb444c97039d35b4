//! Tells people that the server is out of reach, and that it is back; not more often than helps.

use std::time::Duration;

use tokio::time::Instant;
use tracing::{error, info, warn};

/// How often an outage is told while it lasts.
const REMIND: Duration = Duration::from_secs(60);

/// What has been told about reaching the server.
#[derive(Debug)]
pub(super) struct Reach {
    /// What goes there, for the log.
    what: &'static str,
    failures: u64,
    since: Option<Instant>,
    told: Option<Instant>,
    refusal: Option<String>,
}

impl Reach {
    pub(super) const fn new(what: &'static str) -> Self {
        Self { what, failures: 0, since: None, told: None, refusal: None }
    }

    /// A request failed; it is tried again in `wait`.
    pub(super) fn failed(&mut self, reason: &str, wait: Duration) {
        let now = Instant::now();
        self.failures += 1;
        let since = *self.since.get_or_insert(now);
        if self.told.is_none_or(|told| now - told >= REMIND) {
            self.told = Some(now);
            let (failures, outage) = (self.failures, (now - since).as_secs());
            warn!(
                failures,
                outage_s = outage,
                retry_ms = wait.as_millis() as u64,
                "{} do not reach the server: {reason}",
                self.what
            );
        }
    }

    /// The server refused what we show it; told once until it says something else.
    pub(super) fn refused(&mut self, reason: &str) {
        self.failures += 1;
        self.since.get_or_insert_with(Instant::now);
        if self.refusal.as_deref() != Some(reason) {
            error!("the server refuses {}, which are kept: {reason}", self.what);
            self.refusal = Some(reason.to_owned());
        }
    }

    /// A request was answered as it should be.
    pub(super) fn succeeded(&mut self) {
        if let Some(since) = self.since {
            let (failures, outage) = (self.failures, since.elapsed().as_secs());
            info!("{} reach the server again after {failures} failures, {outage} s", self.what);
            *self = Self::new(self.what);
        }
    }
}
