//! Detectors side by side on several threads, which raise together, to the byte, what one pipeline raises.
//!
//! Who hands records in collects them. One thread, the leader, finds out of each packet what is found out once
//! ([`super::front`]), in its order, and judges with all detectors or, while that pays ([`super::sharing`]), with
//! its own, leaving helpers theirs ([`super::leader`]). One helper has no thread: who hands records in judges for
//! it instead of waiting for the leader, and the leader instead of waiting for records ([`super::helper`]).
//!
//! Every detector sees exactly what it sees in one pipeline, whichever thread it is called on; only one that is
//! too dear for one thread is divided by hosts ([`super::deal`]). What is raised is merged in the order in which
//! one pipeline tells it ([`super::place`]).

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::mpsc::Receiver;

use super::batch::{Batch, Event};
use super::helper::Here;
use super::leader::{Answer, Engine, Judged, Leader, Order, panicked};
use super::place::{Placed, pass_on};
use super::sharing::Stopwatch;
use super::{Judge, Reconfigured, Stats};
use crate::alert::{Alert, Sink};
use crate::config::{Config, ConfigError};
use crate::{Arrived, Block, Record, Timestamp};

/// Batches that are handed over together: to wake a thread takes as long as to judge some hundred packets.
const BUNDLE: usize = 4;
/// Bundles under way at once: so many that neither who reads nor who judges waits for the other often.
const BUNDLES_MAX: usize = 3;
/// Batches under way at once.
pub(super) const BATCHES_MAX: usize = BUNDLE * BUNDLES_MAX;

/// Batches in all. They are used in turn, for to write again what another core has just read costs several
/// times what it costs to write what has left its cache.
const BATCHES: usize = BATCHES_MAX + 2 * BUNDLE;

/// Several workers: the thread that hands records in, and others.
pub struct Workers {
    leader: Leader,
    /// What helpers on threads of their own raise, batch by batch.
    helpers: Vec<Receiver<Vec<Placed>>>,
    /// The last helper, unless the leader is alone.
    here: Option<Here>,
    /// The detectors' names in the order of the registry.
    order: Vec<&'static str>,
    newest: Option<Timestamp>,
    filling: Batch,
    /// Those that are full and not handed over.
    full: Vec<Batch>,
    /// Those that are free, the longest first.
    spare: VecDeque<Batch>,
    made: usize,
    /// Runs while what is to be handed over next is read.
    reading: Stopwatch,
    /// Bundles.
    under_way: usize,
    /// Alerts that came while there was no sink to take them.
    late: Vec<Alert>,
}

impl Workers {
    /// Starts a thread for `engine`, whose helpers answer by `helpers`, but for the one that is `here`.
    pub(super) fn start(
        engine: Engine,
        helpers: Vec<Receiver<Vec<Placed>>>,
        here: Option<Here>,
        order: Vec<&'static str>,
    ) -> std::io::Result<Self> {
        Ok(Self {
            leader: Leader::start(engine)?,
            helpers,
            here,
            order,
            newest: None,
            filling: Batch::default(),
            full: Vec::new(),
            spare: VecDeque::new(),
            made: 1,
            reading: Stopwatch::start(),
            under_way: 0,
            late: Vec::new(),
        })
    }

    /// How many there are.
    pub fn count(&self) -> NonZeroUsize {
        let helpers = self.helpers.len() + usize::from(self.here.is_some());
        NonZeroUsize::MIN.saturating_add(helpers)
    }

    /// Goes on with another batch where this one is full.
    fn turn_full(&mut self, sink: &mut dyn Sink) {
        if self.filling.records.is_full() {
            self.turn(sink);
        }
    }

    /// Goes on with another batch, if anything is in this one.
    fn turn(&mut self, sink: &mut dyn Sink) {
        if self.filling.records.is_empty() {
            return;
        }
        let next = self.next_batch();
        self.full.push(std::mem::replace(&mut self.filling, next));
        if self.full.len() >= BUNDLE {
            self.hand_over(sink);
        }
    }

