//! Alerts from the spool to the server.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;
use tracing::warn;

use super::Uplink;
use super::aside::Aside;
use super::backoff::Backoff;
use super::exchange::{Exchange, Key, Request};
use super::reach::Reach;
use super::verdict::{Failure, FailureKind, Verdict, judge};
use crate::spool::{Handle, Spooled};
use crate::wire::{ALERT_PATH, BATCH_ALERTS_MAX, BATCH_BYTES_MAX, ItemAnswer, ItemStatus};

/// What a request has around its alerts.
const ENVELOPE: (&[u8], &[u8]) = (br#"{"alerts":["#, b"]}");
/// By how much the next batch is shorter after one that the server choked on: so few steps lead from
/// 500 alerts to the one.
const SHRINK: usize = 8;

/// What to do after a round.
#[derive(Debug, PartialEq, Eq)]
enum Next {
    /// Send more.
    Go,
    /// There is nothing to send.
    Idle,
    /// The server wants no more for so long.
    Throttled(Duration),
    /// It failed: try again after so long.
    Retry(Duration),
}

/// Sends what the spool holds.
pub(super) struct Forward<'a, E> {
    uplink: &'a Uplink<E>,
    backoff: Backoff,
    reach: Reach,
    /// Alerts in the next batch at most.
    most: usize,
    aside: Aside,
    /// Whether it has enrolled and nothing was let through since.
    just_enrolled: bool,
}

impl<'a, E: Exchange> Forward<'a, E> {
    pub(super) fn new(uplink: &'a Uplink<E>) -> Self {
        let (backoff, reach) = (Backoff::default(), Reach::new("alerts"));
        let (most, aside) = (BATCH_ALERTS_MAX, Aside::default());
        Self { uplink, backoff, reach, most, aside, just_enrolled: false }
    }

    /// Sends until `stop` holds something, and then what else can be sent without waiting.
    pub(super) async fn run(mut self, mut stop: watch::Receiver<Option<Duration>>) {
        let mut is_last = false;
        loop {
            let next = self.round().await;
            let stopping = super::is_requested(&stop);
            match next {
                Next::Go => {}
                Next::Throttled(_) | Next::Idle if stopping => return,
                Next::Retry(_) if is_last => return,
                Next::Retry(_) if stopping => is_last = true,
                Next::Idle => {
                    let due = self.aside.due();
                    tokio::select! {
                        () = self.uplink.spool.appended() => {}
                        () = sleep_until(due) => {}
                        () = super::requested(&mut stop) => {}
                    }
                }
                Next::Throttled(wait) | Next::Retry(wait) => {
                    tokio::select! {
                        () = tokio::time::sleep(wait) => {}
                        // One last try, unless the server wants none.
                        () = super::requested(&mut stop) => {
                            if matches!(next, Next::Throttled(_)) {
                                return;
                            }
                            is_last = true;
                        }
                    }
                }
            }
        }
    }

    /// Takes a batch and sends it.
    async fn round(&mut self) -> Next {
        self.retry_aside().await;
        let most = self.most;
        let bytes = BATCH_BYTES_MAX - ENVELOPE.0.len() - ENVELOPE.1.len();
        let batch = self.uplink.spool.run(move |spool| spool.next(most, bytes)).await;
        let batch = match batch {
            Ok(batch) => batch,
            Err(error) => return self.retry(&error.to_string()),
        };
        if batch.damaged > 0 {
            warn!("{} alerts in the spool can not be read back and are given up", batch.damaged);
        }
        if batch.alerts.is_empty() {
            return if batch.damaged > 0 { Next::Go } else { Next::Idle };
        }
        let sent = batch.alerts.len();
        match self.deliver(batch.alerts).await {
            Ok(None) => {
                self.most = (self.most * 2).min(BATCH_ALERTS_MAX);
                Next::Go
            }
            Ok(Some(wait)) => Next::Throttled(wait),
            Err(verdict) => self.after(verdict, sent).await,
        }
    }

    /// Sends alerts, in halves where the server will not have them together. `Ok` when each was answered
    /// for, with the wait that the server asks for.
    async fn deliver(&mut self, alerts: Vec<Spooled>) -> Result<Option<Duration>, Verdict> {
        let mut groups = vec![alerts];
        while let Some(mut group) = groups.pop() {
            match self.post(&group).await {
                Verdict::Items(results, wait) => {
                    self.let_in();
                    let settled = self.apply(&group, results).await;
                    if let Err(verdict) = settled {
                        self.release(groups.concat()).await;
                        return Err(verdict);
                    }
                    if wait.is_some() {
                        self.release(groups.concat()).await;
                        return Ok(wait);
                    }
                }
                Verdict::Bad(reason) if group.len() == 1 => {
                    let letters = group.iter().map(|alert| (alert.handle, reason.clone()));
                    if let Err(verdict) = self.dead_letter(letters.collect()).await {
                        self.release(groups.concat()).await;
                        return Err(verdict);
                    }
                }
                Verdict::Bad(_) => {
                    let back = group.split_off(group.len() / 2);
                    groups.extend([back, group]);
                }
                Verdict::Failed(Failure { reason, kind: FailureKind::Choked })
                    if group.len() == 1 =>
                {
                    let back = group.pop().and_then(|alert| self.aside.put(alert));
                    groups.push(back.into_iter().collect());
                    self.release(groups.concat()).await;
                    return Err(super::verdict::choked(reason));
                }
                verdict => {
                    groups.push(group);
                    self.release(groups.concat()).await;
                    return Err(verdict);
                }
            }
        }
        Ok(None)
    }

    async fn post(&self, alerts: &[Spooled]) -> Verdict {
        let request = Request { path: ALERT_PATH, key: Key::Own, body: body(alerts) };
        judge(self.uplink.exchange.send(request).await, alerts)
    }

