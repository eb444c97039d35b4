//! The live feed over real WebSockets, without sockets of the system.

mod feed;
mod limits;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use serde_json::Value;
use tokio::io::DuplexStream;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};

use super::Hub;
use super::client::Patience;
use crate::access::Caller;
use crate::api::testing::{Server, person};
use crate::store::{AlertFilter, Role, StoredAlert};

/// Bytes on their way to a client that does not read, before the server must wait.
const WIRE_BYTES: usize = 8 * 1024;
const PATIENCE: Duration = Duration::from_secs(20);

async fn server(capacity: usize) -> Server {
    Server::with_hub(Hub::with(capacity, Patience::default())).await
}

/// A server that looks often, and is as patient for the rest as `patience` says.
async fn watchful(patience: Patience) -> Server {
    let rights = Duration::from_millis(20);
    Server::with_hub(Hub::with(64, Patience { rights, ..patience })).await
}

/// A client of the feed.
struct Follower {
    socket: WebSocketStream<DuplexStream>,
    /// By position, the newest that it knows.
    known: BTreeMap<u64, StoredAlert>,
    /// The highest revision that it was told or has asked for.
    seen: u64,
    resyncs: u64,
}

/// What pages of the server tell as their origin.
const OWN: Option<&str> = Some("https://ids.example:8443");

/// Opens `/ws` as `caller`, from a page of this origin.
async fn connect(
    server: &Server,
    caller: Caller,
    origin: Option<&str>,
) -> Result<WebSocketStream<DuplexStream>, Box<Error>> {
    let (near, far) = tokio::io::duplex(WIRE_BYTES);
    let routes = server.routes.clone();
    let service = service_fn(move |mut request: http::Request<Incoming>| {
        request.extensions_mut().insert(caller.clone());
        TowerToHyperService::new(warp::service(routes.clone())).call(request)
    });
    let connection = http1::Builder::new().serve_connection(TokioIo::new(far), service);
    tokio::spawn(connection.with_upgrades());
    let mut request = "ws://ids.example:8443/ws".into_client_request().unwrap();
    if let Some(origin) = origin {
        request.headers_mut().insert("origin", origin.parse().unwrap());
    }
    tokio_tungstenite::client_async(request, near).await.map(|(socket, _)| socket).map_err(Box::new)
}

impl Follower {
    async fn new(server: &Server) -> Self {
        let socket = connect(server, person(Role::Viewer), OWN).await.unwrap();
        let mut follower = Self { socket, known: BTreeMap::new(), seen: 0, resyncs: 0 };
        let hello = follower.next().await;
        assert_eq!(hello["type"], "hello");
        follower.seen = hello["revision"].as_u64().unwrap();
        let page = server.get("/api/alerts?limit=500&suppressed=true").await.good();
        follower.learn(&page["alerts"]);
        follower
    }

    /// The next message.
    async fn next(&mut self) -> Value {
        loop {
            let frame = timeout(PATIENCE, self.socket.next()).await.unwrap().unwrap().unwrap();
            if let Message::Text(text) = frame {
                return serde_json::from_str(&text).unwrap();
            }
        }
    }

    /// The next message of this type.
    async fn next_of(&mut self, kind: &str) -> Value {
        loop {
            let message = self.next().await;
            if message["type"] == kind {
                return message;
            }
        }
    }

    /// Does what the protocol says until it has seen `revision`.
    async fn catch_up(&mut self, server: &Server, revision: u64) {
        while self.seen < revision {
            let message = self.next().await;
            match message["type"].as_str().unwrap() {
                "alert" => {
                    self.learn(&Value::Array(vec![message["alert"].clone()]));
                    self.seen = self.seen.max(message["alert"]["revision"].as_u64().unwrap());
                }
                "changed" => self.fetch(server, self.seen).await,
                "resync" => {
                    self.resyncs += 1;
                    self.fetch(server, message["after"].as_u64().unwrap()).await;
                }
                _ => {}
            }
        }
    }

    async fn fetch(&mut self, server: &Server, mut after: u64) {
        loop {
            let path = format!("/api/alerts/changes?after={after}&limit=7");
            let changes = server.get(&path).await.good();
            self.learn(&changes["alerts"]);
            after = changes["revision"].as_u64().unwrap();
            self.seen = self.seen.max(after);
            if changes["more"] == false {
                return;
            }
        }
    }

    fn learn(&mut self, alerts: &Value) {
        let alerts: Vec<StoredAlert> = serde_json::from_value(alerts.clone()).unwrap();
        for alert in alerts {
            let known = self.known.entry(alert.position).or_insert_with(|| alert.clone());
            if known.revision < alert.revision {
                *known = alert;
            }
        }
    }
}

/// What the store holds, suppressed and archived alerts too.
async fn stored(server: &Server) -> BTreeMap<u64, StoredAlert> {
    let mut all = BTreeMap::new();
    for archived in [false, true] {
        let filter = AlertFilter { archived, suppressed: true, ..AlertFilter::default() };
        let page = server.app.store.alerts(&filter, None, 100_000).await.unwrap();
        all.extend(page.alerts.into_iter().map(|alert| (alert.position, alert)));
    }
    all
}

/// Runs the task that computes the summaries.
fn push_summaries(server: &Server) {
    tokio::spawn(super::push_summaries(Arc::clone(&server.app)));
}
