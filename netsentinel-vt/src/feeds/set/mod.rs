//! All lists in memory, for the packet path.
//!
//! Addresses and domains are kept as fingerprints in one table for all lists ([`slots`]), 11 to 15 bytes
//! each, however many lists hold it; networks as disjoint ranges ([`networks`]). No names are kept.
//! The price: a peek of something that no list holds can hit by chance. With a million entries that
//! is about one different address or name in 3 × 10¹⁰; which, nobody can tell in advance or provoke,
//! since the hash has a key of its own in each process.
//!
//! Whoever peeks takes one snapshot of the pointers to all parts; whoever changes something
//! changes single words in place, or puts one new part beside the others. So loading a list anew
//! needs memory for what is new on it, and not for a copy of it; only a list of which nothing stays the
//! same takes as much again until it is finished.
//!
//! Most of a peek at an address is the two atomic exchanges by which it takes the snapshot and
//! gives it back. A snapshot kept by each thread would cost less, but a thread without traffic
//! would then keep all parts that have been replaced since.

mod counting;
mod gate;
mod keys;
mod load;
mod networks;
mod peek;
mod slots;
mod snapshot;
#[cfg(test)]
mod tests;
mod writer;

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use netsentinel_core::{Indicator, ProviderVerdict, RiskTier};

use counting::Counting;
use gate::Gate;
use keys::Keys;
pub use load::Load;
use snapshot::Snapshot;
use writer::Writer;

/// Lists at most.
pub const FEEDS_MAX: usize = 16;

/// Addresses and domains at most, over all lists: about 250 MB.
pub const INDICATORS_MAX: usize = 1 << 24;

/// Networks at most, over all lists: about 6 MB of IPv4, 25 MB of IPv6.
pub const NETWORKS_MAX: usize = 1 << 18;

/// All lists in memory. Its peek waits for nothing and allocates nothing; loading a list anew needs no
/// second copy of it.
///
/// The first peek of a thread may allocate once, for the thread's share of [`ArcSwap`].
pub struct FeedSet {
    counting: Counting,
    /// Raised before anything is taken away, so that a peek can tell that it looked in between.
    removals: AtomicU64,
    keys: Keys,
    current: ArcSwap<Snapshot>,
    writer: Mutex<Writer>,
    loading: Gate,
    networks_max: usize,
}

/// A list's place in the set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FeedId(pub(super) u8);

impl FeedId {
    fn place(self) -> usize {
        usize::from(self.0)
    }

    /// The list's bit among those that hold something.
    fn bit(self) -> u16 {
        1_u16.checked_shl(u32::from(self.0)).unwrap_or(0)
    }
}

impl FeedSet {
    /// Takes a place for a list, which does not count until it is loaded and
    /// [`set_active`](Self::set_active); none where all places are taken.
    pub fn add(&self, name: &str, tier: RiskTier) -> Option<FeedId> {
        self.writer().add(&self.current, name, tier)
    }

    /// Removes a list and all that only it holds. It stops to count at once; if it is being loaded,
    /// that comes to nothing. Its place can be taken again, so `feed` must not be used any more.
    pub fn remove(&self, feed: FeedId) {
        let mut writer = self.writer();
        self.counting.clear(feed.bit());
        self.removals.fetch_add(1, Ordering::AcqRel);
        writer.remove(&self.current, feed);
    }

    /// Whether the list counts.
    pub fn set_active(&self, feed: FeedId, active: bool) {
        // Held so that the list is not removed in between.
        let _writer = self.writer();
        if !active {
            self.counting.clear(feed.bit());
        } else if let Some(list) = self.current.load().list(feed.place()) {
            self.counting.set(feed.bit(), list.tier);
        }
    }

    /// Begins to load a list. What it held counts on until [`Load::finish`]; one list at a time is loaded,
    /// so this waits until another load has been finished or dropped.
    pub fn load(&self, feed: FeedId) -> Load<'_> {
        self.loading.enter();
        let room = self.writer().begin(&self.current, feed, self.networks_max);
        Load::new(self, feed, room)
    }

    /// The worst tier of the active lists that hold `indicator`, itself, within a network, or below a domain;
    /// `None` where none does.
    pub fn tier(&self, indicator: Indicator<'_>) -> Option<RiskTier> {
        self.look(|snapshot, active| {
            active.tier(snapshot.lists_holding(&self.keys, indicator)) //
        })
    }

    /// Which active lists hold it, the worst first: the list's name, its tier, and `listed`, or
    /// `listed as 198.51.100.0/24` or `listed as bad.example` for the smallest network or the nearest
    /// domain of the list that it lies in.
    pub fn verdicts(&self, indicator: Indicator<'_>) -> Vec<ProviderVerdict> {
        self.look(|snapshot, active| {
            peek::verdicts(snapshot, &self.keys, active.lists(), indicator) //
        })
    }

    /// Bytes of memory that all lists take.
    pub fn bytes(&self) -> usize {
        size_of::<Self>() + Writer::BYTES + self.current.load().bytes()
    }

    /// A set with other bounds than [`INDICATORS_MAX`] and [`NETWORKS_MAX`].
    fn bounded(indicators_max: usize, networks_max: usize) -> Self {
        Self {
            counting: Counting::default(),
            removals: AtomicU64::new(0),
            keys: Keys::default(),
            current: ArcSwap::from_pointee(Snapshot::default()),
            writer: Mutex::new(Writer::new(indicators_max)),
            loading: Gate::default(),
            networks_max,
        }
    }

    fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for FeedSet {
    fn default() -> Self {
        Self::bounded(INDICATORS_MAX, NETWORKS_MAX)
    }
}

impl fmt::Debug for FeedSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FeedSet").field("bytes", &self.bytes()).finish_non_exhaustive()
    }
}
