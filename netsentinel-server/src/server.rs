//! The running server: started, reloaded, stopped.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use netsentinel_core::Site;
use netsentinel_core::config::{AgentAuth, Deployment, Secret};
use netsentinel_transport::tls::{
    ClientAuth, ReloadableCert, TlsError, Validity, roots, server_config,
};
use netsentinel_vt::Provider;
use rustls::ServerConfig;
use tokio::net::TcpListener;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::access::{AccountError, Door};
use crate::app::App;
use crate::error::ServerError;
use crate::listen::{self, Patience};
use crate::live::{self, Hub};
use crate::metrics::Metrics;
use crate::store::Store;
use crate::upkeep;

/// After this what still runs is cut off. What is left of ten seconds is for the store to close.
const STOP_GRACE: Duration = Duration::from_secs(6);
/// How long what was cut off may take to notice.
const STOP_CUT: Duration = Duration::from_millis(500);
/// How long what is known of endpoints may take to be written to the disk.
const STOP_REPUTATION: Duration = Duration::from_millis(2_500);
/// Days before its certificate ends from which the server warns.
const CERTIFICATE_DAYS_LEFT: u64 = 30;

/// A shared key shorter than this is warned of; one that `sentinel-certs` makes has 43 characters.
const KEY_CHARS_MIN: usize = 32;

/// A running server.
pub struct Server {
    app: Arc<App>,
    certificate: Arc<ReloadableCert>,
    addresses: Addresses,
    cut_off: CancellationToken,
    tasks: TaskTracker,
    first_password: Option<Secret>,
}

/// What a server is made of.
#[derive(Default)]
pub struct ServerSetup {
    /// The configuration's deployment keys. All paths must be absolute or meant from the working
    /// directory, those of lists too.
    pub deployment: Deployment,
    /// The site's own networks: nobody is ever asked about them.
    pub site: Site,
    /// Who is asked about endpoints instead of those that the configuration names; for tests.
    pub(crate) providers: Option<Vec<Box<dyn Provider>>>,
}

impl ServerSetup {
    /// A server with these keys of the configuration, for a site with these networks.
    pub fn new(deployment: Deployment, site: Site) -> Self {
        Self { deployment, site, providers: None }
    }
}

/// For a site that has the private networks alone.
impl From<Deployment> for ServerSetup {
    fn from(deployment: Deployment) -> Self {
        Self::new(deployment, Site::default())
    }
}

impl From<&Deployment> for ServerSetup {
    fn from(deployment: &Deployment) -> Self {
        deployment.clone().into()
    }
}

/// Where the server listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Addresses {
    /// People and scripts.
    pub gui: SocketAddr,
    /// Agents.
    pub agents: SocketAddr,
    /// Plain HTTP, if that is on.
    pub redirect: Option<SocketAddr>,
}

impl Server {
    /// Starts a server that keeps its things in `deployment.server.data_dir`. Ports may be 0:
    /// [`Self::addresses`] tells which they became.
    ///
    /// # Errors
    ///
    /// When there is no shared key, a certificate or key can not be used, a port is taken, the
    /// database can not be opened, or a key within `reputation` is wrong. Each says what to do.
    pub async fn start(setup: impl Into<ServerSetup>) -> Result<Self, ServerError> {
        let hub = Hub::new();
        let observer = Arc::clone(&hub);
        let open = move |data_dir: &Path| {
            Ok(Arc::new(crate::store::SqliteStore::open(data_dir, observer)?) as Arc<dyn Store>)
        };
        Self::start_with(setup.into(), hub, open, Patience::default()).await
    }

