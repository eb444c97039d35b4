//! `--judge`: how well labelled captures are judged.

use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use netsentinel_cli::{DETECTORS, name, print_line, read_text};
use netsentinel_core::Pipeline;
use netsentinel_core::text::shown;
use netsentinel_quality::{Judged, Labels, Meanings, Quality, judge};

use crate::cli::Cli;
use crate::config;
use crate::progress::Progress;
use crate::replay::Outcome;
use crate::reputation;

/// Longest table that is read, in bytes.
const TABLE_LEN_MAX: u64 = 1 << 26;
/// Captures judged at once, at most: each has tables of its own.
const THREADS_MAX: usize = 8;

/// Judges the captures that the table `path` lists, and prints what came of it.
///
/// # Errors
///
/// When the configuration or a table is wrong, or the result can not be written. Captures that can not be
/// read are told on standard error and give [`Outcome::Unreadable`].
pub(crate) fn run(cli: &Cli, path: &Path) -> Result<Outcome> {
    if !cli.captures.is_empty() {
        bail!("--judge takes the captures that its table lists, and no others");
    }
    let file = config::load(cli)?;
    let labels = read_text(path, TABLE_LEN_MAX)?;
    let labels = Labels::parse(&labels).with_context(|| name(path))?;
    let meanings = meanings(cli)?;
    let builder = DETECTORS
        .iter()
        .fold(Pipeline::builder(&file.config), |builder, list| builder.detectors(list))
        .reputation(reputation::known(cli, &file)?);
    let root = cli.judging.root.as_deref().or(path.parent()).unwrap_or(Path::new(""));
    let progress = Progress::of_captures(labels.captures.len(), !cli.log.quiet);
    let done = |judged: &Judged| {
        progress.next();
        tell(judged);
    };
    let judged = judge(&labels, root, &builder, threads(), &done)
        .map_err(|error| config::blame(cli, error.into()))?;
    drop(progress);
    let quality = Quality::of(&labels, &judged, &meanings);
    if let Some(path) = &cli.judging.judge_json {
        let json = serde_json::to_string_pretty(&quality)? + "\n";
        fs::write(path, json).with_context(|| name(path))?;
    }
    print_line(quality.to_string().trim_end())?;
    Ok(outcome(cli, &quality))
}

fn meanings(cli: &Cli) -> Result<Meanings> {
    let all = DETECTORS.iter().flat_map(|list| list.iter());
    let mut meanings = Meanings::of(all.map(|detector| detector.descriptor().id));
    if let Some(path) = &cli.judging.judge_map {
        let table = read_text(path, TABLE_LEN_MAX)?;
        meanings.extend(&table).with_context(|| name(path))?;
    }
    Ok(meanings)
}

fn threads() -> NonZeroUsize {
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    NonZeroUsize::new(cores.min(THREADS_MAX)).unwrap_or(NonZeroUsize::MIN)
}

fn tell(judged: &Judged) {
    if let Some(error) = &judged.error {
        tracing::error!("{}: {}", shown(&judged.path), shown(error));
    }
    if let Some(warning) = &judged.warning {
        tracing::warn!("{}: {}", shown(&judged.path), shown(warning));
    }
}

/// What cannot be judged tells nothing, so nothing keeps to a limit on it.
fn outcome(cli: &Cli, quality: &Quality) -> Outcome {
    let (recall, alarms) = (quality.recall_percent(), quality.benign_alarm_percent());
    let too_low = cli.judging.min_recall.filter(|min| recall.is_none_or(|recall| recall < *min));
    let too_high =
        cli.judging.max_false_alarms.filter(|max| alarms.is_none_or(|alarms| alarms > *max));
    if let Some(min) = too_low {
        tracing::error!("less than {min} % of the labelled attacks were found");
    }
    if let Some(max) = too_high {
        tracing::error!("more than {max} % of the benign captures had an alert");
    }
    match (quality.unread.is_empty(), too_low.or(too_high)) {
        (false, _) => Outcome::Unreadable,
        (true, Some(_)) => Outcome::FailOnMet,
        (true, None) => Outcome::Done,
    }
}
