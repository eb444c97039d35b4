//! What the agent runs with: the configuration, and what the command line and the environment say
//! before it.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use netsentinel_capture::live::{self, LiveOptions};
use netsentinel_cli::{ConfigFile, DETECTORS, EXIT_UNUSABLE, name, provider_keys};
use netsentinel_core::config::{AgentSettings, Config, Secret, reference};
use netsentinel_core::{Pipeline, PipelineBuilder};
use netsentinel_transport::{ServerUrl, tls};
use serde_json::{Map, Value};

use crate::cli::{Cli, Options};

/// Where the shared key may come from instead of the file.
const KEY_VARIABLE: &str = "NETSENTINEL_API_KEY";

/// What the agent runs with.
pub(crate) struct Settings {
    file: ConfigFile,
    /// The agent's keys, with what the command line says.
    pub(crate) agent: AgentSettings,
    /// The key to enrol with.
    pub(crate) shared_key: Secret,
}

impl Settings {
    /// Reads the configuration; warns of keys that nothing reads.
    ///
    /// # Errors
    ///
    /// When the file can not be read, a key is wrong, or others may read it though it holds keys.
    pub(crate) fn read(options: &Options) -> Result<Self> {
        let mut file = ConfigFile::read(options.config.as_deref())?;
        file.refuse_exposed()?;
        file.warn_of_unknown_keys();
        provider_keys(&mut file.config.deployment);
        file.resolve_feeds();
        let deployment = &file.config.deployment;
        let mut agent = deployment.agent.clone();
        if let Some(url) = &options.server {
            agent.server_url.clone_from(url);
        }
        if !options.iface.is_empty() {
            agent.interfaces.clone_from(&options.iface);
        }
        if let Some(filter) = &options.filter {
            agent.filter.clone_from(filter);
        }
        let shared_key = match std::env::var(KEY_VARIABLE) {
            Ok(key) if !key.is_empty() => Secret::new(key),
            _ => deployment.api_key.clone(),
        };
        Ok(Self { agent, shared_key, file })
    }

    /// The whole configuration.
    pub(crate) fn config(&self) -> &Config {
        &self.file.config
    }

    /// Where the server is.
    ///
    /// # Errors
    ///
    /// When it is not told, or not the address of a server.
    pub(crate) fn server(&self) -> Result<ServerUrl> {
        if self.agent.server_url.is_empty() {
            bail!("no server: set agent.server_url, or give --server https://HOST:PORT");
        }
        let port = self.config().deployment.agent_port;
        ServerUrl::parse(&self.agent.server_url, port)
            .with_context(|| format!("\"{}\"", name(Path::new(&self.agent.server_url))))
    }

    /// Whether there is a key to enrol with.
    ///
    /// # Errors
    ///
    /// When there is none; says where it comes from.
    pub(crate) fn require_key(&self) -> Result<()> {
        if self.shared_key.is_empty() {
            bail!(
                "no key: set api_key in the configuration (sentinel-certs agent NAME makes one), or \
                 NETSENTINEL_API_KEY in the environment"
            );
        }
        Ok(())
    }

    /// How to connect: the server verified against the authority, always.
    ///
    /// # Errors
    ///
    /// When a certificate or key is missing or wrong; names the file.
    pub(crate) fn tls(&self) -> Result<rustls::ClientConfig> {
        let ca = self.ca();
        let (cert, key) = (&self.agent.client_cert, &self.agent.client_key);
        let paths = (self.file.resolve(cert), self.file.resolve(key));
        let identity = match (cert.is_empty(), key.is_empty()) {
            (true, true) => None,
            (false, false) => Some((&*paths.0, &*paths.1)),
            _ => bail!("agent.client_cert and agent.client_key go together: one is missing"),
        };
        Ok(tls::client_config(&ca, identity)?)
    }

    /// What to capture, and how; without an interface named, the one of the default route.
    ///
    /// # Errors
    ///
    /// When none is named and there is no default route.
    pub(crate) fn live_options(&self) -> Result<LiveOptions> {
        let agent = &self.agent;
        let limited = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        Ok(LiveOptions {
            interfaces: match agent.interfaces.is_empty() {
                true => vec![live::default_interface()?],
                false => agent.interfaces.clone(),
            },
            filter: agent.filter.clone(),
            promiscuous: agent.promiscuous,
            snap_length: limited(agent.snap_length.get()),
            buffer_bytes: limited(agent.buffer_bytes.get()),
            rings: agent.rings.on(processors()),
        })
    }

    /// How many threads share the judging.
    pub(crate) fn workers(&self) -> NonZeroUsize {
        self.agent.workers.on(processors())
    }

    /// The authority's certificate.
    pub(crate) fn ca(&self) -> PathBuf {
        self.file.resolve(&self.config().deployment.ca_cert)
    }

    /// The folder of identity and spool.
    pub(crate) fn state_dir(&self) -> PathBuf {
        self.file.resolve(&self.agent.state_dir)
    }

    /// Starts a pipeline with all detectors.
    pub(crate) fn pipeline(&self) -> PipelineBuilder<'_> {
        let builder = Pipeline::builder(self.config());
        DETECTORS.iter().fold(builder, |builder, list| builder.detectors(list))
    }

    /// Keys of the agent, and of where the server is, that have another value in `new`: they count
    /// when the agent starts.
    pub(crate) fn fixed_keys_changed(&self, new: &Self) -> Vec<String> {
        let (old_agent, new_agent) = (keys(&self.agent), keys(&new.agent));
        let agent = old_agent.iter().filter(|(key, value)| new_agent.get(*key) != Some(*value));
        let mut changed: Vec<_> = agent.map(|(key, _)| format!("agent.{key}")).collect();
        let (old, other) = (&self.config().deployment, &new.config().deployment);
        if self.shared_key != new.shared_key {
            changed.push("api_key".into());
        }
        if old.ca_cert != other.ca_cert {
            changed.push("ca_cert".into());
        }
        if old.agent_port != other.agent_port {
            changed.push("agent_port".into());
        }
        if old.reputation.cache_entries != other.reputation.cache_entries {
            changed.push("reputation.cache_entries".into());
        }
        changed
    }

    /// What a wrong value is told with.
    pub(crate) fn file_name(&self) -> String {
        self.file.path.as_deref().map_or_else(|| "the defaults".into(), name)
    }
}

/// Those that this process may use; one where that is not known.
fn processors() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

fn keys(settings: &AgentSettings) -> Map<String, Value> {
    match serde_json::to_value(settings) {
        Ok(Value::Object(keys)) => keys,
        _ => Map::new(),
    }
}

/// `test-config`: every value must be right and every key known.
///
/// # Errors
///
/// When the configuration can not be used.
pub(crate) fn test(cli: &Cli) -> Result<ExitCode> {
    let Some(path) = &cli.options.config else { bail!("test-config needs --config FILE") };
    let file = ConfigFile::read(Some(path))?;
    let unknown = file.unknown_keys();
    for key in &unknown {
        tracing::error!("{}: {key}", name(path));
    }
    let settings = Settings::read(&cli.options)?;
    settings.pipeline().build().with_context(|| name(path))?;
    settings.server()?;
    if !unknown.is_empty() {
        return Ok(ExitCode::from(EXIT_UNUSABLE));
    }
    let effective = settings.config().effective(&reference(DETECTORS));
    netsentinel_cli::print_line(&serde_json::to_string_pretty(&effective)?)?;
    tracing::info!("{}: valid", name(path));
    Ok(ExitCode::SUCCESS)
}
