//! Asks the server what is known of addresses and domains.
//!
//! | the server's answer | what it means |
//! |---|---|
//! | 200, an item for each indicator | that is what it knows |
//! | 401 `unknown_agent` | it does not know this agent: it has to enrol first |
//! | other 401, 403 | it does not let this agent in |
//! | 404, 405 | it is older than this question |
//! | 400, 414, 422 | it makes nothing of one of them |
//! | 429, 503 | too often; not again before `Retry-After` |
//! | anything else, silence | it may work later |

use std::time::Duration;

use netsentinel_core::text::printable;
use netsentinel_core::{IndicatorBuf, RiskTier, Suspicion};

use crate::uplink::{Answer, Client, ExchangeError, bounded, is_unknown_agent, said};
use crate::wire::{IndicatorAnswer, REPUTATION_INDICATORS_MAX, REPUTATION_PATH, ReputationAnswer};

/// Bytes of an answer at most: verdicts of every provider and list about every indicator, and to spare.
const BYTES_MAX: usize = 256 << 10;
/// Verdicts about one indicator that are kept, the worst: more than there are providers and lists.
pub const VERDICTS_MAX: usize = 32;
/// Characters of a provider's name and of its reason that are kept.
const TEXT_CHARS_MAX: usize = 120;
/// The longest that an answer counts, whatever the server says, in seconds: a year.
const LASTS_MAX: u64 = 365 * 86_400;

/// Why the server has told nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AskError {
    /// It does not know this agent, which enrols by its uplink.
    #[error("the server does not know this agent yet")]
    Stranger,
    /// It does not let this agent in.
    #[error("the server refuses: {0}")]
    Refused(String),
    /// It can not be asked this: it is older than this agent.
    #[error("the server can not be asked about reputation: it is older than this agent")]
    NotFound,
    /// It was asked too often.
    #[error("the server was asked too often")]
    Busy {
        /// How long to wait, where it says so; between 0.5 s and 300 s.
        retry_after: Option<Duration>,
    },
    /// It can not be reached, fails, or takes too long.
    #[error("{0}")]
    Unavailable(String),
    /// It answered what makes no sense, or for other indicators.
    #[error("the answer makes no sense: {0}")]
    Invalid(String),
}

impl Client {
    /// Asks what the server knows of `questions`, at most [`REPUTATION_INDICATORS_MAX`]. The answer has one
    /// item for each, in their order, with texts that are safe to show and no clean verdict. Bounded in time
    /// and in bytes; dropping the future gives up.
    ///
    /// # Errors
    ///
    /// When there is no answer that can be used.
    pub async fn ask(
        &self,
        questions: &[(IndicatorBuf, Suspicion)],
    ) -> Result<ReputationAnswer, AskError> {
        if questions.len() > REPUTATION_INDICATORS_MAX {
            return Err(AskError::Invalid("more is asked than fits in a request".into()));
        }
        let query = questions.iter().map(|(indicator, suspicion)| {
            ("indicator", format!("{indicator},{}", suspicion.percent()))
        });
        let answer = self.get(REPUTATION_PATH, query, BYTES_MAX).await;
        judge(answer, questions)
    }
}

/// What `answer` says of `questions`.
fn judge(
    answer: Result<Answer, ExchangeError>,
    questions: &[(IndicatorBuf, Suspicion)],
) -> Result<ReputationAnswer, AskError> {
    let answer = answer.map_err(|error| match error {
        ExchangeError::TooLong(_) => AskError::Invalid(error.to_string()),
        error => AskError::Unavailable(error.to_string()),
    })?;
    match answer.status {
        200 => {}
        401 if is_unknown_agent(&answer) => return Err(AskError::Stranger),
        401 | 403 => return Err(AskError::Refused(said(&answer))),
        404 | 405 => return Err(AskError::NotFound),
        // Of one of the indicators it makes nothing: no use in asking the same again.
        400 | 414 | 422 => return Err(AskError::Invalid(said(&answer))),
        429 | 503 => return Err(AskError::Busy { retry_after: answer.retry_after.map(bounded) }),
        _ => return Err(AskError::Unavailable(said(&answer))),
    }
    // The text of the error may quote what was sent; its place does not.
    let told: ReputationAnswer = serde_json::from_slice(&answer.body).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        AskError::Invalid(format!("line {line}, column {column} of it"))
    })?;
    let is_for =
        |(told, asked): (&IndicatorAnswer, &(IndicatorBuf, Suspicion))| told.indicator == asked.0;
    if told.indicators.len() != questions.len()
        || !told.indicators.iter().zip(questions).all(is_for)
    {
        return Err(AskError::Invalid("it is about other indicators than were asked about".into()));
    }
    Ok(ReputationAnswer {
        at: told.at,
        indicators: told.indicators.into_iter().map(tamed).collect(),
    })
}

/// The same within our bounds: the server is ours, but what it passes on comes from others.
fn tamed(mut answer: IndicatorAnswer) -> IndicatorAnswer {
    answer.lasts_s = answer.lasts_s.min(LASTS_MAX);
    answer.verdicts.retain(|verdict| verdict.tier > RiskTier::Clean);
    answer.verdicts.sort_by_key(|verdict| std::cmp::Reverse(verdict.tier));
    answer.verdicts.truncate(VERDICTS_MAX);
    for verdict in &mut answer.verdicts {
        for text in [&mut verdict.provider, &mut verdict.detail] {
            let shown = printable(text.as_bytes());
            *text = shown.chars().take(TEXT_CHARS_MAX).collect();
        }
    }
    answer
}

#[cfg(test)]
mod tests;
