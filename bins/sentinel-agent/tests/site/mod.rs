//! A folder with certificates and a configuration, the agent that runs with it, and a server.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use netsentinel_capture::live::{Live, LiveError, LiveOptions};
use netsentinel_core::Alert;
use netsentinel_core::config::{Deployment, Secret};
use netsentinel_server::Server;
use netsentinel_server::store::{AgentRecord, SqliteStore, Store as _};
use netsentinel_transport::pki::Authority;
use netsentinel_transport::spool::{Spool, SpoolLimits};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

const PROGRAM: &str = env!("CARGO_BIN_EXE_sentinel-agent");
const KEY: &str = "the key that the agents of the tests share";
/// Longer than anything takes that does not hang.
pub(crate) const LONG: Duration = Duration::from_secs(30);

/// How a command ended.
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// A folder with certificates and a configuration.
pub(crate) struct Site {
    folder: tempfile::TempDir,
    config: Value,
}

impl Site {
    /// An agent on the loopback whose server is away.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = json!({
            // Under it a single packet to a port is an alert.
            "profile": "seed",
            "api_key": KEY, "ca_cert": "ca.crt",
            "agent": {
                "server_url": format!("https://127.0.0.1:{}", free_port()),
                "interfaces": ["lo"], "state_dir": "state", "heartbeat_interval": 1,
            },
        });
        let site = Self { folder, config };
        let authority = Authority::create("tests").unwrap();
        let server = authority.server(&["127.0.0.1".parse().unwrap()]).unwrap();
        site.write("ca.crt", authority.certificate());
        site.write("server.crt", &server.certificate);
        site.write("server.key", server.key.expose());
        site.write("other-ca.crt", Authority::create("other").unwrap().certificate());
        site.write_config();
        site
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
        self.set_mode(name, 0o600);
    }

    pub(crate) fn set_mode(&self, name: &str, mode: u32) {
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(mode)).unwrap();
    }

    fn write_config(&self) {
        self.write("sentinel_config.json", &self.config.to_string());
    }

    /// Sets a key of the configuration, named as `agent.filter`.
    pub(crate) fn set(&mut self, key: &str, value: impl Into<Value>) {
        let pointer = format!("/{}", key.replace('.', "/"));
        match self.config.pointer_mut(&pointer) {
            Some(place) => *place = value.into(),
            None => match key.split_once('.') {
                Some((object, key)) => self.config[object][key] = value.into(),
                None => self.config[key] = value.into(),
            },
        }
        self.write_config();
    }

    fn command(&self) -> Command {
        let mut command = Command::new(PROGRAM);
        command.arg("--config").arg(self.path("sentinel_config.json"));
        for variable in
            ["NETSENTINEL_API_KEY", "VIRUSTOTAL_API_KEY", "ABUSEIPDB_API_KEY", "ABUSECH_AUTH_KEY"]
        {
            command.env_remove(variable);
        }
        command.current_dir(Path::new("/"));
        command
    }

    /// Runs the agent to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        let output = self.command().args(arguments).stdin(Stdio::null()).output().unwrap();
        Ended {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Starts a server, and tells the agent where it is.
    pub(crate) fn serve(&mut self, runtime: &Runtime) -> Server {
        self.serve_with(runtime, |_| {})
    }

    /// The same, with other settings.
    pub(crate) fn serve_with(
        &mut self,
        runtime: &Runtime,
        set: impl FnOnce(&mut Deployment),
    ) -> Server {
        let text = |name| self.path(name).to_str().unwrap().to_owned();
        let mut deployment = Deployment {
            server_host: [127, 0, 0, 1].into(),
            gui_port: 0,
            agent_port: 0,
            redirect_port: 0,
            api_key: Secret::new(KEY),
            ca_cert: text("ca.crt"),
            server_cert: text("server.crt"),
            server_key: text("server.key"),
            ..Deployment::default()
        };
        deployment.server.data_dir = text("data");
        set(&mut deployment);
        let server = runtime.block_on(Server::start(deployment)).unwrap();
        self.set("agent.server_url", format!("https://{}", server.addresses().agents));
        server
    }

    fn store(&self) -> SqliteStore {
        SqliteStore::open_beside(&self.path("data")).unwrap()
    }

    /// What the server has stored.
    pub(crate) fn stored(&self, runtime: &Runtime) -> Vec<Alert> {
        let stored = runtime.block_on(self.store().changes(0, 10_000)).unwrap();
        stored.into_iter().map(|kept| kept.alert).collect()
    }

    /// Waits until the server knows an agent as wanted.
    pub(crate) fn until_known(&self, runtime: &Runtime, wanted: impl Fn(&AgentRecord) -> bool) {
        self.until_agents(runtime, |agents| agents.iter().any(&wanted));
    }

    /// Waits until so many agents have sent a heartbeat.
    pub(crate) fn until_online(&self, runtime: &Runtime, count: usize) {
        self.until_agents(runtime, |agents| {
            agents.iter().filter(|agent| agent.heartbeat.is_some()).count() >= count
        });
    }

    fn until_agents(&self, runtime: &Runtime, wanted: impl Fn(&[AgentRecord]) -> bool) {
        let deadline = Instant::now() + LONG;
        let store = self.store();
        while !wanted(&runtime.block_on(store.agents()).unwrap()) {
            assert!(Instant::now() < deadline, "no agent as wanted");
            // Asked again; the pause only spares the processor.
            runtime.block_on(async { tokio::time::sleep(Duration::from_millis(20)).await });
        }
    }

    /// What waits in the spool of an agent that has ended.
    pub(crate) fn spooled(&self) -> Vec<Alert> {
        let mut spool =
            Spool::open(&self.path("state/spool"), SpoolLimits::new(256 << 20)).unwrap();
        let batch = spool.next(10_000, usize::MAX).unwrap();
        batch.alerts.iter().map(|alert| serde_json::from_slice(&alert.json).unwrap()).collect()
    }
}

/// An agent that runs, and the lines that it says.
pub(crate) struct Running {
    pub(crate) child: Child,
    lines: Receiver<String>,
}

impl Running {
    /// Starts the agent and waits until it captures.
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
        let running = Self { child, lines };
        running.says("capturing on lo");
        running
    }

    /// The first line that has these words.
    pub(crate) fn says(&self, words: &str) -> String {
        let mut said = Vec::new();
        while let Ok(line) = self.lines.recv_timeout(LONG) {
            if line.contains(words) {
                return line;
            }
            said.push(line);
        }
        panic!("never said {words:?}, but {said:#?}");
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Ends it by SIGTERM; how long that took.
    pub(crate) fn stop(mut self) -> Duration {
        let began = Instant::now();
        self.signal(Signal::TERM);
        assert!(self.child.wait().unwrap().success());
        began.elapsed()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port on which nobody listens.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Whether packets can be captured here; says what is skipped if not.
pub(crate) fn may_capture() -> bool {
    let options = LiveOptions { interfaces: vec!["lo".into()], ..LiveOptions::default() };
    match Live::open(options) {
        Ok(_) => true,
        Err(LiveError::Permission { .. }) => {
            // A test that can not tell it is no worse a test; `eprintln!` is not seen when it passes.
            let _ = writeln!(std::io::stderr(), "skipped: no right to capture packets");
            false
        }
        Err(error) => panic!("{error}"),
    }
}
