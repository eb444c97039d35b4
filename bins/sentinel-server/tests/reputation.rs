//! Reputation on the command line, against a server that runs and one that does not.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test may fail it")]

mod site;

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};

use serde_json::{Value, json};

use site::{Running, Site};

const KEY: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// Somebody who speaks as VirusTotal does, on loopback; tells the requests that come.
fn virustotal() -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (sender, requests) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let sender = sender.clone();
            std::thread::spawn(move || answer(&stream, &sender));
        }
    });
    (url, requests)
}

fn answer(stream: &TcpStream, sender: &Sender<String>) -> Option<()> {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    loop {
        let asked = lines.next()?;
        let head: Vec<String> = lines.by_ref().take_while(|line| !line.is_empty()).collect();
        let path = asked.split(' ').nth(1)?.to_owned();
        let id = path.rsplit('/').next()?;
        let stats = json!({ "malicious": 11, "suspicious": 1, "harmless": 50, "undetected": 9, "timeout": 0 });
        let attributes = json!({ "last_analysis_stats": stats, "reputation": -20 });
        let body = json!({ "data": { "id": id, "type": "ip_address", "attributes": attributes } });
        let body = body.to_string();
        sender.send(format!("{path} {}", head.join(" "))).ok()?;
        let mut stream = stream;
        write!(
            stream,
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
        .ok()?;
    }
}

/// A port that is free now.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn configure(site: &Site, url: &str) {
    let mut config = site.config();
    config["gui_port"] = json!(free_port());
    config["virustotal_api_key"] = json!(KEY);
    config["internal_networks"] = json!(["9.9.0.0/16"]);
    config["reputation"] = json!({
        "virustotal_url": url,
        "feeds": [{ "name": "mine", "format": "plain", "from": "list.txt", "tier": "HIGH" }],
    });
    site.write("list.txt", "5.6.7.0/24\nevil.com\n");
    site.write("sentinel_config.json", &config.to_string());
}

#[test]
fn a_running_server_is_asked_and_its_leavings_read() {
    let site = Site::new();
    let (url, requests) = virustotal();
    configure(&site, &url);
    assert!(site.bad(&["reputation", "flush"], "").contains("no server runs here"));
    assert!(site.bad(&["reputation", "status"], "").contains("left no verdicts"));

    let running = Running::start(&site);
    running.says("Password:");
    let told = site.good(&["reputation", "lookup", "1.2.3.4", "10.0.0.1", "9.9.9.9"], "");
    let lines: Vec<&str> = told.lines().collect();
    assert!(lines[0].starts_with("1.2.3.4   CRITICAL  known, for 6 d 23 h"), "{told}");
    assert!(lines[1].starts_with("    virustotal        CRITICAL  11 malicious"), "{told}");
    assert!(lines[2].starts_with("10.0.0.1  CLEAN     nobody is asked about it"), "{told}");
    assert!(lines[3].starts_with("9.9.9.9   CLEAN     nobody is asked about it"), "{told}");
    let asked = requests.recv().unwrap();
    assert!(asked.starts_with("/api/v3/ip_addresses/1.2.3.4 ") && asked.contains(KEY), "{asked}");

    let listed = || site.good(&["reputation", "--json", "lookup", "5.6.7.8", "www.evil.com"], "");
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    let listed = loop {
        let told: Value = serde_json::from_str(&listed()).unwrap();
        let tiers = [0, 1].map(|at| told["indicators"][at]["verdicts"].to_string());
        if tiers.iter().all(|said| said.contains("mine")) || std::time::Instant::now() > deadline {
            break told;
        }
    };
    assert!(listed["indicators"][0]["verdicts"].to_string().contains("\"mine\""), "{listed}");
    let status = site.good(&["reputation", "status"], "");
    assert!(status.contains("provider  virustotal  ok, "), "{status}");
    assert!(status.contains("list      mine        HIGH     2 entries"), "{status}");
    assert!(!status.contains(KEY), "{status}");
    let status: Value =
        serde_json::from_str(&site.good(&["reputation", "status", "--json"], "")).unwrap();
    assert_eq!(status["providers"][0]["health"], "ok");
    assert!(site.bad(&["reputation", "lookup", "a b"], "").contains("neither an address nor"));
    // The tokens are gone.
    assert_eq!(site.good(&["token", "list"], ""), "");
    running.stop();

    let told = site.good(&["reputation", "lookup", "1.2.3.4", "5.6.7.8"], "");
    assert!(told.starts_with("1.2.3.4  CRITICAL  known, for"), "{told}");
    let output = site.ask(&["reputation", "status"], "");
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("no server runs here: this is what it has left"), "{told}");

    let running = Running::start(&site);
    running.says("agents: https://");
    site.good(&["reputation", "flush"], "");
    running.stop();
    let told = site.good(&["reputation", "--json", "status"], "");
    let status: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(status["cached"], 0);
}

#[test]
fn doctor_looks_at_keys_and_lists_and_asks_nobody() {
    let site = Site::new();
    let (url, requests) = virustotal();
    configure(&site, &url);
    let report = site.good(&["doctor"], "");
    let keys = "virustotal_api_key set, abuseipdb_api_key not set, abusech_auth_key not set";
    assert!(report.contains(&format!("ok    reputation: {keys}")), "{report}");
    assert!(report.contains("list.txt: readable") && !report.contains(KEY), "{report}");
    let mut command = site.command();
    let output = command.arg("doctor").env("ABUSEIPDB_API_KEY", "k").output().unwrap();
    assert!(String::from_utf8(output.stdout).unwrap().contains("abuseipdb_api_key set"));
    std::fs::remove_file(site.path("list.txt")).unwrap();
    let output = site.ask(&["doctor"], "");
    assert_eq!(output.status.code(), Some(1));
    let report = String::from_utf8(output.stdout).unwrap();
    assert!(report.contains("BAD   reputation: list mine: "), "{report}");
    assert!(requests.try_recv().is_err());
}
