//! Many agents, each with a heartbeat and now and then an alert.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use netsentinel_transport::wire::Heartbeat;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, interval_at};

use crate::args::Soak;
use crate::ingest::now;
use crate::peer::Peer;
use crate::process::{megabytes, resident};
use crate::quantiles::Quantiles;
use crate::sample::Sample;

/// What one agent, or all, did.
#[derive(Default)]
struct Done {
    alerts: u64,
    accepted: u64,
    heartbeats: u64,
    latencies: Quantiles,
}

/// Tells whether anything was refused.
pub(crate) async fn run(args: &Soak) -> Result<bool> {
    let mut peers = Vec::new();
    for number in 0..args.agents as u64 {
        let peer = Peer::enrol(&args.target, number).await;
        peers.push(peer.with_context(|| format!("agent {number}"))?);
    }
    let (heartbeat, pause) = (args.heartbeat, args.pause);
    let until = Instant::now() + args.seconds;
    let count = peers.len() as u32;
    let mut tasks = JoinSet::new();
    for (number, peer) in peers.into_iter().enumerate() {
        let sample = Sample::new(number as u64)?;
        let first = pause * number as u32 / count;
        tasks.spawn(live(peer, sample, until, first, heartbeat, pause));
    }
    let memory = tokio::spawn(watch_memory(args.target.pid, until));
    let mut all = Done::default();
    while let Some(done) = tasks.join_next().await {
        let done = done??;
        all.alerts += done.alerts;
        all.accepted += done.accepted;
        all.heartbeats += done.heartbeats;
        all.latencies.merge(done.latencies);
    }
    let (first, last) = memory.await?;
    println!(
        "{} agents, {} s: {} alerts sent, {} stored, {} heartbeats answered; {}; memory {} after the \
         first tenth, {} in the end",
        args.agents,
        args.seconds.as_secs(),
        all.alerts,
        all.accepted,
        all.heartbeats,
        all.latencies,
        megabytes(first),
        megabytes(last),
    );
    Ok(all.alerts != all.accepted)
}

async fn live(
    peer: Peer,
    mut sample: Sample,
    until: Instant,
    first: Duration,
    heartbeat: Duration,
    pause: Duration,
) -> Result<Done> {
    let mut done = Done::default();
    let mut alerts = interval_at(tokio::time::Instant::now() + first, pause);
    let mut heartbeats = interval(heartbeat);
    heartbeats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while Instant::now() < until {
        let sent;
        tokio::select! {
            _ = alerts.tick() => {
                sent = Instant::now();
                done.alerts += 1;
                done.accepted += peer.post(sample.batch(1, &now().to_string())).await?.accepted;
            }
            _ = heartbeats.tick() => {
                sent = Instant::now();
                let heartbeat = Heartbeat { at: now(), os: "linux".into(), ..Heartbeat::default() };
                peer.heartbeat(&heartbeat).await?;
                done.heartbeats += 1;
            }
        }
        done.latencies.add(sent.elapsed());
    }
    Ok(done)
}

/// The server's memory after a tenth of the time, when everybody has connected, and in the end.
async fn watch_memory(pid: Option<u32>, until: Instant) -> (Option<u64>, Option<u64>) {
    let started = Instant::now();
    tokio::time::sleep_until((started + (until - started) / 10).into()).await;
    let first = resident(pid);
    tokio::time::sleep_until(until.into()).await;
    (first, resident(pid))
}
