//! The task that asks, with its queue, its quotas and its cache.
//!
//! - `shared`: what all tasks work on; `rounds`: takes what the packet path has noted, and ends what is over
//! - `asker`: asks one provider, one request at a time; `health`: whether it can be asked; `reserve`: what
//!   part of its quota is kept for the suspected
//! - `look`: answers whoever looks something up; `folder`: where all is kept
//!
//! # Who is asked about first
//!
//! The most suspected; among equals the one that waits longest. So that the quota is not gone when it
//! matters, those merely seen use no more than half of each day's quota, spread over the day, and only while
//! more than half of it is left, and never the last request that the minute allows at once. The suspected may
//! use all of it.

mod asker;
mod folder;
mod health;
mod look;
mod reserve;
mod rounds;
mod setup;
mod shared;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use netsentinel_core::config::Deployment;
use netsentinel_core::{IndicatorBuf, ProviderVerdict, RiskTier, Site, Timestamp};
use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::feeds::Keeper;
use crate::known::Wake;
use crate::{Known, Provider, Question, ReputationSetupError, Scope, Status};
use asker::Asker;
use shared::Shared;

/// How long stopping waits for a list that is just being loaded.
const STOP_MAX: Duration = Duration::from_secs(2);

/// Tells the time. On the wall: quotas and verdicts outlive the process.
type Clock = fn() -> Timestamp;

/// The file of the verdicts within the folder.
pub const CACHE_FILE: &str = "cache.ndjson";

/// What a broker is made of.
pub struct BrokerSetup {
    /// The configuration: `reputation`, and the keys of the providers.
    pub deployment: Deployment,
    /// The site's own networks, which are never asked about.
    pub site: Site,
    /// Where cache, quotas and lists are kept; made where it is missing, for its owner only.
    pub folder: PathBuf,
    /// Who is asked instead of those that the configuration names: an agent asks its server. No lists are
    /// kept then. At most 8, each with a name of its own.
    pub providers: Option<Vec<Box<dyn Provider>>>,
    /// Called when something has arrived.
    pub wake: Wake,
}

/// Asks providers in the background and keeps what they say. Dropped without [`stop`](Self::stop) it stops
/// too, but keeps only what was last saved, at most five minutes ago.
pub struct Broker {
    shared: Arc<Shared>,
    /// Who was given by the setup.
    given: Option<Vec<Arc<dyn Provider>>>,
    keeper: Option<Arc<Keeper>>,
    running: Mutex<Running>,
    stop: CancellationToken,
    background: Vec<JoinHandle<()>>,
    _stops: DropGuard,
}

/// The tasks that ask.
struct Running {
    dry_run: bool,
    tasks: Vec<JoinHandle<()>>,
    stop: CancellationToken,
}

/// What is told of an indicator that somebody looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Looked {
    /// What was asked about.
    pub indicator: IndicatorBuf,
    /// Its tier as far as it is known, lists included.
    pub tier: RiskTier,
    /// Who said what, the worst first.
    pub verdicts: Vec<ProviderVerdict>,
    /// Whether that is all that there will be.
    pub state: LookedState,
}

/// Whether a verdict is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LookedState {
    /// All who can be asked have answered, and it counts for so many seconds.
    Known {
        /// Seconds that it still counts, at least 1.
        lasts_s: u64,
    },
    /// It is in the queue.
    Pending,
    /// It is never asked about, or nobody can be asked; lists were looked at.
    NotAsked,
}

impl Broker {
    /// Loads what was kept, and starts to ask. Must be called within a tokio runtime.
    ///
    /// # Errors
    ///
    /// When a key of the configuration is wrong, or the folder can not be used.
    pub async fn start(setup: BrokerSetup) -> Result<Self, ReputationSetupError> {
        Self::start_at(setup, wall_clock, rounds::NOTES_EVERY).await
    }

    /// What is known now.
    pub fn known(&self) -> Arc<Known> {
        Arc::clone(&self.shared.known)
    }

    /// Tells what is known of each, and queues what is not. For a name, what is said of the domain that is
    /// asked about counts.
    pub fn look_up(&self, questions: Vec<Question>) -> Vec<Looked> {
        look::look_up(&self.shared, questions)
    }

