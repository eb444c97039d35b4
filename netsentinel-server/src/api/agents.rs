//! Agents: which there are, how they are, and which may no longer report.

use std::sync::Arc;

use http::Method;
use netsentinel_core::Timestamp;
use netsentinel_transport::wire::{AgentId, Heartbeat};
use schemars::JsonSchema;
use serde::Serialize;
use warp::Filter;
use warp::filters::BoxedFilter;
use warp::reply::Response;

use super::With;
use super::answer::{Answered, answered, nothing, ok};
use super::operation::{Access, Answer, Operation, schema};
use super::query::{Pairs, Query};
use crate::access::Caller;
use crate::app::App;
use crate::refusal::Refusal;
use crate::store::{AgentRecord, Result, Role};

/// An agent, as people see it.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub(crate) struct AgentView {
    /// Its identity.
    pub(crate) id: AgentId,
    /// The machine's name.
    pub(crate) hostname: String,
    /// Its operating system.
    pub(crate) os: String,
    /// Its version.
    pub(crate) version: String,
    /// The address that it was last heard from.
    pub(crate) address: String,
    /// The client certificate's name that is bound to it.
    pub(crate) certificate: Option<String>,
    /// When it enrolled.
    pub(crate) first_seen: Timestamp,
    /// When it was last heard.
    pub(crate) last_seen: Timestamp,
    /// Whether it was heard within `offline_after` seconds, and is not revoked.
    pub(crate) online: bool,
    /// Whether its key was taken away.
    pub(crate) revoked: bool,
    /// Alerts of it that are kept.
    pub(crate) alerts: u64,
    /// Its latest heartbeat.
    pub(crate) heartbeat: Option<Heartbeat>,
}

impl AgentView {
    pub(super) fn new(record: AgentRecord, app: &App) -> Self {
        let silence = app.now().nanos_since(record.last_seen) / 1_000_000_000;
        Self {
            online: !record.revoked && silence <= app.settings().offline_after.get(),
            id: record.id,
            hostname: record.hostname,
            os: record.os,
            version: record.version,
            address: record.address,
            certificate: record.certificate,
            first_seen: record.first_seen,
            last_seen: record.last_seen,
            revoked: record.revoked,
            alerts: record.alerts,
            heartbeat: record.heartbeat,
        }
    }
}

/// All agents, by name.
pub(crate) async fn views(app: &App) -> Result<Vec<AgentView>> {
    let records = app.store.agents().await?;
    Ok(records.into_iter().map(|record| AgentView::new(record, app)).collect())
}

pub(super) fn operations() -> Vec<Operation> {
    let viewer = Access::Role(Role::Viewer);
    let admin = Access::Role(Role::Admin);
    let one = || Answer::Json(schema::<AgentView>);
    vec![
        Operation::new(Method::GET, "/api/agents", viewer, Answer::Json(schema::<Vec<AgentView>>))
            .summary("All agents, by name."),
        Operation::new(Method::GET, "/api/agents/{id}", viewer, one()).summary("One agent."),
        Operation::new(Method::DELETE, "/api/agents/{id}", admin, Answer::Nothing)
            .summary("Forgets an agent; its alerts stay. It may enrol again."),
        Operation::new(Method::POST, "/api/agents/{id}/revoke", admin, one())
            .summary("Takes an agent's key away: it is no longer heard."),
        Operation::new(Method::POST, "/api/agents/{id}/restore", admin, one())
            .summary("Gives a revoked agent its key back."),
    ]
}

pub(super) fn routes(app: &Arc<App>) -> BoxedFilter<(Response,)> {
    let app = super::with(app);
    let agents = warp::path!("api" / "agents" / ..);
    let list = agents
        .and(warp::path::end())
        .and(warp::get())
        .and(app.clone())
        .and(warp::query::<Pairs>())
        .then(|app: Arc<App>, pairs| async move { answered(list(&app, pairs)).await });
    let show = agents
        .and(warp::path!(String))
        .and(warp::get())
        .and(app.clone())
        .then(|id: String, app: Arc<App>| async move { answered(show(&app, &id)).await });
    let forget = agents
        .and(warp::path!(String))
        .and(warp::delete())
        .and(app.clone())
        .and(warp::ext::get::<Caller>())
        .then(|id: String, app: Arc<App>, caller| async move {
            answered(forget(&app, &id, &caller)).await
        });
    let revoke = set(&app, "revoke", true);
    let restore = set(&app, "restore", false);
    list.or(show).unify().or(forget).unify().or(revoke).unify().or(restore).unify().boxed()
}

fn set(app: &With, action: &'static str, revoked: bool) -> BoxedFilter<(Response,)> {
    warp::path!("api" / "agents" / String / ..)
        .and(warp::path(action))
        .and(warp::path::end())
        .and(warp::post())
        .and(app.clone())
        .and(warp::ext::get::<Caller>())
        .then(move |id: String, app: Arc<App>, caller| async move {
            answered(set_revoked(&app, &id, revoked, &caller)).await
        })
        .boxed()
}

async fn list(app: &App, pairs: Pairs) -> Answered {
    Query::new(pairs, app.now())?.finish()?;
    ok(&views(app).await?)
}

async fn show(app: &App, id: &str) -> Answered {
    let record = app.store.agent(&known(id)?).await?;
    ok(&AgentView::new(record.ok_or_else(|| no_such(id))?, app))
}

async fn set_revoked(app: &App, id: &str, revoked: bool, caller: &Caller) -> Answered {
    let agent = known(id)?;
    if !app.store.set_revoked(&agent, revoked, &caller.actor(), app.now()).await? {
        return Err(no_such(id));
    }
    app.gate.agents.refresh_one(&agent, &*app.store).await?;
    show(app, id).await
}

async fn forget(app: &App, id: &str, caller: &Caller) -> Answered {
    let agent = known(id)?;
    if !app.store.forget_agent(&agent, &caller.actor(), app.now()).await? {
        return Err(no_such(id));
    }
    app.gate.agents.refresh_one(&agent, &*app.store).await?;
    nothing()
}

/// What is no id is no agent's.
fn known(id: &str) -> std::result::Result<AgentId, Refusal> {
    id.parse().map_err(|_| no_such(id))
}

fn no_such(id: &str) -> Refusal {
    let id: String = id.chars().take(64).collect();
    Refusal::not_found(format!("there is no agent {}", netsentinel_core::text::shown(&id)))
}
