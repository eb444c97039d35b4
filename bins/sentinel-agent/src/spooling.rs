//! From the pipeline to the disk: a thread that writes alerts to the spool.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::{Duration, Instant};

use netsentinel_cli::now;
use netsentinel_core::{Alert, Sink};
use netsentinel_transport::uplink::SharedSpool;

use crate::status::Status;

/// Alerts on their way from the pipeline to the spooling thread; when there are more, the pipeline
/// waits.
pub(crate) const QUEUE_MAX: usize = 1_024;
/// Alerts written at once.
const BATCH_MAX: usize = 512;
/// Alerts held in memory while the disk takes none; those that come later are given up, and counted.
const HELD_MAX: usize = 8_192;
/// Time between attempts to write when the disk takes none.
const RETRY: Duration = Duration::from_secs(1);

/// The pipeline's end of the queue.
pub(crate) struct Queue(pub(crate) SyncSender<Alert>);

impl Sink for Queue {
    fn alert(&mut self, alert: Alert) {
        // The spooling thread is gone only when the agent stops with an error already.
        let _ = self.0.send(alert);
    }
}

/// Writes what comes by `alerts` until the pipeline is gone and all is written.
pub(crate) fn run(alerts: &Receiver<Alert>, spool: &SharedSpool, status: &Arc<Status>) {
    let mut writer = Writer { spool, status, held: VecDeque::new(), failing: None, lost: 0 };
    loop {
        // While writing fails the queue is still emptied, so that the pipeline never waits for it.
        let next = match writer.failing {
            None => alerts.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(_) => alerts.recv_timeout(RETRY),
        };
        let ended = match next {
            Ok(alert) => {
                writer.hold(alert);
                while writer.held.len() < BATCH_MAX
                    && let Ok(alert) = alerts.try_recv()
                {
                    writer.hold(alert);
                }
                false
            }
            Err(RecvTimeoutError::Timeout) => false,
            Err(RecvTimeoutError::Disconnected) => true,
        };
        writer.write(ended);
        if ended {
            writer.give_up();
            return;
        }
    }
}

struct Writer<'a> {
    spool: &'a SharedSpool,
    status: &'a Arc<Status>,
    held: VecDeque<Alert>,
    /// When writing failed last, while it does.
    failing: Option<Instant>,
    /// How many were given up since then.
    lost: u64,
}

impl Writer<'_> {
    fn hold(&mut self, alert: Alert) {
        if self.held.len() < HELD_MAX {
            self.held.push_back(alert);
        } else {
            if self.lost == 0 {
                tracing::error!("{HELD_MAX} alerts wait in memory: those that follow are lost");
            }
            self.lost += 1;
            self.status.lose(1);
        }
    }

    /// Writes what is held; not sooner than a pause after it failed, unless it is the `last` time.
    fn write(&mut self, last: bool) {
        if self.failing.is_some_and(|at| at.elapsed() < RETRY) && !last {
            return;
        }
        while !self.held.is_empty() {
            let count = self.held.len().min(BATCH_MAX);
            match self.spool.append(&self.held.make_contiguous()[..count], now()) {
                Ok(appended) => {
                    self.held.drain(..count);
                    let dropped = appended.dropped.total();
                    if dropped > 0 {
                        tracing::warn!(
                            "the spool is full: dropped the {dropped} oldest alerts of the lowest \
                             severity; a larger agent.spool_bytes holds longer"
                        );
                    }
                    if appended.too_large > 0 {
                        tracing::warn!("{} alerts are too large to send", appended.too_large);
                    }
                    if self.failing.take().is_some() {
                        let lost = std::mem::take(&mut self.lost);
                        tracing::info!("alerts can be written again; {lost} were lost meanwhile");
                    }
                }
                Err(error) => {
                    if self.failing.replace(Instant::now()).is_none() {
                        tracing::error!(
                            "alerts can not be written, up to {HELD_MAX} wait in memory: {error}"
                        );
                    }
                    return;
                }
            }
        }
    }

    fn give_up(&self) {
        if !self.held.is_empty() {
            tracing::error!("{} alerts could not be written and are lost", self.held.len());
            self.status.lose(self.held.len() as u64);
        }
    }
}
