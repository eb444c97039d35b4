//! A server as its administrator runs it: a folder, the program, what it says.
#![allow(dead_code, reason = "not every test uses all of it")]

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use netsentinel_transport::pki::Authority;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_sentinel-server");
const LONG: Duration = Duration::from_secs(30);

/// A folder with certificates and a configuration.
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
        site.write("sentinel_config.json", &site.config().to_string());
        site
    }

    /// The port of the GUI must be another than the default to be 0: that is what was meant.
    pub(crate) fn config(&self) -> serde_json::Value {
        json!({
            "server_host": "127.0.0.1", "gui_port": 0, "agent_port": 0, "redirect_port": 0,
            "api_key": "a key for the tests", "server": { "data_dir": "data" },
        })
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o600)).unwrap();
    }

    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(PROGRAM);
        command.arg("--config").arg(self.path("sentinel_config.json"));
        for key in ["NETSENTINEL_API_KEY", "VIRUSTOTAL_API_KEY", "ABUSEIPDB_API_KEY"] {
            command.env_remove(key);
        }
        command.current_dir(Path::new("/"));
        command
    }

    pub(crate) fn ask(&self, arguments: &[&str], input: &str) -> Output {
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

    pub(crate) fn good(&self, arguments: &[&str], input: &str) -> String {
        let output = self.ask(arguments, input);
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{arguments:?}: {errors}");
        String::from_utf8(output.stdout).unwrap()
    }

    pub(crate) fn bad(&self, arguments: &[&str], input: &str) -> String {
        let output = self.ask(arguments, input);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        String::from_utf8(output.stderr).unwrap()
    }
}

/// A server that runs, and the lines that it says.
pub(crate) struct Running {
    child: Child,
    pub(crate) lines: Receiver<String>,
}

impl Running {
    pub(crate) fn start(site: &Site) -> Self {
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
    pub(crate) fn says(&self, words: &str) -> String {
        let mut said = Vec::new();
        while let Ok(line) = self.lines.recv_timeout(LONG) {
            if let Some((_, rest)) = line.split_once(words) {
                return rest.trim().to_owned();
            }
            said.push(line);
        }
        panic!("never said {words:?}, but {said:#?}");
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    pub(crate) fn stop(mut self) {
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
