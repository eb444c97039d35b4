//! The agent as its administrator meets it before it runs: what it refuses, and what doctor says.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test may fail it")]
#![allow(dead_code, reason = "each test uses a part of the site")]

mod site;

use site::{Running, Site, may_capture};
use tokio::runtime::Runtime;

/// The agent does not start, and says why.
#[track_caller]
fn refused(site: &Site, arguments: &[&str], why: &str) {
    let ended = site.run(arguments);
    assert_eq!(ended.code, Some(2), "{}", ended.err);
    assert!(ended.err.contains(why), "{}", ended.err);
    assert_eq!(ended.err.lines().count(), 1, "{}", ended.err);
    assert!(!site.path("state").exists(), "nothing is made before all is well");
}

#[test]
fn without_verified_tls_and_a_key_it_does_not_start() {
    let mut site = Site::new();
    refused(&site, &["--server", "http://127.0.0.1:8444"], "https://");
    refused(&site, &["--server", "https://user:pw@127.0.0.1"], "ERROR");
    site.set("agent.client_cert", "one.crt");
    refused(&site, &[], "go together: one is missing");
    site.set("agent.client_cert", "");
    site.set("ca_cert", "server.crt");
    refused(&site, &[], "a server's certificate where the certificate of an authority belongs");
    site.set("ca_cert", "nowhere.crt");
    refused(&site, &[], "nowhere.crt: can not be read");
    site.set("ca_cert", "ca.crt");
    site.set("api_key", "");
    refused(&site, &[], "no key: set api_key in the configuration");
    site.set("api_key", "s3cret");
    site.set("agent.server_url", "");
    refused(&site, &[], "no server: set agent.server_url");
    site.set("agent.server_url", "https://127.0.0.1");
    site.set_mode("sentinel_config.json", 0o644);
    refused(&site, &[], "holds keys, and others may read it: chmod 600 ");
    site.set("port_scan_window", "ten");
    refused(&site, &[], "port_scan_window");
}

#[test]
fn an_interface_that_is_not_there_is_named() {
    if !may_capture() {
        return;
    }
    let site = Site::new();
    refused(&site, &["--iface", "no-such0"], "no-such0");
    refused(&site, &["--filter", "tcp porrt 80"], "the filter \"tcp porrt 80\" can not be used");
}

#[test]
fn a_configuration_is_tested_without_running() {
    let mut site = Site::new();
    let ended = site.run(&["test-config"]);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    let effective: serde_json::Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(effective["agent"]["interfaces"], serde_json::json!(["lo"]));
    assert!(!ended.out.contains("the key that"), "{}", ended.out);
    site.set("port_scan_treshold", 20);
    let ended = site.run(&["test-config"]);
    assert_eq!((ended.code, &*ended.out), (Some(2), ""));
    assert!(ended.err.contains("port_scan_treshold"), "{}", ended.err);
    assert!(ended.err.contains("port_scan_threshold"), "{}", ended.err);
    site.set("agent.snap_length", 1);
    let ended = site.run(&["test-config"]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.err.contains("snap_length"), "{}", ended.err);
}

/// What doctor says of one thing, and how it ends.
fn doctor(site: &Site, what: &str) -> (Option<i32>, String) {
    let ended = site.run(&["doctor"]);
    let line = ended.out.lines().find(|line| line.get(9..).is_some_and(|l| l.starts_with(what)));
    let line = line.unwrap_or_else(|| panic!("nothing of {what}: {}{}", ended.out, ended.err));
    (ended.code, line.to_owned())
}

#[test]
fn doctor_finds_a_server_that_is_away_or_another() {
    let runtime = Runtime::new().unwrap();
    let mut site = Site::new();
    let (code, line) = doctor(&site, "server ");
    assert!(line.starts_with("WRONG") && line.contains("nothing listens there"), "{line}");
    assert_eq!(code, Some(1));
    let _server = site.serve(&runtime);
    site.set("ca_cert", "other-ca.crt");
    let (code, line) = doctor(&site, "server ");
    assert!(line.contains("was not signed by an authority in ca_cert"), "{line}");
    assert_eq!(code, Some(1));
    site.set("ca_cert", "ca.crt");
    let (_, line) = doctor(&site, "server ");
    assert!(line.starts_with("ok") && line.contains("verified"), "{line}");
    let (_, line) = doctor(&site, "clock ");
    assert!(line.starts_with("ok"), "{line}");
    site.set("api_key", "another");
    let (code, line) = doctor(&site, "shared key ");
    assert!(line.starts_with("WRONG") && line.contains("does not take it"), "{line}");
    assert_eq!(code, Some(1));
    site.set("agent.server_url", "http://127.0.0.1");
    assert_eq!(doctor(&site, "server ").0, Some(1));
    site.set("ca_cert", "nowhere.crt");
    let (_, line) = doctor(&site, "certificates ");
    assert!(line.starts_with("WRONG") && line.contains("nowhere.crt"), "{line}");
}

#[test]
fn doctor_finds_what_keeps_it_from_capturing() {
    if !may_capture() {
        return;
    }
    let runtime = Runtime::new().unwrap();
    let mut site = Site::new();
    let _server = site.serve(&runtime);
    let ended = site.run(&["doctor"]);
    assert_eq!(ended.code, Some(0), "{}", ended.out);
    assert!(!site.path("state").exists(), "doctor makes nothing");
    site.set("agent.filter", "tcp porrt 80");
    let (code, line) = doctor(&site, "interface ");
    assert!(line.contains("lo: the filter \"tcp porrt 80\" can not be used"), "{line}");
    assert_eq!(code, Some(1));
    site.set("agent.interfaces", vec!["no-such0"]);
    let (code, line) = doctor(&site, "interface ");
    assert!(line.starts_with("WRONG") && line.contains("no-such0"), "{line}");
    assert_eq!(code, Some(1));
}

#[test]
fn doctor_tells_whom_the_agent_asks_about_endpoints() {
    let mut site = Site::new();
    assert!(doctor(&site, "reputation ").1.contains("the server is asked"));
    site.set("reputation", serde_json::json!({"dry_run": true}));
    assert!(doctor(&site, "reputation ").1.contains("only logged"));
    site.set("agent.reputation", "off");
    assert!(doctor(&site, "reputation ").1.contains("every endpoint is clean"));
    site.set("agent.reputation", "own");
    let (_, line) = doctor(&site, "reputation ");
    assert!(line.starts_with("warning") && line.contains("VIRUSTOTAL_API_KEY"), "{line}");
    site.set("virustotal_api_key", "sesame");
    let (_, line) = doctor(&site, "reputation ");
    assert!(line.starts_with("ok") && line.contains("virustotal_api_key is set"), "{line}");
    assert!(!line.contains("sesame"), "{line}");
}

#[test]
fn doctor_asks_the_server_about_nobody() {
    if !may_capture() {
        return;
    }
    let runtime = Runtime::new().unwrap();
    let mut site = Site::new();
    let _server = site.serve(&runtime);
    let asked = |site: &Site| site.run(&["doctor"]).out.matches("the server answers").count();
    assert_eq!(asked(&site), 0, "it has no key yet to ask with");
    let running = Running::start(&site);
    site.until_online(&runtime, 1);
    assert_eq!(asked(&site), 1);
    running.stop();
    site.set("agent.reputation", "off");
    assert_eq!(asked(&site), 0);
}
