//! What people and scripts ask, and the document that tells them what can be asked.
//!
//! A handler runs only after the caller was checked against the table of operations, so it trusts
//! the `Caller` that it finds in the request's extensions. Each area has its operations beside its
//! routes.

mod agents;
mod alerts;
pub(crate) mod answer;
pub(crate) mod body;
mod dashboard;
mod export;
mod filter;
mod openapi;
mod operation;
pub(crate) mod query;
mod reputation;
mod summaries;
mod suppressions;
mod table;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use warp::Filter;
use warp::filters::BoxedFilter;
use warp::reply::Response;

use crate::app::App;
use crate::{access, ingest, live, metrics};

pub use openapi::openapi;

pub(crate) use agents::{AgentView, views as agent_views};
pub(crate) use operation::{Access, Answer, Operation, schema};
pub(crate) use reputation::look_up as reputation_look_up;
pub(crate) use table::{Lookup, allowed, find};

/// Everything that can be asked, of whichever part of the server; makes the table.
pub(crate) fn operations() -> Vec<Operation> {
    let mut all = own_operations();
    all.extend(access::operations());
    all.extend(ingest::operations());
    all.extend(metrics::operations());
    all
}

/// What can be asked by [`routes`].
pub(crate) fn own_operations() -> Vec<Operation> {
    let parts = [
        dashboard::operations(),
        openapi::operations(),
        alerts::operations(),
        export::operations(),
        summaries::operations(),
        agents::operations(),
        suppressions::operations(),
        reputation::operations(),
        live::operations(),
    ];
    parts.into_iter().flatten().collect()
}

/// The handlers of this module and of `live`.
pub(crate) fn routes(app: &Arc<App>) -> BoxedFilter<(Response,)> {
    let lists = dashboard::routes().or(openapi::routes()).unify().or(alerts::routes(app)).unify();
    let lists = lists.or(export::routes(app)).unify().or(summaries::routes(app)).unify().boxed();
    let rest = agents::routes(app).or(suppressions::routes(app)).unify();
    let rest = rest.or(reputation::routes(app)).unify().boxed();
    lists.or(rest).unify().or(live::routes(app)).unify().boxed()
}

/// Hands the app to a handler.
type With = BoxedFilter<(Arc<App>,)>;

fn with(app: &Arc<App>) -> With {
    let app = Arc::clone(app);
    warp::any().map(move || Arc::clone(&app)).boxed()
}
