//! A request's body: within its limit, in time, of the right type, before any handler is asked.

use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderMap};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::{Body as _, Incoming};
use netsentinel_transport::wire::{ALERT_PATH, BATCH_BYTES_MAX};
use tokio::time::timeout;

use crate::api::{Access, Operation};
use crate::refusal::Refusal;

/// Bytes of a body at most, where it has no alerts.
const BYTES_MAX: usize = 64 * 1024;
/// Bytes of the body of somebody who is not known yet.
const STRANGER_BYTES_MAX: usize = 4 * 1024;
/// A refused body of at most so many bytes is read to its end and thrown away, because a client that
/// is still sending does not see the answer.
const DRAIN_BYTES_MAX: u64 = 8 << 20;
/// How long that may take.
const DRAIN_TIME_MAX: Duration = Duration::from_secs(3);

/// The whole body.
pub(super) async fn read(
    headers: &HeaderMap,
    body: Incoming,
    operation: &Operation,
    patience: Duration,
) -> Result<Bytes, Refusal> {
    let max = limit(operation);
    let too_large = || Refusal::too_large(format!("the body may have {max} bytes")).and_close();
    let told = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if told.is_some_and(|told: u64| told > max as u64) {
        drain(body).await;
        return Err(too_large());
    }
    if operation.request.is_some() && !is_json(headers) {
        drain(body).await;
        let message = "send the body as JSON, with the header Content-Type: application/json";
        let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return Err(Refusal::new(status, "unsupported_media_type", message));
    }
    match timeout(patience, Limited::new(body, max).collect()).await {
        Ok(Ok(whole)) => Ok(whole.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
        Ok(Err(_)) => Err(Refusal::bad_request("the body broke off: send it again").and_close()),
        Err(_) => {
            let message = "the body took too long";
            Err(Refusal::new(StatusCode::REQUEST_TIMEOUT, "timeout", message).and_close())
        }
    }
}

/// Reads what is left of a small body, so that the client sees the answer.
pub(super) async fn drain(mut body: Incoming) {
    if body.is_end_stream() || body.size_hint().lower() > DRAIN_BYTES_MAX {
        return;
    }
    let all = async {
        let mut left = DRAIN_BYTES_MAX;
        while let Some(Ok(frame)) = body.frame().await {
            let length = frame.data_ref().map_or(0, |data| data.len() as u64);
            match left.checked_sub(length) {
                Some(less) => left = less,
                None => return,
            }
        }
    };
    // Whoever is slower does not see the answer.
    let _ = timeout(DRAIN_TIME_MAX, all).await;
}

fn limit(operation: &Operation) -> usize {
    match operation.access {
        Access::Public => STRANGER_BYTES_MAX,
        Access::Agent if operation.path == ALERT_PATH => BATCH_BYTES_MAX,
        _ => BYTES_MAX,
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let given = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = given.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}
