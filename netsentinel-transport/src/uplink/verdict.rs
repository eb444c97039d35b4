//! What an answer means for the alerts that were sent.

use std::time::Duration;

use netsentinel_core::text::shown;
use serde::Deserialize;

use super::exchange::{Answer, ExchangeError};
use crate::spool::Spooled;
use crate::wire::{BatchAnswer, ItemAnswer, Problem};

/// The wait when alerts are deferred and the server does not say for how long.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// The least and the most that the server may make us wait.
const RETRY_AFTER_RANGE: (Duration, Duration) =
    (Duration::from_millis(500), Duration::from_secs(300));
/// Characters kept of what the server says.
const REASON_CHARS_MAX: usize = 300;

/// What an answer means for the alerts that were sent.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Each was answered for; the next request must wait so long.
    Items(Vec<ItemAnswer>, Option<Duration>),
    /// Too many for now.
    Busy(Duration),
    /// The request is bad as a whole: one alert in it, or all together.
    Bad(String),
    /// The server does not know this agent.
    Unknown,
    /// The server does not let this agent in.
    Refused(String),
    /// It did not work, and may work later.
    Failed(Failure),
}

/// Why a request did not work.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) reason: String,
    pub(super) kind: FailureKind,
}

/// What may help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FailureKind {
    /// Waiting: the server is away.
    Away,
    /// Waiting, and sending less at once: there was no answer in time.
    Slow,
    /// Sending something else: the server got it and failed on it.
    Choked,
}

/// What `answer` means for `sent`.
pub(super) fn judge(answer: Result<Answer, ExchangeError>, sent: &[Spooled]) -> Verdict {
    let answer = match refusal(answer) {
        Ok(answer) => answer,
        Err(verdict) => return verdict,
    };
    let wait = answer.retry_after.map(bounded);
    match answer.status {
        200 | 429 => match serde_json::from_slice::<BatchAnswer>(&answer.body) {
            Ok(BatchAnswer { results }) if answers_for(&results, sent) => {
                let deferred = results.iter().any(|item| !item.status.is_settled());
                let wait = wait.or(deferred.then_some(RETRY_AFTER));
                Verdict::Items(results, wait.filter(|_| deferred || answer.status == 429))
            }
            _ if answer.status == 429 => Verdict::Busy(wait.unwrap_or(RETRY_AFTER)),
            Ok(_) => choked("its answer is for other alerts than were sent".into()),
            Err(error) => choked(format!("its answer makes no sense ({error})")),
        },
        413 => Verdict::Bad(said(&answer)),
        // Only from our server: a proxy that answers everything by 400 must not make dead letters.
        400 | 422 if !problem(&answer).error.is_empty() => Verdict::Bad(said(&answer)),
        400 | 422 | 500 => choked(said(&answer)),
        _ => away(said(&answer)),
    }
}

/// The answer, unless there is none or it lets nobody in.
pub(super) fn refusal(answer: Result<Answer, ExchangeError>) -> Result<Answer, Verdict> {
    match answer {
        Ok(answer) if answer.status == 401 && is_unknown_agent(&answer) => Err(Verdict::Unknown),
        Ok(answer) if matches!(answer.status, 401 | 403) => Err(Verdict::Refused(said(&answer))),
        Ok(answer) => Ok(answer),
        Err(error @ ExchangeError::TimedOut(_)) => {
            let reason = error.to_string();
            Err(Verdict::Failed(Failure { reason, kind: FailureKind::Slow }))
        }
        Err(error @ ExchangeError::TooLong(_)) => Err(choked(error.to_string())),
        Err(error) => Err(away(error.to_string())),
    }
}

/// Whether a refusal says that the agent is to enrol.
pub(crate) fn is_unknown_agent(answer: &Answer) -> bool {
    problem(answer).error == "unknown_agent"
}

/// What the server says about an error, fit for a log.
pub(crate) fn said(answer: &Answer) -> String {
    let Problem { error, message } = problem(answer);
    let said: String = format!("{error}: {message}").chars().take(REASON_CHARS_MAX).collect();
    let said = if error.is_empty() { String::new() } else { format!(", {}", shown(&said)) };
    format!("status {}{said}", answer.status)
}

fn problem(answer: &Answer) -> Problem {
    serde_json::from_slice(&answer.body).unwrap_or_else(|_| Problem::new("", ""))
}

/// A server that answers for other alerts than it was sent must not make us forget any.
fn answers_for(results: &[ItemAnswer], sent: &[Spooled]) -> bool {
    #[derive(Deserialize)]
    struct Identity {
        id: String,
        update: u32,
    }
    let is_for = |(item, alert): (&ItemAnswer, &Spooled)| {
        let Ok(own) = serde_json::from_slice::<Identity>(&alert.json) else { return true };
        item.id.as_ref().is_none_or(|id| *id == own.id)
            && item.update.is_none_or(|update| update == own.update)
    };
    results.len() == sent.len() && results.iter().zip(sent).all(is_for)
}

/// A wait that the server asks for, within what it may.
pub(crate) fn bounded(wait: Duration) -> Duration {
    wait.clamp(RETRY_AFTER_RANGE.0, RETRY_AFTER_RANGE.1)
}

pub(super) fn away(reason: String) -> Verdict {
    Verdict::Failed(Failure { reason, kind: FailureKind::Away })
}

pub(super) fn choked(reason: String) -> Verdict {
    Verdict::Failed(Failure { reason, kind: FailureKind::Choked })
}
