//! `--server`: sends the alerts of a replay to a server, as an agent would.
//!
//! They go through a spool, so what the server does not take now is sent by the next replay with a
//! server. Ids are derived from the packets: replaying a capture again changes nothing there.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use netsentinel_cli::{ConfigFile, now};
use netsentinel_core::Alert;
use netsentinel_core::alert::Agent;
use netsentinel_core::config::{Deployment, Secret};
use netsentinel_transport::identity::Identity;
use netsentinel_transport::spool::{Spool, SpoolLimits};
use netsentinel_transport::uplink::{Client, Credentials, SharedSpool, Uplink, UplinkSettings};
use netsentinel_transport::wire::{Enrolment, Heartbeat};
use netsentinel_transport::{ServerUrl, tls};
use tokio::sync::watch;

/// Alerts written to the spool at once.
const BATCH: usize = 512;
/// How long nothing may get through before sending is given up.
const GIVE_UP_AFTER: Duration = Duration::from_secs(30);

/// Alerts on their way to a server.
pub(crate) struct Upload {
    spool: SharedSpool,
    uplink: Uplink<Client>,
    held: Vec<Alert>,
}

impl Upload {
    /// Opens the spool, and names the identity that the alerts are sent by.
    ///
    /// # Errors
    ///
    /// When there is no verified TLS, no key, or no place for the spool.
    pub(crate) fn open(file: &ConfigFile, url: &str) -> Result<(Self, Agent)> {
        let deployment = &file.config.deployment;
        let server = ServerUrl::parse(url, deployment.agent_port)?;
        let tls = tls(file)?;
        let shared = shared_key(deployment)?;
        let folder = state_folder()?;
        let identity = Identity::load_or_create(&folder)?;
        let spool = Spool::open(
            &folder.join("spool"),
            SpoolLimits::new(deployment.agent.spool_bytes.get()),
        )?;
        let spool = SharedSpool::new(spool);
        let agent = Agent {
            id: identity.id.to_string(),
            hostname: gethostname::gethostname().to_string_lossy().into_owned(),
            os: std::env::consts::OS.into(),
        };
        let enrolment = Enrolment {
            id: identity.id.clone(),
            key: identity.key.clone(),
            hostname: agent.hostname.clone(),
            os: agent.os.clone(),
            version: env!("CARGO_PKG_VERSION").into(),
        };
        let credentials = Credentials { id: identity.id, key: identity.key };
        let client = Client::new(tls, &server.to_string(), &credentials)?;
        let settings = settings(enrolment, shared, spool.clone(), &agent);
        let uplink = Uplink::new(client, spool.clone(), settings);
        Ok((Self { spool, uplink, held: Vec::new() }, agent))
    }

    /// Takes an alert.
    ///
    /// # Errors
    ///
    /// When the spool can not be written.
    pub(crate) fn add(&mut self, alert: Alert) -> Result<()> {
        self.held.push(alert);
        if self.held.len() >= BATCH { self.write() } else { Ok(()) }
    }

    fn write(&mut self) -> Result<()> {
        let appended = self.spool.append(&self.held, now())?;
        self.held.clear();
        if appended.dropped.total() > 0 {
            tracing::warn!("the spool is full: {} alerts dropped", appended.dropped.total());
        }
        Ok(())
    }

    /// Sends what there is, and waits until the server has answered for all of it.
    ///
    /// # Errors
    ///
    /// When the server takes nothing for half a minute; what is left stays in the spool.
    pub(crate) fn finish(mut self) -> Result<()> {
        self.write()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(send(self.uplink, &self.spool))
    }
}

/// How to connect: the server verified, and a client certificate shown where there is one.
fn tls(file: &ConfigFile) -> Result<rustls::ClientConfig> {
    let deployment = &file.config.deployment;
    let (cert, key) = (&deployment.agent.client_cert, &deployment.agent.client_key);
    let paths = (file.resolve(cert), file.resolve(key));
    let identity = match (cert.is_empty(), key.is_empty()) {
        (true, true) => None,
        (false, false) => Some((&*paths.0, &*paths.1)),
        _ => bail!("agent.client_cert and agent.client_key go together: one is missing"),
    };
    Ok(tls::client_config(&file.resolve(&deployment.ca_cert), identity)?)
}

/// The key to enrol with: of the environment, or else of the configuration.
fn shared_key(deployment: &Deployment) -> Result<Secret> {
    match std::env::var("NETSENTINEL_API_KEY") {
        Ok(key) if !key.is_empty() => Ok(Secret::new(key)),
        _ if deployment.api_key.is_empty() => bail!(
            "--server needs api_key: sentinel-certs agent NAME makes a configuration with one; \
             or set NETSENTINEL_API_KEY in the environment"
        ),
        _ => Ok(deployment.api_key.clone()),
    }
}

async fn send(uplink: Uplink<Client>, spool: &SharedSpool) -> Result<()> {
    let mut state = uplink.state();
    let (_stop, stopped) = watch::channel(None);
    let sending = tokio::spawn(uplink.run(stopped));
    let mut left = spool.report().alerts;
    while left > 0 {
        // The state changes with every answer, also with one that lets nothing through.
        let answered = tokio::time::timeout(GIVE_UP_AFTER, async {
            loop {
                state.changed().await?;
                let now_left = spool.report().alerts;
                if now_left < left {
                    return Ok::<_, watch::error::RecvError>(now_left);
                }
            }
        });
        left = match answered.await {
            Ok(now_left) => now_left.context("the uplink has ended")?,
            Err(_) => {
                let why = state.borrow().last_error.clone().map(|(_, why)| why).unwrap_or_default();
                bail!(
                    "{left} alerts were not sent, the next replay with --server tries again: {why}"
                );
            }
        };
    }
    sending.abort();
    let state = state.borrow().clone();
    tracing::info!(
        "the server took {} alerts, had {} already, and rejected {}",
        state.accepted,
        state.duplicate,
        state.rejected
    );
    Ok(())
}

fn settings(
    enrolment: Enrolment,
    shared: Secret,
    spool: SharedSpool,
    agent: &Agent,
) -> UplinkSettings {
    let agent = agent.clone();
    let heartbeat = move || Heartbeat {
        at: now(),
        version: env!("CARGO_PKG_VERSION").into(),
        hostname: agent.hostname.clone(),
        os: agent.os.clone(),
        spool: spool.report(),
        ..Heartbeat::default()
    };
    UplinkSettings {
        enrolment: Some((enrolment, shared)),
        heartbeat_interval: Duration::from_secs(30),
        heartbeat: Arc::new(heartbeat),
    }
}

/// Where identity and spool of this user's replays are.
fn state_folder() -> Result<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let base = set("XDG_STATE_HOME").map(PathBuf::from).or_else(|| {
        set("HOME")
            .or_else(|| set("LOCALAPPDATA"))
            .map(|home| PathBuf::from(home).join(".local/state"))
    });
    Ok(base.context("neither XDG_STATE_HOME nor HOME is set")?.join("netsentinel-replay"))
}
