//! What changes the lists, one at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwap;
use netsentinel_core::RiskTier;

use super::FeedId;
use super::keys::{Key, SHARDS};
use super::networks::ListNetworks;
use super::slots::{self, MARK, Place};
use super::snapshot::{List, Snapshot};

/// What the one that changes the lists remembers.
pub(super) struct Writer {
    usage: Box<[Usage; SHARDS]>,
    /// Entries of all parts that a list holds or that are new to one.
    live: usize,
    live_max: usize,
    /// The list that is being loaded; none, too, when it was removed meanwhile.
    loading: Option<FeedId>,
    /// Snapshots that somebody still looked through when they were replaced: kept until nobody
    /// does, so that memory is never freed on the packet path. At most one for each thread that peeks.
    retired: Vec<Arc<Snapshot>>,
}

/// How full a part is.
#[derive(Clone, Copy, Default)]
struct Usage {
    /// Slots that are not empty.
    used: u32,
    /// Those of them that a list holds, or that are new to one.
    live: u32,
}

impl Writer {
    /// Bytes that it takes beside itself.
    pub(super) const BYTES: usize = size_of::<[Usage; SHARDS]>();

    pub(super) fn new(live_max: usize) -> Self {
        Self {
            usage: Box::new([Usage::default(); SHARDS]),
            live: 0,
            live_max,
            loading: None,
            retired: Vec::new(),
        }
    }

    /// Takes a free place for a list.
    pub(super) fn add(
        &mut self,
        current: &ArcSwap<Snapshot>,
        name: &str,
        tier: RiskTier,
    ) -> Option<FeedId> {
        let mut next = Snapshot::clone(&current.load());
        let lists = Arc::make_mut(&mut next.lists);
        let (place, list) = (0_u8..).zip(lists).find(|(_, list)| list.is_none())?;
        *list = Some(List { name: name.into(), tier });
        self.publish(current, next);
        Some(FeedId(place))
    }

    /// Takes a list away, which no longer counts.
    pub(super) fn remove(&mut self, current: &ArcSwap<Snapshot>, feed: FeedId) {
        if current.load().list(feed.place()).is_none() {
            return;
        }
        let mut gone = u64::from(feed.bit());
        if self.loading == Some(feed) {
            self.loading = None;
            gone |= MARK;
        }
        self.change_words(current, |word| word & !gone);
        self.compact(current);
        self.set_networks(current, feed, ListNetworks::default());
        let mut next = Snapshot::clone(&current.load());
        if let Some(list) = Arc::make_mut(&mut next.lists).get_mut(feed.place()) {
            *list = None;
        }
        self.publish(current, next);
    }

    /// Begins to load a list; tells how many networks it may have, with `networks_max` for all lists.
    pub(super) fn begin(
        &mut self,
        current: &ArcSwap<Snapshot>,
        feed: FeedId,
        networks_max: usize,
    ) -> usize {
        let snapshot = current.load();
        self.loading = snapshot.list(feed.place()).map(|_| feed);
        networks_max.saturating_sub(snapshot.networks.len_without(feed.place()))
    }

    /// The list being loaded holds this; `false` where there is no room for more, or no such list.
    pub(super) fn mark(&mut self, current: &ArcSwap<Snapshot>, key: Key) -> bool {
        let Some(usage) = self.usage.get(key.shard).copied() else { return false };
        let snapshot = current.load();
        let Some(slots) = snapshot.shards.get(key.shard) else { return false };
        let may_grow = self.live < self.live_max;
        let (slot, word, used) = match slots::seek(slots, key.print) {
            _ if self.loading.is_none() => return false,
            Place::Held(slot, word) if slots::is_live(word) => {
                slot.store(word | MARK, Ordering::Release);
                return true;
            }
            _ if !may_grow => return false,
            Place::Held(slot, word) => (slot, word | MARK, usage.used),
            Place::Reused(slot) => (slot, slots::fresh(key.print), usage.used),
            Place::Empty(slot) if !slots::is_crowded(usage.used as usize, slots.len()) => {
                (slot, slots::fresh(key.print), usage.used + 1)
            }
            Place::Empty(_) | Place::Full => {
                drop(snapshot);
                self.rebuild(current, key.shard, 1);
                // Now there is an empty slot, and the part is not crowded.
                return self.mark(current, key);
            }
        };
        slot.store(word, Ordering::Release);
        self.live += 1;
        if let Some(kept) = self.usage.get_mut(key.shard) {
            *kept = Usage { used, live: usage.live + 1 };
        }
        true
    }

