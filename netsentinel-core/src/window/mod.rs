//! Bounded tables and exact sliding windows: what detectors remember of the traffic.
//!
//! A detector asks one question again and again: *how much of this did that host do lately?* An
//! attacker who can forge addresses can ask it about millions of hosts, so each answer must cost
//! a fixed time and all answers together a fixed memory, taken when the detector is made. Yet the
//! answer has to be exact, or alerts would depend on luck. Both are possible, because a threshold
//! `T` makes most of the past irrelevant:
//!
//! | question, about one key within `W` | primitive | what suffices to be exact |
//! |---|---|---|
//! | at least `T` events? | [`EventWindow`] | the times of the last `T` events |
//! | at least `T` distinct values? | [`DistinctWindow`] | the `T` values seen most recently, with their last times |
//! | what became of the distinct values? | [`TallyWindow`] | the `T` values dated last, with what became of them |
//! | a sum of at least `T`? | [`SumWindow`] | the latest events that together reach `T` |
//! | which item weighs most? | [`HeavyHitters`] | not exact: at most `1/N` of the total too high |
//!
//! Windows are inclusive: at `now`, an event at `t` counts while `now − t ≤ W`. They slide with
//! every event and have no buckets. Time is packet time; where it runs back it is taken to stand
//! still at the newest time the window has seen.
//!
//! # When there is no room
//!
//! Keys live in a [`BoundedMap`]. A key that did nothing for longer than `W` has nothing left in
//! its window, so forgetting it changes no answer; such *idle* keys go first and are not counted.
//! Then go keys that were seen only once, the oldest first: that is what a flood of forged
//! addresses consists of, and it can push out only its like. Keys seen repeatedly go last. Every
//! key forgotten before it was idle is counted in [`Usage::evictions`](crate::Usage::evictions):
//! while that is 0, and [`SumWindow::coalesced`] where there is one, every answer was exact.
//!
//! Events live in 64-byte chunks of one pool a window, several events a chunk, so a host that
//! sends one packet takes one cache line and a busy one as much as its threshold asks for. When
//! the pool runs out, other keys are forgotten by the same order; [`SumWindow`] first gives up
//! resolution in time.
//!
//! # When settings change
//!
//! Every window has a `reconfigure` that takes another threshold and length and goes on with what it
//! has counted. It never counts what did not happen: a lower threshold and a shorter window are exact
//! at once, a higher one and a longer one as soon as the window's length has passed.
//!
//! # Determinism
//!
//! Keys are hashed with a key that is drawn anew in every process, so that nobody can prepare
//! colliding addresses. No result depends on it: the hash table only finds slots, and whatever
//! chooses or iterates follows lists in the order of touching.
//!
//! ```
//! use std::num::{NonZeroU32, NonZeroUsize};
//! use std::time::Duration;
//!
//! use netsentinel_core::window::EventWindow;
//! use netsentinel_core::{Limits, Timestamp};
//!
//! let limits = Limits { max_keys: NonZeroUsize::new(1000).unwrap() };
//! let mut window = EventWindow::new(NonZeroU32::new(3).unwrap(), Duration::from_secs(5), limits);
//! assert_eq!(window.add("host", Timestamp::from_parts(0, 0)), 1);
//! assert_eq!(window.add("host", Timestamp::from_parts(5, 0)), 2); // 5 s ago still counts
//! assert_eq!(window.add("host", Timestamp::from_parts(5, 1)), 2); // 5 s and 1 ns do not
//! ```

mod bounded_map;
mod chunk_pool;
mod distinct;
mod events;
mod hashing;
mod heavy_hitters;
mod keyed_queues;
#[cfg(test)]
mod sequence;
mod sketch;
mod sum;
mod tally;
#[cfg(test)]
mod tests;
mod value_table;

use std::time::Duration;

use crate::Timestamp;

pub use bounded_map::{BoundedMap, Touched};
pub use distinct::{Distinct, DistinctWindow};
pub use events::EventWindow;
pub use heavy_hitters::HeavyHitters;
pub use sketch::{Sketch, SketchPlace};
pub use sum::{SUM_ENTRIES, SumWindow};
pub use tally::{Tallied, Tally, TallyWindow};

/// The length of a window in nanoseconds.
#[derive(Clone, Copy, Debug)]
struct Span(u64);

impl Span {
    /// Whether what happened at `time` still counts at `now`: both ends are inside.
    fn reaches(self, now: Timestamp, time: Timestamp) -> bool {
        now.nanos_since(time) <= self.0
    }
}

/// Spans beyond 584 years, more than a [`Timestamp`] can tell apart, become 584 years.
impl From<Duration> for Span {
    fn from(length: Duration) -> Self {
        Self(u64::try_from(length.as_nanos()).unwrap_or(u64::MAX))
    }
}
