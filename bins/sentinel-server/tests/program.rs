//! The program as its administrator meets it: what it says, how it ends.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test may fail it")]

mod site;

use std::fs;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use rustix::process::Signal;
use serde_json::json;

use site::{PROGRAM, Running, Site};

#[test]
fn it_starts_shows_a_password_once_reloads_and_stops() {
    let site = Site::new();
    let running = Running::start(&site);
    running.says("agents: https://127.0.0.1:");
    let password = running.says("Password:");
    assert_eq!(password.len(), 20);
    running.signal(Signal::HUP);
    running.says("reloaded");
    site.write("sentinel_config.json", "{");
    running.signal(Signal::HUP);
    assert!(running.says("not reloaded").contains("not valid JSON"));
    site.write("sentinel_config.json", &site.config().to_string());
    let second = Running::start(&site);
    assert!(second.says("is in use by another server").contains("data_dir"));
    drop(second);
    running.stop();
    let running = Running::start(&site);
    running.says("agents: https://");
    running.signal(Signal::INT);
    let rest: Vec<_> = running.lines.iter().collect();
    assert!(!rest.iter().any(|line| line.contains("Password")), "{rest:?}");
    assert!(site.path("data/netsentinel.db").exists());
}

#[test]
fn accounts_are_managed_beside_a_running_server() {
    let site = Site::new();
    assert!(site.bad(&["user", "list"], "").contains("there is no database"));
    let running = Running::start(&site);
    running.says("Password:");
    site.good(&["user", "add", "ann", "--role", "analyst"], "correct horse battery\n");
    assert!(
        site.bad(&["user", "add", "ann"], "correct horse battery\n").contains("exists already")
    );
    assert!(site.bad(&["user", "add", "bob"], "short\n").contains("at least 12 characters"));
    assert!(site.bad(&["user", "remove", "admin"], "").contains("the last administrator"));
    site.good(&["user", "passwd", "ann"], "another horse battery\n");
    let users = site.good(&["user", "list"], "");
    assert!(users.contains("admin") && users.contains("analyst"), "{users}");
    let token = site.good(&["token", "create", "siem", "--days", "30"], "");
    assert!(token.starts_with("nst_") && token.len() == 48, "{token}");
    let tokens = site.good(&["token", "list"], "");
    assert!(tokens.contains("siem") && !tokens.contains(token.trim()), "{tokens}");
    site.good(&["token", "revoke", "1"], "");
    assert!(site.bad(&["token", "revoke", "1"], "").contains("there is no token 1"));
    assert_eq!(site.good(&["agent", "list"], ""), "");
    assert!(site.bad(&["agent", "revoke", &"0".repeat(32)], "").contains("there is no agent"));
    site.good(&["user", "remove", "ann"], "");
    let copy = site.path("copy.db");
    site.good(&["backup", copy.to_str().unwrap()], "");
    assert!(site.bad(&["backup", copy.to_str().unwrap()], "").contains("exists already"));
    assert_eq!(fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
    let report = site.good(&["doctor"], "");
    assert!(
        report.contains("ok    database: ") && report.ends_with("nothing is wrong\n"),
        "{report}"
    );
    running.stop();
}

#[test]
fn what_is_wrong_is_told_with_what_to_do() {
    let site = Site::new();
    let file = "sentinel_config.json";
    let config = |key: &str, value: serde_json::Value| {
        let mut config = site.config();
        config[key] = value;
        site.write(file, &config.to_string());
    };
    assert!(site.good(&["test-config"], "").contains("all is well"));
    config("agent_prot", json!(1));
    let output = site.ask(&["test-config"], "");
    assert_eq!(output.status.code(), Some(1));
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(errors.contains("did you mean \"agent_port\"?"), "{errors}");
    config("api_key", json!(""));
    assert!(site.bad(&[], "").contains("sentinel-certs init"));
    let output = site.ask(&["doctor"], "");
    assert_eq!(output.status.code(), Some(1));
    let report = String::from_utf8(output.stdout).unwrap();
    assert!(report.contains("BAD   api_key") && report.contains("one thing is wrong"), "{report}");
    let held = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    config("agent_port", json!(held.local_addr().unwrap().port()));
    assert!(site.bad(&[], "").contains("set agent_port to another port"));
    assert!(!site.path("data").exists(), "nothing is made before the ports are had");
    site.write(file, &site.config().to_string());
    fs::set_permissions(site.path(file), fs::Permissions::from_mode(0o644)).unwrap();
    assert!(site.bad(&[], "").contains("chmod 600"));
    site.write(file, &site.config().to_string());
    fs::remove_file(site.path("server.key")).unwrap();
    assert!(site.bad(&[], "").contains("server.key"));
    let mut nobody = Command::new(PROGRAM);
    let output = nobody.current_dir(site.folder.path().join("..")).output().unwrap();
    let mut errors = String::new();
    output.stderr.as_slice().read_to_string(&mut errors).unwrap();
    assert!(errors.contains("no configuration"), "{errors}");
}
