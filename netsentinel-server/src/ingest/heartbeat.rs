//! How an agent is.

use netsentinel_transport::wire::{AgentId, Heartbeat, HeartbeatAnswer};

use super::limits::retry_after_s;
use super::text::{HOSTNAME_MAX, WORD_MAX, cut};
use crate::access::Peer;
use crate::api::answer::{Answered, ok};
use crate::app::App;
use crate::refusal::Refusal;

/// Interfaces of one agent that are kept.
const INTERFACES_MAX: usize = 64;

/// Keeps how an agent is, and tells it the time.
pub(super) async fn heartbeat(app: &App, peer: &Peer, agent: &AgentId, body: &[u8]) -> Answered {
    if let Err(wait) = app.ingest.heartbeat(agent) {
        let message = "a heartbeat every few seconds is enough";
        return Err(Refusal::too_many("too_many", message, retry_after_s(wait)));
    }
    let mut beat: Heartbeat = super::parse(body)?;
    cut(&mut beat.version, WORD_MAX);
    cut(&mut beat.hostname, HOSTNAME_MAX);
    cut(&mut beat.os, WORD_MAX);
    beat.interfaces.truncate(INTERFACES_MAX);
    for interface in &mut beat.interfaces {
        cut(&mut interface.name, WORD_MAX);
    }
    let (now, address) = (app.now(), peer.address.ip().to_string());
    app.store.heartbeat(agent, beat, &address, now).await?;
    ok(&HeartbeatAnswer { at: now })
}
