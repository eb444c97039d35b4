//! A whole server on loopback ports with its own authority, for tests over real TLS.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use netsentinel_core::alert::{Agent, AlertId, Endpoint, Subject};
use netsentinel_core::config::{AgentAuth, Deployment, Secret};
use netsentinel_core::{Alert, Severity, Timestamp};
use netsentinel_transport::identity::new_key;
use netsentinel_transport::pki::Authority;
use netsentinel_transport::tls::client_config;
use netsentinel_transport::wire::{AGENT_HEADER, AgentId, KEY_HEADER};
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use rustls::pki_types::ServerName;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::listen::Patience;
use crate::live::Hub;
use crate::server::{Server, ServerSetup};
use crate::store::{Role, SqliteStore, Store};

/// The shared key of the tests.
pub(crate) const SHARED_KEY: &str = "the shared key of the tests";

/// Certificates and a data folder.
pub(crate) struct Site {
    pub(crate) folder: tempfile::TempDir,
}

impl Site {
    pub(crate) fn new() -> Self {
        let site = Self { folder: tempfile::tempdir().unwrap() };
        let authority = Authority::create("tests").unwrap();
        let server = authority.server(&["127.0.0.1".parse().unwrap()]).unwrap();
        site.write("ca.crt", authority.certificate());
        site.write("server.crt", &server.certificate);
        site.write("server.key", server.key.expose());
        for name in ["one", "two"] {
            let client = authority.client(name).unwrap();
            site.write(&format!("{name}.crt"), &client.certificate);
            site.write(&format!("{name}.key"), client.key.expose());
        }
        site
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        netsentinel_transport::secret_file::write_atomic(&path, text.as_bytes()).unwrap();
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    pub(crate) fn deployment(&self) -> Deployment {
        let mut deployment = Deployment {
            server_host: [127, 0, 0, 1].into(),
            gui_port: 0,
            agent_port: 0,
            redirect_port: 0,
            api_key: Secret::new(SHARED_KEY),
            agent_auth: AgentAuth::Key,
            ca_cert: self.text("ca.crt"),
            server_cert: self.text("server.crt"),
            server_key: self.text("server.key"),
            ..Deployment::default()
        };
        deployment.server.data_dir = self.text("data");
        deployment
    }

    /// Starts a server with these keys of the configuration.
    pub(crate) async fn start(self, setup: impl Into<ServerSetup>, patience: Patience) -> Running {
        let hub = Hub::new();
        let observer = Arc::clone(&hub);
        let open = move |folder: &std::path::Path| {
            Ok(Arc::new(SqliteStore::open(folder, observer)?) as Arc<dyn Store>)
        };
        let server = Server::start_with(setup.into(), hub, open, patience).await.unwrap();
        Running { client: self.client(None), server, site: self }
    }

    /// A client that trusts the site's authority and nobody else.
    pub(crate) fn client(&self, identity: Option<&str>) -> Client {
        let tls = self.tls(identity);
        let builder = Client::builder().tls_backend_preconfigured(tls).no_proxy();
        builder.timeout(Duration::from_secs(10)).build().unwrap()
    }

    pub(crate) fn tls(&self, identity: Option<&str>) -> rustls::ClientConfig {
        let pair = identity
            .map(|name| (self.path(&format!("{name}.crt")), self.path(&format!("{name}.key"))));
        let pair = pair.as_ref().map(|(cert, key)| (cert.as_path(), key.as_path()));
        client_config(&self.path("ca.crt"), pair).unwrap()
    }
}

/// A server that runs.
pub(crate) struct Running {
    pub(crate) server: Server,
    pub(crate) client: Client,
    pub(crate) site: Site,
}

impl Running {
    /// With the defaults.
    pub(crate) async fn new() -> Self {
        let site = Site::new();
        let deployment = site.deployment();
        site.start(deployment, Patience::default()).await
    }

    /// With some keys of `server` set.
    pub(crate) async fn with(settings: Value) -> Self {
        let site = Site::new();
        let mut deployment = site.deployment();
        let mut server = serde_json::to_value(&deployment.server).unwrap();
        for (key, value) in settings.as_object().unwrap() {
            server[key] = value.clone();
        }
        deployment.server = serde_json::from_value(server).unwrap();
        site.start(deployment, Patience::default()).await
    }

    pub(crate) fn gui(&self, path: &str) -> String {
        format!("https://{}{path}", self.server.addresses().gui)
    }

    pub(crate) fn agents(&self, path: &str) -> String {
        format!("https://{}{path}", self.server.addresses().agents)
    }

    /// A token with this role.
    pub(crate) async fn token(&self, role: Role) -> String {
        let made = self.server.app().accounts.make_token("tests", role, None, "tests").await;
        made.unwrap().secret.expose().to_owned()
    }

    /// A connection over TLS.
    pub(crate) async fn connect(&self, address: SocketAddr) -> TlsStream<TcpStream> {
        self.connect_with(address, self.site.tls(None)).await.unwrap()
    }

