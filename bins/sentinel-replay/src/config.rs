//! Loading the configuration and the reputation table.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use netsentinel_core::config::{Config, reference};
use netsentinel_core::pipeline::BuildError;
use netsentinel_core::text::shown;
use netsentinel_core::{Clean, KnownReputation, Pipeline, Registration, Reputation};
use netsentinel_detectors::BUILTIN;

use crate::cli::Cli;
use crate::output::print_line;
use crate::replay::Outcome;

/// Longest configuration that is read.
const CONFIG_LEN_MAX: u64 = 1 << 20;
/// Longest reputation table that is read.
const REPUTATION_LEN_MAX: u64 = 1 << 28;
/// The detectors of this program.
pub(crate) const DETECTORS: &[&[Registration]] = &[BUILTIN];

/// The configuration that the command line names, with what the command line sets itself; unknown
/// keys are warned about.
pub(crate) fn load(cli: &Cli) -> Result<Config> {
    let mut config = match &cli.config {
        Some(path) => read_config(path)?,
        None => Config::default(),
    };
    if let Some(path) = &cli.config {
        for unknown in config.unknown_keys(DETECTORS) {
            tracing::warn!("{}: {unknown}", name(path));
        }
    }
    if let Some(profile) = cli.profile {
        config.pipeline.profile = profile;
    }
    Ok(config)
}

/// `error`, with the name of the configuration if that is what is wrong.
pub(crate) fn blame(cli: &Cli, error: BuildError) -> anyhow::Error {
    match (&cli.config, error) {
        (Some(path), BuildError::Config(error)) => {
            anyhow::Error::new(error).context(path.display().to_string())
        }
        (_, error) => error.into(),
    }
}

/// What the command line says is known of endpoints.
pub(crate) fn reputation(cli: &Cli) -> Result<Arc<dyn Reputation>> {
    let Some(path) = &cli.reputation else { return Ok(Arc::new(Clean)) };
    let text = read_text(path, REPUTATION_LEN_MAX)?;
    let known = KnownReputation::from_json(&text).with_context(|| name(path))?;
    tracing::debug!("{}: {} indicators", name(path), known.len());
    Ok(Arc::new(known))
}

/// `--check-config`: every value must be right and every key known.
pub(crate) fn check(cli: &Cli) -> Result<Outcome> {
    let Some(path) = &cli.config else { bail!("--check-config needs --config FILE") };
    let config = read_config(path)?;
    let in_file = || name(path);
    let builder = DETECTORS.iter().fold(Pipeline::builder(&config), |b, list| b.detectors(list));
    builder.build().with_context(in_file)?;
    let unknown = config.unknown_keys(DETECTORS);
    for key in &unknown {
        tracing::error!("{}: {key}", name(path));
    }
    if !unknown.is_empty() {
        return Ok(Outcome::Unreadable);
    }
    let effective = config.effective(&reference(DETECTORS));
    print_line(&serde_json::to_string_pretty(&effective)?)?;
    tracing::info!("{}: valid", name(path));
    Ok(Outcome::Done)
}

fn read_config(path: &Path) -> Result<Config> {
    let text = read_text(path, CONFIG_LEN_MAX)?;
    let config = Config::parse(&text).with_context(|| name(path))?;
    if config.deployment.holds_secrets() && others_may_read(path) {
        tracing::warn!("{0}: holds keys, and others may read it: chmod 600 {0}", name(path));
    }
    Ok(config)
}

fn read_text(path: &Path, len_max: u64) -> Result<String> {
    let in_file = || name(path);
    let file = File::open(path).with_context(in_file)?;
    let mut bytes = Vec::new();
    file.take(len_max + 1).read_to_end(&mut bytes).with_context(in_file)?;
    if bytes.len() as u64 > len_max {
        bail!("{}: longer than {len_max} bytes, which is no configuration", name(path));
    }
    String::from_utf8(bytes).with_context(in_file)
}

/// How messages call a file: a name can not forge a message.
fn name(path: &Path) -> String {
    shown(&path.to_string_lossy()).into_owned()
}

#[cfg(unix)]
fn others_may_read(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn others_may_read(_: &Path) -> bool {
    false
}