    fn hand_over(&mut self, sink: &mut dyn Sink) {
        if self.full.is_empty() {
            return;
        }
        let read = self.reading.elapsed() / self.full.len() as u32;
        if self.under_way >= BUNDLES_MAX {
            self.receive(sink);
        }
        let next = Vec::with_capacity(BUNDLE);
        self.leader.order(Order::Judge(std::mem::replace(&mut self.full, next), read));
        self.under_way += 1;
        self.reading = Stopwatch::start();
    }

    fn next_batch(&mut self) -> Batch {
        let free = if self.made < BATCHES { None } else { self.spare.pop_front() };
        free.unwrap_or_else(|| {
            self.made += 1;
            Batch::default()
        })
    }

    /// Waits for the oldest bundle under way, judges what of it is left to be judged here, and passes on its alerts.
    fn receive(&mut self, sink: &mut dyn Sink) {
        self.under_way -= 1;
        let Answer::Judged(bundle) = self.leader.answer() else { panicked() };
        for Judged { mut raised, batch, shared } in bundle {
            if shared {
                for helper in &self.helpers {
                    raised.extend(helper.recv().unwrap_or_else(|_| panicked()));
                }
                raised.extend(self.here.iter().flat_map(|here| here.judged(&batch)));
            }
            self.pass_on(raised, sink);
            if let Some(mut batch) = Arc::into_inner(batch) {
                batch.clear();
                self.spare.push_back(batch);
            }
        }
    }

    fn pass_on(&mut self, raised: Vec<Placed>, sink: &mut dyn Sink) {
        self.late.drain(..).for_each(|alert| sink.alert(alert));
        pass_on(raised, &self.order, sink);
    }

    /// Waits for everything under way and keeps its alerts: answers come in the order of the orders.
    fn flush_late(&mut self) {
        let mut late: Vec<Alert> = Vec::new();
        self.flush(&mut late);
        self.late = late;
    }
}

impl Judge for Workers {
    fn push(&mut self, record: &Record<'_>, sink: &mut dyn Sink) {
        self.newest = self.newest.max(Some(record.timestamp));
        self.filling.records.block.push(record);
        self.turn_full(sink);
    }

    fn push_all(&mut self, block: &mut Block, sink: &mut dyn Sink) {
        self.turn(sink);
        self.newest = self.newest.max(block.newest());
        std::mem::swap(&mut self.filling.records.block, block);
        self.turn(sink);
    }

    fn advance(&mut self, now: Timestamp, sink: &mut dyn Sink) {
        if self.newest.is_none_or(|newest| now <= newest) {
            return;
        }
        self.newest = Some(now);
        self.filling.records.push_event(Event::Time(now));
        self.turn_full(sink);
    }

    fn reconsider(&mut self, arrived: &Arrived, sink: &mut dyn Sink) {
        if self.newest.is_none() || arrived.is_empty() {
            return;
        }
        self.filling.records.push_event(Event::Arrived(arrived.clone()));
        self.turn_full(sink);
    }

    fn flush(&mut self, sink: &mut dyn Sink) {
        self.late.drain(..).for_each(|alert| sink.alert(alert));
        self.turn(sink);
        self.hand_over(sink);
        while self.under_way > 0 {
            self.receive(sink);
        }
    }

    fn finish(&mut self, sink: &mut dyn Sink) {
        self.flush(sink);
        self.leader.order(Order::Finish);
        match self.leader.answer() {
            Answer::Finished(raised) => self.pass_on(raised, sink),
            _ => panicked(),
        }
    }

    fn reconfigure(&mut self, config: &Config) -> Result<Reconfigured, ConfigError> {
        self.flush_late();
        self.leader.order(Order::Reconfigure(Arc::new(config.clone())));
        match self.leader.answer() {
            Answer::Reconfigured(outcome) => *outcome,
            _ => panicked(),
        }
    }

    fn newest(&self) -> Option<Timestamp> {
        self.newest
    }

    fn stats(&mut self) -> Stats {
        self.flush_late();
        self.leader.order(Order::Stats);
        match self.leader.answer() {
            Answer::Stats(stats) => *stats,
            _ => panicked(),
        }
    }
}
