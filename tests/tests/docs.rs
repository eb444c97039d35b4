//! The documents that are made from the code: each must be as the code would make it now. Run with
//! `UPDATE_DOCS=1` to write them anew.
#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test may fail it")]

mod pages;

use netsentinel_core::Alert;
use netsentinel_core::config::{Config, reference};
use netsentinel_detectors::BUILTIN;
use netsentinel_tests::replay::builtin;
use netsentinel_tests::shared::root;
use serde_json::{Value, json};

use pages::{configuration, detectors, memory};

/// Compares the file `name` with what it should be, or writes it.
fn check(name: &str, expected: &str) {
    let path = root().join(name);
    if std::env::var_os("UPDATE_DOCS").is_some_and(|value| value == "1") {
        std::fs::write(&path, expected).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    let difference =
        found.lines().zip(expected.lines()).find(|(found, expected)| found != expected);
    assert!(
        found == expected,
        "{name} is out of date, first at {difference:?}: \
         run UPDATE_DOCS=1 cargo test -p netsentinel-tests --test docs"
    );
}

#[test]
fn the_schema_of_alerts_is_that_of_the_type() {
    let schema = schemars::schema_for!(Alert);
    let mut text = serde_json::to_string_pretty(&schema).unwrap();
    text.push('\n');
    check("docs/alert.schema.json", &text);
}

#[test]
fn the_dashboard_has_the_types_of_the_api() {
    let mut text = serde_json::to_string_pretty(&netsentinel_server::openapi()).unwrap();
    text.push('\n');
    check("dashboard/openapi.json", &text);
}

#[test]
fn the_detectors_page_is_that_of_the_modules() {
    check("docs/detectors.md", &detectors::page());
}

#[test]
fn detectors_are_told_in_one_form() {
    for registration in BUILTIN {
        detectors::check_form(registration);
    }
}

#[test]
fn the_configuration_page_is_that_of_the_settings() {
    check("docs/configuration.md", &configuration::page());
}

#[test]
fn the_table_of_memory_is_that_of_the_tables() {
    check("docs/performance.md", &memory::page());
}

/// The configuration that the systems share which NetSentinel unites, with their defaults; `null`
/// where each installation has its own.
fn seeds() -> Value {
    json!({
        "server_host": "0.0.0.0",
        "server_port": 8443,
        "gui_port": 8443,
        "agent_port": 8444,
        "redirect_port": 8442,
        "api_key": null,
        "ca_cert": null,
        "server_cert": null,
        "server_key": null,
        "virustotal_api_key": "",
        "port_scan_window": 10,
        "port_scan_threshold": 15,
        "syn_flood_window": 5,
        "syn_flood_threshold": 200,
        "icmp_flood_window": 5,
        "icmp_flood_threshold": 100,
        "dns_tunnel_query_len": 50,
        "exfil_window": 60,
        "exfil_bytes_threshold": 5_000_000,
        "bruteforce_window": 30,
        "bruteforce_threshold": 30,
        "alert_cooldown": 15,
    })
}

#[test]
fn the_seeds_configuration_is_read_with_its_defaults() {
    let known = reference(&[BUILTIN]);
    let mut file = seeds();
    for (key, default) in file.as_object_mut().unwrap() {
        let ours = known.get(key).unwrap_or_else(|| panic!("no key {key}"));
        if default.is_null() {
            *default = json!("something");
        } else {
            assert_eq!(ours, default, "{key}");
        }
    }
    let config = Config::parse(&file.to_string()).unwrap();
    assert_eq!(config.unknown_keys(&[BUILTIN]), []);
    assert_eq!(builtin(&file.to_string()).stats().detectors.len(), 9);
}

#[test]
fn the_example_of_the_reputation_page_is_read() {
    let page = std::fs::read_to_string(root().join("docs/reputation.md")).unwrap();
    let example = page.split_once("```json\n").unwrap().1.split_once("```").unwrap().0;
    let config = Config::parse(example).unwrap();
    assert_eq!(config.unknown_keys(&[BUILTIN]).len(), 0);
    assert_eq!(config.deployment.reputation.feeds.len(), 9);
}
