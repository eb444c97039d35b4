//! Answers.

use std::future::Future;

use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};
use serde::Serialize;
use warp::reply::Response;

use crate::refusal::Refusal;

/// What a handler answers with.
pub(crate) type Answered = Result<Response, Refusal>;

/// What the handler answers, or why it refuses.
pub(crate) async fn answered(handler: impl Future<Output = Answered>) -> Response {
    handler.await.unwrap_or_else(|refusal| refusal.response())
}

/// 200 and `value` as JSON.
pub(crate) fn ok(value: &impl Serialize) -> Answered {
    Ok(json(StatusCode::OK, value))
}

/// 201 and `value` as JSON.
pub(crate) fn created(value: &impl Serialize) -> Answered {
    Ok(json(StatusCode::CREATED, value))
}

/// 204.
pub(crate) fn nothing() -> Answered {
    let mut response = Response::default();
    *response.status_mut() = StatusCode::NO_CONTENT;
    Ok(response)
}

/// Not to be cached: it is out of date at once, and for nobody else.
pub(crate) fn json(status: StatusCode, value: &impl Serialize) -> Response {
    // Maps with text keys and derived structs always serialize.
    let text = serde_json::to_string(value).unwrap_or_default();
    let mut response = Response::new(text.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
