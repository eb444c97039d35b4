//! Why a list could not be had.

use std::io;
use std::time::Duration;

/// Why a list could not be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(in crate::feeds) enum FetchError {
    /// 401 or 403 where a key was asked for.
    #[error("{0}")]
    Refused(&'static str),
    /// 429 or 503.
    #[error("the server is asked too often, or has too much to do (status {status})")]
    Busy {
        status: u16,
        /// How long to wait, where it says so.
        retry_after: Option<Duration>,
    },
    /// Any other answer but the list.
    #[error("the server answers with status {0}")]
    Status(u16),
    /// It leads elsewhere, and not to where one may follow.
    #[error("the server redirects {0}")]
    Redirect(&'static str),
    /// The answer is something else than a list.
    #[error("{0}")]
    Content(&'static str),
    /// There is too much of it.
    #[error("it has more than {} MiB", .0 >> 20)]
    TooLarge(u64),
    /// The request failed.
    #[error("{0}")]
    Request(String),
    /// The file can not be read, or what was read not written.
    #[error("{0}")]
    File(#[from] io::Error),
}

impl FetchError {
    /// The failure of a request, without its address, which may hold a key.
    pub(super) fn of(error: reqwest::Error) -> Self {
        let error = error.without_url();
        let mut text = error.to_string();
        let mut cause = std::error::Error::source(&error);
        while let Some(next) = cause {
            let more = next.to_string();
            if !text.contains(&more) {
                text = format!("{text}: {more}");
            }
            cause = next.source();
        }
        Self::Request(text)
    }
}
