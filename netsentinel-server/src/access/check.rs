//! Whether a request may be served, and who asks.

use http::HeaderMap;
use http::StatusCode;
use http::header::{AUTHORIZATION, COOKIE};
use http::request::Parts;
use netsentinel_core::config::AgentAuth;
use netsentinel_transport::identity::key_hash;
use netsentinel_transport::wire::{AGENT_HEADER, AgentId, KEY_HEADER};

use super::agents::AgentRefusal;
use super::random::TOKEN_PREFIX;
use super::sign_in::COOKIE_NAME;
use super::{Caller, Door, Peer, origin};
use crate::api::{Access, Operation};
use crate::app::App;
use crate::refusal::Refusal;
use crate::store::Role;

/// Longest key, cookie or token that is looked at, in bytes.
const CREDENTIAL_BYTES_MAX: usize = 256;

/// Who sends the request, once it is sure that they may.
pub(crate) async fn check(
    app: &App,
    peer: &Peer,
    head: &Parts,
    operation: &Operation,
) -> Result<Caller, Refusal> {
    let elsewhere = || Refusal::not_found("nothing of this name is here");
    match (operation.access, peer.door) {
        (Access::Public, _) => {
            if !head.method.is_safe() && origin::is_foreign(&head.uri, &head.headers) {
                return Err(foreign());
            }
            Ok(Caller::Anyone)
        }
        (Access::Role(needed) | Access::AgentOrRole(needed), Door::Gui) => {
            let caller = person_or_script(app, head).await?;
            if caller.role() < Some(needed) {
                return Err(Refusal::forbidden(format!("this takes the role {}", name(needed))));
            }
            Ok(caller)
        }
        (Access::Enrolment, Door::Agents) => newcomer(app, &head.headers),
        (Access::Agent | Access::AgentOrRole(_), Door::Agents) => agent(app, peer, &head.headers),
        (Access::Role(_), Door::Agents) | (Access::Enrolment | Access::Agent, Door::Gui) => {
            Err(elsewhere())
        }
    }
}

async fn person_or_script(app: &App, head: &Parts) -> Result<Caller, Refusal> {
    if let Some(header) = head.headers.get(AUTHORIZATION) {
        let text = header.to_str().unwrap_or_default();
        let token = text.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("bearer "));
        let token = token.and_then(|_| text.get(7..)).map(str::trim).unwrap_or_default();
        return script(app, token).await;
    }
    let Some(cookie) = cookie(&head.headers) else {
        return Err(Refusal::unauthorized("sign in, or show a token"));
    };
    let id = key_hash(cookie);
    let Some(session) = app.store.session(&id, app.now()).await? else {
        return Err(Refusal::unauthorized("the session has ended: sign in again"));
    };
    if !head.method.is_safe() && !origin::is_same(&head.uri, &head.headers) {
        return Err(foreign());
    }
    Ok(Caller::Person { name: session.user, role: session.role, session: id })
}

async fn script(app: &App, token: &str) -> Result<Caller, Refusal> {
    let unknown = || Refusal::unauthorized("the token is not known or has expired");
    if !token.starts_with(TOKEN_PREFIX) || token.len() > CREDENTIAL_BYTES_MAX {
        return Err(unknown());
    }
    let token = app.store.token(&key_hash(token), app.now()).await?.ok_or_else(unknown)?;
    Ok(Caller::Script { token: token.id, name: token.name, role: token.role })
}

fn newcomer(app: &App, headers: &HeaderMap) -> Result<Caller, Refusal> {
    if app.gate.enrolment.take(credential(headers, KEY_HEADER)) {
        return Ok(Caller::Newcomer);
    }
    Err(Refusal::unauthorized("the shared key is not the server's api_key"))
}

/// An unknown id and a wrong key differ in nothing but the word `unknown_agent`, which tells the
/// agent to enrol: an id is no secret.
fn agent(app: &App, peer: &Peer, headers: &HeaderMap) -> Result<Caller, Refusal> {
    let mtls = app.deployment.agent_auth == AgentAuth::Mtls;
    let key = credential(headers, KEY_HEADER);
    let id = credential(headers, AGENT_HEADER).parse::<AgentId>();
    let id = id.map_err(|error| Refusal::unauthorized(error.to_string()))?;
    let refusal = match app.gate.agents.check(&id, key, peer.certificate.as_deref(), mtls) {
        Ok(()) => return Ok(Caller::Agent(id)),
        Err(AgentRefusal::Unknown) => Refusal::new(
            StatusCode::UNAUTHORIZED,
            "unknown_agent",
            "no agent is enrolled by this id and key",
        ),
        Err(AgentRefusal::WrongKey) => {
            Refusal::unauthorized("no agent is enrolled by this id and key")
        }
        Err(AgentRefusal::WrongCertificate) => {
            Refusal::forbidden("the agent enrolled with another client certificate, or with none")
        }
        Err(AgentRefusal::Revoked) => {
            Refusal::new(StatusCode::FORBIDDEN, "revoked", "the key of this agent was taken away")
        }
    };
    tracing::debug!("agent {id} from {}: {refusal}", peer.address);
    Err(refusal)
}

/// The session's cookie, if one came.
pub(super) fn cookie(headers: &HeaderMap) -> Option<&str> {
    let pairs = headers.get_all(COOKIE).iter().filter_map(|header| header.to_str().ok());
    pairs
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, value)| *name == COOKIE_NAME && value.len() <= CREDENTIAL_BYTES_MAX)
        .map(|(_, value)| value)
}

fn credential<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    let value = headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if value.len() <= CREDENTIAL_BYTES_MAX { value } else { "" }
}

fn foreign() -> Refusal {
    Refusal::new(
        StatusCode::FORBIDDEN,
        "foreign_origin",
        "the request does not come from a page of this server; scripts use a token",
    )
}

/// A role as the configuration and the API write it.
pub(crate) const fn name(role: Role) -> &'static str {
    match role {
        Role::Viewer => "viewer",
        Role::Analyst => "analyst",
        Role::Admin => "admin",
    }
}
