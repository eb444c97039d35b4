//! Waiting for packets where handles can not be polled: looking at each a hundred times a second.

use std::io;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use super::tap::{Readiness, Tap};

/// How long nothing is looked at while nothing comes.
const SLICE: Duration = Duration::from_millis(10);

/// What a capturing thread waits with.
pub(super) struct Wait(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    woken: Mutex<bool>,
    wake: Condvar,
}

/// Ends the wait under way, or the next one.
#[derive(Clone, Debug)]
pub(super) struct Waker(Arc<Shared>);

impl Waker {
    pub(super) fn wake(&self) {
        *self.0.woken.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.0.wake.notify_all();
    }
}

impl Wait {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self(Arc::default()))
    }

    pub(super) fn waker(&self) -> Waker {
        Waker(Arc::clone(&self.0))
    }

    /// Waits a little, or until a waker is used; then every open tap is to be read.
    pub(super) fn wait(&self, taps: &mut [Tap], timeout: Duration) -> io::Result<bool> {
        let guard = self.0.woken.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.0.wake.wait_timeout_while(guard, timeout.min(SLICE), |woken| !*woken);
        let (mut guard, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let woken = std::mem::take(&mut *guard);
        for tap in taps.iter_mut().filter(|tap| tap.capture().is_some()) {
            tap.readiness = Readiness::Packets;
        }
        Ok(woken)
    }
}
