//! What agents bring: themselves, alerts, heartbeats.
//!
//! An alert is answered for when the store has committed it, never before. Whatever is wrong with
//! one alert of a request is told for that one, and the others are taken.

mod alerts;
mod enrol;
mod heartbeat;
mod item;
mod limits;
#[cfg(test)]
mod tests;
mod text;
mod window;

use std::sync::Arc;

use bytes::Bytes;
use http::Method;
use netsentinel_transport::wire::{
    ALERT_PATH, AgentId, AlertBatch, BatchAnswer, ENROL_PATH, Enrolled, Enrolment, HEARTBEAT_PATH,
    Heartbeat, HeartbeatAnswer,
};
use serde::de::DeserializeOwned;
use warp::filters::BoxedFilter;
use warp::reply::Response;
use warp::{Filter, Rejection};

pub(crate) use alerts::read;
pub(crate) use limits::IngestLimits;

use crate::access::{Caller, Peer};
use crate::api::answer::{Answered, answered};
use crate::api::{Access, Answer, Operation, schema};
use crate::app::App;
use crate::refusal::Refusal;

/// Everything that agents can ask.
pub(crate) fn operations() -> Vec<Operation> {
    let new = Operation::new;
    vec![
        new(Method::POST, ENROL_PATH, Access::Enrolment, Answer::Json(schema::<Enrolled>))
            .summary("Makes an agent known by an id and a key of its own.")
            .request::<Enrolment>(),
        new(Method::POST, ALERT_PATH, Access::Agent, Answer::Json(schema::<BatchAnswer>))
            .summary("Takes alerts, one or many, and answers for each once it is stored.")
            .request::<AlertBatch>(),
        new(Method::POST, HEARTBEAT_PATH, Access::Agent, Answer::Json(schema::<HeartbeatAnswer>))
            .summary("Tells how an agent is.")
            .request::<Heartbeat>(),
    ]
}

/// The handlers.
pub(crate) fn routes(app: &Arc<App>) -> BoxedFilter<(Response,)> {
    let enrol = warp::path!("api" / "agent" / "enrol").and(request(app)).then(
        |app: Arc<App>, peer: Peer, _: Caller, body: Bytes| async move {
            answered(enrol::enrol(&app, &peer, &body)).await
        },
    );
    let alert = warp::path!("api" / "alert").and(request(app)).then(
        |app: Arc<App>, _: Peer, caller: Caller, body: Bytes| async move {
            answered(async { alerts::take(&app, agent(&caller)?, &body).await }).await
        },
    );
    let heartbeat = warp::path!("api" / "agent" / "heartbeat").and(request(app)).then(
        |app: Arc<App>, peer: Peer, caller: Caller, body: Bytes| async move {
            let beat: Answered =
                async { heartbeat::heartbeat(&app, &peer, agent(&caller)?, &body).await }.await;
            answered(async { beat }).await
        },
    );
    enrol.or(alert).unify().or(heartbeat).unify().boxed()
}

/// The body is small enough and all there: the listener has seen to it.
fn request(
    app: &Arc<App>,
) -> impl Filter<Extract = (Arc<App>, Peer, Caller, Bytes), Error = Rejection> + Clone + use<> {
    let app = Arc::clone(app);
    warp::post()
        .map(move || Arc::clone(&app))
        .and(warp::ext::get::<Peer>())
        .and(warp::ext::get::<Caller>())
        .and(warp::body::bytes())
}

fn agent(caller: &Caller) -> Result<&AgentId, Refusal> {
    match caller {
        Caller::Agent(id) => Ok(id),
        _ => Err(Refusal::unauthorized("show the id and the key of an agent")),
    }
}

/// A JSON body, or what is wrong with it.
fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|error| unreadable(&error))
}

fn unreadable(error: &serde_json::Error) -> Refusal {
    let error = netsentinel_core::text::shown(&error.to_string()).into_owned();
    Refusal::bad_request(format!("the body does not fit: {error}"))
}
