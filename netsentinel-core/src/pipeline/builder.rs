//! Making a pipeline from a configuration and lists of detectors.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::sync::Arc;

use super::conversations::Conversations;
use super::deal::{Card, deal};
use super::episodes::Episodes;
use super::front::Front;
use super::helper::Helper;
use super::leader::Engine;
use super::panel::Panel;
use super::reassembly::Reassembly;
use super::rooms::Rooms;
use super::rota::{Rota, SEATS_MAX};
use super::seat::Seat;
use super::share::Share;
use super::sharing::{Pace, Sharing};
use super::stats::{RuleCounters, Stats};
use super::switches::{self, Switches};
use super::trace::Trace;
use super::waiting::Waiting;
use super::{Account, Ledger, Pipeline, Workers};
use crate::alert::Agent;
use crate::config::{Config, ConfigError};
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
    sharing: Sharing,
}

impl<'c> PipelineBuilder<'c> {
    pub(super) fn new(config: &'c Config) -> Self {
        Self {
            config,
            registrations: Vec::new(),
            reputation: None,
            agent: Agent::default(),
            explain: None,
            sharing: Sharing::default(),
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

    /// When several workers judge side by side; by default while it pays.
    #[must_use]
    pub fn sharing(mut self, sharing: Sharing) -> Self {
        self.sharing = sharing;
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
        let rooms = self.rooms(1)?;
        let (front, panel) = (self.front(rooms), self.panel(&Share::whole(), None, rooms)?);
        Ok(Pipeline { front, panel, order: self.order(), settings: self.config.pipeline.clone() })
    }

    /// Makes workers that raise, together, what a pipeline would; 1,024 at most. One of them works on the thread
    /// that hands records in, each other on one of its own. All their tables together take little more memory
    /// than those of a pipeline; only open alerts, and what waits for verdicts, each has to the full.
    ///
    /// # Errors
    ///
    /// As [`build`](Self::build), or when a thread can not be started.
    pub fn build_workers(self, workers: NonZeroUsize) -> Result<Workers, BuildError> {
        self.check_owners()?;
        let rooms = self.rooms(workers.get())?;
        let front = self.front(rooms);
        let mut panels = self.panels(rooms, workers.get())?;
        let last = if panels.len() > 1 { panels.pop() } else { None };
        let mut panels = panels.into_iter();
        let own = panels.by_ref().take(1).collect();
        let helpers = panels.enumerate().map(|(nth, panel)| Helper::start(nth, panel));
        let (mut helpers, answers) = helpers.collect::<Result<(Vec<_>, Vec<_>), _>>()?;
        let here = last.map(|panel| {
            let (helper, here) = Helper::free(helpers.len(), panel);
            helpers.push(helper);
            here
        });
        let settings = self.config.pipeline.clone();
        let engine = Engine { front, own, helpers, settings, pace: Pace::new(self.sharing) };
        Ok(Workers::start(engine, answers, here, self.order())?)
    }

    /// The detectors' names in the order of the registry.
    fn order(&self) -> Vec<&'static str> {
        self.registrations.iter().map(|registration| registration.descriptor().id).collect()
    }

    /// How large tables become for so many workers. With a limit, by making tables and looking at what they
    /// take, so that it holds for detectors of any kind.
    fn rooms(&self, workers: usize) -> Result<Rooms, ConfigError> {
        let settings = &self.config.pipeline;
        let Some(limit) = settings.memory_limit.bytes() else { return Ok(Rooms::of(settings)) };
        let bytes = |rooms| {
            let panels = self.panels(rooms, workers)?;
            let panels = panels.iter().map(Panel::stats);
            Ok(Stats::of(self.front(rooms).stats(), panels, settings).memory.bytes)
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

    fn front(&self, rooms: Rooms) -> Front {
        let settings = &self.config.pipeline;
        let asked = self.registrations.iter().map(|seat| seat.asks(settings.profile).interest);
        let wanted = asked.fold(Interest::empty(), |all, asked| all | asked);
        let by_attempts = Interest::PROBE | Interest::ATTEMPT | Interest::UDP_ATTEMPT;
        let conversations = Conversations {
            attempts: wanted
                .intersects(by_attempts)
                .then(|| Attempts::new(rooms.flows, wanted.contains(Interest::ATTEMPT))),
            flows: wanted.contains(Interest::FLOW).then(|| FlowTable::new(rooms.flows)),
            reputation: self.reputation.clone(),
            site: settings.site(),
        };
        Front::new(conversations, Reassembly::new(rooms.datagrams, rooms.blocks))
    }

    /// The panels of `workers`, [`Share::divided`] among at most so many as that gives.
    fn panels(&self, rooms: Rooms, workers: usize) -> Result<Vec<Panel>, ConfigError> {
        let shares: Vec<Share> = Share::divided(workers).collect();
        let profile = self.config.pipeline.profile;
        let cards = self.registrations.iter().map(|registration| Card::of(registration, profile));
        let cards: Vec<Card> = cards.collect();
        let hands = deal(&cards, shares.len());
        let panels = shares.iter().zip(&hands);
        panels.map(|(share, hand)| self.panel(share, Some(hand), rooms)).collect()
    }

    /// A panel with the detectors of these numbers, or all of them; `share` are the hosts that divided ones judge.
    fn panel(
        &self,
        share: &Share,
        hand: Option<&Vec<usize>>,
        rooms: Rooms,
    ) -> Result<Panel, ConfigError> {
        let settings = &self.config.pipeline;
        let numbered = self.registrations.iter().enumerate();
        let seats = numbered
            .filter(|(number, _)| hand.is_none_or(|hand| hand.contains(number)))
            .map(|(_, registration)| self.seat(registration, share, rooms))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Panel {
            rota: Rota::new(&seats),
            seats,
            share: share.clone(),
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
        })
    }

    fn seat(
        &self,
        registration: &Registration,
        share: &Share,
        rooms: Rooms,
    ) -> Result<Seat, ConfigError> {
        let settings = &self.config.pipeline;
        let whole = Share::whole();
        let share = if registration.is_divided() { share } else { &whole };
        let mut setup = settings.setup();
        setup.limits.max_keys = share.room(rooms.hosts);
        let descriptor = registration.descriptor();
        Ok(Seat {
            asks: registration.asks(setup.profile),
            detector: registration.seat(self.config, &setup)?,
            account: Account {
                descriptor,
                share: share.clone(),
                watching: Interest::empty(),
                may_watch: registration.watches(setup.profile),
                switches: Switches::new(descriptor, settings),
                counters: RuleCounters::new(descriptor),
            },
            setup,
            keys: registration.read(self.config)?,
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
