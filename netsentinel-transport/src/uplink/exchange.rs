//! One request and its answer, whatever carries them.

use std::future::Future;
use std::time::Duration;

use netsentinel_core::Timestamp;

/// Which key a request shows.
#[derive(Clone, Debug)]
pub enum Key {
    /// The agent's own, with its id.
    Own,
    /// The key that all agents share, for enrolment.
    Shared(netsentinel_core::config::Secret),
}

/// A `POST` with a JSON body.
#[derive(Clone, Debug)]
pub struct Request {
    /// Where to, such as [`ALERT_PATH`](crate::wire::ALERT_PATH).
    pub path: &'static str,
    /// What it is allowed by.
    pub key: Key,
    /// The JSON.
    pub body: Vec<u8>,
}

/// What the server answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// How long to wait, where it says so in seconds.
    pub retry_after: Option<Duration>,
    /// The server's clock, where it tells it, to the second.
    pub date: Option<Timestamp>,
    /// The body, of at most [`ANSWER_BYTES_MAX`](super::ANSWER_BYTES_MAX).
    pub body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExchangeError {
    /// Reached, but no answer in time.
    #[error("no answer in time: {0}")]
    TimedOut(String),
    /// The server was not reached, or its certificate is not the one to trust.
    #[error("{0}")]
    Failed(String),
    /// The answer is larger than any should be.
    #[error("the answer is longer than {0} bytes")]
    TooLong(usize),
}

/// Carries requests to the server.
pub trait Exchange: Send + Sync + 'static {
    /// Sends a request and waits for the answer, for a bounded time. Dropping the future gives up.
    fn send(&self, request: Request) -> impl Future<Output = Result<Answer, ExchangeError>> + Send;
}
