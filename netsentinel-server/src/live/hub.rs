//! Where the store tells what changed, and the clients of `/ws` hear of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::sync::{Notify, broadcast, watch};

use super::client::Patience;
use super::message::Message;
use crate::store::{Change, Observer};

/// Alerts that wait for the slowest client at most; one that falls further behind must resync.
/// At about 2 KiB each, 8 MiB.
const FEED_CAPACITY: usize = 4096;

/// A message, serialized once for all clients.
pub(super) type Text = Arc<str>;

/// What a client is sent in order, none left out.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// The revision that the client has seen once it has this.
    pub(super) revision: u64,
    /// The message.
    pub(super) text: Text,
}

/// Takes from the store what changes, and hands it to whoever follows.
///
/// Without clients it serializes nothing. It never waits: a client that is too slow loses its place
/// in the feed and is told so.
pub(crate) struct Hub {
    feed: broadcast::Sender<Entry>,
    pub(super) summaries: Summaries,
    clients: AtomicU64,
    /// The last client has gone.
    emptied: Notify,
    pub(super) patience: Patience,
}

/// What is computed from the store when it has changed, once for all clients; only the latest counts.
pub(super) struct Summaries {
    /// Whether alerts changed since the counts were computed.
    pub(super) alerts_changed: AtomicBool,
    /// Whether agents changed since they were listed.
    pub(super) agents_changed: AtomicBool,
    /// The first client came.
    pub(super) wanted: Notify,
    pub(super) stats: watch::Sender<Option<Text>>,
    pub(super) timeline: watch::Sender<Option<Text>>,
    pub(super) agents: watch::Sender<Option<Text>>,
}

impl Hub {
    /// A hub that nobody follows yet. Give it to the store as its observer, put it into `App`, and
    /// spawn [`push_summaries`](super::push_summaries).
    pub(crate) fn new() -> Arc<Self> {
        Self::with(FEED_CAPACITY, Patience::default())
    }

    /// A hub whose clients may fall behind by `capacity` alerts, rounded up to a power of two.
    pub(super) fn with(capacity: usize, patience: Patience) -> Arc<Self> {
        Arc::new(Self {
            feed: broadcast::Sender::new(capacity),
            summaries: Summaries {
                alerts_changed: AtomicBool::new(true),
                agents_changed: AtomicBool::new(true),
                wanted: Notify::new(),
                stats: watch::Sender::new(None),
                timeline: watch::Sender::new(None),
                agents: watch::Sender::new(None),
            },
            clients: AtomicU64::new(0),
            emptied: Notify::new(),
            patience,
        })
    }

    /// How many follow.
    pub(crate) fn clients(&self) -> u64 {
        self.clients.load(Ordering::Relaxed)
    }

    /// Returns when nobody follows.
    pub(super) async fn empty(&self) {
        loop {
            let mut emptied = std::pin::pin!(self.emptied.notified());
            emptied.as_mut().enable();
            if self.clients() == 0 {
                return;
            }
            emptied.await;
        }
    }

    /// A place for one more client, unless there are `max` already.
    pub(super) fn admit(self: &Arc<Self>, max: u64) -> Option<Seat> {
        let taken = self.clients.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |clients| {
            (clients < max).then_some(clients + 1)
        });
        taken.ok().map(|_| Seat(Arc::clone(self)))
    }

    /// Everything that is stored from now on.
    pub(super) fn follow(&self) -> broadcast::Receiver<Entry> {
        let feed = self.feed.subscribe();
        self.summaries.wanted.notify_one();
        feed
    }

    /// Tells the followers, if there are any.
    fn tell(&self, revision: u64, message: &Message<'_>) {
        if self.feed.receiver_count() > 0 {
            // It fails when the last follower has just gone.
            let _ = self.feed.send(Entry { revision, text: message.text() });
        }
    }
}

impl Observer for Hub {
    fn stored(&self, changes: &[Change]) {
        self.summaries.alerts_changed.store(true, Ordering::Release);
        for Change { new, stored } in changes {
            if stored.suppressed_by.is_none() {
                self.tell(stored.revision, &Message::Alert { new: *new, alert: stored });
            }
        }
    }

    fn changed(&self, revision: u64) {
        self.summaries.alerts_changed.store(true, Ordering::Release);
        self.tell(revision, &Message::Changed { revision });
    }

    fn agents_changed(&self) {
        self.summaries.agents_changed.store(true, Ordering::Release);
    }
}

/// A client's place; free again when it is dropped.
pub(super) struct Seat(Arc<Hub>);

impl Drop for Seat {
    fn drop(&mut self) {
        if self.0.clients.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.0.emptied.notify_waiters();
        }
    }
}
