//! The program as its administrator meets it: what it says, how it ends.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test may fail it")]

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use netsentinel_transport::pki::Authority;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

const PROGRAM: &str = env!("CARGO_BIN_EXE_sentinel-server");
const LONG: Duration = Duration::from_secs(30);

/// A folder with certificates and a configuration.
struct Site {
    folder: tempfile::TempDir,
}

impl Site {
    fn new() -> Self {
        let site = Self { folder: tempfile::tempdir().unwrap() };
        let authority = Authority::create("tests").unwrap();
        let server = authority.server(&["127.0.0.1".parse().unwrap()]).unwrap();
        site.write("ca.crt", authority.certificate());
        site.write("server.crt", &server.certificate);
        site.write("server.key", server.key.expose());
        site.write("sentinel_config.json", &site.config().to_string());
        site
    }

    /// The port of the GUI must be another than the default to be 0: that is what was meant.
    fn config(&self) -> serde_json::Value {
        json!({
            "server_host": "127.0.0.1", "gui_port": 0, "agent_port": 0, "redirect_port": 0,
            "api_key": "a key for the tests", "server": { "data_dir": "data" },
        })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o600)).unwrap();
    }

    fn command(&self) -> Command {
        let mut command = Command::new(PROGRAM);
        command.arg("--config").arg(self.path("sentinel_config.json"));
        command.env_remove("NETSENTINEL_API_KEY").current_dir(Path::new("/"));
        command
    }

    fn ask(&self, arguments: &[&str], input: &str) -> Output {
        let mut child = self
            .command()
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A program that wants no input may be gone already.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        child.wait_with_output().unwrap()
    }

    fn good(&self, arguments: &[&str], input: &str) -> String {
        let output = self.ask(arguments, input);
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{arguments:?}: {errors}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn bad(&self, arguments: &[&str], input: &str) -> String {
        let output = self.ask(arguments, input);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        String::from_utf8(output.stderr).unwrap()
    }
}

/// A server that runs, and the lines that it says.
struct Running {
    child: Child,
    lines: Receiver<String>,
}

impl Running {
    fn start(site: &Site) -> Self {
        let mut child = site.command().stderr(Stdio::piped()).spawn().unwrap();
        let errors = BufReader::new(child.stderr.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in errors.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Self { child, lines }
    }

    /// What comes after `words` in the first line that has them.
    fn says(&self, words: &str) -> String {
        let mut said = Vec::new();
        while let Ok(line) = self.lines.recv_timeout(LONG) {
            if let Some((_, rest)) = line.split_once(words) {
                return rest.trim().to_owned();
            }
            said.push(line);
        }
        panic!("never said {words:?}, but {said:#?}");
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    fn stop(mut self) {
        self.signal(Signal::TERM);
        self.says("stopped");
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

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
