//! `/ws`: from a request to a client of the feed.

use std::sync::Arc;

use http::header::{HeaderValue, UPGRADE};
use http::{HeaderMap, Method, StatusCode, Uri};
use warp::filters::BoxedFilter;
use warp::reply::{Reply, Response};
use warp::ws::Ws;
use warp::{Filter, Rejection};

use super::client;
use crate::access::{Caller, is_foreign, is_same};
use crate::api::{Access, Answer, Operation};
use crate::app::App;
use crate::refusal::Refusal;
use crate::store::Role;

/// Bytes of a message from a client at most; none means anything but that the client is there.
const INCOMING_BYTES_MAX: usize = 4096;
/// Bytes that wait to be written to one client at most; the largest message must fit. With 100,000
/// agents their list takes tens of megabytes.
const WAITING_BYTES_MAX: usize = 128 << 20;

pub(crate) fn operations() -> Vec<Operation> {
    let summary = "The live feed: a WebSocket with one JSON message in each text frame.";
    let viewer = Access::Role(Role::Viewer);
    vec![Operation::new(Method::GET, "/ws", viewer, Answer::WebSocket).summary(summary)]
}

pub(crate) fn routes(app: &Arc<App>) -> BoxedFilter<(Response,)> {
    let app = Arc::clone(app);
    let handshake = warp::ws().map(Some).or_else(|_| async { Ok::<_, Rejection>((None,)) });
    warp::path!("ws")
        .and(warp::get())
        .and(warp::ext::get::<Caller>())
        .and(warp::header::headers_cloned())
        .and(handshake)
        .map(move |caller, headers, ws| upgrade(&app, caller, &headers, ws))
        .boxed()
}

fn upgrade(app: &Arc<App>, caller: Caller, headers: &HeaderMap, ws: Option<Ws>) -> Response {
    let Some(ws) = ws else {
        let message = "ask for a WebSocket of version 13 over HTTP/1.1";
        let refusal = Refusal::new(StatusCode::UPGRADE_REQUIRED, "upgrade_required", message);
        let mut response: Response = refusal.response();
        response.headers_mut().insert(UPGRADE, HeaderValue::from_static("websocket"));
        return response;
    };
    if !admits(&caller, headers) {
        let message = "a page of another site may not follow the live feed";
        return Refusal::new(StatusCode::FORBIDDEN, "foreign_origin", message).response();
    }
    let max = app.settings().live_clients_max.get();
    let Some(seat) = app.hub.admit(max) else {
        tracing::warn!(
            "the live feed has {max} clients, as many as server.live_clients_max allows"
        );
        app.metrics.live_refused();
        return Refusal::unavailable("the live feed has as many clients as it may").response();
    };
    let app = Arc::clone(app);
    ws.max_message_size(INCOMING_BYTES_MAX)
        .max_frame_size(INCOMING_BYTES_MAX)
        .max_write_buffer_size(WAITING_BYTES_MAX)
        .on_upgrade(move |socket| client::serve(socket, app, caller, seat))
        .into_response()
}

/// A browser sends the cookie whichever site's page opens the socket, and tells the page's origin:
/// that must be this server. What shows a token is no browser and has no origin; one that it gives
/// all the same must be right too.
fn admits(caller: &Caller, headers: &HeaderMap) -> bool {
    // Over HTTP/1.1, which a WebSocket takes, the host asked is told by a header alone.
    let uri = Uri::default();
    match caller {
        Caller::Person { .. } => is_same(&uri, headers),
        _ => !is_foreign(&uri, headers),
    }
}