    /// The same with another store and other time limits.
    pub(crate) async fn start_with(
        setup: ServerSetup,
        hub: Arc<Hub>,
        open: impl FnOnce(&Path) -> Result<Arc<dyn Store>, ServerError> + Send + 'static,
        patience: Patience,
    ) -> Result<Self, ServerError> {
        let ServerSetup { deployment, site, providers } = setup;
        check_keys(&deployment)?;
        let certificate = certificate(&deployment)?;
        let (gui_tls, agents_tls) = tls(&deployment, &certificate)?;
        let sockets = Sockets::bind(&deployment).await?;
        let addresses = sockets.addresses();
        let data_dir = std::path::PathBuf::from(&deployment.server.data_dir);
        let opened = tokio::task::spawn_blocking(move || open(&data_dir)).await;
        let store = opened.map_err(|error| ServerError::Task(error.to_string()))??;
        let app = App::new(deployment, store, hub, Arc::new(Metrics::new()));
        let first_password = app.accounts.make_first().await.map_err(|error| match error {
            AccountError::Store(error) => ServerError::Store(error),
            AccountError::Server(error) => error,
            other => ServerError::Task(other.to_string()),
        })?;
        app.gate.agents.refresh(&*app.store).await?;
        app.reputation.start(&app.deployment, site, providers).await?;
        let (cut_off, tasks) = (CancellationToken::new(), TaskTracker::new());
        let shared = listen::Shared {
            app: Arc::clone(&app),
            patience,
            cut_off: cut_off.clone(),
            tasks: tasks.clone(),
            gui_port: addresses.gui.port(),
        };
        shared.open(Door::Gui, sockets.gui, Arc::clone(&gui_tls));
        shared.open(Door::Agents, sockets.agents, agents_tls);
        if let Some(listener) = sockets.redirect {
            shared.open_redirect(listener, gui_tls);
        }
        tasks.spawn(upkeep::upkeep(Arc::clone(&app)));
        tasks.spawn(live::push_summaries(Arc::clone(&app)));
        Ok(Self { app, certificate, addresses, cut_off, tasks, first_password })
    }

    /// Where the server listens.
    pub const fn addresses(&self) -> Addresses {
        self.addresses
    }

    /// The password of the user `admin`, where this start has made it. To be shown once.
    pub const fn first_password(&self) -> Option<&Secret> {
        self.first_password.as_ref()
    }

    /// Takes the certificate, the shared keys, the limits, and all that reputation has anew: keys, quotas,
    /// lists, what is allowed. Ports, paths and what agents must show stay as they are until a restart.
    ///
    /// # Errors
    ///
    /// When the certificate can not be used, there is no shared key, or a key within `reputation` is
    /// wrong; then nothing has changed.
    pub async fn reload(&self, setup: impl Into<ServerSetup>) -> Result<(), ServerError> {
        let ServerSetup { deployment, site, .. } = setup.into();
        let (deployment, running) = (&deployment, &self.app.deployment);
        check_keys(deployment)?;
        // What may fail comes first, so that a failure changes nothing.
        self.app.gate.agents.refresh(&*self.app.store).await?;
        ReloadableCert::load(Path::new(&running.server_cert), Path::new(&running.server_key))?;
        self.app.reputation.reload(deployment, site).await?;
        self.certificate.reload()?;
        let stays = [
            ("server_host", running.server_host != deployment.server_host),
            ("gui_port", running.gui_port != deployment.gui_port),
            ("agent_port", running.agent_port != deployment.agent_port),
            ("redirect_port", running.redirect_port != deployment.redirect_port),
            ("agent_auth", running.agent_auth != deployment.agent_auth),
            ("ca_cert", running.ca_cert != deployment.ca_cert),
            ("server_cert", running.server_cert != deployment.server_cert),
            ("server_key", running.server_key != deployment.server_key),
            (
                "server.connections_max",
                running.server.connections_max.get() != deployment.server.connections_max.get(),
            ),
            (
                "reputation.cache_entries",
                running.reputation.cache_entries != deployment.reputation.cache_entries,
            ),
            ("server.data_dir", running.server.data_dir != deployment.server.data_dir),
        ];
        for (key, _) in stays.iter().filter(|(_, changed)| *changed) {
            tracing::warn!("{key} has changed: that takes a restart");
        }
        self.app.gate.enrolment.replace(deployment);
        let (old, new) = (self.app.settings(), &deployment.server);
        if (old.alerts_max.get(), old.alerts_window.get())
            != (new.alerts_max.get(), new.alerts_window.get())
        {
            self.app.ingest.replace(new);
        }
        self.app.limits.replace(new.clone());
        Ok(())
    }

