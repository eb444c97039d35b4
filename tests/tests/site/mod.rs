//! A server on a loopback port, with an authority of its own, and agents that report to it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use netsentinel_core::alert::Agent;
use netsentinel_core::config::{Config, Deployment, Secret, ServerSettings};
use netsentinel_core::{Alert, Pipeline, Source as _};
use netsentinel_detectors::BUILTIN;
use netsentinel_server::Server;
use netsentinel_server::store::{AgentRecord, SqliteStore, Store as _, StoredAlert};
use netsentinel_synth::{Options, scenario};
use netsentinel_tests::replay::START;
use netsentinel_transport::identity::Identity;
use netsentinel_transport::pki::Authority;
use netsentinel_transport::secret_file;
use netsentinel_transport::spool::{Spool, SpoolLimits};
use netsentinel_transport::tls::client_config;
use netsentinel_transport::uplink::{
    Client, Credentials, SharedSpool, Uplink, UplinkSettings, UplinkState,
};
use netsentinel_transport::wire::{Enrolment, Heartbeat};
use serde_json::json;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

const SHARED_KEY: &str = "the key that the agents of the tests share";
/// Longer than anything takes that does not hang.
pub(crate) const LONG: Duration = Duration::from_secs(30);

/// Certificates, a data folder, and the configuration of a server.
pub(crate) struct Site {
    folder: tempfile::TempDir,
    pub(crate) deployment: Deployment,
}

impl Site {
    /// A site whose server takes as many alerts as there are; with these keys of `server` too.
    pub(crate) fn new(settings: &serde_json::Value) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // The packets of scenarios are old.
        let mut keys = json!({ "retention_days": 36_500, "alerts_max": 100_000 });
        keys["data_dir"] = json!(folder.path().join("data"));
        for (key, value) in settings.as_object().unwrap() {
            keys[key] = value.clone();
        }
        let server: ServerSettings = serde_json::from_value(keys).unwrap();
        let text = |name| folder.path().join(name).to_str().unwrap().to_owned();
        let deployment = Deployment {
            server_host: [127, 0, 0, 1].into(),
            gui_port: 0,
            agent_port: 0,
            redirect_port: 0,
            api_key: Secret::new(SHARED_KEY),
            ca_cert: text("ca.crt"),
            server_cert: text("server.crt"),
            server_key: text("server.key"),
            server,
            ..Deployment::default()
        };
        let site = Self { folder, deployment };
        let authority = Authority::create("tests").unwrap();
        let server = authority.server(&["127.0.0.1".parse().unwrap()]).unwrap();
        let other = Authority::create("somebody else").unwrap();
        site.write("ca.crt", authority.certificate());
        site.write("server.crt", &server.certificate);
        site.write("server.key", server.key.expose());
        for name in ["one", "two"] {
            let client = authority.client(name).unwrap();
            site.write(&format!("{name}.crt"), &client.certificate);
            site.write(&format!("{name}.key"), client.key.expose());
        }
        site.write("other-ca.crt", other.certificate());
        site
    }

    fn write(&self, name: &str, text: &str) {
        secret_file::write_atomic(&self.path(name), text.as_bytes()).unwrap();
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Starts the server; from the second time on, where the first one listened.
    pub(crate) async fn start(&mut self) -> Server {
        let started = timeout(LONG, async {
            loop {
                match Server::start(self.deployment.clone()).await {
                    Ok(server) => return server,
                    // One that was dropped still holds its port or its database: asked again.
                    Err(_) if self.deployment.agent_port != 0 => {
                        tokio::time::sleep(Duration::from_millis(10)).await;
                    }
                    Err(error) => panic!("{error}"),
                }
            }
        });
        let server = started.await.unwrap();
        self.deployment.agent_port = server.addresses().agents.port();
        server
    }

    fn store(&self) -> SqliteStore {
        SqliteStore::open_beside(Path::new(&self.deployment.server.data_dir)).unwrap()
    }

    /// Everything that the server has stored.
    pub(crate) async fn stored(&self) -> Vec<StoredAlert> {
        self.store().changes(0, 100_000).await.unwrap()
    }

    /// The agents that have enrolled.
    pub(crate) async fn agents(&self) -> Vec<AgentRecord> {
        self.store().agents().await.unwrap()
    }

    /// Takes an agent's key away, or gives it back.
    pub(crate) async fn set_revoked(&self, server: &Server, agent: &Sensor, revoked: bool) {
        let (id, now) = (&agent.identity.id, START);
        assert!(self.store().set_revoked(id, revoked, "tests", now).await.unwrap());
        server.reload(&self.deployment).await.unwrap();
    }

    /// Each of `alerts` is stored, once, as it is, and nothing else is.
    pub(crate) async fn assert_stored(&self, alerts: &[Alert]) {
        let mut stored: Vec<_> = self.stored().await.into_iter().map(|kept| kept.alert).collect();
        let mut expected = alerts.to_vec();
        stored.sort_by_key(|alert| alert.id.to_string());
        expected.sort_by_key(|alert| alert.id.to_string());
        let ids = |alerts: &[Alert]| -> Vec<_> {
            alerts.iter().map(|alert| (alert.id.to_string(), alert.update)).collect()
        };
        assert_eq!(ids(&stored), ids(&expected));
        assert_eq!(stored, expected);
    }
}

