//! Making a pipeline from a configuration and lists of detectors.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::sync::Arc;

use super::dispatch::{Dispatcher, Seat};
use super::episodes::Episodes;
use super::reassembly::Reassembly;
use super::share::Share;
use super::switches::{self, Switches};
use super::trace::Trace;
use super::waiting::Waiting;
use super::{Pipeline, Workers};
use crate::alert::Agent;
use crate::config::{Config, ConfigError};
use crate::decode::DecodeCounters;
use crate::flow::{Attempts, FlowTable};
use crate::reputation::Clean;
use crate::{Interest, Registration, Reputation, Timestamp};

/// Makes a [`Pipeline`].
#[derive(Clone)]
pub struct PipelineBuilder<'c> {
    config: &'c Config,
    registrations: Vec<Registration>,
    reputation: Option<Arc<dyn Reputation>>,
    agent: Agent,
    explain: Option<Vec<IpAddr>>,
}

impl<'c> PipelineBuilder<'c> {
    pub(super) fn new(config: &'c Config) -> Self {
        Self {
            config,
            registrations: Vec::new(),
            reputation: None,
            agent: Agent::default(),
            explain: None,
        }
    }

    /// Adds detectors, behind those added before. Their order is the order of alerts on one packet.
    #[must_use]
    pub fn detectors(mut self, registrations: &[Registration]) -> Self {
        self.registrations.extend_from_slice(registrations);
        self
    }

    /// Whom to ask what is known of an endpoint; by default nobody, and all are clean. Takes memory for
    /// the findings that wait for a verdict.
    #[must_use]
    pub fn reputation(mut self, reputation: Arc<dyn Reputation>) -> Self {
        self.reputation = Some(reputation);
        self
    }

    /// Who the alerts say has watched.
    #[must_use]
    pub fn agent(mut self, agent: Agent) -> Self {
        self.agent = agent;
        self
    }

    /// Keeps, for [`Pipeline::explanations`], what is weighed about these hosts; about all where none is
    /// named. Takes memory as it goes, and time.
    #[must_use]
    pub fn explain(mut self, hosts: Vec<IpAddr>) -> Self {
        self.explain = Some(hosts);
        self
    }

    /// Makes the pipeline and takes all the memory that it will use.
    ///
    /// # Errors
    ///
    /// When a key has a wrong type or is out of range, two detectors have the same id, or one reads a
    /// key that another or NetSentinel itself owns.
    pub fn build(self) -> Result<Pipeline, ConfigError> {
        self.check_owners()?;
        self.build_share(Share::whole())
    }

    /// Makes several pipelines on threads of their own that raise, together, what one would. Each
    /// takes as much memory as one.
    ///
    /// # Errors
    ///
    /// As [`build`](Self::build), or when a thread can not be started.
    pub fn build_workers(self, workers: NonZeroUsize) -> Result<Workers, BuildError> {
        self.check_owners()?;
        let shares = Share::divided(workers.get() as u64);
        let pipelines = shares.map(|share| self.build_share(share)).collect::<Result<_, _>>()?;
        Ok(Workers::start(pipelines)?)
    }

    fn build_share(&self, share: Share) -> Result<Pipeline, ConfigError> {
        let settings = &self.config.pipeline;
        let setup = settings.setup();
        let mut wanted = Interest::empty();
        let mut seats = Vec::with_capacity(self.registrations.len());
        for registration in &self.registrations {
            let detector = registration.seat(self.config, &setup)?;
            let keys = registration.read(self.config)?;
            let (descriptor, asks) = (registration.descriptor(), registration.asks(setup.profile));
            let switches = Switches::new(descriptor, settings);
            wanted |= asks.interest;
            seats.push(Seat::new(descriptor, asks, switches, detector, keys));
        }
        let max_flows = settings.max_flows.get();
        let dispatcher = Dispatcher {
            attempts: wanted
                .intersects(Interest::PROBE | Interest::ATTEMPT)
                .then(|| Attempts::new(max_flows, wanted.contains(Interest::ATTEMPT))),
            flows: wanted.contains(Interest::FLOW).then(|| FlowTable::new(max_flows)),
            episodes: Episodes::new(settings.alert_cooldown.duration()),
            site: settings.site(),
            agent: self.agent.clone(),
            reputation: self.reputation.clone().unwrap_or_else(|| Arc::new(Clean)),
            waiting: self.reputation.is_some().then(Waiting::new),
            trace: self.explain.clone().map(Trace::new),
            share,
            wanted,
            seats,
        };
        Ok(Pipeline {
            order: dispatcher.seats.iter().map(|seat| seat.descriptor.id).collect(),
            dispatcher,
            settings: settings.clone(),
            reassembly: Reassembly::new(),
            newest: Timestamp::MIN,
            second_end: Timestamp::MIN,
            packets: 0,
            bytes: 0,
            out_of_order: 0,
            malformed: DecodeCounters::default(),
        })
    }

    fn check_owners(&self) -> Result<(), ConfigError> {
        let mut ids = HashSet::new();
        let ours = crate::config::reference(&[]).into_iter().map(|(key, _)| (key, "netsentinel"));
        let mut owners: HashMap<String, &'static str> = ours.collect();
        for registration in &self.registrations {
            let second = registration.descriptor().id;
            if !ids.insert(second) {
                return Err(ConfigError::Twice { id: second });
            }
            for (key, _) in registration.defaults() {
                if let Some(first) = owners.insert(key.clone(), second) {
                    return Err(ConfigError::SharedKey { key, first, second });
                }
            }
        }
        switches::check_registry(&self.registrations, &self.config.pipeline)
    }
}

/// Why workers can not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The system gives no more threads.
    #[error("a worker can not be started: {0}")]
    Thread(#[from] std::io::Error),
}