    /// Stops: no new connections, requests that run are answered, WebSockets are closed. What is not
    /// done after 6 seconds is cut off. Verdicts are kept on the disk.
    pub async fn stop(self) {
        self.app.stopping.cancel();
        self.tasks.close();
        if timeout(STOP_GRACE, self.tasks.wait()).await.is_err() {
            tracing::warn!("some connections did not end in time and are cut off");
            self.cut_off.cancel();
            // What does not even notice that is dropped with the runtime.
            let _ = timeout(STOP_CUT, self.tasks.wait()).await;
        }
        if timeout(STOP_REPUTATION, self.app.reputation.stop()).await.is_err() {
            tracing::warn!("what is known of endpoints could not be kept in time");
        }
    }

    #[cfg(test)]
    pub(crate) const fn app(&self) -> &Arc<App> {
        &self.app
    }
}

impl Drop for Server {
    /// Without [`Self::stop`] everything ends at once.
    fn drop(&mut self) {
        self.app.stopping.cancel();
        self.cut_off.cancel();
    }
}

struct Sockets {
    gui: TcpListener,
    agents: TcpListener,
    redirect: Option<TcpListener>,
    addresses: Addresses,
}

impl Sockets {
    async fn bind(deployment: &Deployment) -> Result<Self, ServerError> {
        let bind = async |what, key, port| {
            let address = SocketAddr::new(deployment.server_host, port);
            let failed = |reason| ServerError::Listen { what, key, address, reason };
            let listener = TcpListener::bind(address).await.map_err(failed)?;
            let bound = listener.local_addr().map_err(failed)?;
            Ok::<_, ServerError>((listener, bound))
        };
        let (gui, gui_at) = bind("the dashboard", "gui_port", deployment.gui_port).await?;
        let (agents, agents_at) = bind("agents", "agent_port", deployment.agent_port).await?;
        let redirect = match deployment.redirect_port {
            0 => None,
            port => Some(bind("plain HTTP", "redirect_port", port).await?),
        };
        let addresses = Addresses {
            gui: gui_at,
            agents: agents_at,
            redirect: redirect.as_ref().map(|(_, at)| *at),
        };
        Ok(Self { gui, agents, redirect: redirect.map(|(listener, _)| listener), addresses })
    }

    const fn addresses(&self) -> Addresses {
        self.addresses
    }
}

fn check_keys(deployment: &Deployment) -> Result<(), ServerError> {
    if deployment.api_key.is_empty() {
        return Err(ServerError::NoApiKey);
    }
    for (name, key) in
        [("api_key", &deployment.api_key), ("api_key_previous", &deployment.api_key_previous)]
    {
        if !key.is_empty() && key.expose().len() < KEY_CHARS_MIN {
            tracing::warn!("{name} is short enough to be guessed: run sentinel-certs rotate key");
        }
    }
    Ok(())
}

fn certificate(deployment: &Deployment) -> Result<Arc<ReloadableCert>, TlsError> {
    let (cert, key) = (Path::new(&deployment.server_cert), Path::new(&deployment.server_key));
    let certificate = ReloadableCert::load(cert, key)?;
    if let Ok(facts) = certificate.facts() {
        match facts.validity(std::time::SystemTime::now()) {
            Validity::Current { days_left } if days_left > CERTIFICATE_DAYS_LEFT => {}
            validity => tracing::warn!(
                "{}: {validity}: run sentinel-certs rotate server",
                netsentinel_core::text::shown(&deployment.server_cert)
            ),
        }
    }
    Ok(certificate)
}

/// For the GUI, which asks nobody for a certificate, and for agents.
fn tls(
    deployment: &Deployment,
    certificate: &Arc<ReloadableCert>,
) -> Result<(Arc<ServerConfig>, Arc<ServerConfig>), TlsError> {
    let gui = Arc::new(server_config(Arc::clone(certificate), &ClientAuth::None)?);
    let agents = match deployment.agent_auth {
        AgentAuth::Key => Arc::new(server_config(Arc::clone(certificate), &ClientAuth::None)?),
        AgentAuth::Mtls => {
            let authorities = Arc::new(roots(Path::new(&deployment.ca_cert))?);
            let auth = ClientAuth::Required(authorities);
            Arc::new(server_config(Arc::clone(certificate), &auth)?)
        }
    };
    Ok((gui, agents))
}
