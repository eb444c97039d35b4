//! Making a pipeline from a configuration and lists of detectors.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::sync::Arc;

use super::dispatch::{Dispatcher, Seat};
use super::episodes::Episodes;
use super::ledger::Ledger;
use super::packet_time::PacketTime;
use super::reassembly::Reassembly;
use super::rooms::Rooms;
use super::rota::{Rota, SEATS_MAX};
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
use crate::{Interest, Registration, Reputation};

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

    /// Keeps, for [`Pipeline::explained`], what is weighed about these hosts; about all where none is
    /// named. Takes memory as it goes, and time. Only a pipeline by itself can tell it, no workers.
    #[must_use]
    pub fn explain(mut self, hosts: Vec<IpAddr>) -> Self {
        self.explain = Some(hosts);
        self
    }

    /// Makes the pipeline and takes all the memory that it will use.
    ///
    /// # Errors
    ///
    /// When a key has a wrong type or is out of range, two detectors have the same id, one reads a key
    /// that another or NetSentinel itself owns, there are more than 64, or the tables do not fit into
    /// `memory_limit`.
    pub fn build(self) -> Result<Pipeline, ConfigError> {
        self.check_owners()?;
        let share = Share::whole();
        let rooms = self.rooms(&share, NonZeroUsize::MIN)?;
        self.build_share(share, rooms)
    }

    /// Makes several pipelines on threads of their own that raise, together, what one would; 1,024 at
    /// most. The tables of their detectors together take little more memory than those of one; what is
    /// kept for flows, fragments and open alerts each has to the full.
    ///
    /// # Errors
    ///
    /// As [`build`](Self::build), or when a thread can not be started.
    pub fn build_workers(self, workers: NonZeroUsize) -> Result<Workers, BuildError> {
        self.check_owners()?;
        let (first, others) = Share::divided(workers.get());
        let rooms = self.rooms(&first, workers)?;
        let first = self.build_share(first, rooms)?;
        let others =
            others.map(|share| self.build_share(share, rooms)).collect::<Result<_, _>>()?;
        Ok(Workers::start(first, others)?)
    }

    /// How large tables become where `workers` are made, of which one has `share`. With a limit, by
    /// making pipelines and looking at what they take, so that it holds for detectors of any kind.
    fn rooms(&self, share: &Share, workers: NonZeroUsize) -> Result<Rooms, ConfigError> {
        let settings = &self.config.pipeline;
        let Some(limit) = settings.memory_limit.bytes() else { return Ok(Rooms::of(settings)) };
        let bytes = |rooms| {
            let pipeline = self.build_share(share.clone(), rooms)?;
            Ok(pipeline.stats().memory.bytes.saturating_mul(workers.get()))
        };
        Rooms::within(limit, bytes)?.map_err(|least| ConfigError::Key {
            key: "memory_limit".into(),
            reason: format!(
                "{} MiB are too little: the tables of these detectors take at least {}",
                limit >> 20,
                least.div_ceil(1 << 20)
            ),
        })
    }

    fn build_share(&self, share: Share, rooms: Rooms) -> Result<Pipeline, ConfigError> {
        let settings = &self.config.pipeline;
        let mut setup = settings.setup();
        setup.limits.max_keys = share.room(rooms.hosts);
        let mut wanted = Interest::empty();
        let mut seats = Vec::with_capacity(self.registrations.len());
        for registration in &self.registrations {
            let detector = registration.seat(self.config, &setup)?;
            let keys = registration.read(self.config)?;
            let (descriptor, asks) = (registration.descriptor(), registration.asks(setup.profile));
            let switches = Switches::new(descriptor, settings);
            wanted |= asks.interest;
            let may_watch = registration.watches(setup.profile);
            seats.push(Seat::new(descriptor, (asks, may_watch), switches, detector, keys));
        }
        let dispatcher = Dispatcher {
            attempts: wanted
                .intersects(Interest::PROBE | Interest::ATTEMPT | Interest::UDP_ATTEMPT)
                .then(|| Attempts::new(rooms.flows, wanted.contains(Interest::ATTEMPT))),
            flows: wanted.contains(Interest::FLOW).then(|| FlowTable::new(rooms.flows)),
            site: settings.site(),
            agent: self.agent.clone(),
            reputation: self.reputation.clone().unwrap_or_else(|| Arc::new(Clean)),
            ledger: Ledger {
                episodes: Episodes::new(rooms.episodes, settings.alert_cooldown.duration()),
                waiting: self
                    .reputation
                    .is_some()
                    .then(|| Waiting::new(rooms.waiting_addresses, rooms.waiting_domains)),
                trace: self.explain.clone().map(Trace::new),
                watching_changed: false,
            },
            share,
            wanted,
            rota: Rota::new(&seats),
            seats,
        };
        Ok(Pipeline {
            order: dispatcher.seats.iter().map(|seat| seat.account.descriptor.id).collect(),
            dispatcher,
            settings: settings.clone(),
            setup,
            reassembly: Reassembly::new(rooms.datagrams, rooms.blocks),
            time: PacketTime::START,
            packets: 0,
            bytes: 0,
            out_of_order: 0,
            malformed: DecodeCounters::default(),
        })
    }

    fn check_owners(&self) -> Result<(), ConfigError> {
        if self.registrations.len() > SEATS_MAX {
            return Err(ConfigError::TooMany { most: SEATS_MAX });
        }
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