    /// Does with each alert what the server says.
    async fn apply(&mut self, sent: &[Spooled], results: Vec<ItemAnswer>) -> Result<(), Verdict> {
        let (mut settled, mut deferred, mut rejected) = (Vec::new(), Vec::new(), Vec::new());
        let mut accepted = 0;
        for (alert, item) in sent.iter().zip(results) {
            match item.status {
                ItemStatus::Accepted => {
                    accepted += 1;
                    settled.push(alert.handle);
                }
                ItemStatus::Duplicate => settled.push(alert.handle),
                ItemStatus::Rejected => {
                    let reason = item.reason.unwrap_or_else(|| "the server gives none".into());
                    rejected.push((alert.handle, reason));
                }
                ItemStatus::Deferred => deferred.push(alert.handle),
            }
        }
        let (duplicate, later) = (settled.len() as u64 - accepted, deferred.len() as u64);
        let done = self.uplink.spool.run(move |spool| {
            spool.release(&deferred);
            spool.settle(&settled)
        });
        if let Err(error) = done.await {
            // They are settled all the same; after a restart the server will know them.
            warn!("acks could not be kept: {error}");
        }
        // Told last: whoever waits for it finds them gone from the spool.
        self.uplink.succeeded(|state| {
            state.accepted += accepted;
            state.duplicate += duplicate;
            state.deferred += later;
        });
        self.dead_letter(rejected).await
    }

    async fn dead_letter(&mut self, letters: Vec<(Handle, String)>) -> Result<(), Verdict> {
        if letters.is_empty() {
            return Ok(());
        }
        let (count, now) = (letters.len() as u64, (self.uplink.clock)());
        let done = self.uplink.spool.run(move |spool| {
            spool.dead_letter(&letters, now).inspect_err(|_| {
                spool.release(&letters.iter().map(|(handle, _)| *handle).collect::<Vec<_>>());
            })
        });
        done.await.map_err(|error| super::verdict::away(error.to_string()))?;
        warn!("{count} alerts were rejected and are dead letters now");
        self.let_in();
        self.uplink.succeeded(|state| state.rejected += count);
        Ok(())
    }

    /// The server has let the agent in and answered as it should.
    fn let_in(&mut self) {
        self.just_enrolled = false;
        self.backoff.reset();
        self.reach.succeeded();
    }

    async fn release(&self, alerts: Vec<Spooled>) {
        let handles: Vec<_> = alerts.iter().map(|alert| alert.handle).collect();
        let done = self.uplink.spool.run(move |spool| {
            spool.release(&handles);
            Ok(())
        });
        if let Err(error) = done.await {
            warn!("alerts could not be given back to the spool: {error}");
        }
    }

    /// What follows from an answer that was not as it should be, to a batch of `sent` alerts.
    async fn after(&mut self, verdict: Verdict, sent: usize) -> Next {
        match verdict {
            Verdict::Busy(wait) => Next::Throttled(wait),
            Verdict::Unknown if !self.just_enrolled => match self.uplink.enrol().await {
                Ok(()) => {
                    self.just_enrolled = true;
                    Next::Go
                }
                Err(Verdict::Failed(Failure { reason, .. })) => self.retry(&reason),
                Err(Verdict::Refused(reason)) => self.refused(&reason),
                Err(_) => self.retry("it is too busy to enrol this agent"),
            },
            Verdict::Unknown => self.refused("it has enrolled this agent and does not know it"),
            Verdict::Refused(reason) => self.refused(&reason),
            Verdict::Failed(Failure { reason, kind }) => {
                if kind != FailureKind::Away {
                    self.most = (sent / SHRINK).max(1);
                }
                self.retry(&reason)
            }
            Verdict::Bad(reason) => self.retry(&reason),
            Verdict::Items(..) => Next::Go,
        }
    }

    fn retry(&mut self, reason: &str) -> Next {
        let wait = self.backoff.failed();
        self.reach.failed(reason, wait);
        self.uplink.failed(reason);
        Next::Retry(wait)
    }

    fn refused(&mut self, reason: &str) -> Next {
        // Somebody may enrol it anew.
        self.just_enrolled = false;
        self.reach.refused(reason);
        self.uplink.failed(reason);
        Next::Retry(Backoff::refused())
    }

    /// Sends one of the alerts that the server choked on, if it is time.
    async fn retry_aside(&mut self) {
        let Some(alert) = self.aside.take_due() else { return };
        let group = vec![alert];
        let done = match self.post(&group).await {
            Verdict::Items(results, _) => self.apply(&group, results).await,
            Verdict::Bad(reason) => {
                let letters = group.iter().map(|alert| (alert.handle, reason.clone()));
                self.dead_letter(letters.collect()).await
            }
            verdict => {
                let back: Vec<_> =
                    group.into_iter().filter_map(|alert| self.aside.put(alert)).collect();
                self.release(back).await;
                Err(verdict)
            }
        };
        if let Err(verdict) = done {
            tracing::debug!("an alert set aside was answered by {verdict:?}");
        }
    }
}

async fn sleep_until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}

/// The alerts' JSON as it is in the spool, put together.
fn body(alerts: &[Spooled]) -> Vec<u8> {
    let bytes: usize = alerts.iter().map(|alert| alert.json.len() + 1).sum();
    let mut body = Vec::with_capacity(bytes + ENVELOPE.0.len() + ENVELOPE.1.len());
    body.extend_from_slice(ENVELOPE.0);
    for (index, alert) in alerts.iter().enumerate() {
        if index > 0 {
            body.push(b',');
        }
        body.extend_from_slice(&alert.json);
    }
    body.extend_from_slice(ENVELOPE.1);
    body
}
