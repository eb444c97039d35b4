//! A server without sockets, for the tests of everything that is asked of it.

use std::sync::Arc;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Method, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;
use netsentinel_core::alert::{Agent, AlertId, Endpoint, Subject};
use netsentinel_core::config::Deployment;
use netsentinel_core::{Alert, Severity, Timestamp};
use netsentinel_transport::wire::AgentId;
use serde_json::Value;
use warp::filters::BoxedFilter;
use warp::reply::Response;

use super::{Access, Lookup, find, routes};
use crate::access::Caller;
use crate::app::App;
use crate::live::Hub;
use crate::metrics::Metrics;
use crate::store::{NewAgent, Role, SqliteStore, StoredAlert};

/// What the test's clock shows.
pub(crate) const NOW: Timestamp = Timestamp::from_nanos(1_795_000_000_000_000_000);

/// A server with an empty store and one agent.
pub(crate) struct Server {
    pub(crate) app: Arc<App>,
    pub(crate) routes: BoxedFilter<(Response,)>,
    pub(crate) agent: AgentId,
    _folder: tempfile::TempDir,
}

/// An answer.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Reply {
    /// The JSON of the body.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    /// The JSON of an answer that must be 200.
    #[track_caller]
    pub(crate) fn good(&self) -> Value {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text);
        self.json()
    }

    /// The message of a refusal with this status.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16) -> String {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        String::from(self.json()["message"].as_str().unwrap())
    }
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::with_hub(Hub::new()).await
    }

    pub(crate) async fn with_hub(hub: Arc<Hub>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(SqliteStore::open(folder.path(), hub.clone()).unwrap());
        let metrics = Arc::new(Metrics::new());
        let mut app = App::new(Deployment::default(), store, hub, metrics);
        Arc::get_mut(&mut app).unwrap().clock = || NOW;
        let agent = AgentId::from_bytes([7; 16]);
        app.store.enrol(new_agent(&agent), 500, NOW).await.unwrap();
        Self { routes: routes(&app), app, agent, _folder: folder }
    }

    /// Stores alerts of the agent.
    pub(crate) async fn add(&self, alerts: Vec<Alert>) {
        self.app.store.add_alerts(&self.agent, alerts, NOW).await.unwrap();
    }

    /// What `GET path` answers a viewer.
    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.ask(Method::GET, path, None, Role::Viewer).await
    }

    /// What `POST path` answers an analyst.
    pub(crate) async fn post(&self, path: &str, body: Value) -> Reply {
        self.ask(Method::POST, path, Some(body.to_string()), Role::Analyst).await
    }

    /// What is answered to somebody with this role.
    pub(crate) async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<String>,
        role: Role,
    ) -> Reply {
        let Lookup::Found(operation) = find(&method, path.split('?').next().unwrap()) else {
            panic!("{method} {path} is not in the table");
        };
        if let Access::Role(needed) | Access::AgentOrRole(needed) = operation.access {
            assert!(role >= needed, "{method} {path} needs the role {needed:?}");
        }
        let mut request = http::Request::builder().method(method).uri(path).extension(person(role));
        if body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        self.send(request.body(body.unwrap_or_default()).unwrap()).await
    }

    /// An answer to a viewer whose body is not read.
    pub(crate) async fn open(&self, path: &str) -> Response {
        let request = http::Request::get(path).extension(person(Role::Viewer));
        self.route(request.body(String::new()).unwrap()).await
    }

    async fn route(&self, request: http::Request<String>) -> Response {
        let service = TowerToHyperService::new(warp::service(self.routes.clone()));
        let Ok(response) = service.call(request.map(|body| Full::new(Bytes::from(body)))).await;
        response
    }

    /// What the routes answer, whether the table has the request or not.
    pub(crate) async fn send(&self, request: http::Request<String>) -> Reply {
        let response = self.route(request).await;
        let (head, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8(body.to_vec()).unwrap();
        Reply { status: head.status, headers: head.headers, text }
    }
}

/// Ada, with a role.
pub(crate) fn person(role: Role) -> Caller {
    Caller::Person { name: "ada".into(), role, session: [1; 32] }
}

pub(crate) fn new_agent(id: &AgentId) -> NewAgent {
    NewAgent {
        id: id.clone(),
        key_hash: [9; 32],
        certificate: None,
        hostname: "sensor-1".into(),
        os: "linux".into(),
        version: "0.1.0".into(),
        address: "192.0.2.7".into(),
    }
}

/// An alert `n` seconds before now, of a host of its own.
pub(crate) fn alert(n: u64) -> Alert {
    let time = Timestamp::from_nanos(NOW.as_nanos() - n as i64 * 1_000_000_000);
    let ip = std::net::IpAddr::from([10, 0, (n >> 8) as u8, n as u8]);
    let severity = Severity::ALL[n as usize % 4];
    Alert {
        v: Alert::VERSION,
        id: AlertId::of("sensor", "port_scan/vertical", &Subject::host(ip), time),
        update: 0,
        timestamp: time,
        detector: "port_scan".into(),
        rule: "port_scan/vertical".into(),
        signature: 1_000_001,
        category: "Port Scan".into(),
        severity,
        base_severity: severity,
        source: Endpoint { internal: Some(true), ..Endpoint::ip(ip) },
        target: Endpoint::ip("198.51.100.9".parse().unwrap()).port(443),
        message: format!("{ip} probed 15 ports"),
        count: 15,
        threshold: 15,
        base_threshold: 15,
        window_s: 10,
        first_seen: time,
        last_seen: time,
        evidence: serde_json::Map::new(),
        reputation: None,
        attack: Vec::new(),
        flow: None,
        frame: 1,
        interface: Some("eth0".into()),
        agent: Agent {
            id: AgentId::from_bytes([7; 16]).to_string(),
            hostname: "sensor-1".into(),
            os: "linux".into(),
        },
    }
}

/// An alert as it is kept.
pub(crate) fn stored_alert(position: u64) -> StoredAlert {
    StoredAlert {
        position,
        revision: position,
        received: NOW,
        acknowledged_by: None,
        acknowledged_at: None,
        archived: false,
        suppressed_by: None,
        comments: 0,
        alert: alert(position),
    }
}
