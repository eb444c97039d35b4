//! What heartbeats tell of it.

use netsentinel_transport::wire::{ReputationHealth, ReputationReport};
use netsentinel_vt::Status;
use netsentinel_vt::status::{Health, ProviderStatus};

/// Characters of a reason that are told.
const REASON_CHARS_MAX: usize = 200;

/// What is told of a broker whose status this is: of several providers, how the worst is.
pub(super) fn of(status: &Status) -> ReputationReport {
    let worst = status.providers.iter().max_by_key(|provider| health(provider));
    ReputationReport {
        health: worst.map(health).unwrap_or_default(),
        reason: worst
            .and_then(|worst| worst.reason.as_ref())
            .map(|reason| reason.chars().take(REASON_CHARS_MAX).collect()),
        hits: status.hits,
        misses: status.misses,
        cached: status.cached,
        queued: status.queued,
        dropped: status.notes_dropped + status.queue_dropped,
        requests: status.providers.iter().map(|provider| provider.requests).sum(),
    }
}

fn health(provider: &ProviderStatus) -> ReputationHealth {
    match provider.health {
        Health::Ok => ReputationHealth::Ok,
        Health::Paused => ReputationHealth::Paused,
        Health::Stopped => ReputationHealth::Stopped,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_the_worst_is_told() {
        let provider = |name: &str, health, requests| ProviderStatus {
            name: name.into(),
            health,
            reason: Some(format!("{name} says so")),
            paused_until: None,
            requests,
            answered: 0,
            failed: 0,
            left_minute: None,
            left_day: None,
        };
        assert_eq!(of(&Status::default()), ReputationReport::default());
        let providers = vec![provider("a", Health::Ok, 3), provider("b", Health::Stopped, 4)];
        let told =
            of(&Status { providers, notes_dropped: 1, queue_dropped: 2, ..Status::default() });
        assert_eq!(told.health, ReputationHealth::Stopped);
        assert_eq!(told.reason.as_deref(), Some("b says so"));
        assert_eq!((told.requests, told.dropped), (7, 3));
    }
}
