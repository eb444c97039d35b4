//! Many at once: one order for all.

use std::sync::{Arc, Mutex};

use super::{Sample, agent, alert, at};
use crate::store::{Change, Observer, Store};

const TASKS: u8 = 8;
const BATCHES: u32 = 12;
const BATCH: u32 = 5;

/// Remembers what it is told.
#[derive(Default)]
pub(crate) struct Witness {
    revisions: Mutex<Vec<u64>>,
}

impl Observer for Witness {
    fn stored(&self, changes: &[Change]) {
        self.revisions.lock().unwrap().extend(changes.iter().map(|change| change.stored.revision));
    }

    fn changed(&self, _: u64) {}

    fn agents_changed(&self) {}
}

/// Whoever follows the changes by their revisions, while many add alerts, sees all of them once, and
/// the observer is told of all in the same order. `store` is empty and tells `witness`.
pub(crate) async fn one_order_for_all(store: Arc<dyn Store>, witness: Arc<Witness>) {
    let all = usize::from(TASKS) * (BATCHES * BATCH) as usize;
    let follower = tokio::spawn(follow(Arc::clone(&store), all));
    let tasks: Vec<_> =
        (0..TASKS).map(|task| tokio::spawn(add(Arc::clone(&store), task))).collect();
    for task in tasks {
        task.await.unwrap();
    }
    let seen = follower.await.unwrap();
    assert_eq!(seen, (1..=all as u64).collect::<Vec<_>>());
    assert_eq!(*witness.revisions.lock().unwrap(), seen);
    assert_eq!(store.stats().await.unwrap().alerts.high, all as u64);
}

async fn add(store: Arc<dyn Store>, task: u8) {
    for batch in 0..BATCHES {
        let sample = |id| alert(Sample { id: batch * BATCH + id, ..Sample::default() });
        let alerts = (0..BATCH).map(sample).collect();
        let outcomes = store.add_alerts(&agent(task), alerts, at(0)).await.unwrap();
        assert_eq!(outcomes.len(), BATCH as usize);
    }
}

async fn follow(store: Arc<dyn Store>, all: usize) -> Vec<u64> {
    let mut seen: Vec<u64> = Vec::new();
    while seen.len() < all {
        let after = seen.last().copied().unwrap_or(0);
        seen.extend(store.changes(after, 7).await.unwrap().iter().map(|change| change.revision));
    }
    seen
}