    pub(crate) async fn connect_with(
        &self,
        address: SocketAddr,
        tls: rustls::ClientConfig,
    ) -> std::io::Result<TlsStream<TcpStream>> {
        let tcp = TcpStream::connect(address).await?;
        let name = ServerName::try_from("127.0.0.1").unwrap();
        TlsConnector::from(Arc::new(tls)).connect(name, tcp).await
    }

    /// Sends text over TLS and reads until the server hangs up.
    pub(crate) async fn raw(&self, address: SocketAddr, text: &str) -> String {
        let mut stream = self.connect(address).await;
        stream.write_all(text.as_bytes()).await.unwrap();
        read_to_end(&mut stream).await
    }

    /// Enrols an agent with the shared key.
    pub(crate) async fn enrol(&self, agent: &TestAgent) -> Response {
        let request = self.client.post(self.agents("/api/agent/enrol"));
        request.header(KEY_HEADER, SHARED_KEY).json(&agent.enrolment()).send().await.unwrap()
    }

    /// An agent that is enrolled.
    pub(crate) async fn agent(&self) -> TestAgent {
        let agent = TestAgent::new();
        assert_eq!(self.enrol(&agent).await.status(), StatusCode::OK);
        agent
    }

    /// Posts a body to the agents' port in the name of `agent`.
    pub(crate) fn post(&self, agent: &TestAgent, path: &str, body: &Value) -> RequestBuilder {
        agent.sign(self.client.post(self.agents(path))).json(body)
    }

    /// Waits until something is so.
    pub(crate) async fn until(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        let all = async {
            while !holds(self) {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        let metrics = self.server.app().metrics.text();
        tokio::time::timeout(Duration::from_secs(10), all)
            .await
            .unwrap_or_else(|_| panic!("never came: {what}\n{metrics}"));
    }

    /// A line of the counters.
    pub(crate) fn counted(&self, line: &str) -> bool {
        self.server.app().metrics.text().lines().any(|other| other == line)
    }
}

/// An agent's id and key.
pub(crate) struct TestAgent {
    pub(crate) id: AgentId,
    pub(crate) key: Secret,
}

impl TestAgent {
    pub(crate) fn new() -> Self {
        let random = crate::access::random::bytes().unwrap();
        Self { id: AgentId::from_bytes(random), key: new_key().unwrap() }
    }

    pub(crate) fn enrolment(&self) -> Value {
        json!({
            "id": self.id, "key": self.key.expose(), "hostname": "sensor", "os": "linux",
            "version": "0.1.0",
        })
    }

    pub(crate) fn sign(&self, request: RequestBuilder) -> RequestBuilder {
        request.header(AGENT_HEADER, self.id.as_str()).header(KEY_HEADER, self.key.expose())
    }
}

/// An alert whose id is made of `number`.
pub(crate) fn alert(number: u64) -> Alert {
    let at = Timestamp::from_parts(1_795_000_000, 0);
    let source = std::net::IpAddr::from([192, 0, 2, 7]);
    let time = Timestamp::from_nanos(at.as_nanos() + number.cast_signed());
    Alert {
        v: Alert::VERSION,
        id: AlertId::of("agent", "port_scan/vertical", &Subject::host(source), time),
        update: 0,
        timestamp: at,
        detector: "port_scan".into(),
        rule: "port_scan/vertical".into(),
        signature: 1_000_001,
        category: "Port Scan".into(),
        severity: Severity::High,
        base_severity: Severity::High,
        source: Endpoint::ip(source),
        target: Endpoint::ip([192, 0, 2, 8].into()),
        message: "15 ports in 10 s".into(),
        count: 15,
        threshold: 15,
        base_threshold: 15,
        window_s: 10,
        first_seen: at,
        last_seen: at,
        evidence: serde_json::Map::new(),
        reputation: None,
        attack: Vec::new(),
        flow: None,
        frame: 1,
        interface: Some("eth0".into()),
        agent: Agent { id: "claimed".into(), hostname: "sensor".into(), os: "linux".into() },
    }
}

/// Everything until the end; a connection that breaks ends there too.
pub(crate) async fn read_to_end(stream: &mut (impl tokio::io::AsyncRead + Unpin)) -> String {
    let mut all = Vec::new();
    let read = async {
        let mut buffer = [0; 4096];
        while let Ok(length @ 1..) = stream.read(&mut buffer).await {
            all.extend_from_slice(&buffer[..length]);
        }
    };
    tokio::time::timeout(Duration::from_secs(10), read).await.expect("the server never hung up");
    String::from_utf8_lossy(&all).into_owned()
}

/// The word for programs in a problem.
pub(crate) async fn problem(response: Response) -> (u16, String) {
    let status = response.status().as_u16();
    let body: Value = response.json().await.unwrap();
    assert!(body["message"].is_string(), "{body}");
    (status, body["error"].as_str().unwrap().to_owned())
}
