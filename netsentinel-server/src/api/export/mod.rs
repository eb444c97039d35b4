//! `GET /api/export`: alerts as a file, however many.

mod csv;
mod format;
mod stream;

use std::sync::Arc;

use http::Method;
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue};
use schemars::JsonSchema;
use tokio::sync::Semaphore;
use warp::Filter;
use warp::filters::BoxedFilter;
use warp::reply::{Reply, Response};

use super::answer::{Answered, answered};
use super::filter::{self, FilterParameters};
use super::operation::{Access, Answer, Operation};
use super::query::{Pairs, Query};
use crate::app::App;
use crate::refusal::Refusal;
use crate::store::{AlertFilter, Role};
use format::ExportFormat;

/// Exports that run at once; each holds a few megabytes.
const EXPORTS_AT_ONCE: usize = 8;

#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct ExportParameters {
    /// `ndjson`, `json`, `csv`, `eve`, `cef` or `ecs`; `ndjson` unless told.
    format: Option<String>,
    /// Archived and suppressed alerts as well as all others.
    everything: Option<bool>,
    #[schemars(flatten)]
    filter: FilterParameters,
}

pub(super) fn operations() -> Vec<Operation> {
    let summary = "Alerts as a file, the newest first: as many as there are. Those that come \
                   meanwhile may be missing.";
    let answer = Answer::Body("application/x-ndjson");
    vec![
        Operation::new(Method::GET, "/api/export", Access::Role(Role::Viewer), answer)
            .summary(summary)
            .query::<ExportParameters>(),
    ]
}

pub(super) fn routes(app: &Arc<App>) -> BoxedFilter<(Response,)> {
    let turns = Arc::new(Semaphore::new(EXPORTS_AT_ONCE));
    warp::path!("api" / "export")
        .and(warp::get())
        .and(super::with(app))
        .and(warp::query::<Pairs>())
        .then(move |app, pairs| {
            let turns = Arc::clone(&turns);
            answered(async move { export(app, pairs, turns) })
        })
        .boxed()
}

fn export(app: Arc<App>, pairs: Pairs, turns: Arc<Semaphore>) -> Answered {
    let now = app.now();
    let mut query = Query::new(pairs, now)?;
    let format = query.parsed("format")?.unwrap_or(ExportFormat::Ndjson);
    let everything = query.parsed("everything")?.unwrap_or(false);
    let filter = filter::from_query(&mut query)?;
    query.finish()?;
    if everything && (filter.archived || filter.suppressed) {
        let message = "everything: has archived and suppressed alerts by itself";
        return Err(Refusal::bad_request(message));
    }
    let turn = turns.try_acquire_owned().map_err(|_| {
        Refusal::try_later("busy", format!("{EXPORTS_AT_ONCE} exports run already: try later"))
    })?;
    let filters = if everything { halves(&filter) } else { vec![filter] };
    let stamp = now.strftime("%Y%m%dT%H%M%SZ");
    let name = format!("netsentinel-alerts-{stamp}.{}", format.extension());
    let mut response =
        warp::reply::stream(stream::export(app, filters, format, turn)).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(format.media_type()));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(value) = format!("attachment; filename=\"{name}\"").parse() {
        headers.insert(CONTENT_DISPOSITION, value);
    }
    Ok(response)
}

/// Those that are archived, and those that are not.
fn halves(filter: &AlertFilter) -> Vec<AlertFilter> {
    let half = |archived| AlertFilter { archived, suppressed: true, ..filter.clone() };
    vec![half(false), half(true)]
}
