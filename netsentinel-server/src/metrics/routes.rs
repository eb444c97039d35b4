//! What can be asked about the server's health.

use std::sync::Arc;
use std::time::Duration;

use http::Method;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};
use warp::Filter;
use warp::filters::BoxedFilter;
use warp::reply::Response;

use crate::api::{Access, Answer, Operation};
use crate::app::App;
use crate::refusal::Refusal;
use crate::store::Role;

/// What OpenMetrics calls its text format.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";
/// How long what was found counts: anybody may ask, and finding it out writes to the disk.
const CHECK_EVERY: Duration = Duration::from_secs(1);
/// How long alerts that the store could not keep count against it, unless it keeps others.
const FAILURE_COUNTS: Duration = Duration::from_secs(30);
/// Longest that the store may take to show that it is well.
const CHECK_MAX: Duration = Duration::from_secs(2);

/// Everything that can be asked about the server's health.
pub(crate) fn operations() -> Vec<Operation> {
    let body = |path, access, media_type, summary| {
        Operation::new(Method::GET, path, access, Answer::Body(media_type)).summary(summary)
    };
    vec![
        body("/healthz", Access::Public, TEXT, "Whether the server runs."),
        body("/readyz", Access::Public, TEXT, "Whether the server can take alerts: 200, or 503."),
        body(
            "/metrics",
            Access::Role(Role::Viewer),
            OPEN_METRICS,
            "What the server counts, for Prometheus; show a token.",
        ),
    ]
}

/// The handlers.
pub(crate) fn routes(app: &Arc<App>) -> BoxedFilter<(Response,)> {
    let app = Arc::clone(app);
    let metrics = warp::path!("metrics").and(warp::get()).map({
        let app = Arc::clone(&app);
        move || text(app.metrics.text_with(&app.reputation.status(), app.now()), OPEN_METRICS)
    });
    metrics.or(health(&app)).unify().boxed()
}

/// Those that everybody may ask, on every listener.
pub(crate) fn health(app: &Arc<App>) -> BoxedFilter<(Response,)> {
    let app = Arc::clone(app);
    let alive = warp::path!("healthz").and(warp::get()).map(|| text("ok\n".into(), TEXT));
    let found = Arc::new(Mutex::new(None));
    let ready = warp::path!("readyz").and(warp::get()).then(move || {
        let (app, found) = (Arc::clone(&app), Arc::clone(&found));
        async move { ready(&app, &found).await }
    });
    alive.or(ready).unify().boxed()
}

/// When it was last found out, and why the server is not ready if it is not.
type Found = Option<(Instant, Option<&'static str>)>;

async fn ready(app: &App, found: &Mutex<Found>) -> Response {
    let refuse = |message: &str| Refusal::try_later("not_ready", message).response();
    if app.stopping.is_cancelled() {
        return refuse("the server is stopping");
    }
    // Whoever asks meanwhile waits for what this one finds.
    let mut found = found.lock().await;
    let why_not = match *found {
        Some((at, why_not)) if at.elapsed() < CHECK_EVERY => why_not,
        _ => {
            let why_not = why_not(app).await;
            *found = Some((Instant::now(), why_not));
            why_not
        }
    };
    drop(found);
    why_not.map_or_else(|| text("ready\n".into(), TEXT), refuse)
}

async fn why_not(app: &App) -> Option<&'static str> {
    // A nearly full disk still takes the little that a check writes.
    if app.metrics.failed_within(FAILURE_COUNTS) {
        return Some("the last alerts could not be written: see the server's log");
    }
    match timeout(CHECK_MAX, app.store.check()).await {
        Ok(Ok(())) => None,
        Ok(Err(error)) => {
            tracing::warn!(%error, "not ready");
            Some("the database can not be written now: see the server's log")
        }
        Err(_) => {
            tracing::warn!("not ready: the database does not answer in time");
            Some("the database does not answer in time")
        }
    }
}

fn text(body: String, media_type: &'static str) -> Response {
    let mut response = Response::new(body.into());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
