//! Tells the server now and then how the agent is, whatever becomes of alerts.

use std::time::Duration;

use netsentinel_core::Timestamp;
use tokio::time::MissedTickBehavior;
use tracing::{debug, info, warn};

use super::Uplink;
use super::exchange::{Exchange, Key, Request};
use super::reach::Reach;
use super::verdict::{Verdict, refusal, said};
use crate::wire::{HEARTBEAT_PATH, HeartbeatAnswer};

/// The shortest time between two heartbeats.
const INTERVAL_MIN: Duration = Duration::from_millis(100);
/// How far the server's clock may be off ours, in seconds, before that is told.
const CLOCK_OFF_MAX: u64 = 30;

/// Sends heartbeats for ever.
pub(super) async fn run<E: Exchange>(uplink: &Uplink<E>) {
    let mut reach = Reach::new("heartbeats");
    let mut clock = Clock::default();
    let mut ticks = tokio::time::interval(uplink.settings.heartbeat_interval.max(INTERVAL_MIN));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let mut outcome = beat(uplink).await;
        if matches!(outcome, Err(Verdict::Unknown)) {
            outcome = match uplink.enrol().await {
                Ok(()) => beat(uplink).await,
                Err(verdict) => Err(verdict),
            };
        }
        match outcome {
            Ok(ahead) => {
                reach.succeeded();
                clock.compare(ahead);
                uplink.succeeded(|state| {
                    state.heartbeats += 1;
                    state.clock_ahead_s = Some(ahead);
                });
            }
            Err(Verdict::Failed(failure)) => {
                reach.failed(&failure.reason, uplink.settings.heartbeat_interval);
                uplink.failed(&failure.reason);
            }
            Err(Verdict::Refused(reason)) => {
                reach.refused(&reason);
                uplink.failed(&reason);
            }
            Err(verdict) => debug!("a heartbeat was answered by {verdict:?}"),
        }
    }
}

/// One heartbeat; by how many seconds the server's clock is ahead.
async fn beat<E: Exchange>(uplink: &Uplink<E>) -> Result<i64, Verdict> {
    let make = uplink.settings.heartbeat.clone();
    let made = tokio::task::spawn_blocking(move || serde_json::to_vec(&make())).await;
    let Ok(Ok(body)) = made else {
        return Err(Verdict::Bad("the heartbeat could not be made".into()));
    };
    let sent = uplink.exchange.send(Request { path: HEARTBEAT_PATH, key: Key::Own, body }).await;
    let answer = refusal(sent)?;
    let told = serde_json::from_slice::<HeartbeatAnswer>(&answer.body);
    match (answer.status, told) {
        (200, Ok(told)) => Ok(seconds(told.at).saturating_sub(seconds((uplink.clock)()))),
        (429, _) => Err(Verdict::Busy(answer.retry_after.unwrap_or_default())),
        (200, Err(error)) => {
            Err(super::verdict::away(format!("its answer makes no sense ({error})")))
        }
        _ => Err(super::verdict::away(said(&answer))),
    }
}

const fn seconds(at: Timestamp) -> i64 {
    at.as_secs()
}

/// Whether the clocks differed when that was last told.
#[derive(Default)]
struct Clock {
    is_off: bool,
}

impl Clock {
    fn compare(&mut self, ahead: i64) {
        let is_off = ahead.unsigned_abs() > CLOCK_OFF_MAX;
        if is_off != self.is_off {
            self.is_off = is_off;
            if is_off {
                warn!("the server's clock is {ahead} s ahead of ours: check both against NTP");
            } else {
                info!("the server's clock agrees with ours again");
            }
        }
    }
}
