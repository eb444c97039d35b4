//! The folder that the server's certificates, keys and configuration are in.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use netsentinel_core::config::Config;
use netsentinel_transport::pki::Authority;
use netsentinel_transport::secret_file;

use netsentinel_cli::name;

pub(crate) const CA_CERT: &str = "ca.crt";
pub(crate) const CA_KEY: &str = "ca.key";
pub(crate) const SERVER_CERT: &str = "server.crt";
pub(crate) const SERVER_KEY: &str = "server.key";
pub(crate) const AGENT_CERT: &str = "agent.crt";
pub(crate) const AGENT_KEY: &str = "agent.key";
pub(crate) const CONFIG: &str = "sentinel_config.json";
/// The bundles of agents.
pub(crate) const AGENTS: &str = "agents";

/// Longest file that is read.
const LEN_MAX: u64 = 1 << 20;

/// The folder.
#[derive(Clone, Debug)]
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    /// A file of the folder; an absolute `file` is itself.
    pub(crate) fn path(&self, file: &str) -> PathBuf {
        if self.0.as_os_str() == "." { file.into() } else { self.0.join(file) }
    }

    /// The configuration, as text and as what it means.
    pub(crate) fn config(&self) -> Result<(String, Config)> {
        let path = self.path(CONFIG);
        let text = match secret_file::read(&path, LEN_MAX) {
            Err(error) if error.is_missing() => bail!(
                "{}: not found: run this in the server's folder, name it with --dir, or make it \
                 with sentinel-certs init",
                name(&path)
            ),
            result => String::from_utf8(result?).with_context(|| name(&path))?,
        };
        let config = Config::parse(&text).with_context(|| name(&path))?;
        Ok((text, config))
    }

    /// The authority, which needs its private key here.
    pub(crate) fn authority(&self, config: &Config) -> Result<Authority> {
        let (cert, key) = (self.path(&config.deployment.ca_cert), self.path(CA_KEY));
        let cert_text = read_text(&cert)?;
        let key_text = match secret_file::read(&key, LEN_MAX) {
            Err(error) if error.is_missing() => bail!(
                "{}: not found: it signs every certificate, and was made by sentinel-certs init \
                 beside {CA_CERT}; put it back if it is kept elsewhere",
                name(&key)
            ),
            result => String::from_utf8(result?).with_context(|| name(&key))?,
        };
        Authority::from_pem(&cert_text, &key_text)
            .with_context(|| format!("{}, {}", name(&cert), name(&key)))
    }
}

/// Makes a folder that only its owner may enter, unless it is there.
pub(crate) fn make_private(folder: &Path) -> Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).with_context(|| name(folder))
}

/// Which of these files exist. A link that leads nowhere exists too.
pub(crate) fn existing(files: &[PathBuf]) -> Vec<String> {
    let exists = |file: &&PathBuf| fs::symlink_metadata(file).is_ok();
    files.iter().filter(exists).map(|file| name(file)).collect()
}

/// Removes a file; whether it was there.
pub(crate) fn remove(file: &Path) -> Result<bool> {
    match fs::remove_file(file) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error).with_context(|| name(file)),
    }
}

/// A file that need not be secret.
pub(crate) fn read_text(file: &Path) -> Result<String> {
    let length = fs::metadata(file).with_context(|| name(file))?.len();
    if length > LEN_MAX {
        bail!("{}: longer than {LEN_MAX} bytes, which no such file is", name(file));
    }
    fs::read_to_string(file).with_context(|| name(file))
}

/// `file` with `suffix` after its whole name.
pub(crate) fn with_suffix(file: &Path, suffix: &str) -> PathBuf {
    let mut path = file.as_os_str().to_owned();
    path.push(suffix);
    path.into()
}
