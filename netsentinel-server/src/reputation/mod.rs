//! What is known of addresses and domains: one broker for the whole site, behind which all agents and
//! people stand.

#[cfg(test)]
mod tests;

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};
use netsentinel_core::config::Deployment;
use netsentinel_core::{IndicatorBuf, RiskTier, Site};
use netsentinel_vt::{
    Broker, BrokerSetup, Looked, LookedState, Provider, Question, ReputationSetupError, Status,
};
use tokio::sync::Mutex;

use crate::access::Caller;

/// Requests of one agent, person or script in a second; each may name
/// [`REPUTATION_INDICATORS_MAX`](netsentinel_transport::wire::REPUTATION_INDICATORS_MAX).
const REQUESTS_PER_SECOND: NonZeroU32 = NonZeroU32::new(5).unwrap();
/// Requests that may come at once after a quiet while.
const REQUESTS_AT_ONCE: NonZeroU32 = NonZeroU32::new(20).unwrap();
/// The folder within the data folder.
const FOLDER: &str = "reputation";

/// Where a server that keeps its things in `data_dir` keeps what is known of addresses and domains.
pub fn reputation_dir(data_dir: &Path) -> PathBuf {
    data_dir.join(FOLDER)
}

/// What is known of addresses and domains. Without keys and lists it holds nothing and asks nobody.
pub(crate) struct Desk {
    folder: PathBuf,
    broker: RwLock<Option<Arc<Broker>>>,
    /// Held while the broker is started, changed or stopped.
    changing: Mutex<()>,
    rate: RateLimiter<String, DefaultKeyedStateStore<String>, DefaultClock>,
    clock: DefaultClock,
}

impl Desk {
    /// One that knows nothing yet, and keeps its things in a folder within `data_dir`.
    pub(crate) fn new(data_dir: &Path) -> Self {
        let quota = Quota::per_second(REQUESTS_PER_SECOND).allow_burst(REQUESTS_AT_ONCE);
        Self {
            folder: reputation_dir(data_dir),
            broker: RwLock::default(),
            changing: Mutex::default(),
            rate: RateLimiter::keyed(quota),
            clock: DefaultClock::default(),
        }
    }

    /// Begins to ask, where the configuration has a key or a list, or there are `providers`.
    ///
    /// # Errors
    ///
    /// When a key of the configuration is wrong, or the folder can not be used.
    pub(crate) async fn start(
        &self,
        deployment: &Deployment,
        site: Site,
        providers: Option<Vec<Box<dyn Provider>>>,
    ) -> Result<(), ReputationSetupError> {
        if providers.is_none() && !is_wanted(deployment) {
            return Ok(());
        }
        let _changing = self.changing.lock().await;
        let broker = Broker::start(BrokerSetup {
            deployment: deployment.clone(),
            site,
            folder: self.folder.clone(),
            providers,
            // Nobody here waits for a verdict: agents ask again.
            wake: Arc::new(|| ()),
        })
        .await?;
        self.put(Some(Arc::new(broker)));
        Ok(())
    }

    /// Takes other settings; begins to ask where nobody was asked before.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start); nothing has changed then.
    pub(crate) async fn reload(
        &self,
        deployment: &Deployment,
        site: Site,
    ) -> Result<(), ReputationSetupError> {
        let Some(broker) = self.broker() else {
            return self.start(deployment, site, None).await;
        };
        let _changing = self.changing.lock().await;
        broker.reload(deployment, site).await
    }

    /// Whether `caller` may ask now; else how long to wait.
    pub(crate) fn admit(&self, caller: &Caller) -> Result<(), Duration> {
        let now = self.clock.now();
        self.rate.check_key(&caller.actor()).map_err(|refused| refused.wait_time_from(now))
    }

    /// Forgets whoever has not asked for so long that it makes no difference.
    pub(crate) fn forget_idle(&self) {
        self.rate.retain_recent();
        self.rate.shrink_to_fit();
    }

    /// Tells what is known of each, and has asked about what is not.
    pub(crate) fn look_up(&self, questions: Vec<Question>) -> Vec<Looked> {
        match self.broker() {
            Some(broker) => broker.look_up(questions),
            None => questions.into_iter().map(|question| nothing(question.indicator)).collect(),
        }
    }

    /// Tells what is known of each; nobody is asked for it.
    pub(crate) fn look(&self, indicators: Vec<IndicatorBuf>) -> Vec<Looked> {
        match self.broker() {
            Some(broker) => broker.look(indicators),
            None => indicators.into_iter().map(nothing).collect(),
        }
    }

    /// How it is.
    pub(crate) fn status(&self) -> Status {
        self.broker().map(|broker| broker.status()).unwrap_or_default()
    }

    /// Forgets all verdicts, also those on the disk.
    pub(crate) async fn flush(&self) {
        if let Some(broker) = self.broker() {
            broker.flush().await;
        }
    }

    /// Stops asking, and keeps what is known on the disk. To be called when no request runs.
    pub(crate) async fn stop(&self) {
        let _changing = self.changing.lock().await;
        let Some(broker) = self.put(None) else { return };
        match Arc::into_inner(broker) {
            Some(broker) => broker.stop().await,
            None => tracing::warn!("somebody still asks: the last verdicts are not kept"),
        }
    }

    fn broker(&self) -> Option<Arc<Broker>> {
        self.broker.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What was there before.
    fn put(&self, broker: Option<Arc<Broker>>) -> Option<Arc<Broker>> {
        let mut place = self.broker.write().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *place, broker)
    }
}

/// Whether there is anybody to ask, or a list to look at.
fn is_wanted(deployment: &Deployment) -> bool {
    let keys = [&deployment.virustotal_api_key, &deployment.abuseipdb_api_key];
    let settings = &deployment.reputation;
    keys.iter().any(|key| !key.is_empty()) || settings.dry_run || !settings.feeds.is_empty()
}

fn nothing(indicator: IndicatorBuf) -> Looked {
    let (tier, verdicts) = (RiskTier::Clean, Vec::new());
    Looked { indicator, tier, verdicts, state: LookedState::NotAsked }
}
