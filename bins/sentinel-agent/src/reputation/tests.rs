//! Pipelines that ask a real server over real TLS, which asks a VirusTotal of ours: without capturing.

use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::Duration;

use netsentinel_core::config::Secret;
use netsentinel_core::{Alert, LinkType, Mac, Pipeline, Record, Severity, TcpFlags, Timestamp};
use netsentinel_server::Server;
use netsentinel_synth::{Frame, Segment};
use netsentinel_transport::identity::Identity;
use netsentinel_transport::pki::Authority;
use netsentinel_transport::spool::{Spool, SpoolLimits};
use netsentinel_transport::uplink::{Credentials, SharedSpool, Uplink, UplinkSettings};
use netsentinel_transport::wire::{Enrolment, Heartbeat};
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::cli::Options;

/// Longer than anything takes that does not hang.
const LONG: Duration = Duration::from_secs(30);
const SHARED_KEY: &str = "the key that the agents of the tests share";
const KEY: &str = "the key of the site";
/// Global, and nobody's in particular: addresses for documentation are never asked about.
const SCANNER: Ipv4Addr = Ipv4Addr::new(1, 2, 3, 4);
const TARGET: Ipv4Addr = Ipv4Addr::new(10, 99, 0, 1);

/// A folder with certificates, a server, and whom it asks.
struct Site {
    folder: tempfile::TempDir,
    theirs: MockServer,
    server: Server,
}

