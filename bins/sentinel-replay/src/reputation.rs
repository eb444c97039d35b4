//! What is known of endpoints before a replay begins.

use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use netsentinel_cli::{ConfigFile, name, read_text};
use netsentinel_core::{Clean, KnownReputation, Reputation};
use netsentinel_vt::feeds::FeedSet;
use netsentinel_vt::{Cache, Known, Lifetimes, Scope};

use crate::cli::Cli;

/// Longest table that is read.
const TABLE_LEN_MAX: u64 = 1 << 28;
/// No line of a cache is shorter, so its length tells how many indicators it holds at most.
const CACHE_LINE_LEN_MIN: u64 = 64;
/// Indicators of a cache at most: what `reputation.cache_entries` can be.
const CACHE_ENTRIES_MAX: u64 = 1 << 20;

/// What the command line says is known of endpoints.
///
/// # Errors
///
/// When the file that it names can not be read, or is not what it should be.
pub(crate) fn known(cli: &Cli, config: &ConfigFile) -> Result<Arc<dyn Reputation>> {
    if let Some(path) = &cli.reputation_cache {
        return cached(path, config);
    }
    let Some(path) = &cli.reputation else { return Ok(Arc::new(Clean)) };
    let text = read_text(path, TABLE_LEN_MAX)?;
    let known = KnownReputation::from_json(&text).with_context(|| name(path))?;
    tracing::debug!("{}: {} indicators", name(path), known.len());
    Ok(Arc::new(known))
}

/// The cache in `path`, all of which counts for good: replaying knows no now, and is repeatable.
fn cached(path: &Path, config: &ConfigFile) -> Result<Arc<dyn Reputation>> {
    let length = fs::metadata(path).with_context(|| name(path))?.len();
    let entries = (length / CACHE_LINE_LEN_MIN).clamp(1, CACHE_ENTRIES_MAX);
    let capacity = usize::try_from(entries).ok().and_then(NonZeroUsize::new);
    let settings = &config.config.deployment.reputation;
    let cache = Cache::new(capacity.unwrap_or(NonZeroUsize::MIN), Lifetimes::of(settings));
    let loaded = cache.load(path, None)?;
    if loaded.invalid > 0 {
        tracing::warn!("{}: left out {} lines that make no sense", name(path), loaded.invalid);
    }
    if loaded.indicators == CACHE_ENTRIES_MAX {
        tracing::warn!("{}: no more than {CACHE_ENTRIES_MAX} indicators are read", name(path));
    }
    tracing::debug!("{}: {} indicators", name(path), loaded.indicators);
    let scope = Scope::new(settings, &config.config.pipeline.site());
    Ok(Known::offline(Arc::new(cache), Arc::new(FeedSet::default()), scope))
}
