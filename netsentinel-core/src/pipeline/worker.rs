//! One pipeline on a thread of its own, which judges its part of every batch.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use super::batch::{Batch, Event};
use super::place::Placed;
use super::route::Work;
use super::workers::BATCHES_MAX;
use super::{Pipeline, Reconfigured, Stats};
use crate::Timestamp;
use crate::config::{Config, ConfigError};

/// Records whose headers are looked at together.
const AHEAD: usize = 16;
/// About where the headers of most packets end.
const HEADERS_END: usize = 48;

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

/// Looks at the headers of several frames at once. They come from the cache of the core that has read
/// them, and there the core can wait for all of them together; in judging it would for one at a time.
#[inline]
fn touch<'a>(frames: impl Iterator<Item = &'a [u8]>) {
    let headers = |frame: &[u8]| {
        let byte = |at| frame.get(at).copied().unwrap_or_default();
        byte(0) ^ byte(HEADERS_END)
    };
    black_box(frames.map(headers).fold(0, |all, byte| all ^ byte));
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
