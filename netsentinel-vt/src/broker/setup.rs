//! Making a broker of its settings.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use netsentinel_core::config::{Deployment, ReputationSettings};
use tokio_util::sync::CancellationToken;

use super::asker::{self, Asker};
use super::folder::Folder;
use super::shared::Shared;
use super::{Broker, BrokerSetup, Clock, Running, rounds};
use crate::feeds::{FeedSet, Keeper};
use crate::limiter::Limiter;
use crate::queue::ASKERS_MAX;
use crate::{Cache, Known, Lifetimes, Provider, ReputationSetupError, Scope, providers};

impl Broker {
    /// [`start`](Self::start), with another clock and another pace.
    pub(super) async fn start_at(
        setup: BrokerSetup,
        clock: Clock,
        notes_every: Duration,
    ) -> Result<Self, ReputationSetupError> {
        let BrokerSetup { deployment, site, folder, providers: given, wake } = setup;
        let settings = &deployment.reputation;
        let given: Option<Vec<Arc<dyn Provider>>> =
            given.map(|given| given.into_iter().map(Arc::from).collect());
        let providers = providers(&deployment, given.as_deref())?;
        let folder = Folder::open(folder).await?;
        let cache =
            Arc::new(Cache::new(entries(settings.cache_entries.get()), lifetimes(settings)));
        folder.load(&cache, clock()).await;
        let (feeds, scope) = (Arc::new(FeedSet::default()), Scope::new(settings, &site));
        let keeper = match given {
            Some(_) => None,
            None => {
                let (scope, feeds) = (scope.clone(), Arc::clone(&feeds));
                let keeper = Keeper::new(&deployment, scope, folder.feeds(), feeds, clock)?;
                Some(Arc::new(keeper))
            }
        };
        let known = Known::new(
            Arc::clone(&cache),
            Arc::clone(&feeds),
            scope.clone(),
            clock(),
            Arc::clone(&wake),
        );
        let shared = Arc::new(Shared::new(known, cache, feeds, clock, folder));
        let askers = askers(providers, settings.dry_run, &[], &shared).await?;
        if settings.dry_run {
            shared.change_dry_run(true).await;
        }
        shared.change(scope, askers, queue_entries(settings));
        let stop = CancellationToken::new();
        let running = Running::begin(&shared, &stop, settings.dry_run);
        let rounds = rounds::run(Arc::clone(&shared), notes_every, stop.clone());
        let mut background = vec![tokio::spawn(rounds)];
        if let Some(keeper) = keeper.clone() {
            let known = Arc::clone(&shared.known);
            let changed = Arc::new(move || known.feeds_changed());
            background.push(tokio::spawn(keeper.run(stop.clone(), changed)));
        }
        let _stops = stop.clone().drop_guard();
        let running = running.into();
        Ok(Self { shared, given, keeper, running, stop, background, _stops })
    }
}

/// Who is asked: those given, else those that the configuration has keys for.
pub(super) fn providers(
    deployment: &Deployment,
    given: Option<&[Arc<dyn Provider>]>,
) -> Result<Vec<Arc<dyn Provider>>, ReputationSetupError> {
    let all: Vec<Arc<dyn Provider>> = match given {
        Some(given) => given.to_vec(),
        None => providers::configured(deployment)?.into_iter().map(Arc::from).collect(),
    };
    let wrong = |reason: String| Err(ReputationSetupError::Key { key: "providers".into(), reason });
    if all.len() > ASKERS_MAX {
        return wrong(format!("{} are too many: ask {ASKERS_MAX} at most", all.len()));
    }
    for (at, provider) in all.iter().enumerate() {
        let name = provider.name();
        let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_');
        // A name is part of a file's name.
        if name.is_empty() || name.len() > 64 || !name.bytes().all(fits) {
            return wrong(format!("{name:?} is no name: use small letters, digits, - and _"));
        }
        if all.iter().skip(at + 1).any(|other| other.name() == name) {
            return wrong(format!("two are named {name}: give each its own name"));
        }
    }
    Ok(all)
}

/// Opens the quota of each, but for those that go on with the quota they have. A dry run has quotas of its
/// own, which outlive nothing.
pub(super) async fn askers(
    providers: Vec<Arc<dyn Provider>>,
    dry_run: bool,
    kept: &[Arc<Asker>],
    shared: &Shared,
) -> Result<Vec<Arc<Asker>>, ReputationSetupError> {
    let mut askers = Vec::with_capacity(providers.len());
    for (index, provider) in providers.into_iter().enumerate() {
        let limiter = match kept.iter().find(|asker| asker.name() == provider.name()) {
            Some(asker) => asker.limiter(),
            None => {
                let file = (!dry_run).then(|| shared.folder.quota(provider.name()));
                let (quota, now) = (asker::quota(&*provider, dry_run), (shared.clock)());
                let open = move || Limiter::open(file.as_deref(), quota, now);
                let opened = tokio::task::spawn_blocking(open).await;
                let opened = opened.unwrap_or_else(|stopped| {
                    let reason = std::io::Error::other(stopped);
                    let path = shared.folder.quota(provider.name());
                    Err(ReputationSetupError::File { path, reason })
                });
                Arc::new(Mutex::new(opened?))
            }
        };
        askers.push(Arc::new(Asker::new(index, provider, limiter, dry_run)));
    }
    Ok(askers)
}

pub(super) fn lifetimes(settings: &ReputationSettings) -> Lifetimes {
    let hours = |hours: u64| Duration::from_secs(hours * 3_600);
    Lifetimes {
        bad: hours(settings.bad_hours.get()),
        clean: hours(settings.clean_hours.get()),
        error: Duration::from_secs(settings.error_minutes.get() * 60),
    }
}

pub(super) fn queue_entries(settings: &ReputationSettings) -> NonZeroUsize {
    entries(settings.queue_entries.get())
}

fn entries(number: u64) -> NonZeroUsize {
    usize::try_from(number).ok().and_then(NonZeroUsize::new).unwrap_or(NonZeroUsize::MIN)
}
