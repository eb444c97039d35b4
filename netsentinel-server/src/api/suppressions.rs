//! Suppressions: which alerts nobody wants to see, and what a rule would do.

use std::sync::Arc;

use http::Method;
use netsentinel_core::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use warp::Filter;
use warp::filters::BoxedFilter;
use warp::reply::Response;

use super::answer::{Answered, answered, created, nothing, ok};
use super::body;
use super::operation::{Access, Answer, Operation, schema};
use super::query::{Pairs, Query};
use crate::access::Caller;
use crate::app::App;
use crate::refusal::Refusal;
use crate::store::{AlertFilter, NewSuppression, Role, StoredAlert, Suppression, SuppressionRule};

/// Suppressions at most: every alert is held against each.
const SUPPRESSIONS_MAX: usize = 1000;
/// Characters of a reason, a detector or an agent at most.
const TEXT_CHARS_MAX: usize = 1000;
/// Alerts that a rule is tried on, the newest of those stored.
const TRIED_MAX: usize = 10_000;
/// Alerts that are read at once for that.
const PAGE: usize = 500;
/// Alerts that are shown of those that it matches.
const EXAMPLES_MAX: usize = 20;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AddSuppression {
    /// Which alerts; at least one part must be given.
    rule: SuppressionRule,
    /// Why.
    #[serde(default)]
    reason: String,
    /// Until when; absent for good.
    #[serde(default)]
    expires: Option<Timestamp>,
    /// Suppress alerts that are stored already too.
    #[serde(default)]
    apply_to_stored: bool,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TestSuppression {
    /// The rule to try.
    rule: SuppressionRule,
}

/// What a rule would do.
#[derive(Serialize, JsonSchema)]
struct Trial {
    /// Whether the rule is empty: it would suppress everything, and is refused.
    empty: bool,
    /// How many of the newest stored alerts it was tried on; archived ones are left out.
    tried: u64,
    /// How many of these it matches.
    matched: u64,
    /// The newest of these.
    examples: Vec<StoredAlert>,
}

pub(super) fn operations() -> Vec<Operation> {
    let viewer = Access::Role(Role::Viewer);
    let analyst = Access::Role(Role::Analyst);
    let path = "/api/suppressions";
    vec![
        Operation::new(Method::GET, path, viewer, Answer::Json(schema::<Vec<Suppression>>))
            .summary("All suppressions, with their hits."),
        Operation::new(Method::POST, path, analyst, Answer::Created(schema::<Suppression>))
            .summary("Adds a suppression.")
            .request::<AddSuppression>(),
        Operation::new(Method::DELETE, "/api/suppressions/{id}", analyst, Answer::Nothing)
            .summary("Takes a suppression away; alerts that only it suppressed come back."),
        Operation::new(
            Method::POST,
            "/api/suppressions/test",
            analyst,
            Answer::Json(schema::<Trial>),
        )
        .summary("Tells which of the newest 10,000 stored alerts a rule would match.")
        .request::<TestSuppression>(),
    ]
}

pub(super) fn routes(app: &Arc<App>) -> BoxedFilter<(Response,)> {
    let app = super::with(app);
    let suppressions = warp::path!("api" / "suppressions" / ..);
    let list = suppressions
        .and(warp::path::end())
        .and(warp::get())
        .and(app.clone())
        .and(warp::query::<Pairs>())
        .then(|app: Arc<App>, pairs| async move { answered(list(&app, pairs)).await });
    let add = suppressions
        .and(warp::path::end())
        .and(warp::post())
        .and(app.clone())
        .and(warp::ext::get::<Caller>())
        .and(body::json::<AddSuppression>())
        .then(|app: Arc<App>, caller, request| async move {
            answered(add(&app, &caller, request)).await
        });
    let test = suppressions
        .and(warp::path!("test"))
        .and(warp::post())
        .and(app.clone())
        .and(body::json::<TestSuppression>())
        .then(|app: Arc<App>, request| async move { answered(test(&app, request)).await });
    let remove = suppressions
        .and(warp::path!(String))
        .and(warp::delete())
        .and(app)
        .and(warp::ext::get::<Caller>())
        .then(|id: String, app: Arc<App>, caller| async move {
            answered(remove(&app, &id, &caller)).await
        });
    list.or(add).unify().or(test).unify().or(remove).unify().boxed()
}

async fn list(app: &App, pairs: Pairs) -> Answered {
    Query::new(pairs, app.now())?.finish()?;
    ok(&app.store.suppressions().await?)
}

async fn add(app: &App, caller: &Caller, body: Result<AddSuppression, Refusal>) -> Answered {
    let AddSuppression { rule, reason, expires, apply_to_stored } = body?;
    check(&rule)?;
    if rule.is_empty() {
        let message = "rule: give at least one part; an empty rule would suppress everything";
        return Err(Refusal::bad_request(message));
    }
    if reason.chars().count() > TEXT_CHARS_MAX {
        let message = format!("reason: may have {TEXT_CHARS_MAX} characters");
        return Err(Refusal::bad_request(message));
    }
    if expires.is_some_and(|expires| expires <= app.now()) {
        return Err(Refusal::bad_request("expires: must be in the future"));
    }
    if app.store.suppressions().await?.len() >= SUPPRESSIONS_MAX {
        let message = format!("there are {SUPPRESSIONS_MAX} suppressions already: remove some");
        return Err(Refusal::conflict(message));
    }
    let new = NewSuppression { rule, reason, expires };
    created(&app.store.suppress(new, apply_to_stored, &caller.actor(), app.now()).await?)
}

async fn test(app: &App, body: Result<TestSuppression, Refusal>) -> Answered {
    let rule = body?.rule;
    check(&rule)?;
    let filter = AlertFilter { suppressed: true, ..AlertFilter::default() };
    let mut trial = Trial { empty: rule.is_empty(), tried: 0, matched: 0, examples: Vec::new() };
    let mut cursor = None;
    for _ in 0..TRIED_MAX / PAGE {
        let page = app.store.alerts(&filter, cursor, PAGE).await?;
        for stored in page.alerts {
            trial.tried += 1;
            if rule.matches(&stored.alert, &stored.alert.agent.id) {
                trial.matched += 1;
                if trial.examples.len() < EXAMPLES_MAX {
                    trial.examples.push(stored);
                }
            }
        }
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    ok(&trial)
}

async fn remove(app: &App, id: &str, caller: &Caller) -> Answered {
    let no_such = || Refusal::not_found("there is no suppression with this number");
    let id = id.parse::<u64>().ok().filter(|id| i64::try_from(*id).is_ok()).ok_or_else(no_such)?;
    if !app.store.unsuppress(id, &caller.actor(), app.now()).await? {
        return Err(no_such());
    }
    nothing()
}

fn check(rule: &SuppressionRule) -> Result<(), Refusal> {
    for (part, text) in [("detector", &rule.detector), ("agent", &rule.agent)] {
        if text.as_ref().is_some_and(String::is_empty) {
            let message = format!("rule.{part}: is empty, so nothing would match: leave it out");
            return Err(Refusal::bad_request(message));
        }
    }
    let texts = [&rule.detector, &rule.agent];
    if texts.into_iter().flatten().any(|text| text.chars().count() > TEXT_CHARS_MAX) {
        let message = format!("rule: a text in it may have {TEXT_CHARS_MAX} characters");
        return Err(Refusal::bad_request(message));
    }
    Ok(())
}