    /// Tells what is known of each, in their order, and queues nothing: what is not known and does not wait
    /// already is [`NotAsked`](LookedState::NotAsked).
    pub fn look(&self, indicators: Vec<IndicatorBuf>) -> Vec<Looked> {
        indicators.into_iter().map(|indicator| look::look(&self.shared, indicator)).collect()
    }

    /// How it is.
    pub fn status(&self) -> Status {
        let feeds = self.keeper.as_ref().map(|keeper| keeper.status()).unwrap_or_default();
        Status { feeds, ..self.shared.status() }
    }

    /// Forgets all verdicts, also those on the disk. Lists and quotas stay, and so does the queue; those in it
    /// are asked about anew of providers that have answered already.
    pub async fn flush(&self) {
        self.shared.forget_verdicts();
        self.shared.save().await;
        self.shared.ask_anew();
    }

    /// Takes other settings: keys, quotas, lists, what is allowed. What is known stays; a provider that
    /// was stopped for its key is asked again. `cache_entries` counts from the next start.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start); nothing has changed then.
    pub async fn reload(
        &self,
        deployment: &Deployment,
        site: Site,
    ) -> Result<(), ReputationSetupError> {
        let shared = &self.shared;
        let settings = &deployment.reputation;
        let scope = Scope::new(settings, &site);
        let mut running = self.running.lock().await;
        let providers = setup::providers(deployment, self.given.as_deref())?;
        let before = shared.askers();
        let kept: &[Arc<Asker>] = if settings.dry_run == running.dry_run { &before } else { &[] };
        let askers = setup::askers(providers, settings.dry_run, kept, shared).await?;
        if let Some(keeper) = &self.keeper {
            keeper.reload(deployment, scope.clone())?;
        }
        running.end().await;
        askers.iter().for_each(|asker| asker.take_over(&before, (shared.clock)()));
        shared.cache.set_lifetimes(setup::lifetimes(settings));
        if settings.dry_run != running.dry_run {
            shared.change_dry_run(settings.dry_run).await;
        }
        shared.known.set_scope(scope.clone());
        shared.change(scope, askers, setup::queue_entries(settings));
        *running = Running::begin(shared, &self.stop, settings.dry_run);
        Ok(())
    }

    /// Stops asking, and keeps what is known on the disk.
    pub async fn stop(self) {
        self.stop.cancel();
        self.running.lock().await.end().await;
        for mut task in self.background {
            if tokio::time::timeout(STOP_MAX, &mut task).await.is_err() {
                task.abort();
            }
        }
        self.shared.save_if_changed().await;
    }
}

impl Running {
    /// Starts a task for each provider.
    fn begin(shared: &Arc<Shared>, stop: &CancellationToken, dry_run: bool) -> Self {
        let stop = stop.child_token();
        let task = |asker: &Arc<Asker>| {
            tokio::spawn(keep_asking(Arc::clone(asker), Arc::clone(shared), stop.clone()))
        };
        Self { dry_run, tasks: shared.askers().iter().map(task).collect(), stop }
    }

    /// Ends them: requests are given up.
    async fn end(&mut self) {
        self.stop.cancel();
        for task in self.tasks.drain(..) {
            // It has ended by itself, or was cancelled at its next await.
            let _ = task.await;
        }
    }
}

/// Runs the task of a provider until `stop`, or its key is refused; again where it panics, which is told and
/// counts as a failure.
async fn keep_asking(asker: Arc<Asker>, shared: Arc<Shared>, stop: CancellationToken) {
    loop {
        let (own, all, end) = (Arc::clone(&asker), Arc::clone(&shared), stop.clone());
        let run = async move { _ = end.run_until_cancelled(own.run(&all)).await };
        match tokio::spawn(run).await {
            Err(stopped) if stopped.is_panic() => asker.panicked(&shared),
            _ => return,
        }
    }
}

fn wall_clock() -> Timestamp {
    let now = jiff::Timestamp::now().as_nanosecond();
    Timestamp::from_nanos(i64::try_from(now).unwrap_or(i64::MAX))
}

impl fmt::Debug for Broker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Broker").finish_non_exhaustive()
    }
}
