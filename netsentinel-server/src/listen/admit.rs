//! What a request must pass before a handler sees it.

use bytes::Bytes;
use http::request::Parts;
use http::{Method, Request};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use warp::reply::Response;

use super::turns::Turn;
use super::{Kind, Port, body, headers, redirect};
use crate::access::{self, Caller, Door, Peer, network_of};
use crate::api::{self, Access, Lookup, Operation};
use crate::refusal::Refusal;

/// Answers a request: looks it up, checks who asks, reads its body, asks the handler.
pub(super) async fn answer(port: &Port, peer: Peer, request: Request<Incoming>) -> Response {
    let (mut head, body) = request.into_parts();
    let is_head = head.method == Method::HEAD;
    let method = redirect::metrics_name(&head.method);
    if is_head {
        head.method = Method::GET;
    }
    let path = head.uri.path().to_owned();
    let door = peer.door;
    let (name, mut response) = match api::find(&head.method, &path) {
        Lookup::Found(operation) if is_on(operation, door) => {
            let served = serve(port, peer, head, body, operation).await;
            (operation.path, served.unwrap_or_else(|refusal| refusal.response()))
        }
        Lookup::WrongMethod => {
            body::drain(body).await;
            ("wrong method", Refusal::wrong_method(&api::allowed(&path)).response())
        }
        Lookup::Found(_) | Lookup::Nothing => {
            body::drain(body).await;
            let message = "nothing is served here: see /api/openapi.json for what is";
            ("not found", Refusal::not_found(message).response())
        }
    };
    if is_head {
        response = response.map(|_| Default::default());
    }
    if door == Door::Gui {
        headers::protect(response.headers_mut(), &path);
    }
    port.app.metrics.request(method, name, response.status());
    response
}

async fn serve(
    port: &Port,
    peer: Peer,
    mut head: Parts,
    body: Incoming,
    operation: &Operation,
) -> Result<Response, Refusal> {
    let Kind::Secure { handlers, .. } = &port.kind else {
        return Err(Refusal::not_found("nothing of this name is here"));
    };
    let caller = match access::check(&port.app, &peer, &head, operation).await {
        Ok(caller) => caller,
        Err(refusal) => {
            body::drain(body).await;
            return Err(refusal);
        }
    };
    let takes_body = head.method != Method::GET;
    let _turn = match operation.access {
        // Strangers' bodies are small, and must not keep others waiting.
        Access::Public => None,
        _ if takes_body => Some(turn(port, &peer, &caller).await?),
        _ => None,
    };
    let bytes = if !takes_body {
        Bytes::new()
    } else {
        body::read(&head.headers, body, operation, port.patience.body).await?
    };
    head.extensions.insert(peer);
    head.extensions.insert(caller);
    let handler = TowerToHyperService::new(warp::service(handlers.clone()));
    let request = Request::from_parts(head, Full::new(bytes));
    Ok(match handler.call(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    })
}

async fn turn<'a>(port: &'a Port, peer: &Peer, caller: &Caller) -> Result<Turn<'a>, Refusal> {
    let caller = match caller {
        // All have the same key.
        Caller::Newcomer | Caller::Anyone => network_of(peer.address.ip()).to_string(),
        known => known.actor(),
    };
    let turn = port.bodies.take(caller, port.patience.body).await;
    turn.ok_or_else(|| Refusal::try_later("busy", "the server reads as many bodies as it can"))
}

/// Whether an operation is for who comes through this door.
fn is_on(operation: &Operation, door: Door) -> bool {
    match operation.access {
        Access::Public | Access::AgentOrRole(_) => true,
        Access::Role(_) => door == Door::Gui,
        Access::Enrolment | Access::Agent => door == Door::Agents,
    }
}
