//! The configuration file.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use netsentinel_core::config::{Config, UnknownKey, is_open_to_all};

use crate::{DETECTORS, name};

/// Longest configuration that is read, in bytes.
const CONFIG_LEN_MAX: u64 = 1 << 20;

/// A configuration and where it was read.
#[derive(Debug)]
pub struct ConfigFile {
    /// What it says.
    pub config: Config,
    /// The file; `None` when every key has its default.
    pub path: Option<PathBuf>,
}

impl ConfigFile {
    /// Reads the file, or takes the defaults without one.
    ///
    /// # Errors
    ///
    /// When the file can not be read, is longer than a MiB, or a key is wrong; names the file.
    pub fn read(path: Option<&Path>) -> Result<Self> {
        let Some(path) = path else {
            return Ok(Self { config: Config::default(), path: None });
        };
        let text = read_text(path, CONFIG_LEN_MAX)?;
        let config = Config::parse(&text).with_context(|| name(path))?;
        Ok(Self { config, path: Some(path.into()) })
    }

    /// Whether the file holds secrets and others than its owner may read it.
    pub fn is_exposed(&self) -> bool {
        let Some(path) = &self.path else { return false };
        self.config.deployment.holds_secrets() && others_may_read(path)
    }

    /// Refuses a file that holds secrets and that others may read.
    ///
    /// # Errors
    ///
    /// When it is so; says how to mend it.
    pub fn refuse_exposed(&self) -> Result<()> {
        match &self.path {
            Some(path) if self.is_exposed() => {
                bail!("{0}: holds keys, and others may read it: chmod 600 {0}", name(path))
            }
            _ => Ok(()),
        }
    }

    /// Keys that nothing reads.
    pub fn unknown_keys(&self) -> Vec<UnknownKey> {
        self.config.unknown_keys(DETECTORS)
    }

    /// Warns of keys that nothing reads.
    pub fn warn_of_unknown_keys(&self) {
        let Some(path) = &self.path else { return };
        for unknown in self.unknown_keys() {
            tracing::warn!("{}: {unknown}", name(path));
        }
    }

    /// Resolves the paths of lists, which are files where they are no addresses.
    pub fn resolve_feeds(&mut self) {
        let mut feeds = std::mem::take(&mut self.config.deployment.reputation.feeds);
        for feed in feeds.iter_mut().filter(|feed| is_path(&feed.from)) {
            feed.from = self.resolve(&feed.from).to_string_lossy().into_owned();
        }
        self.config.deployment.reputation.feeds = feeds;
    }

    /// A path that the configuration names: a relative one starts at the configuration's folder.
    pub fn resolve(&self, named: &str) -> PathBuf {
        let folder = self.path.as_deref().and_then(Path::parent).unwrap_or(Path::new(""));
        folder.join(named)
    }
}

/// Whether a list's place is a file's. None at all is told by whoever loads it.
fn is_path(from: &str) -> bool {
    !from.contains("://") && !from.trim().is_empty()
}

/// The text of a file of at most `len_max` bytes.
///
/// # Errors
///
/// When it can not be read, is longer, or is no UTF-8; names the file.
pub fn read_text(path: &Path, len_max: u64) -> Result<String> {
    let in_file = || name(path);
    let file = File::open(path).with_context(in_file)?;
    let mut bytes = Vec::new();
    file.take(len_max + 1).read_to_end(&mut bytes).with_context(in_file)?;
    if bytes.len() as u64 > len_max {
        bail!("{}: longer than {len_max} bytes, which is no configuration", name(path));
    }
    String::from_utf8(bytes).with_context(in_file)
}

/// Whether a file is [open to everybody](is_open_to_all).
#[cfg(unix)]
pub fn others_may_read(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).is_ok_and(|file| is_open_to_all(file.permissions().mode()))
}

/// Whether a file is open to everybody: not known here.
#[cfg(not(unix))]
pub fn others_may_read(_: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_in_files_start_at_the_configurations_folder() {
        let from = |path: Option<&str>, from: &str| {
            let feed = format!(r#"{{"name": "a", "format": "plain", "from": "{from}"}}"#);
            let text = format!(r#"{{"reputation": {{"feeds": [{feed}]}}}}"#);
            let config = Config::parse(&text).unwrap();
            let mut file = ConfigFile { config, path: path.map(Into::into) };
            file.resolve_feeds();
            file.config.deployment.reputation.feeds.remove(0).from
        };
        let config = Some("/etc/netsentinel/server.json");
        for (named, found) in [
            ("bad.txt", "/etc/netsentinel/bad.txt"),
            ("lists/bad.txt", "/etc/netsentinel/lists/bad.txt"),
            ("/srv/bad.txt", "/srv/bad.txt"),
            ("https://a.example/bad.txt", "https://a.example/bad.txt"),
            ("", ""),
            (" ", " "),
        ] {
            assert_eq!(from(config, named), found);
        }
        assert_eq!(from(None, "bad.txt"), "bad.txt");
        assert_eq!(from(Some("server.json"), "bad.txt"), "bad.txt");
    }
}
