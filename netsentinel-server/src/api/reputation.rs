//! What is known of addresses and domains: for agents, who ask about what they see, and for people.

use std::sync::Arc;

use http::Method;
use netsentinel_core::text::shown;
use netsentinel_core::{IndicatorBuf, Suspicion};
use netsentinel_transport::wire::{
    IndicatorAnswer, IndicatorState, REPUTATION_INDICATORS_MAX, REPUTATION_PATH, ReputationAnswer,
};
use netsentinel_vt::{Looked, LookedState, Question, Status};
use schemars::JsonSchema;
use warp::Filter;
use warp::filters::BoxedFilter;
use warp::reply::Response;

use super::answer::{Answered, answered, nothing, ok};
use super::operation::{Access, Answer, Operation, schema};
use super::query::{Pairs, Query};
use crate::access::Caller;
use crate::app::App;
use crate::refusal::Refusal;
use crate::store::{AuditEntry, Role};

/// Longest name that is taken, in bytes: that of DNS.
const NAME_BYTES_MAX: usize = 253;
/// Characters of a name that are told in a message.
const TOLD_CHARS_MAX: usize = 64;
/// Seconds after which it is worth asking again about what nobody is asked about: a list may have been
/// loaded, or a key given.
const NOT_ASKED_LASTS_S: u64 = 300;

/// What to tell of.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "for the OpenAPI document alone")]
struct ReputationQuery {
    /// An address or a domain, from 1 to 24 times. An agent may let follow a comma and how much the endpoint
    /// is suspected, from 0 to 100, such as `203.0.113.7,87`: the most suspected are asked about first.
    #[schemars(length(min = 1, max = 24))]
    indicator: Vec<String>,
}

pub(super) fn operations() -> Vec<Operation> {
    let new = Operation::new;
    let access = Access::AgentOrRole(Role::Viewer);
    vec![
        new(Method::GET, REPUTATION_PATH, access, Answer::Json(schema::<ReputationAnswer>))
            .summary(
                "What is known of addresses and domains. What is not known is asked about for agents and \
                 analysts; a viewer is told what is known already.",
            )
            .query::<ReputationQuery>(),
        new(
            Method::GET,
            "/api/reputation/status",
            Access::Role(Role::Viewer),
            Answer::Json(schema::<Status>),
        )
        .summary("Who can be asked, what is left of their quotas, what waits, how old lists are."),
        new(
            Method::POST,
            "/api/reputation/flush",
            Access::Role(Role::Admin),
            Answer::Nothing,
        )
        .summary("Forgets all verdicts of providers, also on the disk; lists and quotas stay."),
    ]
}

pub(super) fn routes(app: &Arc<App>) -> BoxedFilter<(Response,)> {
    let with = super::with(app);
    let status = warp::path!("api" / "reputation" / "status")
        .and(warp::get())
        .and(with.clone())
        .and(warp::query::<Pairs>())
        .then(|app: Arc<App>, pairs| async move { answered(status(&app, pairs)).await });
    let flush = warp::path!("api" / "reputation" / "flush")
        .and(warp::post())
        .and(with)
        .and(warp::ext::get::<Caller>())
        .then(|app: Arc<App>, caller| async move { answered(flush(&app, &caller)).await });
    look_up(app).or(status).unify().or(flush).unify().boxed()
}

/// What both listeners serve.
pub(crate) fn look_up(app: &Arc<App>) -> BoxedFilter<(Response,)> {
    warp::path!("api" / "reputation")
        .and(warp::get())
        .and(super::with(app))
        .and(warp::ext::get::<Caller>())
        .and(warp::query::<Pairs>())
        .then(|app: Arc<App>, caller, pairs| async move {
            answered(async { known(&app, &caller, pairs) }).await
        })
        .boxed()
}

fn known(app: &App, caller: &Caller, pairs: Pairs) -> Answered {
    app.reputation.admit(caller).map_err(|wait| {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        Refusal::too_many(
            "too_many_look_ups",
            "too many look-ups: ask for several at once",
            seconds,
        )
    })?;
    let questions = questions(Query::new(pairs, app.now())?)?;
    let asked: Vec<IndicatorBuf> =
        questions.iter().map(|question| question.indicator.clone()).collect();
    let looked = match caller.role() {
        // An agent.
        None => app.reputation.look_up(questions),
        Some(Role::Viewer) => app.reputation.look(asked.clone()),
        // Somebody waits for it.
        Some(Role::Analyst | Role::Admin) => {
            let urgent = |question| Question { suspicion: Suspicion::REACHED, ..question };
            app.reputation.look_up(questions.into_iter().map(urgent).collect())
        }
    };
    let indicators = asked.into_iter().zip(looked).map(|(asked, looked)| tell(asked, looked));
    ok(&ReputationAnswer { at: app.now(), indicators: indicators.collect() })
}

