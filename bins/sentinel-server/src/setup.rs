//! The configuration, with all paths found.

use std::io::{Write as _, stdout};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use netsentinel_cli::{ConfigFile, name, provider_keys};
use netsentinel_core::Site;
use netsentinel_core::config::{Deployment, Secret};
use netsentinel_server::ServerSetup;
use netsentinel_server::store::SqliteStore;

use crate::cli::Options;

/// Where the configuration is looked for.
const CONFIGS: [&str; 2] = ["sentinel_config.json", "/etc/netsentinel/sentinel_config.json"];
/// Holds the shared key instead of the configuration.
const API_KEY: &str = "NETSENTINEL_API_KEY";
/// The database within the data folder.
const DATABASE: &str = "netsentinel.db";

/// The configuration, with all paths found.
#[derive(Debug)]
pub(crate) struct Setup {
    /// The keys of agent and server; paths count from the working directory.
    pub(crate) deployment: Deployment,
    /// The file.
    pub(crate) file: ConfigFile,
}

impl Setup {
    /// Reads the configuration, warns of keys that nothing reads, and refuses a file with keys that
    /// others may read.
    pub(crate) fn read(options: &Options) -> Result<Self> {
        let setup = Self::read_any(options)?;
        setup.file.refuse_exposed()?;
        setup.file.warn_of_unknown_keys();
        Ok(setup)
    }

    /// Reads the configuration whatever may be wrong with it otherwise.
    pub(crate) fn read_any(options: &Options) -> Result<Self> {
        let mut file = ConfigFile::read(Some(&find(options)?))?;
        file.resolve_feeds();
        // A copy: what comes from the environment does not count where the file's rights are judged.
        let mut deployment = file.config.deployment.clone();
        provider_keys(&mut deployment);
        if let Some(key) = std::env::var_os(API_KEY).filter(|key| !key.is_empty()) {
            let key = key.into_string().ok().with_context(|| format!("{API_KEY} is no text"))?;
            deployment.api_key = Secret::new(key);
        }
        let defaults = Deployment::default();
        if deployment.gui_port == defaults.gui_port {
            // Older configurations know the port by its older name alone.
            deployment.gui_port = deployment.server_port;
        }
        for path in [
            &mut deployment.ca_cert,
            &mut deployment.server_cert,
            &mut deployment.server_key,
            &mut deployment.server.data_dir,
        ] {
            *path = text(&file.resolve(path))?;
        }
        if let Some(folder) = &options.data_dir {
            deployment.server.data_dir = text(folder)?;
        }
        Ok(Self { deployment, file })
    }

    /// What the server is made of.
    pub(crate) fn server(&self) -> ServerSetup {
        ServerSetup::new(self.deployment.clone(), self.site())
    }

    /// The site's own networks.
    pub(crate) fn site(&self) -> Site {
        self.file.config.pipeline.site()
    }

    /// The folder of what is known of addresses and domains.
    pub(crate) fn reputation_dir(&self) -> PathBuf {
        netsentinel_server::reputation_dir(self.data_dir())
    }

    /// The folder of the database.
    pub(crate) fn data_dir(&self) -> &Path {
        Path::new(&self.deployment.server.data_dir)
    }

    /// The database, which must be there.
    pub(crate) fn database(&self) -> Result<PathBuf> {
        let database = self.data_dir().join(DATABASE);
        match database.try_exists() {
            Ok(true) => Ok(database),
            Ok(false) => bail!(
                "{}: there is no database: start the server once, or name its folder by --data-dir",
                name(&database)
            ),
            Err(error) => Err(error).with_context(|| {
                format!("{}: run this as the user that the server runs as", name(&database))
            }),
        }
    }

    /// The store, beside a server that may be running.
    pub(crate) fn store(&self) -> Result<Arc<SqliteStore>> {
        self.database()?;
        Ok(Arc::new(SqliteStore::open_beside(self.data_dir())?))
    }
}

/// Checks the configuration. Whether all is well with it.
pub(crate) fn test(options: &Options) -> Result<bool> {
    let setup = Setup::read_any(options)?;
    let unknown = setup.file.unknown_keys();
    for key in &unknown {
        tracing::error!("{key}");
    }
    if let Err(error) = setup.file.refuse_exposed() {
        tracing::error!("{error:#}");
        return Ok(false);
    }
    if unknown.is_empty() {
        let file = setup.file.path.as_deref().map(name).unwrap_or_default();
        writeln!(stdout(), "{file}: all is well")?;
    }
    Ok(unknown.is_empty())
}

fn find(options: &Options) -> Result<PathBuf> {
    if let Some(config) = &options.config {
        return Ok(config.clone());
    }
    let found = CONFIGS.iter().map(PathBuf::from).find(|config| config.exists());
    found.with_context(|| {
        let all = CONFIGS.join(" or ");
        format!("no configuration: no {all}; `sentinel-certs init` makes one, --config names it")
    })
}

fn text(path: &Path) -> Result<String> {
    let text = path.to_str().with_context(|| format!("{}: no UTF-8", name(path)))?;
    Ok(text.to_owned())
}
