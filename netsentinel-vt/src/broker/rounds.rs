//! Takes what the packet path has noted, and ends what is over.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use super::shared::Shared;

/// How often notes are taken: nobody wakes anybody from the packet path.
pub(super) const NOTES_EVERY: Duration = Duration::from_millis(100);
/// How often verdicts end whose time is over.
const EXPIRE_EVERY: Duration = Duration::from_secs(5);
/// How often those are given up that have waited too long.
const GIVE_UP_EVERY: Duration = Duration::from_secs(60);
/// How often verdicts are written to the disk, if they have changed.
const SAVE_EVERY: Duration = Duration::from_secs(300);

/// Goes round every `notes_every` until `stop`.
pub(super) async fn run(shared: Arc<Shared>, notes_every: Duration, stop: CancellationToken) {
    let now = Instant::now();
    let (mut expire, mut give_up, mut save) =
        (Due::new(EXPIRE_EVERY, now), Due::new(GIVE_UP_EVERY, now), Due::new(SAVE_EVERY, now));
    let mut ticks = tokio::time::interval(notes_every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while let Some(now) = stop.run_until_cancelled(ticks.tick()).await {
        shared.take_notes();
        if expire.is_due(now) {
            shared.expire();
        }
        if give_up.is_due(now) {
            shared.give_up_stale(now);
        }
        if save.is_due(now) {
            shared.save_if_changed().await;
        }
    }
}

struct Due {
    every: Duration,
    next: Instant,
}

impl Due {
    fn new(every: Duration, now: Instant) -> Self {
        Self { every, next: now + every }
    }

    fn is_due(&mut self, now: Instant) -> bool {
        let due = now >= self.next;
        if due {
            self.next = now + self.every;
        }
        due
    }
}
