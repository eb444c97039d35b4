//! The connections that read.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::fault::Outcome;
use super::open::connect_reader;
use crate::store::{Result, StoreError};

/// Reads that run at once; others wait.
const READERS: usize = 4;
/// How long one read may take, and how long it may wait for its turn.
pub(super) const READ_LIMIT: Duration = Duration::from_secs(10);
/// Steps of SQLite's machine between two looks at the clock, about a millisecond's worth.
const STEPS: i32 = 20_000;

/// Hands out connections that read.
pub(super) struct Readers {
    shared: Arc<Idle>,
    permits: Arc<Semaphore>,
}

struct Idle {
    database: PathBuf,
    connections: Mutex<Vec<Connection>>,
}

/// Stops the read when its caller has gone.
struct StopOnDrop(Arc<AtomicBool>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Readers {
    pub(super) fn new(database: &Path) -> Self {
        let connections = Mutex::default();
        let shared = Idle { database: database.to_owned(), connections };
        Self { shared: Arc::new(shared), permits: Arc::new(Semaphore::new(READERS)) }
    }

    /// Runs `work` on a thread that may wait, within one transaction: it sees one state of the store.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Outcome<T> + Send + 'static,
    ) -> Result<T> {
        let permit = tokio::time::timeout(READ_LIMIT, Arc::clone(&self.permits).acquire_owned());
        let permit = match permit.await {
            Ok(permit) => permit.map_err(|_| StoreError::Closed)?,
            Err(_) => {
                let told = format!("{READERS} reads run already, none ended within 10 s");
                return Err(StoreError::Database(told));
            }
        };
        let stopped = StopOnDrop(Arc::default());
        let (idle, stop) = (Arc::clone(&self.shared), Arc::clone(&stopped.0));
        tokio::task::spawn_blocking(move || idle.read(permit, stop, work))
            .await
            .map_err(|error| StoreError::Database(format!("a read broke off: {error}")))?
    }
}

impl Idle {
    fn read<T>(
        &self,
        permit: OwnedSemaphorePermit,
        stop: Arc<AtomicBool>,
        work: impl FnOnce(&Connection) -> Outcome<T>,
    ) -> Result<T> {
        let result = self.limited(stop, work).map_err(|fault| fault.told(&self.database));
        drop(permit);
        result
    }

    /// A connection on which something failed is not used again.
    fn limited<T>(
        &self,
        stop: Arc<AtomicBool>,
        work: impl FnOnce(&Connection) -> Outcome<T>,
    ) -> Outcome<T> {
        let idle = self.connections.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut connection = match idle {
            Some(connection) => connection,
            None => connect_reader(&self.database)?,
        };
        let end = Instant::now() + READ_LIMIT;
        let over = move || stop.load(Ordering::Relaxed) || Instant::now() >= end;
        connection.progress_handler(STEPS, Some(over))?;
        let transaction = connection.unchecked_transaction()?;
        let value = work(&transaction)?;
        transaction.finish()?;
        connection.progress_handler(0, None::<fn() -> bool>)?;
        self.connections.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        Ok(value)
    }
}
