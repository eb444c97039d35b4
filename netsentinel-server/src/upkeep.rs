//! What must be done from time to time: retention, who is online, forgetting what no longer counts.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use netsentinel_core::Timestamp;
use netsentinel_transport::wire::AgentId;
use tokio::time::{MissedTickBehavior, interval};

use crate::app::App;
use crate::store::{self, AgentRecord, Observer as _};

/// How often it is looked who is online.
const AGENTS_PERIOD: Duration = Duration::from_secs(5);
/// How often old alerts are deleted and memory is given back.
const RETENTION_PERIOD: Duration = Duration::from_secs(60);
/// Slices of retention in one round: the writer is free for alerts between them.
const SLICES_MAX: usize = 100;

const NANOS: u64 = 1_000_000_000;

/// Does all of it until the server stops.
pub(crate) async fn upkeep(app: Arc<App>) {
    let mut agents_due = interval(AGENTS_PERIOD);
    let mut retention_due = interval(RETENTION_PERIOD);
    for due in [&mut agents_due, &mut retention_due] {
        due.set_missed_tick_behavior(MissedTickBehavior::Delay);
    }
    let mut online = None;
    let mut trouble = Trouble::default();
    loop {
        let done = tokio::select! {
            () = app.stopping.cancelled() => return,
            _ = agents_due.tick() => look_at_agents(&app, &mut online).await,
            _ = retention_due.tick() => retain(&app).await,
        };
        trouble.note(done);
    }
}

/// Reads the agents' keys anew too: the command line may have revoked one.
async fn look_at_agents(app: &App, online: &mut Option<BTreeSet<AgentId>>) -> store::Result<()> {
    let agents = app.gate.agents.refresh(&*app.store).await?;
    let (now, silence_max) = (app.now(), app.settings().offline_after.get());
    let now_online: BTreeSet<AgentId> = agents
        .iter()
        .filter(|agent| is_online(agent, now, silence_max))
        .map(|agent| agent.id.clone())
        .collect();
    app.metrics.agents(agents.len(), now_online.len());
    app.metrics.live_clients(app.hub.clients());
    if let Some(before) = online.as_ref().filter(|before| **before != now_online) {
        for agent in agents.iter().filter(|agent| before.contains(&agent.id)) {
            if !now_online.contains(&agent.id) {
                let name = netsentinel_core::text::shown(&agent.hostname);
                tracing::warn!("agent {} ({name}) is offline: not heard lately", agent.id);
            }
        }
        app.hub.agents_changed();
    }
    *online = Some(now_online);
    Ok(())
}

fn is_online(agent: &AgentRecord, now: Timestamp, silence_max_s: u64) -> bool {
    !agent.revoked && now.nanos_since(agent.last_seen) / NANOS <= silence_max_s
}

async fn retain(app: &App) -> store::Result<()> {
    app.ingest.forget_idle();
    app.reputation.forget_idle();
    let settings = app.settings();
    let span = i64::try_from(settings.retention_days.get() * 86_400 * NANOS).unwrap_or(i64::MAX);
    let oldest = Timestamp::from_nanos(app.now().as_nanos().saturating_sub(span));
    for _ in 0..SLICES_MAX {
        let gone = app.store.retain(oldest, settings.retention_bytes.get()).await?;
        app.metrics.retired(gone);
        if gone == 0 || app.stopping.is_cancelled() {
            break;
        }
        tokio::task::yield_now().await;
    }
    app.metrics.store_bytes(app.store.bytes().await?);
    Ok(())
}

/// Tells of trouble once, and once that it is over.
#[derive(Default)]
struct Trouble {
    told: bool,
}

impl Trouble {
    fn note(&mut self, done: store::Result<()>) {
        match done {
            Ok(()) if self.told => {
                self.told = false;
                tracing::info!("upkeep works again");
            }
            Err(error) if !self.told => {
                self.told = true;
                tracing::error!(%error, "upkeep fails, and will be tried again");
            }
            _ => {}
        }
    }
}
