//! Several pipelines side by side, each answering for its share of the hosts.
//!
//! Who hands records in does what only one can do: it keeps the order of time, counts, and tells by a
//! glance at the addresses which workers need a record ([`super::route`]). A worker decodes and judges
//! the packets from and to its own hosts, as far as some rule asks for that end, and raises for no other
//! host; what the glance does not tell, all workers look at. What they raise is merged in the order in
//! which one pipeline tells it ([`super::place`]), so that any number of them gives, to the byte, what
//! one gives, as long as no table has to evict.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::sync::Arc;

use super::batch::{Batch, Event};
use super::packet_time::{Entered, PacketTime};
use super::place::pass_on;
use super::route::{Route, Router};
use super::worker::{Answer, Order, Worker};
use super::{Judge, Pipeline, Reconfigured, Stats};
use crate::alert::{Alert, Sink};
use crate::config::{Config, ConfigError};
use crate::{Arrived, Block, Record, Timestamp};

/// Batches under way at once: so many that neither who reads nor who judges waits for the other often.
pub(super) const BATCHES_MAX: usize = 6;

/// Several workers on threads of their own.
pub struct Workers {
    threads: Vec<Worker>,
    /// The detectors' names in the order of the registry.
    order: Vec<&'static str>,
    intake: Intake,
    filling: Batch,
    spare: Vec<Batch>,
    under_way: VecDeque<Arc<Batch>>,
    /// Alerts that came while there was no sink to take them.
    late: Vec<Alert>,
}

/// What is done once for every record, before any worker has it.
struct Intake {
    router: Router,
    time: PacketTime,
    packets: u64,
    bytes: u64,
    out_of_order: u64,
}

impl Intake {
    /// When `record` counts as captured, and for whom it is.
    #[inline(always)]
    fn admit(&mut self, record: &Record<'_>) -> (Timestamp, Route) {
        self.packets += 1;
        self.bytes += u64::from(record.wire_len);
        let entered = self.time.enter(record.timestamp);
        self.out_of_order += u64::from(entered == Entered::Late);
        let begins_second = matches!(entered, Entered::First | Entered::Second);
        (self.time.now(), self.router.route(record, begins_second))
    }
}

impl Workers {
    /// Starts a thread for `first` and each of the `others`, which share the hosts among them.
    pub(super) fn start(first: Pipeline, others: Vec<Pipeline>) -> std::io::Result<Self> {
        let order = first.order.clone();
        let dispatcher = &first.dispatcher;
        let intake = Intake {
            router: Router::new(dispatcher.share.owners().clone(), dispatcher.needs()),
            time: PacketTime::START,
            packets: 0,
            bytes: 0,
            out_of_order: 0,
        };
        let pipelines = std::iter::once(first).chain(others);
        let threads = pipelines.map(Worker::start).collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            order,
            intake,
            filling: Batch::new(threads.len()),
            threads,
            spare: Vec::new(),
            under_way: VecDeque::new(),
            late: Vec::new(),
        })
    }

    /// How many there are.
    pub fn count(&self) -> NonZeroUsize {
        NonZeroUsize::new(self.threads.len()).unwrap_or(NonZeroUsize::MIN)
    }

    fn send_full(&mut self, sink: &mut dyn Sink) {
        if self.filling.is_full() {
            self.send(sink);
        }
    }

    fn send(&mut self, sink: &mut dyn Sink) {
        if self.filling.is_empty() {
            return;
        }
        if self.under_way.len() >= BATCHES_MAX {
            self.receive(sink);
        }
        let next = self.spare.pop().unwrap_or_else(|| Batch::new(self.threads.len()));
        let batch = Arc::new(std::mem::replace(&mut self.filling, next));
        for worker in &self.threads {
            worker.order(Order::Judge(Arc::clone(&batch)));
        }
        self.under_way.push_back(batch);
    }

    /// Waits for the oldest batch under way, and passes on its alerts.
    fn receive(&mut self, sink: &mut dyn Sink) {
        let Some(batch) = self.under_way.pop_front() else { return };
        self.merge(sink);
        if let Some(mut batch) = Arc::into_inner(batch) {
            batch.clear();
            self.spare.push(batch);
        }
    }

    /// Waits for everything under way and keeps its alerts: answers come in the order of the orders.
    fn flush_late(&mut self) {
        let mut late: Vec<Alert> = Vec::new();
        self.flush(&mut late);
        self.late = late;
    }

    fn merge(&mut self, sink: &mut dyn Sink) {
        self.late.drain(..).for_each(|alert| sink.alert(alert));
        let mut all = Vec::new();
        for worker in &self.threads {
            if let Answer::Alerts(alerts) = worker.answer() {
                all.extend(alerts);
            }
        }
        pass_on(all, &self.order, sink);
    }
}

impl Judge for Workers {
    fn push(&mut self, record: &Record<'_>, sink: &mut dyn Sink) {
        let (timestamp, route) = self.intake.admit(record);
        self.filling.push(&Record { timestamp, ..*record }, route);
        self.send_full(sink);
    }

    fn push_all(&mut self, block: &mut Block, sink: &mut dyn Sink) {
        self.send(sink);
        self.filling.take(block, |record| self.intake.admit(record));
        self.send(sink);
    }

    fn advance(&mut self, now: Timestamp, sink: &mut dyn Sink) {
        if self.newest().is_none_or(|newest| now <= newest) {
            return;
        }
        self.intake.time.enter(now);
        self.filling.push_event(Event::Time(now));
        self.send_full(sink);
    }

    fn reconsider(&mut self, arrived: &Arrived, sink: &mut dyn Sink) {
        let Some(newest) = self.newest() else { return };
        if arrived.is_empty() {
            return;
        }
        self.filling.push_event(Event::Arrived(newest, arrived.clone()));
        self.send_full(sink);
    }

    fn flush(&mut self, sink: &mut dyn Sink) {
        self.late.drain(..).for_each(|alert| sink.alert(alert));
        self.send(sink);
        while !self.under_way.is_empty() {
            self.receive(sink);
        }
    }

    fn finish(&mut self, sink: &mut dyn Sink) {
        self.flush(sink);
        for worker in &self.threads {
            worker.order(Order::Finish(self.intake.time.newest()));
        }
        self.merge(sink);
    }

    /// All workers read the same, so either all of them go on with it or none.
    fn reconfigure(&mut self, config: &Config) -> Result<Reconfigured, ConfigError> {
        self.flush_late();
        let config = Arc::new(config.clone());
        for worker in &self.threads {
            worker.order(Order::Reconfigure(Arc::clone(&config)));
        }
        let mut outcome = Ok(Reconfigured::default());
        for worker in &self.threads {
            if let Answer::Reconfigured(theirs) = worker.answer() {
                outcome = *theirs;
            }
        }
        outcome
    }

    fn newest(&self) -> Option<Timestamp> {
        self.intake.time.newest()
    }

    /// Records as they came; what is malformed and what is in fragments as one worker counts it, since
    /// all of them see all of that; detectors and tables added up.
    fn stats(&mut self) -> Stats {
        self.flush_late();
        for worker in &self.threads {
            worker.order(Order::Stats);
        }
        let stats = self.threads.iter().filter_map(|worker| match worker.answer() {
            Answer::Stats(stats) => Some(*stats),
            Answer::Alerts(_) | Answer::Reconfigured(_) => None,
        });
        let stats = stats.reduce(Stats::with_worker).unwrap_or_default();
        let Intake { packets, bytes, out_of_order, .. } = self.intake;
        Stats { packets, bytes, packets_out_of_order: out_of_order, ..stats }
    }
}
