//! What no handler took, as a problem.

use std::convert::Infallible;

use warp::Rejection;
use warp::filters::ext::MissingExtension;
use warp::reject::{InvalidQuery, MethodNotAllowed};
use warp::reply::Response;

use crate::refusal::Refusal;

/// The answer to a request that every handler rejected.
pub(super) async fn refuse(rejection: Rejection) -> Result<Response, Infallible> {
    let refusal = if let Some(refusal) = rejection.find::<Refusal>() {
        refusal.clone()
    } else if rejection.is_not_found() {
        Refusal::not_found("nothing of this name is here")
    } else if rejection.find::<InvalidQuery>().is_some() {
        Refusal::bad_request("the query string does not fit")
    } else if rejection.find::<MissingExtension>().is_some() {
        tracing::error!("a handler was asked without a caller: {rejection:?}");
        Refusal::try_later("failed", "the server failed: see its log")
    } else if rejection.find::<MethodNotAllowed>().is_some() {
        // The table of operations has the method, so a parameter of the path did not fit.
        Refusal::not_found("nothing of this name is here")
    } else {
        Refusal::bad_request("a header or the body is missing or does not fit")
    };
    Ok(refusal.response())
}
