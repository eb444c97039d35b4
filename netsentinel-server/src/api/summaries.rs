//! Counts over many alerts.

use std::sync::Arc;
use std::time::Duration;

use http::Method;
use netsentinel_core::Timestamp;
use schemars::JsonSchema;
use warp::Filter;
use warp::filters::BoxedFilter;
use warp::reply::Response;

use super::answer::{Answered, answered, ok};
use super::operation::{Access, Answer, Operation, schema};
use super::query::{Pairs, Query};
use crate::app::App;
use crate::refusal::Refusal;
use crate::store::{CategoryCount, MinuteCounts, Role, SourceCount, Stats};

/// Minutes that a timeline may have: a day.
const MINUTES_MAX: u64 = 1440;
/// Sources that may be asked for.
const SOURCES_MAX: u64 = 1000;

#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct TimelineParameters {
    /// How many minutes up to now; 60 unless told.
    #[schemars(range(min = 1, max = 1440))]
    minutes: Option<u64>,
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct SinceParameters {
    /// Not before this time: RFC 3339, or how long ago; `24h` unless told.
    since: Option<String>,
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct SourcesParameters {
    /// Not before this time: RFC 3339, or how long ago; `24h` unless told.
    since: Option<String>,
    /// How many at most; 10 unless told.
    #[schemars(range(min = 1, max = 1000))]
    limit: Option<u64>,
}

pub(super) fn operations() -> Vec<Operation> {
    let get = |path, answer| Operation::new(Method::GET, path, Access::Role(Role::Viewer), answer);
    vec![
        get("/api/stats", Answer::Json(schema::<Stats>))
            .summary("Counters over everything that is kept."),
        get("/api/timeline", Answer::Json(schema::<Vec<MinuteCounts>>))
            .summary("Alerts by minute and severity up to now, the oldest minute first.")
            .query::<TimelineParameters>(),
        get("/api/sources", Answer::Json(schema::<Vec<SourceCount>>))
            .summary("The sources with the most alerts, the most first.")
            .query::<SourcesParameters>(),
        get("/api/categories", Answer::Json(schema::<Vec<CategoryCount>>))
            .summary("Alerts by category, the most first.")
            .query::<SinceParameters>(),
    ]
}

pub(super) fn routes(app: &Arc<App>) -> BoxedFilter<(Response,)> {
    let app = super::with(app);
    let ask = warp::get().and(app).and(warp::query::<Pairs>());
    let stats = warp::path!("api" / "stats")
        .and(ask.clone())
        .then(|app: Arc<App>, pairs| async move { answered(stats(&app, pairs)).await });
    let timeline = warp::path!("api" / "timeline")
        .and(ask.clone())
        .then(|app: Arc<App>, pairs| async move { answered(timeline(&app, pairs)).await });
    let sources = warp::path!("api" / "sources")
        .and(ask.clone())
        .then(|app: Arc<App>, pairs| async move { answered(sources(&app, pairs)).await });
    let categories = warp::path!("api" / "categories")
        .and(ask)
        .then(|app: Arc<App>, pairs| async move { answered(categories(&app, pairs)).await });
    stats.or(timeline).unify().or(sources).unify().or(categories).unify().boxed()
}

async fn stats(app: &App, pairs: Pairs) -> Answered {
    Query::new(pairs, app.now())?.finish()?;
    ok(&app.store.stats().await?)
}

async fn timeline(app: &App, pairs: Pairs) -> Answered {
    let mut query = Query::new(pairs, app.now())?;
    let minutes = query.number("minutes", 1..=MINUTES_MAX, 60)?;
    let now = query.now();
    query.finish()?;
    let minutes = u32::try_from(minutes).unwrap_or(u32::MAX);
    ok(&app.store.timeline(now, minutes).await?)
}

async fn sources(app: &App, pairs: Pairs) -> Answered {
    let mut query = Query::new(pairs, app.now())?;
    let since = since(&mut query)?;
    let limit = query.number("limit", 1..=SOURCES_MAX, 10)?;
    query.finish()?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    ok(&app.store.top_sources(since, limit).await?)
}

async fn categories(app: &App, pairs: Pairs) -> Answered {
    let mut query = Query::new(pairs, app.now())?;
    let since = since(&mut query)?;
    query.finish()?;
    ok(&app.store.categories(since).await?)
}

fn since(query: &mut Query) -> Result<Timestamp, Refusal> {
    let day = Duration::from_secs(86_400).as_nanos() as i64;
    let yesterday = Timestamp::from_nanos(query.now().as_nanos().saturating_sub(day));
    Ok(query.time("since")?.unwrap_or(yesterday))
}
