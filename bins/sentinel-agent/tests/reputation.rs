//! A verdict on its way: from VirusTotal to the server, from there to the agents, and into what they have
//! counted of an endpoint. Skipped, and told, where packets may not be captured.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test may fail it")]
#![allow(dead_code, reason = "each test uses a part of the site")]

mod site;

use std::net::Ipv4Addr;
use std::time::Instant;

use netsentinel_capture::live::Injector;
use netsentinel_core::config::Secret;
use netsentinel_core::{Alert, Mac, RiskTier, Severity, TcpFlags};
use netsentinel_synth::{Frame, Segment};
use rustix::process::Signal;
use serde_json::json;
use site::{LONG, Running, Site, may_capture};
use tokio::runtime::Runtime;
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

const KEY: &str = "the key of the site";
/// Global, and nobody's in particular: addresses for documentation are never asked about.
const SCANNER: Ipv4Addr = Ipv4Addr::new(1, 2, 3, 4);
const TARGET: Ipv4Addr = Ipv4Addr::new(10, 99, 0, 1);
/// Ports that the scanner probes: more than the four that are enough of an endpoint of the tier HIGH, and
/// fewer than the fifteen of one that is clean.
const PORTS: u16 = 9;

/// A VirusTotal of which five engines call the scanner malicious.
fn virustotal(runtime: &Runtime) -> MockServer {
    runtime.block_on(async {
        let server = MockServer::start().await;
        let stats = json!({"harmless": 60, "malicious": 5, "suspicious": 1, "undetected": 20,
            "timeout": 0});
        let attributes = json!({"last_analysis_stats": stats, "reputation": -3});
        let body = json!({"data": {"id": SCANNER, "type": "ip_address", "attributes": attributes}});
        Mock::given(method("GET"))
            .and(path(format!("/api/v3/ip_addresses/{SCANNER}")))
            .and(header("x-apikey", KEY))
            .respond_with(ResponseTemplate::new(200).set_body_json(body))
            .mount(&server)
            .await;
        server
    })
}

/// Probes ports from an address of the outside world. The frames are for nobody's hardware address, so that
/// the kernel hands them to captures and to nothing else.
fn scan() {
    let (from, to) = (Mac([2, 0, 0, 0, 0, 1]), Mac([2, 0, 0, 0, 0, 2]));
    let mut injector = Injector::open("lo").unwrap();
    for port in 1..=PORTS {
        let mut frame = Vec::new();
        Frame::new(&mut frame)
            .ethernet(from, to)
            .ipv4(SCANNER, TARGET)
            .tcp(Segment::new(40_000, port, TcpFlags::SYN), &[]);
        injector.send(&frame).unwrap();
    }
}

/// The first alerts about scans; their updates are left out.
fn scans(alerts: &[Alert]) -> Vec<&Alert> {
    alerts.iter().filter(|alert| alert.detector == "port_scan" && alert.update == 0).collect()
}

#[test]
fn a_verdict_raises_what_was_counted_before_it_came() {
    if !may_capture() {
        return;
    }
    let runtime = Runtime::new().unwrap();
    let theirs = virustotal(&runtime);
    let mut site = Site::new();
    let _server = site.serve_with(&runtime, |deployment| {
        deployment.virustotal_api_key = Secret::new(KEY);
        deployment.reputation.virustotal_url = theirs.uri();
    });
    let agents = ["one", "two"].map(|state| {
        site.set("agent.state_dir", state);
        Running::start(&site)
    });
    for (nth, _) in agents.iter().enumerate() {
        site.until_online(&runtime, nth + 1);
    }
    scan();
    let deadline = Instant::now() + LONG;
    // No further packet comes.
    while scans(&site.stored(&runtime)).len() < agents.len() {
        assert!(Instant::now() < deadline, "{:#?}", site.stored(&runtime));
        // Asked again; the pause only spares the processor.
        runtime.block_on(async { tokio::time::sleep(std::time::Duration::from_millis(20)).await });
    }
    let stored = site.stored(&runtime);
    for alert in scans(&stored) {
        assert_eq!(alert.source.ip, Some(SCANNER.into()));
        assert_eq!((alert.count, alert.threshold, alert.base_threshold), (PORTS.into(), 4, 15));
        assert_eq!((alert.base_severity, alert.severity), (Severity::High, Severity::Critical));
        assert!(alert.message.ends_with("[VT:HIGH — 5 malicious]"), "{}", alert.message);
        let told = alert.reputation.as_ref().unwrap();
        assert_eq!(told.tier, RiskTier::High);
    }
    // One question for the whole site.
    let asked = runtime.block_on(theirs.received_requests()).unwrap();
    assert_eq!(asked.len(), 1, "{asked:?}");
    // Heartbeats tell of it, and a reload and the end are as they should be.
    site.until_known(&runtime, |agent| {
        let told = agent.heartbeat.as_ref().and_then(|told| told.reputation.as_ref());
        told.is_some_and(|told| told.requests > 0 && told.cached > 0)
    });
    let [one, two] = agents;
    one.signal(Signal::HUP);
    one.says("changed without losing a window");
    for agent in [one, two] {
        agent.stop();
    }
    for state in ["one", "two"] {
        assert!(site.path(state).join("reputation").is_dir());
    }
}
