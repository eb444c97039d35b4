//! What the scenarios have in common while they are built.

use std::time::Duration;

use netsentinel_core::Timestamp;

use crate::Rng;
use crate::timeline::{Activity, Series, Timeline, Turn};
use crate::traffic::{Background, Endpoint, Plan, Session};

/// Workstations of the light background.
const FEW_HOSTS: u32 = 12;
/// Frames a second of the light background.
const LOW_RATE: u32 = 15;

/// Ports from 49152 to 65534, as in [`Rng::ephemeral_port`].
const EPHEMERAL_PORTS: u64 = 16_383;

/// A scenario being built.
pub(crate) struct Scene {
    pub(super) timeline: Timeline,
    pub(super) rng: Rng,
    pub(super) start: Timestamp,
    pub(super) duration: Option<Duration>,
    pub(super) hosts: u32,
    pub(super) rate: u32,
}

impl Scene {
    pub(super) fn new(
        seed: u64,
        start: Timestamp,
        duration: Option<Duration>,
        hosts: u32,
        rate: u32,
    ) -> Self {
        Self { timeline: Timeline::default(), rng: Rng::new(seed), start, duration, hosts, rate }
    }

    /// The moment `millis` after the start.
    pub(super) fn at(&self, millis: u64) -> Timestamp {
        self.start.after(Duration::from_millis(millis))
    }

    pub(super) fn add(&mut self, at: Timestamp, activity: impl Activity + 'static) {
        self.timeline.add(at, activity);
    }

    /// `count` turns, the first `millis` after the start and the last exactly `span` later.
    pub(super) fn spread(
        &mut self,
        millis: u64,
        span: Duration,
        count: u64,
        act: impl FnMut(u64, &mut Turn<'_>) + Send + 'static,
    ) {
        Series::spread(self.at(millis), span, count, act).add_to(&mut self.timeline);
    }

    /// `count` TCP connections, spread as by [`spread`](Self::spread), between the ends that `ends`
    /// names for each from its number and an ephemeral port; no port comes twice in 16,383.
    pub(super) fn connections(
        &mut self,
        millis: u64,
        span: Duration,
        count: u64,
        plan: Plan,
        mut ends: impl FnMut(u64, u16) -> (Endpoint, Endpoint) + Send + 'static,
    ) {
        let mut rng = self.fork();
        let first = rng.below(EPHEMERAL_PORTS);
        self.spread(millis, span, count, move |index, turn| {
            let port = (49_152 + (first + index) % EPHEMERAL_PORTS) as u16;
            let (client, server) = ends(index, port);
            let number = rng.next_u64() as u32;
            turn.start(turn.now, Session::new(client, server, number, plan));
        });
    }

    /// A little traffic of a few workstations in the first `seconds`.
    ///
    /// Workstations 0 to 11, the server, the resolver and outside hosts in 198.51.100.0/24 and
    /// 192.0.2.0/24 take part; nobody asks for the router by ARP.
    pub(super) fn light_background(&mut self, seconds: u64) {
        let end = self.at(seconds * 1000);
        let background = Background::new(self.fork(), FEW_HOSTS, LOW_RATE, self.start, end);
        self.add(self.start, background.without_gateway_arp());
    }

    /// Traffic of as many hosts and frames as the options say.
    pub(super) fn background(&mut self) -> Background {
        self.background_of(self.rate)
    }

    /// The same with another number of frames a second.
    pub(super) fn background_of(&mut self, rate: u32) -> Background {
        let end = self.duration.map_or(self.start, |duration| self.start.after(duration));
        Background::new(self.fork(), self.hosts, rate, self.start, end)
    }

    /// A generator of its own for one activity, so that activities do not disturb each other.
    pub(super) fn fork(&mut self) -> Rng {
        Rng::new(self.rng.next_u64())
    }
}

/// `window` and one nanosecond: what just does not fit an inclusive window.
pub(super) const fn just_over(window: Duration) -> Duration {
    window.saturating_add(Duration::from_nanos(1))
}
