//! How many bodies are read at once, in all and of one caller.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

/// Turns to have a body read and judged. One caller takes a quarter of them at most, so that an agent
/// that sends many bodies slowly does not keep the others waiting.
pub(super) struct Turns {
    each_max: usize,
    all: Semaphore,
    by_caller: Mutex<HashMap<String, usize>>,
}

/// A turn; given back when dropped.
pub(super) struct Turn<'a> {
    _permit: SemaphorePermit<'a>,
    _share: Share<'a>,
}

struct Share<'a> {
    turns: &'a Turns,
    caller: String,
}

impl Turns {
    /// `max` turns, at least four.
    pub(super) fn new(max: usize) -> Self {
        let max = max.max(4);
        Self { each_max: max / 4, all: Semaphore::new(max), by_caller: Mutex::default() }
    }

    /// A turn for `caller`, once there is one; `None` when it has its share already, or when none
    /// came within `patience`.
    pub(super) async fn take(&self, caller: String, patience: Duration) -> Option<Turn<'_>> {
        let share = self.share(caller)?;
        let permit = timeout(patience, self.all.acquire()).await.ok()?.ok()?;
        Some(Turn { _permit: permit, _share: share })
    }

    fn share(&self, caller: String) -> Option<Share<'_>> {
        let mut by_caller = self.by_caller.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = by_caller.entry(caller.clone()).or_default();
        if *taken >= self.each_max {
            return None;
        }
        *taken += 1;
        Some(Share { turns: self, caller })
    }
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        let mut by_caller = self.turns.by_caller.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(taken) = by_caller.get_mut(&self.caller) {
            *taken = taken.saturating_sub(1);
            if *taken == 0 {
                by_caller.remove(&self.caller);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_caller_takes_a_quarter_at_most() {
        let turns = Turns::new(8);
        let take = async |caller: &str| turns.take(caller.into(), Duration::from_millis(10)).await;
        let first = take("agent:1").await;
        let second = take("agent:1").await;
        assert!(first.is_some() && second.is_some());
        assert!(take("agent:1").await.is_none());
        let mut others = Vec::new();
        for caller in ["a", "a", "b", "b", "c", "c"] {
            others.push(take(caller).await.unwrap());
        }
        assert!(take("d").await.is_none(), "there are eight");
        drop(first);
        assert!(take("agent:1").await.is_some());
        drop((second, others));
        assert!(turns.by_caller.lock().unwrap().is_empty());
    }
}
