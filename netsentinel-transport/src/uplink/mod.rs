//! Sends what the spool holds, and heartbeats; nothing is lost whatever the server answers.
//!
//! | the server's answer | what happens |
//! |---|---|
//! | accepted, duplicate | settled |
//! | rejected | dead letter with the reason |
//! | deferred, 429 | released; nothing is sent before `Retry-After` |
//! | 400, 413, 422 for a batch | sent again in halves, until the bad alert is alone: a dead letter |
//! | 401 `unknown_agent` | enrols, then goes on |
//! | other 401, 403 | released; an error in the log once for each change; tried again after 30 s or more |
//! | 5xx, 404, nonsense, silence | released; back-off with full jitter up to 60 s |
//!
//! After a 500, a time-out or nonsense the next batch is an eighth as long, so that one alert that the
//! server chokes on ends up alone and is set aside while the others pass.

mod aside;
mod backoff;
mod client;
mod enrol;
mod exchange;
mod forward;
mod heartbeats;
mod reach;
mod shared;
mod state;
mod verdict;

#[cfg(test)]
mod tests;

pub use client::{ANSWER_BYTES_MAX, Client, ClientError, Credentials};
pub use exchange::{Answer, Exchange, ExchangeError, Key, Request};
pub use shared::SharedSpool;
pub use state::UplinkState;

pub(crate) use verdict::{bounded, is_unknown_agent, said};

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use netsentinel_core::Timestamp;
use netsentinel_core::config::Secret;
use netsentinel_core::text::shown;
use tokio::sync::watch;

use forward::Forward;

use crate::wire::{Enrolment, Heartbeat};

/// The longest that stopping may take.
const GRACE_MAX: Duration = Duration::from_secs(10);

/// How the uplink works.
pub struct UplinkSettings {
    /// How to be known at first contact, and the key that all agents share; `None` when the agent is
    /// enrolled otherwise.
    pub enrolment: Option<(Enrolment, Secret)>,
    /// Time between heartbeats, at least 0.1 s.
    pub heartbeat_interval: Duration,
    /// Makes a heartbeat; called on a thread that may block.
    pub heartbeat: Arc<dyn Fn() -> Heartbeat + Send + Sync>,
}

/// Sends alerts and heartbeats until it is told to stop.
pub struct Uplink<E> {
    exchange: E,
    spool: SharedSpool,
    settings: UplinkSettings,
    state: watch::Sender<UplinkState>,
    clock: fn() -> Timestamp,
}

impl<E: Exchange> Uplink<E> {
    /// An uplink that sends what `spool` holds by `exchange`, commonly a [`Client`].
    pub fn new(exchange: E, spool: SharedSpool, settings: UplinkSettings) -> Self {
        Self { exchange, spool, settings, state: watch::Sender::default(), clock: wall_clock }
    }

    /// How it goes, as it changes.
    pub fn state(&self) -> watch::Receiver<UplinkState> {
        self.state.subscribe()
    }

    /// Runs until `stop` holds a time: then it finishes what it is sending, sends what else it can, and
    /// returns when nothing is left, the server fails or wants no more, or that time (at most 10 s) is
    /// over. That the sender of `stop` is gone means the same as 10 s.
    ///
    /// Needs a Tokio runtime with time. Only one uplink may work on a spool at a time.
    pub async fn run(self, stop: watch::Receiver<Option<Duration>>) {
        let taken_back = self.spool.run(|spool| {
            // An uplink before this one may have been dropped in the middle of a request.
            spool.release_all();
            Ok(())
        });
        if let Err(error) = taken_back.await {
            tracing::warn!("{error}");
        }
        let mut grace = stop.clone();
        let mut forward = std::pin::pin!(Forward::new(&self).run(stop));
        let grace = tokio::select! {
            () = &mut forward => return,
            () = heartbeats::run(&self) => return,
            () = requested(&mut grace) => grace.borrow().unwrap_or(GRACE_MAX).min(GRACE_MAX),
        };
        if tokio::time::timeout(grace, forward).await.is_err() {
            tracing::info!("stopped before all alerts were sent: the spool keeps them");
        }
    }

    /// The server answered as it should.
    fn succeeded(&self, count: impl FnOnce(&mut UplinkState)) {
        self.state.send_modify(|state| {
            state.connected_since.get_or_insert_with(self.clock);
            state.failures = 0;
            count(state);
        });
    }

    fn failed(&self, reason: &str) {
        self.state.send_modify(|state| {
            state.connected_since = None;
            state.last_error = Some(((self.clock)(), shown(reason).into_owned()));
            state.failures += 1;
        });
    }
}

/// Waits until it is time to stop.
async fn requested(stop: &mut watch::Receiver<Option<Duration>>) {
    // An error says that the sender is gone, which means the same.
    drop(stop.wait_for(Option::is_some).await);
}

fn is_requested(stop: &watch::Receiver<Option<Duration>>) -> bool {
    stop.borrow().is_some() || stop.has_changed().is_err()
}

fn wall_clock() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_nanos(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}