/// How an agent connects.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trust {
    /// The file of the authority that it trusts.
    pub(crate) ca: &'static str,
    /// The name of the certificate that it shows.
    pub(crate) shows: Option<&'static str>,
}

impl Trust {
    pub(crate) const PLAIN: Self = Self { ca: "ca.crt", shows: None };
}

/// An agent: identity, spool and uplink.
pub(crate) struct Sensor {
    identity: Identity,
    pub(crate) spool: SharedSpool,
    pub(crate) state: watch::Receiver<UplinkState>,
    stop: watch::Sender<Option<Duration>>,
    task: JoinHandle<()>,
}

impl Sensor {
    /// An agent that keeps its things in `name`.
    pub(crate) fn start(site: &Site, name: &str, trust: Trust) -> Self {
        let folder = site.path(name);
        let identity = Identity::load_or_create(&folder).unwrap();
        let spool = Spool::open(&folder.join("spool"), SpoolLimits::new(64 << 20)).unwrap();
        let spool = SharedSpool::new(spool);
        let (state, stop, task) = Self::send(site, trust, &identity, spool.clone());
        Self { identity, spool, state, stop, task }
    }

    /// Stops the uplink, and goes on with another one.
    pub(crate) async fn reconnect(&mut self, site: &Site, trust: Trust) {
        self.stop.send(Some(Duration::ZERO)).unwrap();
        (&mut self.task).await.unwrap();
        let fresh = Self::send(site, trust, &self.identity, self.spool.clone());
        (self.state, self.stop, self.task) = fresh;
    }

    fn send(
        site: &Site,
        trust: Trust,
        identity: &Identity,
        spool: SharedSpool,
    ) -> (watch::Receiver<UplinkState>, watch::Sender<Option<Duration>>, JoinHandle<()>) {
        let shows =
            trust.shows.map(|name| [".crt", ".key"].map(|end| site.path(&(name.to_owned() + end))));
        let shows = shows.as_ref().map(|[cert, key]| (&**cert, &**key));
        let tls = client_config(&site.path(trust.ca), shows).unwrap();
        let url = format!("https://127.0.0.1:{}", site.deployment.agent_port);
        let credentials = Credentials { id: identity.id.clone(), key: identity.key.clone() };
        let client = Client::new(tls, &url, &credentials).unwrap();
        let enrolment = Enrolment {
            id: identity.id.clone(),
            key: identity.key.clone(),
            hostname: "sensor".into(),
            os: "linux".into(),
            version: "1".into(),
        };
        let settings = UplinkSettings {
            enrolment: Some((enrolment, site.deployment.api_key.clone())),
            heartbeat_interval: LONG,
            heartbeat: Arc::new(Heartbeat::default),
        };
        let uplink = Uplink::new(client, spool, settings);
        let state = uplink.state();
        let (stop, stopped) = watch::channel(None);
        (state, stop, tokio::spawn(uplink.run(stopped)))
    }

    /// `count` alerts of this agent: each first packet of a flood to port 80, and so many of them.
    pub(crate) fn alerts(&self, count: u64) -> Vec<Alert> {
        let config =
            r#"{"profile": "seed", "suspicious_ports": [80], "syn_flood_threshold": 100000}"#;
        let agent = Agent {
            id: self.identity.id.to_string(),
            hostname: "sensor".into(),
            os: "linux".into(),
        };
        let config = Config::parse(config).unwrap();
        let pipeline = Pipeline::builder(&config).detectors(BUILTIN).agent(agent).build();
        let mut pipeline = pipeline.unwrap();
        let options = Options { packets: Some(count), ..Options::default() };
        let mut flood = scenario::find("flood").unwrap().run(&options).unwrap();
        let mut alerts = Vec::new();
        while let Some(record) = flood.next_record().unwrap() {
            pipeline.push(&record, &mut alerts);
        }
        alerts.retain(|alert: &Alert| alert.detector == "suspicious_port");
        assert_eq!(alerts.len() as u64, count);
        alerts
    }

    /// Puts alerts into the spool.
    pub(crate) fn raise(&self, alerts: &[Alert]) {
        assert_eq!(self.spool.append(alerts, START).unwrap().held, alerts.len() as u64);
    }

    /// Waits until the state is as wanted.
    #[track_caller]
    pub(crate) fn until(
        &self,
        wanted: impl FnMut(&UplinkState) -> bool,
    ) -> impl Future<Output = UplinkState> {
        let mut state = self.state.clone();
        async move {
            let reached =
                timeout(LONG, state.wait_for(wanted)).await.map(|state| state.unwrap().clone());
            reached.unwrap_or_else(|_| panic!("never as wanted, but {:?}", state.borrow()))
        }
    }

    /// Waits until the server has answered for all; how long that took.
    pub(crate) async fn drained(&self) -> Duration {
        let began = Instant::now();
        let spool = self.spool.clone();
        self.until(|_| spool.report().alerts == 0).await;
        began.elapsed()
    }
}
