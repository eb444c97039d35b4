//! How much an agent may send.

use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{PoisonError, RwLock};
use std::time::{Duration, Instant};

use governor::clock::{Clock as _, DefaultClock};
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};
use netsentinel_core::config::ServerSettings;
use netsentinel_transport::wire::AgentId;

use super::window::{AlertWindow, Allowed};

/// Enrolments from one address within a minute: some hundred agents may start behind one router.
const ENROLMENTS_PER_MINUTE: u32 = 600;
/// Heartbeats of one agent within a minute; it sends two.
const HEARTBEATS_PER_MINUTE: u32 = 120;

type Keyed<K> = RateLimiter<K, DefaultKeyedStateStore<K>, DefaultClock>;

/// How much an agent may send.
pub(crate) struct IngestLimits {
    alerts: RwLock<AlertWindow>,
    heartbeats: Keyed<AgentId>,
    enrolments: Keyed<IpAddr>,
    clock: DefaultClock,
}

impl IngestLimits {
    /// The limits of a configuration.
    pub(crate) fn new(settings: &ServerSettings) -> Self {
        let minute = Duration::from_secs(60);
        Self {
            alerts: RwLock::new(AlertWindow::new(settings, Instant::now())),
            heartbeats: keyed(quota(HEARTBEATS_PER_MINUTE, minute)),
            enrolments: keyed(quota(ENROLMENTS_PER_MINUTE, minute)),
            clock: DefaultClock::default(),
        }
    }

    /// From now on the limits of `settings` count; what was sent until now does not.
    pub(crate) fn replace(&self, settings: &ServerSettings) {
        let fresh = AlertWindow::new(settings, Instant::now());
        *self.alerts.write().unwrap_or_else(PoisonError::into_inner) = fresh;
    }

    /// How many of `asked` alerts `agent` may send now; these count.
    pub(super) fn alerts(&self, agent: &AgentId, asked: usize) -> Allowed {
        let alerts = self.alerts.read().unwrap_or_else(PoisonError::into_inner);
        alerts.take(agent, asked, Instant::now())
    }

    /// `alerts` that `agent` was allowed could not be kept: it may send as many again.
    pub(super) fn give_back(&self, agent: &AgentId, alerts: usize) {
        self.alerts.read().unwrap_or_else(PoisonError::into_inner).give_back(agent, alerts);
    }

    /// Whether `agent` may send a heartbeat now.
    pub(super) fn heartbeat(&self, agent: &AgentId) -> Result<(), Duration> {
        self.check(&self.heartbeats, agent)
    }

    /// Whether an agent may enrol from this network now.
    pub(super) fn enrolment(&self, from: IpAddr) -> Result<(), Duration> {
        self.check(&self.enrolments, &from)
    }

    /// Forgets whoever has not sent for so long that it makes no difference.
    pub(crate) fn forget_idle(&self) {
        let alerts = self.alerts.read().unwrap_or_else(PoisonError::into_inner);
        alerts.forget_idle(Instant::now());
        drop(alerts);
        self.heartbeats.retain_recent();
        self.heartbeats.shrink_to_fit();
        self.enrolments.retain_recent();
        self.enrolments.shrink_to_fit();
    }

    fn check<K: Hash + Eq + Clone>(&self, limiter: &Keyed<K>, key: &K) -> Result<(), Duration> {
        let now = self.clock.now();
        limiter.check_key(key).map_err(|refused| refused.wait_time_from(now))
    }
}

/// Whole seconds, rounded up, at least 1.
pub(super) fn retry_after_s(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0).max(u64::from(wait.is_zero()))
}

/// `max` at once, and as many again in every `window`.
fn quota(max: u32, window: Duration) -> Quota {
    let max = NonZeroU32::new(max).unwrap_or(NonZeroU32::MIN);
    let period = (window / max.get()).max(Duration::from_nanos(1));
    Quota::with_period(period).unwrap_or(Quota::per_second(max)).allow_burst(max)
}

fn keyed<K: Hash + Eq + Clone>(quota: Quota) -> Keyed<K> {
    RateLimiter::keyed(quota)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_is_rounded_up() {
        let seconds = |millis| retry_after_s(Duration::from_millis(millis));
        assert_eq!([0, 1, 999, 1000, 1001].map(seconds), [1, 1, 1, 1, 2]);
    }
}
