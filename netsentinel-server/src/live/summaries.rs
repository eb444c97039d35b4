//! Counts and lists that are computed from the store once for all clients.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::hub::Text;
use super::message::Message;
use crate::api::agent_views;
use crate::app::App;
use crate::store::StoreError;

/// Each summary is computed at most this often.
const PERIOD: Duration = Duration::from_secs(1);
/// Agents are listed anew this often even if nothing was heard, since silence makes them offline.
const AGENTS_PERIOD: Duration = Duration::from_secs(5);
/// Minutes in the timeline.
const MINUTES: u32 = 60;

/// Computes what changed, once a second while there are clients, until the server stops; returns
/// when the last client has been told so.
pub(crate) async fn push_summaries(app: Arc<App>) {
    let mut ticks = interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut computed = Computed::default();
    loop {
        tokio::select! {
            () = app.stopping.cancelled() => return app.hub.empty().await,
            _ = ticks.tick() => {}
            () = app.hub.summaries.wanted.notified(), if computed.idle => {}
        }
        if app.hub.clients() == 0 {
            computed.rest(&app);
        } else if let Err(error) = computed.refresh(&app).await {
            computed.again(&error);
        }
    }
}

/// What the summaries that were last computed are about.
struct Computed {
    /// Nobody has asked for any.
    idle: bool,
    /// The last time it did not work.
    failed: bool,
    minute: Option<i64>,
    agents: Option<Instant>,
}

impl Default for Computed {
    fn default() -> Self {
        Self { idle: true, failed: false, minute: None, agents: None }
    }
}

impl Computed {
    /// Forgets what would be stale when the next client comes.
    fn rest(&mut self, app: &App) {
        if !self.idle {
            let summaries = &app.hub.summaries;
            for summary in [&summaries.stats, &summaries.timeline, &summaries.agents] {
                summary.send_replace(None);
            }
        }
        *self = Self::default();
    }

    /// Computes all of them the next time. A store that goes on failing is told once.
    fn again(&mut self, error: &StoreError) {
        if !self.failed {
            tracing::warn!(%error, "the live counters can not be computed");
        }
        *self = Self { idle: self.idle, failed: true, ..Self::default() };
    }

    async fn refresh(&mut self, app: &App) -> Result<(), StoreError> {
        self.idle = false;
        let summaries = &app.hub.summaries;
        // Marks are taken before the store is read: what changes meanwhile marks them again.
        let alerts_changed = summaries.alerts_changed.swap(false, Ordering::AcqRel);
        let agents_changed = summaries.agents_changed.swap(false, Ordering::AcqRel);
        let now = app.now();
        let minute = Some(now.as_secs().div_euclid(60));
        if alerts_changed || self.minute != minute {
            let stats = app.store.stats().await?;
            publish(&summaries.stats, Message::Stats { stats }.text());
            let minutes = app.store.timeline(now, MINUTES).await?;
            publish(&summaries.timeline, Message::Timeline { minutes: &minutes }.text());
            self.minute = minute;
        }
        if agents_changed || self.agents.is_none_or(|at| at.elapsed() >= AGENTS_PERIOD) {
            let agents = agent_views(app).await?;
            publish(&summaries.agents, Message::Agents { agents: &agents }.text());
            self.agents = Some(Instant::now());
        }
        self.failed = false;
        Ok(())
    }
}

/// Clients wake only for what is not what they have.
fn publish(summary: &watch::Sender<Option<Text>>, text: Text) {
    summary.send_if_modified(|latest| {
        let differs = latest.as_ref() != Some(&text);
        if differs {
            *latest = Some(text);
        }
        differs
    });
}
