//! What a provider is: somebody who can be asked about an address or a domain.

use std::num::NonZeroU32;
use std::time::Duration;

use async_trait::async_trait;
use netsentinel_core::{Indicator, IndicatorBuf, ProviderVerdict, Suspicion};

/// Somebody who can be asked. Keeps neither quota nor cache: both are the broker's.
#[async_trait]
pub trait Provider: Send + Sync + 'static {
    /// Its name in alerts, metrics and files: small letters.
    fn name(&self) -> &'static str;

    /// Whether it can be asked about such an indicator.
    fn takes(&self, indicator: Indicator<'_>) -> bool;

    /// How often it may be asked.
    fn quota(&self) -> Quota;

    /// Questions in one request at most; a request counts once against the quota.
    fn batch_max(&self) -> usize {
        1
    }

    /// Asks one request: at least one question, at most [`batch_max`](Self::batch_max). Bounded in time
    /// and in bytes. The answers are in the order of the questions, as many as there are. Dropping the
    /// future gives up.
    ///
    /// # Errors
    ///
    /// When there is no answer that can be used; all the questions are open then.
    async fn ask(&self, questions: &[Question]) -> Result<Vec<Answer>, ProviderError>;
}

/// What is asked about, and how urgent it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// What is asked about.
    pub indicator: IndicatorBuf,
    /// How much its endpoint is suspected.
    pub suspicion: Suspicion,
}

/// What a provider answered to one question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It has looked, and this is what it holds against the indicator: nothing if there are no verdicts.
    /// Where the provider says for how long that counts, it says so; else the cache's lifetimes do.
    Known {
        /// The worst first; none that is clean.
        verdicts: Vec<ProviderVerdict>,
        /// How long it counts.
        lasts: Option<Duration>,
    },
    /// It has never heard of the indicator.
    Unknown,
    /// It is finding out: ask again in a while.
    Pending,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProviderError {
    /// The key is wrong, or not allowed to ask. It will not be asked again until it has another key.
    #[error("the key is refused: {0}")]
    Refused(String),
    /// It knows no such questions, whatever the key. It will not be asked again until a reload.
    #[error("{0}")]
    Unsupported(String),
    /// Asked too often.
    #[error("asked too often{}", .retry_after.map(|wait| format!(": wait {} s", wait.as_secs())).unwrap_or_default())]
    Busy {
        /// How long to wait, where it says so.
        retry_after: Option<Duration>,
    },
    /// It can not be reached, fails, or takes too long.
    #[error("no answer: {0}")]
    Unavailable(String),
    /// It answered what makes no sense.
    #[error("the answer makes no sense: {0}")]
    Invalid(String),
}

/// How often a provider may be asked: in any minute, and in any 24 hours. Without a number, as often as one
/// likes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quota {
    /// Requests in any 60 seconds.
    pub per_minute: Option<NonZeroU32>,
    /// Requests in any 24 hours.
    pub per_day: Option<NonZeroU32>,
}
