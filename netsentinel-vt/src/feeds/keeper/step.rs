//! What the task does, one step at a time.

use std::sync::Arc;
use std::time::Duration;

use netsentinel_core::Timestamp;
use tokio::task::spawn_blocking;

use super::error::{LoadError, reasons};
use super::feed::{Feed, Stamp};
use super::load::{Job, Loaded};
use super::obtain::obtain;
use super::{Keeper, Settings};
use crate::feeds::fetch::{FetchError, Fetched, Place, Validators};

/// Time between two looks at the lists in files, and at what is too old.
const LOOK_EVERY: Duration = Duration::from_secs(60);
/// The shortest pause, whatever the clock does.
const PAUSE_MIN: Duration = Duration::from_secs(1);

impl Keeper {
    /// Takes new settings, reads copies, loads what is due, and lets expire what is too old. Tells how long
    /// there is nothing to do.
    pub(super) async fn step(&self, changed: &(dyn Fn() + Send + Sync)) -> Duration {
        self.take_settings(changed);
        self.look_at_files().await;
        loop {
            if let Some(index) = self.find(|feed| feed.restore) {
                self.restore(index, changed).await;
            } else if let Some(index) = self.find(|feed| feed.is_due((self.clock)())) {
                self.load(index, changed).await;
            } else {
                break;
            }
            // They may have come in the meantime.
            self.take_settings(changed);
        }
        self.expire(changed);
        let (state, now) = (self.lock(), (self.clock)());
        let next = state.feeds.iter().map(|feed| feed.wait(now)).min();
        next.unwrap_or(LOOK_EVERY).clamp(PAUSE_MIN, LOOK_EVERY)
    }

    fn find(&self, which: impl Fn(&Feed) -> bool) -> Option<usize> {
        self.lock().feeds.iter().position(which)
    }

    fn take_settings(&self, changed: &(dyn Fn() + Send + Sync)) {
        let mut state = self.lock();
        let Some(settings) = state.next.take() else { return };
        let mut before = std::mem::take(&mut state.feeds);
        for plan in &settings.plans.feeds {
            let kept = before.iter().position(|feed| feed.plan == *plan);
            let mut feed = match kept {
                Some(index) => before.swap_remove(index),
                None => Feed::new(plan.clone()),
            };
            // What the configuration allows may be another now.
            feed.restore = true;
            feed.retry_soon();
            state.feeds.push(feed);
        }
        // First, so that their places are free.
        let removed = !before.is_empty();
        before.iter().filter_map(|feed| feed.id).for_each(|id| self.set.remove(id));
        state.current = settings;
        drop(state);
        if removed {
            changed();
        }
    }

    /// Makes those due whose file has changed.
    async fn look_at_files(&self) {
        let files: Vec<_> = self.lock().feeds.iter().map(|feed| feed.plan.place.clone()).collect();
        for (index, place) in files.into_iter().enumerate() {
            let Some(stamp) = stamp(&place).await else { continue };
            // Only this task changes the order.
            if let Some(feed) = self.lock().feeds.get_mut(index)
                && feed.stamp != Some(stamp)
            {
                feed.make_due();
            }
        }
    }

    /// Reads what is known of a list, and its copy.
    async fn restore(&self, index: usize, changed: &(dyn Fn() + Send + Sync)) {
        let now = (self.clock)();
        let Some(job) = self.job(index, now) else { return };
        let read = move || match job.copies.read_record(&job.plan) {
            Some(record) if record.indicators.is_some() => (Some(record), job.restore()),
            record => (record, Ok(None)),
        };
        let (record, restored) =
            spawn_blocking(read).await.unwrap_or((None, Err(LoadError::Stopped)));
        let mut state = self.lock();
        let Some(feed) = state.feeds.get_mut(index) else { return };
        feed.restore = false;
        let first = !feed.held;
        if first && let Some(record) = record {
            feed.remember(record);
        }
        match restored {
            Ok(Some(loaded)) => {
                feed.take(&loaded);
                feed.active = !feed.is_too_old(now);
                if let Some(id) = feed.id {
                    self.set.set_active(id, feed.active);
                }
                drop(state);
                changed();
            }
            // There never was one, or somebody has deleted it: what is in memory stays.
            Ok(None) if first => feed.forget_copy(),
            Ok(None) => {}
            Err(error) => {
                feed.failed(&error, now);
                if first {
                    feed.forget_copy();
                    feed.make_due();
                }
            }
        }
    }

