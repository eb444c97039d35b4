//! Alerts: lists, changes, triage and comments.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Method;
use netsentinel_core::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use warp::Filter;
use warp::filters::BoxedFilter;
use warp::reply::Response;

use super::answer::{Answered, answered, created, ok};
use super::body;
use super::filter::{self, FilterParameters};
use super::operation::{Access, Answer, Operation, schema};
use super::query::{Pairs, Query};
use crate::access::Caller;
use crate::app::App;
use crate::refusal::Refusal;
use crate::store::{Comment, Cursor, Role, Selection, StoredAlert, Triage};

/// Alerts in one answer at most.
const LIMIT_MAX: u64 = 500;
/// Alerts in one answer unless asked otherwise.
const LIMIT_DEFAULT: u64 = 100;
/// Alerts chosen by position in one request at most.
const POSITIONS_MAX: usize = 5_000;
/// Characters of a comment at most.
const COMMENT_CHARS_MAX: usize = 4096;

#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct ListParameters {
    #[schemars(flatten)]
    filter: FilterParameters,
    /// How many at most.
    #[schemars(range(min = 1, max = 500))]
    limit: Option<u64>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// A page of alerts, the newest first.
#[derive(Serialize, JsonSchema)]
struct AlertList {
    /// The alerts.
    alerts: Vec<StoredAlert>,
    /// The `cursor` of the next page; absent at the end.
    next: Option<String>,
    /// A revision that all of it is at least as new as: changes after it come by `changes` or the
    /// live feed.
    revision: u64,
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct ChangesParameters {
    /// The last revision that was seen.
    after: u64,
    /// How many at most.
    #[schemars(range(min = 1, max = 500))]
    limit: Option<u64>,
}

/// Alerts that changed, in the order of their revisions.
#[derive(Serialize, JsonSchema)]
struct ChangeList {
    /// The alerts as they are now; archived and suppressed ones too.
    alerts: Vec<StoredAlert>,
    /// What to ask `after` next.
    revision: u64,
    /// Whether there are more already.
    more: bool,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TriageRequest {
    /// Which alerts.
    selection: Selection,
    /// What to do with them.
    triage: Triage,
}

/// What a triage did.
#[derive(Serialize, JsonSchema)]
struct Triaged {
    /// Alerts that changed.
    changed: u64,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewComment {
    /// The text, of at most 4096 characters.
    #[schemars(length(min = 1, max = 4096))]
    text: String,
}

pub(super) fn operations() -> Vec<Operation> {
    let viewer = Access::Role(Role::Viewer);
    let analyst = Access::Role(Role::Analyst);
    let comments = "/api/alerts/{position}/comments";
    vec![
        Operation::new(Method::GET, "/api/alerts", viewer, Answer::Json(schema::<AlertList>))
            .summary("Alerts, the newest first, in pages.")
            .query::<ListParameters>(),
        Operation::new(
            Method::GET,
            "/api/alerts/changes",
            viewer,
            Answer::Json(schema::<ChangeList>),
        )
        .summary("Alerts that changed after a revision, in the order of their revisions.")
        .query::<ChangesParameters>(),
        Operation::new(
            Method::POST,
            "/api/alerts/triage",
            analyst,
            Answer::Json(schema::<Triaged>),
        )
        .summary("Acknowledges, archives or reopens alerts.")
        .request::<TriageRequest>(),
        Operation::new(
            Method::GET,
            "/api/alerts/{position}",
            viewer,
            Answer::Json(schema::<StoredAlert>),
        )
        .summary("One alert."),
        Operation::new(Method::GET, comments, viewer, Answer::Json(schema::<Vec<Comment>>))
            .summary("An alert's comments, the oldest first."),
        Operation::new(Method::POST, comments, analyst, Answer::Created(schema::<Comment>))
            .summary("Adds a comment to an alert.")
            .request::<NewComment>(),
    ]
}

pub(super) fn routes(app: &Arc<App>) -> BoxedFilter<(Response,)> {
    let app = super::with(app);
    let alerts = warp::path!("api" / "alerts" / ..);
    let list = alerts
        .and(warp::path::end())
        .and(warp::get())
        .and(app.clone())
        .and(warp::query::<Pairs>())
        .then(|app: Arc<App>, pairs| async move { answered(list(&app, pairs)).await });
    let changes = alerts
        .and(warp::path!("changes"))
        .and(warp::get())
        .and(app.clone())
        .and(warp::query::<Pairs>())
        .then(|app: Arc<App>, pairs| async move { answered(changes(&app, pairs)).await });
    let triage = alerts
        .and(warp::path!("triage"))
        .and(warp::post())
        .and(app.clone())
        .and(warp::ext::get::<Caller>())
        .and(body::json::<TriageRequest>())
        .then(|app: Arc<App>, caller, request| async move {
            answered(triage(&app, &caller, request)).await
        });
    let show = alerts
        .and(warp::path!(String))
        .and(warp::get())
        .and(app.clone())
        .then(|text: String, app: Arc<App>| async move { answered(show(&app, &text)).await });
    let comments =
        alerts.and(warp::path!(String / "comments")).and(warp::get()).and(app.clone()).then(
            |text: String, app: Arc<App>| async move { answered(comments(&app, &text)).await },
        );
    let comment = alerts
        .and(warp::path!(String / "comments"))
        .and(warp::post())
        .and(app)
        .and(warp::ext::get::<Caller>())
        .and(body::json::<NewComment>())
        .then(|text: String, app: Arc<App>, caller, request| async move {
            answered(comment(&app, &text, &caller, request)).await
        });
    let lists = list.or(changes).unify().or(triage).unify().boxed();
    lists.or(show).unify().or(comments).unify().or(comment).unify().boxed()
}

async fn list(app: &App, pairs: Pairs) -> Answered {
    let mut query = Query::new(pairs, app.now())?;
    let filter = filter::from_query(&mut query)?;
    let limit = limit(&mut query)?;
    let cursor = query.text("cursor")?.map(|text| open_cursor(&text)).transpose()?;
    query.finish()?;
    // Read first, so that the page is not older than the revision says.
    let revision = app.store.revision().await?;
    let page = app.store.alerts(&filter, cursor, limit).await?;
    ok(&AlertList { alerts: page.alerts, next: page.next.map(cursor_text), revision })
}

async fn changes(app: &App, pairs: Pairs) -> Answered {
    let mut query = Query::new(pairs, app.now())?;
    let after = query.parsed::<u64>("after")?;
    let limit = limit(&mut query)?;
    query.finish()?;
    let after = after.ok_or_else(|| Refusal::bad_request("after: tell the last revision seen"))?;
    let newest = app.store.revision().await?;
    // Revisions are signed numbers in the store; none is ever that high.
    let after = after.min(i64::MAX.unsigned_abs());
    let mut alerts = app.store.changes(after, limit + 1).await?;
    let more = alerts.len() > limit;
    alerts.truncate(limit);
    // Without changes it is the store's own revision: lower than `after` when a backup was restored.
    let revision = alerts.last().map_or(newest, |alert| alert.revision);
    ok(&ChangeList { alerts, revision, more })
}

async fn triage(app: &App, caller: &Caller, body: Result<TriageRequest, Refusal>) -> Answered {
    let TriageRequest { selection, triage } = body?;
    match &selection {
        Selection::Positions(positions) if positions.len() > POSITIONS_MAX => {
            let message = format!("{POSITIONS_MAX} alerts may be chosen by position at once");
            return Err(Refusal::bad_request(message));
        }
        Selection::Positions(_) => {}
        Selection::Matching { filter, .. } => filter::check(filter)?,
    }
    let changed = app.store.triage(&selection, triage, &caller.actor(), app.now()).await?;
    ok(&Triaged { changed })
}

async fn show(app: &App, text: &str) -> Answered {
    ok(&stored(app, text).await?)
}

async fn comments(app: &App, text: &str) -> Answered {
    let alert = stored(app, text).await?;
    ok(&app.store.comments(alert.position).await?)
}

async fn comment(
    app: &App,
    text: &str,
    caller: &Caller,
    body: Result<NewComment, Refusal>,
) -> Answered {
    let comment = body?.text;
    let comment = comment.trim();
    if comment.is_empty() || comment.chars().count() > COMMENT_CHARS_MAX {
        let message = format!("text: must have from 1 to {COMMENT_CHARS_MAX} characters");
        return Err(Refusal::bad_request(message));
    }
    let position = position(text)?;
    let added = app.store.comment(position, comment, &caller.actor(), app.now()).await?;
    created(&added.ok_or_else(no_such)?)
}

async fn stored(app: &App, text: &str) -> Result<StoredAlert, Refusal> {
    app.store.alert(position(text)?).await?.ok_or_else(no_such)
}

/// What is no number is no alert's position; nor is one that the store can not hold.
fn position(text: &str) -> Result<u64, Refusal> {
    text.parse().ok().filter(|position| i64::try_from(*position).is_ok()).ok_or_else(no_such)
}

fn no_such() -> Refusal {
    Refusal::not_found("there is no alert at this position; retention may have deleted it")
}

fn limit(query: &mut Query) -> Result<usize, Refusal> {
    let limit = query.number("limit", 1..=LIMIT_MAX, LIMIT_DEFAULT)?;
    Ok(usize::try_from(limit).unwrap_or(usize::MAX))
}

fn cursor_text(cursor: Cursor) -> String {
    let mut bytes = [0; 16];
    let (time, position) = bytes.split_at_mut(8);
    time.copy_from_slice(&cursor.timestamp.as_nanos().to_be_bytes());
    position.copy_from_slice(&cursor.position.to_be_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

fn open_cursor(text: &str) -> Result<Cursor, Refusal> {
    let wrong = || Refusal::bad_request("cursor: give the `next` of the page before, unchanged");
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| wrong())?;
    let bytes: [u8; 16] = bytes.try_into().map_err(|_| wrong())?;
    let both = u128::from_be_bytes(bytes);
    let timestamp = Timestamp::from_nanos((both >> 64) as i64);
    let position = both as u64;
    if i64::try_from(position).is_err() {
        return Err(wrong());
    }
    Ok(Cursor { timestamp, position })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_come_back_and_others_are_refused() {
        for (nanos, position) in [(0, 0), (-1, 1), (i64::MIN, 7), (i64::MAX, i64::MAX as u64)] {
            let cursor = Cursor { timestamp: Timestamp::from_nanos(nanos), position };
            assert_eq!(open_cursor(&cursor_text(cursor)).unwrap(), cursor);
        }
        let forged = URL_SAFE_NO_PAD.encode([255; 16]);
        for wrong in ["", "AAAA", "!", "' OR 1=1 --", &forged, &"A".repeat(500)] {
            assert!(open_cursor(wrong).is_err(), "{wrong}");
        }
    }
}
