//! Full batches, as fast as the server answers.

use std::time::Instant;

use anyhow::Result;
use netsentinel_core::Timestamp;
use tokio::task::JoinSet;

use crate::args::Ingest;
use crate::peer::{Peer, Taken};
use crate::process::{megabytes, resident};
use crate::quantiles::Quantiles;
use crate::sample::Sample;

/// Tells whether anything was not accepted.
pub(crate) async fn run(args: &Ingest) -> Result<bool> {
    let before = resident(args.target.pid);
    let mut peers = Vec::new();
    for number in 0..args.agents as u64 {
        peers.push((Peer::enrol(&args.target, number).await?, Sample::new(number)?));
    }
    let started = Instant::now();
    let until = started + args.seconds;
    let mut tasks = JoinSet::new();
    for (peer, sample) in peers {
        tasks.spawn(send(peer, sample, args.batch, until));
    }
    let (mut accepted, mut refused, mut latencies) = (0, 0, Quantiles::default());
    while let Some(done) = tasks.join_next().await {
        let (taken, quantiles) = done??;
        accepted += taken.accepted;
        refused += taken.duplicate + taken.rejected + taken.deferred;
        latencies.merge(quantiles);
    }
    let took = started.elapsed().as_secs_f64();
    println!(
        "{} agents, batches of {}: {accepted} alerts stored in {took:.1} s, {:.0} a second; {} \
         requests, {latencies}; not accepted: {refused}; memory {} before, {} after",
        args.agents,
        args.batch,
        accepted as f64 / took,
        latencies.len(),
        megabytes(before),
        megabytes(resident(args.target.pid)),
    );
    Ok(refused > 0)
}

async fn send(
    peer: Peer,
    mut sample: Sample,
    batch: usize,
    until: Instant,
) -> Result<(Taken, Quantiles)> {
    let (mut sum, mut latencies) = (Taken::default(), Quantiles::default());
    while Instant::now() < until {
        let body = sample.batch(batch, &now().to_string());
        let sent = Instant::now();
        let taken = peer.post(body).await?;
        latencies.add(sent.elapsed());
        sum.accepted += taken.accepted;
        sum.duplicate += taken.duplicate;
        sum.rejected += taken.rejected;
        sum.deferred += taken.deferred;
    }
    Ok((sum, latencies))
}

/// The wall clock.
pub(crate) fn now() -> Timestamp {
    let since = std::time::UNIX_EPOCH.elapsed().unwrap_or_default();
    Timestamp::from_nanos(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}
