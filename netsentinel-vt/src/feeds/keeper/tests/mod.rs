//! The keeper, step by step, with a clock of its own.

mod files;
mod reloads;
mod web;

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use netsentinel_core::config::{Config, Deployment};
use netsentinel_core::{Indicator, RiskTier, Site, Timestamp};
use tempfile::TempDir;

use super::Keeper;
use crate::Scope;
use crate::feeds::FeedSet;
use crate::status::FeedStatus;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

thread_local! {
    /// Tests run on a thread of their own, and so does all that asks for the time.
    static NOW: Cell<Timestamp> = const { Cell::new(Timestamp::from_nanos(1_763_683_200_000_000_000)) };
}

fn clock() -> Timestamp {
    NOW.get()
}

fn pass(time: Duration) {
    NOW.set(NOW.get().after(time));
}

/// A keeper and all that belongs to it.
struct Bench {
    home: TempDir,
    set: Arc<FeedSet>,
    keeper: Arc<Keeper>,
    changes: AtomicUsize,
}

impl Bench {
    /// A keeper of these lists.
    fn new(feeds: &str) -> Self {
        Self::of(&deployment(feeds), tempfile::tempdir().unwrap())
    }

    fn of(deployment: &Deployment, home: TempDir) -> Self {
        let set = Arc::new(FeedSet::default());
        let scope = scope(deployment);
        let folder = home.path().join("feeds");
        let keeper = Keeper::new(deployment, scope, folder, Arc::clone(&set), clock).unwrap();
        Self { home, set, keeper: Arc::new(keeper), changes: AtomicUsize::new(0) }
    }

    /// The same after a restart.
    fn restarted(self, deployment: &Deployment) -> Self {
        Self::of(deployment, self.home)
    }

    /// One step; tells how often something changed in it.
    async fn step(&self) -> usize {
        let before = self.changes.load(Ordering::Relaxed);
        let wait = self
            .keeper
            .step(&|| {
                self.changes.fetch_add(1, Ordering::Relaxed);
            })
            .await;
        assert!(wait >= Duration::from_secs(1) && wait <= MINUTE);
        self.changes.load(Ordering::Relaxed) - before
    }

    async fn step_after(&self, time: Duration) -> usize {
        pass(time);
        self.step().await
    }

    fn status(&self) -> FeedStatus {
        let status = self.keeper.status();
        assert_eq!(status.len(), 1);
        status.into_iter().next().unwrap()
    }

    fn error(&self) -> String {
        self.status().error.unwrap_or_default()
    }

    fn tier(&self, name: &str) -> Option<RiskTier> {
        self.set.tier(Indicator::Domain(name))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join("feeds").join(name)
    }
}

fn deployment(feeds: &str) -> Deployment {
    Config::parse(&format!(r#"{{"reputation": {{"feeds": [{feeds}]}}}}"#)).unwrap().deployment
}

fn scope(deployment: &Deployment) -> Scope {
    Scope::new(&deployment.reputation, &Site::new(Vec::new()))
}

fn feed(name: &str, from: &str) -> String {
    let from = from.replace('\\', "/");
    format!(r#"{{"name": "{name}", "format": "plain", "from": "{from}"}}"#)
}

/// A list of so many names.
fn names(count: usize) -> String {
    (0..count).map(|n| format!("bad{n}.example\n")).collect()
}

fn feed_in(path: &Path) -> String {
    feed("mine", path.to_str().unwrap())
}
