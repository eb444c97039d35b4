//! Where cache, quotas and lists are kept.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;
use std::sync::Arc;

use netsentinel_core::Timestamp;
use netsentinel_core::text::shown;

use super::CACHE_FILE;
use crate::{Cache, ReputationSetupError};

/// `cache.ndjson`, `quota-NAME` for each provider, and `feeds/`.
#[derive(Clone, Debug)]
pub(super) struct Folder(PathBuf);

impl Folder {
    /// Makes it where it is missing, for its owner only.
    pub(super) async fn open(path: PathBuf) -> Result<Self, ReputationSetupError> {
        let folder = Self(path.clone());
        let made = tokio::task::spawn_blocking(move || {
            DirBuilder::new().recursive(true).mode(0o700).create(&folder.0).map(|()| folder)
        });
        let made = made.await.unwrap_or_else(|stopped| Err(std::io::Error::other(stopped)));
        made.map_err(|reason| ReputationSetupError::File { path, reason })
    }

    pub(super) fn quota(&self, name: &str) -> PathBuf {
        self.0.join(format!("quota-{name}"))
    }

    pub(super) fn feeds(&self) -> PathBuf {
        self.0.join("feeds")
    }

    fn cache(&self) -> PathBuf {
        self.0.join(CACHE_FILE)
    }

    /// Adds to `cache` what was kept. Where that can not be read, all is asked about anew.
    pub(super) async fn load(&self, cache: &Arc<Cache>, now: Timestamp) {
        let (path, cache) = (self.cache(), Arc::clone(cache));
        let load = move || cache.load(&path, Some(now));
        match tokio::task::spawn_blocking(load).await {
            Ok(Ok(loaded)) => tracing::info!(
                indicators = loaded.indicators,
                expired = loaded.expired,
                invalid = loaded.invalid,
                "loaded the verdicts that were kept"
            ),
            Ok(Err(error)) => warn_of(&error, "the verdicts that were kept can not be read"),
            Err(stopped) => tracing::error!("loading verdicts has stopped: {stopped}"),
        }
    }

    /// Keeps what `cache` holds; whether that is done.
    pub(super) async fn save(&self, cache: &Arc<Cache>) -> bool {
        let (path, cache) = (self.cache(), Arc::clone(cache));
        match tokio::task::spawn_blocking(move || cache.save(&path)).await {
            Ok(Ok(())) => return true,
            Ok(Err(error)) => warn_of(&error, "verdicts can not be kept on the disk"),
            Err(stopped) => tracing::error!("keeping verdicts has stopped: {stopped}"),
        }
        false
    }
}

fn warn_of(error: &ReputationSetupError, what: &str) {
    tracing::warn!("{what}: {}", shown(&error.to_string()));
}
