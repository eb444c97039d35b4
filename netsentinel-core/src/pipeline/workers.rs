//! Several pipelines side by side, each answering for its share of the hosts.
//!
//! Every worker takes every record, so that decoding, time and reassembly are the same in all; its
//! detectors see the packets from and to its own hosts, and nothing is raised for others. What the
//! workers raise is merged in the order in which one pipeline tells it ([`super::place`]), so that any
//! number of them gives, to the byte, what one gives, as long as no table has to evict.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use super::batch::{Batch, Event};
use super::place::{Placed, pass_on};
use super::{Judge, Pipeline, Reconfigured, Stats};
use crate::alert::{Alert, Sink};
use crate::config::{Config, ConfigError};
use crate::{Arrived, Record, Timestamp};

/// Batches under way at once.
const BATCHES_MAX: usize = 4;

/// Several workers on threads of their own.
pub struct Workers {
    threads: Vec<Worker>,
    /// The detectors' names in the order of the registry.
    order: Vec<&'static str>,
    filling: Batch,
    spare: Vec<Batch>,
    under_way: VecDeque<Arc<Batch>>,
    newest: Option<Timestamp>,
    /// Alerts that came while there was no sink to take them.
    late: Vec<Alert>,
}

struct Worker {
    orders: Option<SyncSender<Order>>,
    answers: Receiver<Answer>,
    thread: Option<JoinHandle<()>>,
}

enum Order {
    Judge(Arc<Batch>),
    Finish,
    Stats,
    Reconfigure(Arc<Config>),
}

enum Answer {
    Reconfigured(Box<Result<Reconfigured, ConfigError>>),
    Alerts(Vec<Placed>),
    Stats(Box<Stats>),
}

impl Workers {
    /// Starts a thread for each of `pipelines`, which share the hosts among them.
    pub(super) fn start(pipelines: Vec<Pipeline>) -> std::io::Result<Self> {
        let order = pipelines.first().map(|first| first.order.clone()).unwrap_or_default();
        let threads = pipelines.into_iter().map(Worker::start).collect::<Result<_, _>>()?;
        Ok(Self {
            threads,
            order,
            filling: Batch::default(),
            spare: Vec::new(),
            under_way: VecDeque::new(),
            newest: None,
            late: Vec::new(),
        })
    }

    /// How many there are.
    pub fn count(&self) -> NonZeroUsize {
        NonZeroUsize::new(self.threads.len()).unwrap_or(NonZeroUsize::MIN)
    }

    fn send(&mut self, sink: &mut dyn Sink) {
        if self.filling.is_empty() {
            return;
        }
        if self.under_way.len() >= BATCHES_MAX {
            self.receive(sink);
        }
        let next = self.spare.pop().unwrap_or_default();
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
        self.newest = self.newest.max(Some(record.timestamp));
        self.filling.push(record);
        if self.filling.is_full() {
            self.send(sink);
        }
    }

    fn advance(&mut self, now: Timestamp, sink: &mut dyn Sink) {
        if self.newest.is_none_or(|newest| now <= newest) {
            return;
        }
        self.newest = Some(now);
        self.filling.push_time(now);
        if self.filling.is_full() {
            self.send(sink);
        }
    }

    fn reconsider(&mut self, arrived: &Arrived, sink: &mut dyn Sink) {
        if arrived.is_empty() {
            return;
        }
        self.filling.push_arrived(arrived.clone());
        if self.filling.is_full() {
            self.send(sink);
        }
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
            worker.order(Order::Finish);
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
        self.newest
    }

    /// Decoding and reassembly as one worker counts them, since all do the same; detectors and
    /// tables added up.
    fn stats(&mut self) -> Stats {
        self.flush_late();
        for worker in &self.threads {
            worker.order(Order::Stats);
        }
        let stats = self.threads.iter().filter_map(|worker| match worker.answer() {
            Answer::Stats(stats) => Some(*stats),
            Answer::Alerts(_) | Answer::Reconfigured(_) => None,
        });
        stats.reduce(Stats::with_worker).unwrap_or_default()
    }
}

impl Worker {
    fn start(mut pipeline: Pipeline) -> std::io::Result<Self> {
        let (orders, inbox) = sync_channel::<Order>(BATCHES_MAX + 1);
        let (outbox, answers) = sync_channel(BATCHES_MAX + 1);
        let thread = thread::Builder::new().name("sentinel-worker".into()).spawn(move || {
            for order in inbox {
                let answer = match order {
                    Order::Judge(batch) => Answer::Alerts(judge(&mut pipeline, &batch)),
                    Order::Finish => Answer::Alerts(finish(&mut pipeline)),
                    Order::Reconfigure(config) => {
                        Answer::Reconfigured(Box::new(pipeline.reconfigure(&config)))
                    }
                    Order::Stats => Answer::Stats(Box::new(pipeline.stats())),
                };
                if outbox.send(answer).is_err() {
                    return;
                }
            }
        })?;
        Ok(Self { orders: Some(orders), answers, thread: Some(thread) })
    }

    /// A worker stops before its orders do only by a panic, which is passed on when it is missed.
    fn order(&self, order: Order) {
        if let Some(orders) = &self.orders {
            let _ = orders.send(order);
        }
    }

    fn answer(&self) -> Answer {
        match self.answers.recv() {
            Ok(answer) => answer,
            Err(_) => std::panic::resume_unwind(Box::new("a worker has panicked")),
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            // A panic of the worker has been told by the thread itself.
            let _ = thread.join();
        }
    }
}

fn judge(pipeline: &mut Pipeline, batch: &Batch) -> Vec<Placed> {
    let mut raised = Vec::new();
    for (nth, event) in batch.events().enumerate() {
        match event {
            Event::Record(record) => pipeline.judge(nth, &record, &mut raised),
            Event::Time(now) => pipeline.pass(nth, now, &mut raised),
            Event::Arrived(arrived) => pipeline.weigh(nth, arrived, &mut raised),
        }
    }
    raised
}

fn finish(pipeline: &mut Pipeline) -> Vec<Placed> {
    let mut raised = Vec::new();
    pipeline.end(&mut raised);
    raised
}
