//! Requests in any minute, by the generic cell rate algorithm. The minute has *w* = 60 s and
//! [`SENT_WITHIN`](super::SENT_WITHIN).
//!
//! # Why no minute sees more than the quota
//!
//! A bucket of *n* that fills up in a minute would allow *n* at once and nearly *n* more before the
//! minute is over. So for a quota of *n*, *b* = ⌈*n*/2⌉ may come at once, and one more every
//! *t* = *w* / (*n* − *b* + 1).
//!
//! GCRA keeps the theoretical arrival time *T*. A request at *y* is allowed if *y* ≥ *T* − (*b* − 1)·*t*,
//! and sets *T* to max(*T*, *y*) + *t*. Let *a* be the first request within some minute, and *y* the
//! *k*-th, *k* > *b*. The *k* − 1 requests before *y*, from *a* on, have set *T* ≥ *a* + (*k* − 1)·*t*,
//! so *y* ≥ *a* + (*k* − *b*)·*t*. If *y* is in the same minute, (*k* − *b*)·*t* < *w*, that is
//! *k* − *b* < *n* − *b* + 1, that is *k* ≤ *n*. Rounding *t* up to whole nanoseconds only helps.
//!
//! # Why the last minute is all that a restart needs
//!
//! The proof needs those requests only that share a minute with a later one.

use std::num::{NonZeroU32, NonZeroU64};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{NotKeyed, StateStore};
use governor::{Quota, RateLimiter};
use netsentinel_core::Timestamp;

use super::history::Requests;
use super::{SENT_WITHIN, before};

/// The window: a minute, and how late a request may be sent.
pub(super) const MINUTE: Duration = SENT_WITHIN.saturating_add(Duration::from_secs(60));
const MINUTE_NANOS: u64 = MINUTE.as_nanos() as u64;
/// The latest moment that is reckoned with, so that no sum overflows: 146 years after the start.
const LATEST: u64 = u64::MAX / 4;

/// Allows requests so that no [`MINUTE`] sees more than the quota.
#[derive(Debug)]
pub(super) struct Minute {
    /// Moments are counted from here: a minute before it was made.
    origin: Timestamp,
    /// Requests at once, at most.
    burst: u64,
    /// Nanoseconds between two requests in the long run.
    period: u64,
    state: State,
    limiter: RateLimiter<NotKeyed, State, State, NoOpMiddleware<Duration>>,
}

/// What the limiter reads the time from, and where it keeps what it knows; shared so that both can be set
/// and read.
#[derive(Clone, Debug, Default)]
struct State(Arc<Cell>);

#[derive(Debug, Default)]
struct Cell {
    /// Nanoseconds since the origin.
    now: AtomicU64,
    /// When the next request would be due if none came too early, in nanoseconds since the origin; 0 before
    /// the first.
    arrival: AtomicU64,
}

impl Minute {
    /// A limit of `quota` requests, of which those of `past`, in order and none after `now`, are made.
    pub(super) fn new(
        quota: NonZeroU32,
        now: Timestamp,
        past: impl Iterator<Item = Requests>,
    ) -> Self {
        let burst = quota.get().div_ceil(2);
        let period = MINUTE_NANOS.div_ceil(u64::from(quota.get() - burst) + 1);
        let rate = Quota::with_period(Duration::from_nanos(period))
            .zip(NonZeroU32::new(burst))
            .map_or(Quota::per_minute(NonZeroU32::MIN), |(rate, burst)| rate.allow_burst(burst));
        let state = State::default();
        let limiter = RateLimiter::new(rate, state.clone(), state.clone());
        let minute =
            Self { origin: before(now, MINUTE), burst: burst.into(), period, state, limiter };
        minute.count(past);
        minute
    }

    /// Takes one request.
    ///
    /// # Errors
    ///
    /// When the next may be made.
    pub(super) fn take(&mut self, now: Timestamp) -> Result<(), Timestamp> {
        self.state.0.now.store(self.since_origin(now), Ordering::Relaxed);
        self.limiter.check().map_err(|until| self.origin.after(until.earliest_possible()))
    }

    /// Requests that would be allowed at once.
    pub(super) fn left(&self, now: Timestamp) -> u64 {
        let ahead =
            self.state.0.arrival.load(Ordering::Relaxed).saturating_sub(self.since_origin(now));
        self.burst.saturating_sub(ahead.div_ceil(self.period))
    }

    /// Counts requests that were made, whether or not this quota would have allowed them. Those that it
    /// would not have allowed delay the next one by a minute at most: nothing shares a minute with it then.
    fn count(&self, past: impl Iterator<Item = Requests>) {
        let mut arrival = 0_u64;
        for requests in past {
            let at = self.since_origin(requests.at);
            let cells = self.period.saturating_mul(requests.count.into());
            let free = at + MINUTE_NANOS + self.period * (self.burst - 1);
            arrival = arrival.max(at).saturating_add(cells).min(free);
        }
        self.state.0.arrival.store(arrival, Ordering::Relaxed);
    }

    fn since_origin(&self, moment: Timestamp) -> u64 {
        moment.nanos_since(self.origin).min(LATEST)
    }
}

impl Clock for State {
    type Instant = Duration;

    fn now(&self) -> Duration {
        Duration::from_nanos(self.0.now.load(Ordering::Relaxed))
    }
}

/// Not atomic as a whole, and need not be: [`Minute::take`] lets one at a time through.
impl StateStore for State {
    type Key = NotKeyed;

    fn measure_and_replace<T, F, E>(&self, _: &NotKeyed, decide: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let arrival = NonZeroU64::new(self.0.arrival.load(Ordering::Relaxed));
        let (outcome, next) = decide(arrival.map(|arrival| Nanos::new(arrival.get())))?;
        self.0.arrival.store(next.as_u64(), Ordering::Relaxed);
        Ok(outcome)
    }
}
