//! Alerts: each judged by itself, those that are right stored together, all answered for.

use std::time::Instant;

use http::StatusCode;
use http::header::RETRY_AFTER;
use netsentinel_core::{Alert, Timestamp};
use netsentinel_transport::wire::{AgentId, BATCH_ALERTS_MAX, BatchAnswer, ItemAnswer, ItemStatus};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::limits::retry_after_s;
use super::{item, unreadable};
use crate::api::answer::{Answered, json};
use crate::app::App;
use crate::metrics::AlertOutcome;
use crate::refusal::Refusal;
use crate::store::ItemOutcome;

/// Takes the alerts of one request.
pub(super) async fn take(app: &App, agent: &AgentId, body: &[u8]) -> Answered {
    let began = Instant::now();
    let items = split(body)?;
    let mut judged = judge(app, agent, &items);
    store(app, agent, &mut judged).await?;
    let Judged { answers, wait_s, .. } = judged;
    count(app, &answers);
    app.metrics.ingested(began.elapsed());
    let status = if wait_s.is_some() { StatusCode::TOO_MANY_REQUESTS } else { StatusCode::OK };
    let mut response = json(status, &BatchAnswer { results: answers });
    if let Some(seconds) = wait_s {
        response.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    Ok(response)
}

/// Judges the alerts of a body by what they say alone.
pub(crate) fn read(
    body: &[u8],
    agent: &AgentId,
    now: Timestamp,
) -> Result<Vec<Result<Alert, ItemAnswer>>, Refusal> {
    let items = split(body)?.into_iter();
    Ok(items.map(|raw| item::read(raw, agent, now).map(|read| read.alert)).collect())
}

/// The alerts of a body, not looked at: those of its field `alerts`, or the body itself.
fn split(body: &[u8]) -> Result<Vec<&RawValue>, Refusal> {
    #[derive(Deserialize)]
    struct Body<'a> {
        #[serde(borrow)]
        alerts: Option<Vec<&'a RawValue>>,
    }
    // Without this an array would be read as the fields of the object, in their order.
    if body.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
        return Err(Refusal::bad_request("the body must be one alert, or {\"alerts\": […]}"));
    }
    let Body { alerts } = serde_json::from_slice(body).map_err(|error| unreadable(&error))?;
    let Some(alerts) = alerts else {
        return Ok(vec![serde_json::from_slice(body).map_err(|error| unreadable(&error))?]);
    };
    if alerts.len() > BATCH_ALERTS_MAX {
        let found = alerts.len();
        let message = format!("{found} alerts in one request, where {BATCH_ALERTS_MAX} may be");
        return Err(Refusal::too_large(message));
    }
    Ok(alerts)
}

/// What is known of the alerts of a request.
struct Judged {
    /// One for each.
    answers: Vec<ItemAnswer>,
    /// Those to be stored, each with the place of its answer.
    good: Vec<(usize, Alert)>,
    /// Seconds after which those that are put off may come again.
    wait_s: Option<u64>,
}

fn judge(app: &App, agent: &AgentId, items: &[&RawValue]) -> Judged {
    let now = app.now();
    let allowed = app.ingest.alerts(agent, items.len());
    let mut judged = Judged {
        answers: Vec::with_capacity(items.len()),
        good: Vec::new(),
        wait_s: allowed.wait.map(retry_after_s),
    };
    for (index, raw) in items.iter().enumerate() {
        // After the first that is too many all others wait too, so that none overtakes it.
        if index >= allowed.alerts {
            judged.answers.push(item::deferred(raw, "more alerts than the agent may send"));
            continue;
        }
        match item::read(raw, agent, now) {
            Ok(read) => {
                if read.cut {
                    app.metrics.alert_truncated();
                }
                if read.from_the_future {
                    app.metrics.alert_from_the_future();
                }
                let (id, update) = (Some(read.alert.id.to_string()), Some(read.alert.update));
                let status = ItemStatus::Accepted;
                judged.good.push((judged.answers.len(), read.alert));
                judged.answers.push(ItemAnswer { id, update, status, reason: None });
            }
            Err(answer) => judged.answers.push(answer),
        }
    }
    judged
}

/// Stores what is good, in one transaction. When it fails nothing is answered for.
async fn store(app: &App, agent: &AgentId, judged: &mut Judged) -> Result<(), Refusal> {
    let (places, alerts): (Vec<_>, Vec<_>) = std::mem::take(&mut judged.good).into_iter().unzip();
    if alerts.is_empty() {
        return Ok(());
    }
    let began = Instant::now();
    let stored = app.store.add_alerts(agent, alerts, app.now()).await;
    app.metrics.stored(began.elapsed(), stored.is_ok());
    let outcomes = stored.inspect_err(|_| app.ingest.give_back(agent, places.len()))?;
    if outcomes.len() != places.len() {
        tracing::error!("the store answered for {} of {} alerts", outcomes.len(), places.len());
        return Err(Refusal::try_later("failed", "the database failed: see the server's log"));
    }
    for (place, outcome) in places.into_iter().zip(outcomes) {
        if let (Some(answer), ItemOutcome::Duplicate) = (judged.answers.get_mut(place), outcome) {
            answer.status = ItemStatus::Duplicate;
        }
    }
    Ok(())
}

fn count(app: &App, answers: &[ItemAnswer]) {
    for (status, outcome) in [
        (ItemStatus::Accepted, AlertOutcome::Accepted),
        (ItemStatus::Duplicate, AlertOutcome::Duplicate),
        (ItemStatus::Rejected, AlertOutcome::Rejected),
        (ItemStatus::Deferred, AlertOutcome::Deferred),
    ] {
        let of = answers.iter().filter(|answer| answer.status == status).count();
        app.metrics.alerts(outcome, of as u64);
    }
}
