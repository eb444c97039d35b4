//! Why a request is not served, and how that is told.

use std::fmt;

use http::StatusCode;
use http::header::{
    ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE,
};
use netsentinel_transport::wire::Problem;
use warp::reply::Response;

use crate::error::ServerError;
use crate::store::StoreError;

/// Seconds after which a client may try again when the store could not do its work.
const STORE_RETRY_S: u64 = 5;

/// A request that is refused as a whole: its status and the [`Problem`] that its body tells.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    problem: Problem,
    retry_after_s: Option<u64>,
    allow: Option<String>,
    close: bool,
}

impl warp::reject::Reject for Refusal {}

impl Refusal {
    /// Refused with `status`, for the reason that programs read as `error` and people as `message`.
    pub(crate) fn new(status: StatusCode, error: &'static str, message: impl Into<String>) -> Self {
        let problem = Problem::new(error, message);
        Self { status, problem, retry_after_s: None, allow: None, close: false }
    }

    /// 400: something about the request is wrong.
    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", message)
    }

    /// 401: who asks is not known.
    pub(crate) fn unauthorized(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", message)
    }

    /// 403: who asks may not.
    pub(crate) fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", message)
    }

    /// 404: there is no such thing.
    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", message)
    }

    /// 405: `allow` lists the methods that the path takes.
    pub(crate) fn wrong_method(allow: &str) -> Self {
        let message = format!("this path takes {allow} only");
        let refusal = Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", message);
        Self { allow: Some(allow.into()), ..refusal }
    }

    /// 409: it is there already, or would leave something in a state that must not be.
    pub(crate) fn conflict(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "conflict", message)
    }

    /// 413: the request is larger than it may be.
    pub(crate) fn too_large(message: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", message)
    }

    /// 429: too many of them; may be tried again after `seconds`.
    pub(crate) fn too_many(error: &'static str, message: impl Into<String>, seconds: u64) -> Self {
        let refusal = Self::new(StatusCode::TOO_MANY_REQUESTS, error, message);
        refusal.retry_after(seconds)
    }

    /// 503: not now.
    pub(crate) fn unavailable(message: impl Into<String>) -> Self {
        Self::try_later("unavailable", message)
    }

    /// 503: not now, for the reason that programs read as `error`.
    pub(crate) fn try_later(error: &'static str, message: impl Into<String>) -> Self {
        let refusal = Self::new(StatusCode::SERVICE_UNAVAILABLE, error, message);
        refusal.retry_after(STORE_RETRY_S)
    }

    /// The same, and that it may be tried again after `seconds`; at least 1.
    #[must_use]
    pub(crate) fn retry_after(self, seconds: u64) -> Self {
        Self { retry_after_s: Some(seconds.max(1)), ..self }
    }

    /// The same, and the connection ends: what is left of the request is not read.
    #[must_use]
    pub(crate) fn and_close(self) -> Self {
        Self { close: true, ..self }
    }

    /// What the body tells.
    #[cfg(test)]
    pub(crate) const fn problem(&self) -> &Problem {
        &self.problem
    }

    /// The answer.
    pub(crate) fn response(&self) -> Response {
        let body = serde_json::to_vec(&self.problem).unwrap_or_default();
        let mut response = Response::new(body.into());
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.retry_after_s {
            headers.insert(RETRY_AFTER, seconds.into());
        }
        if let Some(allow) = self.allow.as_deref().and_then(|text| text.parse().ok()) {
            headers.insert(ALLOW, allow);
        }
        if self.close {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::Exists(_) => Self::new(StatusCode::CONFLICT, "exists", error.to_string()),
            StoreError::Closed => Self::try_later("stopping", error.to_string()),
            // What the database says may name files; that is for the log alone.
            StoreError::Unwritable(_) => {
                tracing::error!(%error, "the store refused a request");
                let message = "the database can not be written now: see the server's log";
                Self::try_later("unwritable", message)
            }
            _ => {
                tracing::error!(%error, "the store refused a request");
                Self::try_later("failed", "the database failed: see the server's log")
            }
        }
    }
}

/// Only want of random numbers or memory comes here while the server runs.
impl From<ServerError> for Refusal {
    fn from(error: ServerError) -> Self {
        tracing::error!(%error, "a request could not be served");
        Self::try_later("failed", "the server failed: see its log")
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.status.as_u16(), self.problem.error, self.problem.message)
    }
}