    /// The list being loaded holds what is marked, and these networks; tells how many that is.
    pub(super) fn finish(
        &mut self,
        current: &ArcSwap<Snapshot>,
        removals: &AtomicU64,
        feed: FeedId,
        networks: ListNetworks,
    ) -> u64 {
        if self.loading.take() != Some(feed) {
            return 0;
        }
        let bit = u64::from(feed.bit());
        // First all that is new is there, then what is no longer held goes: what moves from a word to another, or
        // between words and networks, is always in one of them.
        let marked =
            self.change_words(current, |word| if word & MARK != 0 { word | bit } else { word });
        let listed = networks.len();
        self.set_networks(current, feed, networks);
        removals.fetch_add(1, Ordering::AcqRel);
        self.change_words(current, |word| word & !if word & MARK != 0 { MARK } else { bit });
        self.compact(current);
        (marked + listed) as u64
    }

    /// The list being loaded stays as it was.
    pub(super) fn abandon(&mut self, current: &ArcSwap<Snapshot>) {
        if self.loading.take().is_some() {
            self.change_words(current, |word| word & !MARK);
            self.compact(current);
        }
    }

    /// Changes each word to what `change` makes of it, in place; tells how many were marked before.
    fn change_words(&mut self, current: &ArcSwap<Snapshot>, change: impl Fn(u64) -> u64) -> usize {
        let snapshot = current.load();
        let mut marked = 0;
        self.live = 0;
        for (slots, usage) in snapshot.shards.iter().zip(self.usage.iter_mut()) {
            usage.live = 0;
            for slot in slots.iter() {
                let word = slot.load(Ordering::Relaxed);
                let changed = change(word);
                if changed != word {
                    slot.store(changed, Ordering::Release);
                }
                marked += usize::from(word & MARK != 0);
                usage.live += u32::from(slots::is_live(changed));
            }
            self.live += usage.live as usize;
        }
        marked
    }

    /// Makes those parts anew by which much is gained, one after the other.
    fn compact(&mut self, current: &ArcSwap<Snapshot>) {
        for shard in 0..SHARDS {
            let Some(Usage { used, live }) = self.usage.get(shard).copied() else { continue };
            let capacity = current.load().shards.get(shard).map_or(0, |slots| slots.len());
            if slots::is_sparse(used as usize, live as usize, capacity) {
                self.rebuild(current, shard, 0);
            }
        }
    }

    /// Makes a part anew, with room for what is live and `more`.
    fn rebuild(&mut self, current: &ArcSwap<Snapshot>, shard: usize, more: usize) {
        let Some(usage) = self.usage.get_mut(shard) else { return };
        usage.used = usage.live;
        let mut next = Snapshot::clone(&current.load());
        if let Some(slots) = next.shards.get_mut(shard) {
            *slots = slots::rebuilt(slots, slots::capacity_for(usage.live as usize + more));
        }
        self.publish(current, next);
    }

    fn set_networks(&mut self, current: &ArcSwap<Snapshot>, feed: FeedId, networks: ListNetworks) {
        let mut next = Snapshot::clone(&current.load());
        if let Some(changed) = next.networks.with(feed.place(), networks) {
            next.networks = Arc::new(changed);
            self.publish(current, next);
        }
    }

    fn publish(&mut self, current: &ArcSwap<Snapshot>, next: Snapshot) {
        self.retired.push(current.swap(Arc::new(next)));
        self.retired.retain(|snapshot| Arc::strong_count(snapshot) > 1);
    }
}