/// A name comes back as it was asked, also where its registered domain was asked about.
fn tell(indicator: IndicatorBuf, looked: Looked) -> IndicatorAnswer {
    let Looked { tier, verdicts, state, .. } = looked;
    let (state, lasts_s) = match state {
        LookedState::Known { lasts_s } => (IndicatorState::Known, lasts_s.max(1)),
        LookedState::Pending => (IndicatorState::Pending, 0),
        LookedState::NotAsked => (IndicatorState::NotAsked, NOT_ASKED_LASTS_S),
    };
    IndicatorAnswer { indicator, state, lasts_s, tier, verdicts }
}

fn questions(mut query: Query) -> Result<Vec<Question>, Refusal> {
    let values = query.all("indicator");
    query.finish()?;
    let count = values.len();
    if !(1..=REPUTATION_INDICATORS_MAX).contains(&count) {
        return Err(Refusal::bad_request(format!(
            "indicator: given {count} times, where 1 to {REPUTATION_INDICATORS_MAX} may be: write \
             ?indicator=203.0.113.7&indicator=example.com"
        )));
    }
    values.iter().map(|value| question(value)).collect()
}

/// Whether a name may be asked about is for the broker to judge: what an agent has seen in a packet need
/// not be one that anybody could have registered, and must not spoil the rest of its request.
fn question(value: &str) -> Result<Question, Refusal> {
    let wrong = |why: &str| {
        let told: String = value.chars().take(TOLD_CHARS_MAX).collect();
        Refusal::bad_request(format!("indicator={}: {why}", shown(&told)))
    };
    let (name, suspicion) = match value.rsplit_once(',') {
        None => (value, Suspicion::SEEN),
        Some((name, percent)) => {
            let fits = percent.bytes().all(|byte| byte.is_ascii_digit());
            let percent = percent.parse::<u8>().ok().filter(|percent| fits && *percent <= 100);
            let wrong = || wrong("after the comma must be a whole number from 0 to 100");
            (name, Suspicion::from(percent.ok_or_else(wrong)?))
        }
    };
    let bare = name.trim_end_matches('.');
    if bare.is_empty() || !bare.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(wrong("neither an address nor a domain name"));
    }
    if bare.len() > NAME_BYTES_MAX {
        return Err(wrong(&format!("a name has {NAME_BYTES_MAX} characters at most")));
    }
    let Ok(indicator) = bare.parse();
    Ok(Question { indicator, suspicion })
}

async fn status(app: &App, pairs: Pairs) -> Answered {
    Query::new(pairs, app.now())?.finish()?;
    ok(&app.reputation.status())
}

async fn flush(app: &App, caller: &Caller) -> Answered {
    let entry = AuditEntry {
        id: 0,
        at: app.now(),
        actor: caller.actor(),
        action: "reputation.flush".into(),
        subject: "verdicts".into(),
        detail: "all verdicts of providers".into(),
    };
    // First, so that nothing happens that nobody can read about.
    app.store.note(entry).await?;
    app.reputation.flush().await;
    nothing()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_indicator_may_have_a_suspicion() {
        for (value, name, percent) in [
            ("203.0.113.7", "203.0.113.7", 0),
            ("2001:DB8::1,100", "2001:db8::1", 100),
            ("A.Example.,7", "a.example", 7),
            ("a,b.example,7", "a,b.example", 7),
            ("_dmarc.a-b.example", "_dmarc.a-b.example", 0),
        ] {
            let question = question(value).unwrap();
            assert_eq!(question.indicator.to_string(), name);
            assert_eq!(question.suspicion.percent(), percent);
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (value, told) in [
            ("", "neither"),
            (".,5", "neither"),
            ("a b", "neither"),
            ("ü.example", "neither"),
            ("a.example,101", "from 0 to 100"),
            ("a.example,+1", "from 0 to 100"),
            ("a.example,", "from 0 to 100"),
            ("a.example,300", "from 0 to 100"),
            (&"a".repeat(254), "253 characters"),
        ] {
            let message = question(value).unwrap_err().problem().message.clone();
            assert!(message.starts_with("indicator=") && message.contains(told), "{message}");
        }
        let message = question("\u{1b}[31m").unwrap_err().problem().message.clone();
        assert_eq!(message, r"indicator=\x1b[31m: neither an address nor a domain name");
    }
}
