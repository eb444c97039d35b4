//! How an agent becomes known.

use http::StatusCode;
use netsentinel_core::config::AgentAuth;
use netsentinel_core::text::shown;
use netsentinel_transport::identity::{is_key, key_hash};
use netsentinel_transport::wire::{Enrolled, Enrolment};

use super::limits::retry_after_s;
use super::text::{HOSTNAME_MAX, WORD_MAX, cut};
use crate::access::{Peer, network_of};
use crate::api::answer::{Answered, ok};
use crate::app::App;
use crate::refusal::Refusal;
use crate::store::{EnrolOutcome, NewAgent};

/// Makes an agent known that has shown the shared key.
pub(super) async fn enrol(app: &App, peer: &Peer, body: &[u8]) -> Answered {
    if let Err(wait) = app.ingest.enrolment(network_of(peer.address.ip())) {
        let message = "too many agents enrol from this address: try again";
        return Err(Refusal::too_many("too_many", message, retry_after_s(wait)));
    }
    let mut asked: Enrolment = super::parse(body)?;
    if !is_key(asked.key.expose()) {
        return Err(Refusal::bad_request("key: must be 32 random bytes in URL-safe base64"));
    }
    let certificate = match app.deployment.agent_auth {
        AgentAuth::Mtls => peer.certificate.clone(),
        AgentAuth::Key => None,
    };
    if app.deployment.agent_auth == AgentAuth::Mtls && certificate.is_none() {
        return Err(Refusal::forbidden("the client certificate bears no usable name"));
    }
    cut(&mut asked.hostname, HOSTNAME_MAX);
    cut(&mut asked.os, WORD_MAX);
    cut(&mut asked.version, WORD_MAX);
    let id = asked.id.clone();
    let agent = NewAgent {
        id: asked.id,
        key_hash: key_hash(asked.key.expose()),
        certificate,
        hostname: asked.hostname,
        os: asked.os,
        version: asked.version,
        address: peer.address.ip().to_string(),
    };
    let name = shown(&agent.hostname).into_owned();
    let agents_max = app.settings().agents_max.get();
    let outcome = app.store.enrol(agent, agents_max, app.now()).await?;
    match outcome {
        EnrolOutcome::Enrolled | EnrolOutcome::Known => {
            app.gate.agents.refresh_one(&id, &*app.store).await?;
            if outcome == EnrolOutcome::Enrolled {
                tracing::info!("agent {id} enrolled: {name}, from {}", peer.address.ip());
            }
            ok(&Enrolled { id })
        }
        EnrolOutcome::Refused => {
            tracing::warn!("agent {id} may not enrol: known otherwise, or revoked ({name})");
            let message = "the id is enrolled with another key or certificate, or was revoked: \
                           `sentinel-server agent forget` lets it enrol anew";
            Err(Refusal::new(StatusCode::CONFLICT, "enrolled_otherwise", message))
        }
        EnrolOutcome::Full => {
            tracing::warn!("agent {id} may not enrol: there are {agents_max} agents ({name})");
            let message = "there are as many agents as server.agents_max allows";
            Err(Refusal::try_later("agents_full", message).retry_after(60))
        }
    }
}
