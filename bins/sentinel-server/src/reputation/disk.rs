//! What a server that does not run has left on the disk.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use anyhow::{Result, bail};
use netsentinel_cli::{name, now};
use netsentinel_core::{IndicatorBuf, RiskTier};
use netsentinel_transport::wire::{IndicatorAnswer, IndicatorState, ReputationAnswer};
use netsentinel_vt::broker::CACHE_FILE;
use netsentinel_vt::{Cache, Lifetimes, Scope, Status};

use super::indicator;
use crate::setup::Setup;

const NANOS: u64 = 1_000_000_000;

/// How many verdicts there are.
pub(super) fn status(setup: &Setup) -> Result<Status> {
    let cache = cache(setup)?;
    let (cached, cache_max, _) = cache.usage();
    let dry_run = setup.deployment.reputation.dry_run;
    Ok(Status { dry_run, cached, cache_max, ..Status::default() })
}

/// What was known; lists are not looked at.
pub(super) fn look_up(setup: &Setup, indicators: &[String]) -> Result<ReputationAnswer> {
    let cache = cache(setup)?;
    let scope = Scope::new(&setup.deployment.reputation, &setup.site());
    let indicators = indicators.iter().map(|text| known(&cache, &scope, indicator(text))).collect();
    Ok(ReputationAnswer { at: now(), indicators })
}

fn known(cache: &Cache, scope: &Scope, indicator: IndicatorBuf) -> IndicatorAnswer {
    let now = now();
    let asked = scope.asked_about(indicator.borrowed());
    let remembered = asked.and_then(|asked| cache.look(&asked, now));
    match remembered {
        Some(remembered) => IndicatorAnswer {
            indicator,
            state: IndicatorState::Known,
            lasts_s: (remembered.until.nanos_since(now) / NANOS).max(1),
            tier: remembered.tier,
            verdicts: remembered.verdicts,
        },
        None => IndicatorAnswer {
            indicator,
            state: IndicatorState::NotAsked,
            lasts_s: 0,
            tier: RiskTier::Clean,
            verdicts: Vec::new(),
        },
    }
}

fn cache(setup: &Setup) -> Result<Cache> {
    let file: PathBuf = setup.reputation_dir().join(CACHE_FILE);
    if !file.exists() {
        bail!(
            "no server runs here, and it has left no verdicts in {}: start it first",
            name(&file)
        );
    }
    let settings = &setup.deployment.reputation;
    let capacity = usize::try_from(settings.cache_entries.get()).unwrap_or(usize::MAX);
    let cache = Cache::new(
        NonZeroUsize::new(capacity).unwrap_or(NonZeroUsize::MIN),
        Lifetimes::of(settings),
    );
    cache.load(&file, Some(now()))?;
    tracing::warn!(
        "no server runs here: this is what it has left in {}, without lists; start it to ask",
        name(&file)
    );
    Ok(cache)
}
