//! Loads lists, keeps the last good ones, and lets them expire.
//!
//! One task, one list at a time:
//!
//! ```text
//! place ─fetch─► NAME.new ─look─► read once, count ─judge─► NAME.list ─read again─► FeedSet
//!                                                   └► refused: what was good stays, and its reason is told
//! ```
//!
//! A list is refused that is empty where the last good one was not, of which nothing can be used, or that
//! names less than half of what the last good one did. So nobody is left without a list by a publisher's
//! mishap. When a list did shrink that much, an operator deletes `NAME.list`, which counts as consent. A list
//! that could not be loaded for `days_max` no longer counts, and protects nothing any more.

mod copies;
mod error;
mod feed;
mod load;
mod obtain;
mod plan;
mod step;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use netsentinel_core::Timestamp;
use netsentinel_core::config::Deployment;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::FeedSet;
use super::fetch::{Fetcher, Limits};
use super::formats::Screen;
use crate::status::FeedStatus;
use crate::{ReputationSetupError, Scope};
use copies::Copies;
use feed::Feed;
use plan::Plans;

/// The name of AbuseIPDB's blacklist.
pub const ABUSEIPDB_BLACKLIST: &str = "abuseipdb_blacklist";

/// Loads lists, keeps the last good ones, and lets them expire.
pub struct Keeper {
    copies: Copies,
    set: Arc<FeedSet>,
    clock: fn() -> Timestamp,
    limits: Limits,
    state: Mutex<State>,
    reloaded: Notify,
}

struct State {
    feeds: Vec<Feed>,
    current: Settings,
    /// Settings that the task has not taken yet.
    next: Option<Settings>,
}

#[derive(Clone)]
struct Settings {
    plans: Arc<Plans>,
    screen: Screen,
    /// Where a list is on a web server.
    fetcher: Option<Fetcher>,
}

impl Keeper {
    /// A keeper of the lists that the configuration names, AbuseIPDB's blacklist among them where there is a
    /// key; keeps the last good ones in `folder`, which is made where it is missing. A relative path of a
    /// list starts where the process runs.
    ///
    /// # Errors
    ///
    /// When a list's key is wrong, there are too many, or the folder can not be used.
    pub fn new(
        deployment: &Deployment,
        scope: Scope,
        folder: PathBuf,
        set: Arc<FeedSet>,
        clock: fn() -> Timestamp,
    ) -> Result<Self, ReputationSetupError> {
        let limits = Limits::default();
        let settings = Settings::new(deployment, scope, None, limits)?;
        let copies = Copies::open(folder)?;
        let feeds = settings.plans.feeds.iter().cloned().map(Feed::new).collect();
        let state = Mutex::new(State { feeds, current: settings, next: None });
        Ok(Self { copies, set, clock, limits, state, reloaded: Notify::new() })
    }

    /// Loads the last good copies from the folder, then each list when it is due, until `stop`; calls
    /// `changed` after each load that changed what counts. To be called once.
    pub async fn run(
        self: Arc<Self>,
        stop: CancellationToken,
        changed: Arc<dyn Fn() + Send + Sync>,
    ) {
        let rounds = async {
            loop {
                let wait = self.step(&*changed).await;
                tokio::select! {
                    () = self.reloaded.notified() => {}
                    () = tokio::time::sleep(wait) => {}
                }
            }
        };
        stop.run_until_cancelled(rounds).await;
    }

    /// How the lists are.
    pub fn status(&self) -> Vec<FeedStatus> {
        self.lock().feeds.iter().map(Feed::status).collect()
    }

    /// Takes other settings. Lists that are no longer named are removed, new ones are loaded soon, those
    /// unchanged stay as they are, but for what `scope` now allows or no longer allows. Those that failed are
    /// tried again soon: a key may have been the reason.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new); nothing has changed then.
    pub fn reload(
        &self,
        deployment: &Deployment,
        scope: Scope,
    ) -> Result<(), ReputationSetupError> {
        let fetcher = self.lock().current.fetcher.clone();
        let settings = Settings::new(deployment, scope, fetcher, self.limits)?;
        self.lock().next = Some(settings);
        self.reloaded.notify_one();
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Settings {
    fn new(
        deployment: &Deployment,
        scope: Scope,
        fetcher: Option<Fetcher>,
        limits: Limits,
    ) -> Result<Self, ReputationSetupError> {
        let plans = Arc::new(Plans::of(deployment)?);
        let fetcher = match fetcher {
            None if plans.need_web() => Some(Fetcher::new(limits)?),
            other => other,
        };
        Ok(Self { plans, screen: Screen::new(scope), fetcher })
    }
}

impl fmt::Debug for Keeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keeper").finish_non_exhaustive()
    }
}
