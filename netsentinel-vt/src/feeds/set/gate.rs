//! Lets one load in at a time.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Lets one load in at a time. Unlike the guard of a mutex, whoever is in may move to another thread.
#[derive(Debug, Default)]
pub(super) struct Gate {
    taken: Mutex<bool>,
    left: Condvar,
}

impl Gate {
    /// Waits until nobody is in, and enters.
    pub(super) fn enter(&self) {
        let taken = self.left.wait_while(self.taken(), |taken| *taken);
        *taken.unwrap_or_else(PoisonError::into_inner) = true;
    }

    /// Lets the next one in.
    pub(super) fn leave(&self) {
        *self.taken() = false;
        self.left.notify_one();
    }

    fn taken(&self) -> MutexGuard<'_, bool> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
