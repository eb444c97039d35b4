//! One pipeline on a thread of its own, which judges its part of every batch.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use super::ahead::{AHEAD, touch};
use super::batch::{Batch, Event};
use super::place::Placed;
use super::route::Work;
use super::workers::BATCHES_MAX;
use super::{Pipeline, Reconfigured, Stats};
use crate::Timestamp;
use crate::config::{Config, ConfigError};

/// A pipeline's thread, and the ways to it and back. Answers come in the order of the orders.
pub(super) struct Worker {
    orders: Option<SyncSender<Order>>,
    answers: Receiver<Answer>,
    thread: Option<JoinHandle<()>>,
}

pub(super) enum Order {
    Judge(Arc<Batch>),
    /// The capture has ended, and this was the newest time if there was any.
    Finish(Option<Timestamp>),
    Stats,
    Reconfigure(Arc<Config>),
}

pub(super) enum Answer {
    Reconfigured(Box<Result<Reconfigured, ConfigError>>),
    Alerts(Vec<Placed>),
    Stats(Box<Stats>),
}

impl Worker {
    pub(super) fn start(mut pipeline: Pipeline) -> std::io::Result<Self> {
        let (orders, inbox) = sync_channel::<Order>(BATCHES_MAX + 1);
        let (outbox, answers) = sync_channel(BATCHES_MAX + 1);
        let thread = thread::Builder::new().name("sentinel-worker".into()).spawn(move || {
            for order in inbox {
                let answer = match order {
                    Order::Judge(batch) => Answer::Alerts(judge(&mut pipeline, &batch)),
                    Order::Finish(newest) => Answer::Alerts(finish(&mut pipeline, newest)),
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
    pub(super) fn order(&self, order: Order) {
        if let Some(orders) = &self.orders {
            let _ = orders.send(order);
        }
    }

    pub(super) fn answer(&self) -> Answer {
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
    let worker = pipeline.dispatcher.share.worker();
    let mut raised = Vec::new();
    for stretch in batch.stretches(worker) {
        match stretch.before {
            Some((nth, Event::Time(now))) => pipeline.pass(nth, *now, &mut raised),
            Some((nth, Event::Arrived(newest, arrived))) => {
                pipeline.pass(nth, *newest, &mut raised);
                pipeline.weigh(nth, arrived, &mut raised);
            }
            None => {}
        }
        for parts in stretch.parts.chunks(AHEAD) {
            touch(parts.iter().map(|part| stretch.frame(part)));
            for part in parts {
                let Some((nth, record)) = stretch.record(part) else { continue };
                match part.work {
                    Work::Judge(kinds, ends) => {
                        pipeline.judge(nth, &record, Some((kinds, ends)), &mut raised);
                    }
                    Work::Look => pipeline.judge(nth, &record, None, &mut raised),
                    Work::Time => pipeline.enter(nth, record.timestamp, &mut raised),
                }
            }
        }
    }
    raised
}

fn finish(pipeline: &mut Pipeline, newest: Option<Timestamp>) -> Vec<Placed> {
    let mut raised = Vec::new();
    // A second that has begun has been told of: nothing but the time is new.
    if let Some(newest) = newest {
        pipeline.pass(0, newest, &mut raised);
    }
    pipeline.end(&mut raised);
    raised
}
