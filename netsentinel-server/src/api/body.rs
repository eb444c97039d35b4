//! Request bodies.

use bytes::Buf;
use futures_util::{Stream, StreamExt};
use http::{HeaderMap, StatusCode};
use serde::de::DeserializeOwned;
use warp::{Filter, Rejection};

use crate::refusal::Refusal;

/// Bytes of a request's body that people and scripts send at most.
pub(crate) const BODY_BYTES_MAX: usize = 64 * 1024;

/// The request's JSON body, of at most [`BODY_BYTES_MAX`] bytes, or why it can not be had.
///
/// Only `application/json` is taken: a page of another site can not send that without asking first.
pub(crate) fn json<T: DeserializeOwned + Send + 'static>()
-> impl Filter<Extract = (Result<T, Refusal>,), Error = Rejection> + Clone {
    warp::header::headers_cloned().and(warp::body::stream()).then(
        |headers: HeaderMap, body| async move {
            check_type(&headers)?;
            let bytes = collect(body).await?;
            serde_json::from_slice(&bytes)
                .map_err(|error| Refusal::bad_request(format!("the body does not fit: {error}")))
        },
    )
}

fn check_type(headers: &HeaderMap) -> Result<(), Refusal> {
    let given = headers.get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = given.and_then(|given| given.split(';').next()).unwrap_or_default();
    if essence.trim().eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    let message = "send the body as JSON, with the header Content-Type: application/json";
    Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", message))
}

async fn collect<B: Buf, E>(body: impl Stream<Item = Result<B, E>>) -> Result<Vec<u8>, Refusal> {
    let mut body = std::pin::pin!(body);
    let mut bytes = Vec::new();
    while let Some(piece) = body.next().await {
        let mut piece =
            piece.map_err(|_| Refusal::bad_request("the body broke off: send it again"))?;
        if bytes.len() + piece.remaining() > BODY_BYTES_MAX {
            let message = format!("the body may have {BODY_BYTES_MAX} bytes");
            return Err(Refusal::too_large(message).and_close());
        }
        while piece.has_remaining() {
            let chunk = piece.chunk();
            let length = chunk.len();
            bytes.extend_from_slice(chunk);
            piece.advance(length);
        }
    }
    Ok(bytes)
}