impl Site {
    /// A site where `engines` call the scanner malicious.
    async fn start(engines: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let theirs = MockServer::start().await;
        let stats = json!({"harmless": 9, "malicious": engines, "suspicious": 0, "undetected": 9,
            "timeout": 0});
        let attributes = json!({"last_analysis_stats": stats, "reputation": 0});
        let body = json!({"data": {"id": SCANNER, "type": "ip_address", "attributes": attributes}});
        Mock::given(method("GET"))
            .and(path(format!("/api/v3/ip_addresses/{SCANNER}")))
            .and(header("x-apikey", KEY))
            .respond_with(ResponseTemplate::new(200).set_body_json(body))
            .mount(&theirs)
            .await;
        let authority = Authority::create("tests").unwrap();
        let issued = authority.server(&["127.0.0.1".parse().unwrap()]).unwrap();
        let text = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        for (name, content) in [
            ("ca.crt", authority.certificate()),
            ("server.crt", &issued.certificate),
            ("server.key", issued.key.expose()),
        ] {
            write(&folder.path().join(name), content);
        }
        let mut deployment = Deployment {
            server_host: [127, 0, 0, 1].into(),
            gui_port: 0,
            agent_port: 0,
            redirect_port: 0,
            api_key: Secret::new(SHARED_KEY),
            ca_cert: text("ca.crt"),
            server_cert: text("server.crt"),
            server_key: text("server.key"),
            virustotal_api_key: Secret::new(KEY),
            ..Deployment::default()
        };
        deployment.server.data_dir = text("data");
        deployment.reputation.virustotal_url = theirs.uri();
        let server = Server::start(deployment).await.unwrap();
        Self { folder, theirs, server }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The paths that VirusTotal was asked for.
    async fn asked(&self) -> Vec<String> {
        let asked = self.theirs.received_requests().await.unwrap();
        asked.iter().map(|request| request.url.path().to_owned()).collect()
    }
}

fn write(path: &std::path::Path, content: &str) {
    fs::write(path, content).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

/// An agent without capture: its uplink, whom it asks, and its pipeline.
struct Sensor {
    asking: Asking,
    pipeline: Pipeline,
    alerts: Vec<Alert>,
    arrived: Arc<Notify>,
    stop: watch::Sender<Option<Duration>>,
    uplink: JoinHandle<()>,
}

impl Sensor {
    /// An agent that keeps its things in `name`, with these keys of `agent` too.
    async fn start(site: &Site, name: &str, keys: &Value) -> Self {
        let url = format!("https://{}", site.server.addresses().agents);
        let mut agent = json!({"server_url": url, "state_dir": name});
        for (key, value) in keys.as_object().unwrap() {
            agent[key] = value.clone();
        }
        let config = json!({"api_key": SHARED_KEY, "ca_cert": "ca.crt", "agent": agent});
        let file = site.path(&format!("{name}.json"));
        write(&file, &config.to_string());
        let options = Options { config: Some(file), server: None, iface: Vec::new(), filter: None };
        let settings = Settings::read(&options).unwrap();
        let identity = Identity::load_or_create(&settings.state_dir()).unwrap();
        let limits = SpoolLimits::new(1 << 20);
        let spool = Spool::open(&settings.state_dir().join("spool"), limits).unwrap();
        let credentials = Credentials { id: identity.id.clone(), key: identity.key.clone() };
        let client = Client::new(settings.tls().unwrap(), &url, &credentials).unwrap();
        let enrolment = Enrolment {
            id: identity.id,
            key: identity.key,
            hostname: name.into(),
            os: "linux".into(),
            version: "1".into(),
        };
        let uplink = Uplink::new(
            client.clone(),
            SharedSpool::new(spool),
            UplinkSettings {
                enrolment: Some((enrolment, settings.shared_key.clone())),
                heartbeat_interval: LONG,
                heartbeat: Arc::new(Heartbeat::default),
            },
        );
        let arrived = Arc::new(Notify::new());
        let wake = Arc::clone(&arrived);
        let asking = Asking::default();
        // Asks from the start on; that the agent has not enrolled yet must not stop it.
        let started =
            asking.start(&settings, client, uplink.state(), Arc::new(move || wake.notify_one()));
        started.await.unwrap();
        let mut pipeline = settings.pipeline();
        if let Some(known) = asking.known() {
            pipeline = pipeline.reputation(known);
        }
        let pipeline = pipeline.build().unwrap();
        let (stop, stopped) = watch::channel(None);
        let uplink = tokio::spawn(uplink.run(stopped));
        Self { asking, pipeline, alerts: Vec::new(), arrived, stop, uplink }
    }

    /// Sees the scanner probe these ports, all in one second.
    fn sees(&mut self, ports: std::ops::Range<u16>) {
        for port in ports {
            let mut frame = Vec::new();
            Frame::new(&mut frame)
                .ethernet(Mac([2, 0, 0, 0, 0, 1]), Mac([2, 0, 0, 0, 0, 2]))
                .ipv4(SCANNER, TARGET)
                .tcp(Segment::new(40_000, port, TcpFlags::SYN), &[]);
            let record = Record {
                frame: port.into(),
                timestamp: Timestamp::from_parts(1_800_000_000, i64::from(port) * 1_000),
                link: LinkType::ETHERNET,
                wire_len: frame.len() as u32,
                data: &frame,
                interface: None,
            };
            self.pipeline.push(&record, &mut self.alerts);
        }
    }

    /// Judges anew what has come, until there is an alert about a scan.
    async fn until_scan(&mut self) -> Alert {
        loop {
            if let Some(alert) = self.alerts.iter().find(|alert| alert.detector == "port_scan") {
                return alert.clone();
            }
            timeout(LONG, self.arrived.notified()).await.expect("a verdict comes");
            let arrived = self.asking.known().unwrap().take_arrived();
            self.pipeline.reconsider(&arrived, &mut self.alerts);
        }
    }

    async fn stop(self) {
        self.asking.stop().await;
        assert!(self.asking.known().is_none() && self.asking.report().is_none());
        self.stop.send(Some(Duration::ZERO)).unwrap();
        self.uplink.await.unwrap();
    }
}

#[tokio::test]
async fn a_verdict_raises_what_two_agents_have_counted() {
    let site = Site::start(5).await;
    let mut agents = [
        Sensor::start(&site, "one", &json!({})).await,
        Sensor::start(&site, "two", &json!({})).await,
    ];
    for agent in &mut agents {
        // More than four, which are enough of an endpoint of the tier HIGH, and fewer than fifteen.
        agent.sees(1..10);
        assert_eq!(agent.alerts, []);
    }
    for agent in &mut agents {
        // No further packet comes.
        let alert = agent.until_scan().await;
        assert_eq!(alert.source.ip, Some(IpAddr::V4(SCANNER)));
        assert_eq!((alert.count, alert.threshold, alert.base_threshold), (9, 4, 15));
        assert_eq!((alert.base_severity, alert.severity), (Severity::High, Severity::Critical));
        assert!(alert.message.ends_with("[VT:HIGH — 5 malicious]"), "{}", alert.message);
        let report = agent.asking.report().unwrap();
        assert!(report.cached == 1 && report.requests > 0, "{report:?}");
    }
    assert_eq!(site.asked().await, [format!("/api/v3/ip_addresses/{SCANNER}")]);
    for agent in agents {
        agent.stop().await;
    }
    // What is known is kept: an agent that is started anew knows it from its first packet.
    let mut again = Sensor::start(&site, "one", &json!({})).await;
    again.sees(1..10);
    let alert = again.alerts.iter().find(|alert| alert.detector == "port_scan").unwrap();
    assert_eq!((alert.count, alert.threshold), (4, 4));
    again.stop().await;
    assert_eq!(site.asked().await.len(), 1);
}

#[tokio::test]
async fn an_endpoint_that_nobody_calls_bad_is_judged_as_ever() {
    let site = Site::start(0).await;
    let mut agent = Sensor::start(&site, "one", &json!({})).await;
    agent.sees(1..15);
    let known = timeout(LONG, async {
        while agent.asking.report().unwrap().cached == 0 {
            // Asked again; the pause only spares the processor.
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    known.await.expect("the answer comes");
    assert_eq!(agent.alerts, []);
    agent.sees(15..16);
    let alert = agent.alerts.first().unwrap();
    assert_eq!((alert.count, alert.threshold, alert.severity), (15, 15, Severity::High));
    assert!(!alert.message.contains("VT:"), "{}", alert.message);
    agent.stop().await;
}

#[tokio::test]
async fn who_is_to_ask_nobody_asks_nobody() {
    let site = Site::start(5).await;
    let mut agent = Sensor::start(&site, "one", &json!({"reputation": "off"})).await;
    assert!(agent.asking.known().is_none());
    agent.sees(1..16);
    assert_eq!(agent.alerts.len(), 1);
    agent.stop().await;
    assert_eq!(site.asked().await, [""; 0]);
}
