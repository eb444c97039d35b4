//! What every part of the running server shares.

use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use netsentinel_core::Timestamp;
use netsentinel_core::config::{Deployment, ServerSettings};
use tokio_util::sync::CancellationToken;

use crate::access::{Accounts, Gate};
use crate::ingest::IngestLimits;
use crate::live::Hub;
use crate::metrics::Metrics;
use crate::reputation::Desk;
use crate::store::Store;

/// What every part of the running server shares.
pub(crate) struct App {
    /// The configuration's deployment keys as they were at start. Ports and paths stay as they are
    /// here; limits may be reloaded: see [`Self::settings`].
    pub(crate) deployment: Deployment,
    /// The limits that count now.
    pub(crate) limits: Limits,
    /// What is kept.
    pub(crate) store: Arc<dyn Store>,
    /// What is pushed as it changes.
    pub(crate) hub: Arc<Hub>,
    /// What is counted.
    pub(crate) metrics: Arc<Metrics>,
    /// Users and tokens.
    pub(crate) accounts: Accounts,
    /// Who is let in.
    pub(crate) gate: Gate,
    /// How much agents may send.
    pub(crate) ingest: IngestLimits,
    /// What is known of addresses and domains.
    pub(crate) reputation: Desk,
    /// Cancelled when the server stops: whatever waits for long must watch it.
    pub(crate) stopping: CancellationToken,
    /// The wall clock; tests have one of their own.
    pub(crate) clock: fn() -> Timestamp,
}

impl App {
    /// What a server shares that keeps its things in `store` and counts in `metrics`.
    pub(crate) fn new(
        deployment: Deployment,
        store: Arc<dyn Store>,
        hub: Arc<Hub>,
        metrics: Arc<Metrics>,
    ) -> Arc<Self> {
        Arc::new(Self {
            limits: Limits::new(deployment.server.clone()),
            gate: Gate::new(&deployment, Arc::clone(&metrics)),
            ingest: IngestLimits::new(&deployment.server),
            reputation: Desk::new(Path::new(&deployment.server.data_dir)),
            deployment,
            accounts: Accounts::new(Arc::clone(&store)),
            store,
            hub,
            metrics,
            stopping: CancellationToken::new(),
            clock: wall_clock,
        })
    }

    /// The time now.
    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// The server's keys of the configuration as they were last read.
    pub(crate) fn settings(&self) -> Arc<ServerSettings> {
        self.limits.get()
    }
}

/// Settings that may be reloaded while the server runs.
pub(crate) struct Limits(RwLock<Arc<ServerSettings>>);

impl Limits {
    fn new(settings: ServerSettings) -> Self {
        Self(RwLock::new(Arc::new(settings)))
    }

    fn get(&self) -> Arc<ServerSettings> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// From now on `settings` count.
    pub(crate) fn replace(&self, settings: ServerSettings) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(settings);
    }
}

/// The system's clock.
pub(crate) fn wall_clock() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_nanos(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}
