//! Whom the agent asks what is known of endpoints, as `agent.reputation` says.
//!
//! - `server`, the default: the agent's server, which holds the keys and asks once for the whole site
//! - `own`: the providers and lists of the agent's own configuration
//! - `off`: nobody; every endpoint is clean

mod report;
mod site_server;
#[cfg(test)]
#[cfg(unix)]
mod tests;

use std::sync::{Arc, Mutex, PoisonError};

use netsentinel_core::config::setting::Whole;
use netsentinel_core::config::{Deployment, ReputationSource};
use netsentinel_core::text::shown;
use netsentinel_transport::uplink::{Client, UplinkState};
use netsentinel_transport::wire::ReputationReport;
use netsentinel_vt::{Broker, BrokerSetup, Known, Provider, ReputationSetupError, Wake};
use tokio::sync::watch;

use crate::settings::Settings;
use site_server::SiteServer;

/// The folder within the agent's state.
const FOLDER: &str = "reputation";
/// Verdicts that are remembered at most where the server is asked, which remembers more: an agent sees a
/// part of the site, and is to stay small. A smaller `reputation.cache_entries` counts.
const CACHE_ENTRIES_MAX: u64 = 16_384;
/// The same for those that wait.
const QUEUE_ENTRIES_MAX: u64 = 1_024;

/// What asks, once it is started and until it is stopped.
#[derive(Default)]
pub(crate) struct Asking {
    broker: Mutex<Option<Arc<Broker>>>,
}

impl Asking {
    /// Starts to ask whom the settings name; `wake` is called when something has come. The server is asked
    /// by `client`, but not while `uplink` does not reach it. Must be called within the runtime.
    ///
    /// # Errors
    ///
    /// When a key of the configuration is wrong, or the folder can not be used.
    pub(crate) async fn start(
        &self,
        settings: &Settings,
        client: Client,
        uplink: watch::Receiver<UplinkState>,
        wake: Wake,
    ) -> Result<(), ReputationSetupError> {
        let providers: Option<Vec<Box<dyn Provider>>> = match settings.agent.reputation {
            ReputationSource::Off => return Ok(()),
            ReputationSource::Own => None,
            ReputationSource::Server => Some(vec![Box::new(SiteServer::new(client, uplink))]),
        };
        let setup = BrokerSetup {
            deployment: deployment(settings),
            site: settings.config().pipeline.site(),
            folder: settings.state_dir().join(FOLDER),
            providers,
            wake,
        };
        let broker = Arc::new(Broker::start(setup).await?);
        *self.broker.lock().unwrap_or_else(PoisonError::into_inner) = Some(broker);
        Ok(())
    }

    /// What is known now, for the pipeline; nothing where nobody is asked.
    pub(crate) fn known(&self) -> Option<Arc<Known>> {
        self.of(|broker| broker.known())
    }

    /// How it goes, for the heartbeat.
    pub(crate) fn report(&self) -> Option<ReputationReport> {
        self.of(|broker| report::of(&broker.status()))
    }

    /// Takes other settings; whom to ask stays as it was at the start. Tells what does not work.
    pub(crate) async fn reload(&self, settings: &Settings) {
        let Some(broker) = self.of(Arc::clone) else { return };
        let site = settings.config().pipeline.site();
        if let Err(error) = broker.reload(&deployment(settings), site).await {
            tracing::error!("reputation: nothing was changed: {}", shown(&error.to_string()));
        }
    }

    /// Stops asking, and keeps what is known on the disk.
    pub(crate) async fn stop(&self) {
        let taken = self.broker.lock().unwrap_or_else(PoisonError::into_inner).take();
        // Only `reload` holds another for longer than a call, and the same task calls both.
        if let Some(broker) = taken.and_then(Arc::into_inner) {
            broker.stop().await;
        }
    }

    fn of<T>(&self, tell: impl FnOnce(&Arc<Broker>) -> T) -> Option<T> {
        self.broker.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(tell)
    }
}

/// The configuration as the broker is to have it.
fn deployment(settings: &Settings) -> Deployment {
    let mut deployment = settings.config().deployment.clone();
    if settings.agent.reputation == ReputationSource::Server {
        let reputation = &mut deployment.reputation;
        reputation.cache_entries = at_most(reputation.cache_entries, CACHE_ENTRIES_MAX);
        reputation.queue_entries = at_most(reputation.queue_entries, QUEUE_ENTRIES_MAX);
    }
    deployment
}

fn at_most<const LEAST: u64, const MOST: u64>(
    value: Whole<LEAST, MOST>,
    most: u64,
) -> Whole<LEAST, MOST> {
    Whole::new(most).filter(|most| most.get() < value.get()).unwrap_or(value)
}
