//! One spool for those who raise alerts and the uplink that sends them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use netsentinel_core::{Alert, Timestamp};
use tokio::sync::Notify;

use crate::spool::{Appended, Spool, SpoolCounts, SpoolError};
use crate::wire::SpoolReport;

/// A spool that several threads and tasks work on; clones are the same one.
#[derive(Clone, Debug)]
pub struct SharedSpool {
    spool: Arc<Mutex<Spool>>,
    /// What the spool told after the last thing done with it.
    told: Arc<Mutex<Told>>,
    appended: Arc<Notify>,
}

impl SharedSpool {
    /// Shares `spool`.
    pub fn new(spool: Spool) -> Self {
        let told = Arc::new(Mutex::new(Told::by(&spool)));
        Self { spool: Arc::new(Mutex::new(spool)), told, appended: Arc::default() }
    }

    /// [`Spool::append`], and wakes the uplink. Blocks while the disk works.
    pub fn append(&self, alerts: &[Alert], now: Timestamp) -> Result<Appended, SpoolError> {
        let appended = self.with(|spool| spool.append(alerts, now))?;
        self.appended.notify_one();
        Ok(appended)
    }

    /// [`Spool::report`] as it was after the last thing done with the spool: never waits for the disk,
    /// so that a heartbeat goes out while the disk hangs.
    pub fn report(&self) -> SpoolReport {
        self.told().report
    }

    /// [`Spool::counts`], as [`report`](Self::report).
    pub fn counts(&self) -> SpoolCounts {
        self.told().counts
    }

    /// Waits until something was appended since the last time this returned.
    pub(super) async fn appended(&self) {
        self.appended.notified().await;
    }

    /// Runs `work` on a thread that may block.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Spool) -> Result<T, SpoolError> + Send + 'static,
    ) -> Result<T, SpoolError> {
        let shared = self.clone();
        let done = tokio::task::spawn_blocking(move || shared.with(work)).await;
        done.unwrap_or(Err(SpoolError::Thread))
    }

    fn with<T>(&self, work: impl FnOnce(&mut Spool) -> T) -> T {
        // A panic elsewhere leaves the spool as a crash would: what was acknowledged is on the disk.
        let mut spool = self.spool.lock().unwrap_or_else(PoisonError::into_inner);
        let done = work(&mut spool);
        *self.told() = Told::by(&spool);
        done
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a spool tells of itself.
#[derive(Debug)]
struct Told {
    report: SpoolReport,
    counts: SpoolCounts,
}

impl Told {
    fn by(spool: &Spool) -> Self {
        Self { report: spool.report(), counts: spool.counts() }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;
    use crate::spool::{SpoolLimits, test_alert};
    use netsentinel_core::Severity;

    #[test]
    fn a_report_does_not_wait_for_the_disk() {
        let dir = tempfile::tempdir().unwrap();
        let spool = SharedSpool::new(Spool::open(dir.path(), SpoolLimits::new(1 << 20)).unwrap());
        let alert = test_alert(1, Severity::Low, 20);
        assert_eq!(spool.append(&[alert], Timestamp::default()).unwrap().held, 1);
        let (working, at_work) = channel();
        let (reported, done) = channel::<()>();
        let slow = spool.clone();
        let worker = std::thread::spawn(move || {
            slow.with(|spool| {
                working.send(()).unwrap();
                // As long as the disk hangs.
                done.recv().unwrap();
                spool.next(10, 1 << 20).map(|batch| batch.alerts.len())
            })
        });
        at_work.recv().unwrap();
        assert_eq!((spool.report().alerts, spool.counts().appended), (1, 1));
        reported.send(()).unwrap();
        assert_eq!(worker.join().unwrap().unwrap(), 1);
    }
}