    async fn load(&self, index: usize, changed: &(dyn Fn() + Send + Sync)) {
        let now = (self.clock)();
        let Some(job) = self.job(index, now) else { return };
        let settings = self.lock().current.clone();
        let plan = job.plan.clone();
        let stamp = stamp(&plan.place).await;
        let has_copy = job.copies.list(&plan.name).exists();
        let (before, validators) = {
            let mut state = self.lock();
            let Some(feed) = state.feeds.get_mut(index) else { return };
            feed.stamp = stamp;
            feed.record.asked = Some(now);
            let known = feed.held && has_copy && feed.record.validators != Validators::default();
            (feed.before(now), known.then(|| feed.record.validators.clone()))
        };
        // On the disk before the request is made: a restart must not ask once more.
        self.keep_record(index).await;
        let obtained = tokio::select! {
            obtained = self.obtain(&job, &settings, validators.as_ref()) => obtained,
            () = self.settings_come() => {
                self.copies.discard(&plan.name);
                return;
            }
        };
        let loaded = match obtained {
            Ok(Fetched::Unchanged) => Ok(None),
            Ok(Fetched::Changed(validators)) => spawn_blocking(move || job.admit(before))
                .await
                .unwrap_or(Err(LoadError::Stopped))
                .map(|loaded| Some((loaded, validators))),
            Err(error) => {
                self.copies.discard(&plan.name);
                Err(error)
            }
        };
        self.finish(index, loaded, changed);
        self.keep_record(index).await;
    }

    async fn settings_come(&self) {
        loop {
            self.reloaded.notified().await;
            // Those that it was about may have been taken long ago.
            if self.lock().next.is_some() {
                return;
            }
        }
    }

    async fn obtain(
        &self,
        job: &Job,
        settings: &Settings,
        validators: Option<&Validators>,
    ) -> Result<Fetched, LoadError> {
        obtain(&job.plan, settings, &self.copies, validators).await
    }

    fn finish(
        &self,
        index: usize,
        loaded: Result<Option<(Loaded, Validators)>, LoadError>,
        changed: &(dyn Fn() + Send + Sync),
    ) {
        let now = (self.clock)();
        let mut state = self.lock();
        let Some(feed) = state.feeds.get_mut(index) else { return };
        match loaded {
            Ok(new) => {
                let news = new.is_some() || !feed.active;
                if let Some((loaded, validators)) = new {
                    feed.take(&loaded);
                    feed.record.validators = validators;
                    feed.record.indicators = Some(loaded.parsed.indicators);
                    tracing::info!(
                        feed = feed.plan.name,
                        indicators = loaded.held,
                        skipped = loaded.parsed.skipped,
                        reasons = reasons(&loaded.parsed),
                        "loaded a list"
                    );
                }
                feed.succeeded(now);
                feed.active = true;
                feed.id.iter().for_each(|id| self.set.set_active(*id, true));
                drop(state);
                if news {
                    changed();
                }
            }
            Err(error) => {
                // A request that was refused costs nothing of a quota, and another key helps at once.
                if matches!(error, LoadError::Fetch(FetchError::Refused(_))) {
                    feed.record.asked = feed.record.current;
                }
                feed.failed(&error, now);
            }
        }
    }

    fn expire(&self, changed: &(dyn Fn() + Send + Sync)) {
        let now = (self.clock)();
        let mut state = self.lock();
        let mut expired = false;
        for feed in state.feeds.iter_mut().filter(|feed| feed.active && feed.is_too_old(now)) {
            feed.active = false;
            feed.id.iter().for_each(|id| self.set.set_active(*id, false));
            tracing::warn!(feed = feed.plan.name, "the list is too old, and no longer counts");
            expired = true;
        }
        drop(state);
        if expired {
            changed();
        }
    }

    /// What is to be done for a list, which gets its place in the set.
    fn job(&self, index: usize, now: Timestamp) -> Option<Job> {
        let mut state = self.lock();
        let screen = state.current.screen.clone();
        let feed = state.feeds.get_mut(index)?;
        feed.id = feed.id.or_else(|| self.set.add(&feed.plan.name, feed.plan.tier));
        let Some(id) = feed.id else {
            feed.restore = false;
            feed.failed(&LoadError::NoPlace, now);
            return None;
        };
        let (plan, copies) = (feed.plan.clone(), self.copies.clone());
        Some(Job { plan, id, screen, copies, set: Arc::clone(&self.set), now })
    }

    async fn keep_record(&self, index: usize) {
        let (name, record) = {
            let state = self.lock();
            let Some(feed) = state.feeds.get(index) else { return };
            (feed.plan.name.clone(), feed.record.clone())
        };
        let copies = self.copies.clone();
        let kept = spawn_blocking(move || copies.write_record(&name, &record)).await;
        if let Ok(Err(error)) = kept {
            tracing::warn!("what is known of a list can not be kept: {error}");
        }
    }
}

/// When the file of a list was changed, and its size; nothing of a list that is in no file, or not there.
async fn stamp(place: &Place) -> Option<Stamp> {
    let Place::File(path) = place else { return None };
    let metadata = tokio::fs::metadata(path).await.ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}
