//! Loading the configuration.

use std::path::Path;

use anyhow::{Context as _, Result, bail};
use netsentinel_cli::{ConfigFile, DETECTORS, name, print_line};
use netsentinel_core::Pipeline;
use netsentinel_core::config::reference;
use netsentinel_core::pipeline::BuildError;

use crate::cli::Cli;
use crate::replay::Outcome;

/// The configuration that the command line names, with what the command line sets itself; unknown
/// keys are warned about.
pub(crate) fn load(cli: &Cli) -> Result<ConfigFile> {
    let mut file = read(cli.config.as_deref())?;
    file.warn_of_unknown_keys();
    if let Some(profile) = cli.profile {
        file.config.pipeline.profile = profile;
    }
    if let Some(limit) = cli.memory_limit {
        file.config.pipeline.memory_limit = limit;
    }
    Ok(file)
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

/// `--check-config`: every value must be right and every key known.
pub(crate) fn check(cli: &Cli) -> Result<Outcome> {
    let Some(path) = &cli.config else { bail!("--check-config needs --config FILE") };
    let file = read(Some(path))?;
    let config = &file.config;
    let in_file = || name(path);
    let builder = DETECTORS.iter().fold(Pipeline::builder(config), |b, list| b.detectors(list));
    builder.build().with_context(in_file)?;
    let unknown = file.unknown_keys();
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

fn read(path: Option<&Path>) -> Result<ConfigFile> {
    let file = ConfigFile::read(path)?;
    if let Some(path) = path.filter(|_| file.is_exposed()) {
        tracing::warn!("{0}: holds keys, and others may read it: chmod 600 {0}", name(path));
    }
    Ok(file)
}
