//! The one thread that writes.

use std::fs::{self, File};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::fault::Outcome;
use super::identity::Recent;
use super::work::{Memory, Work};
use crate::store::{Observer, Result, StoreError};

/// Commands that wait for the writer at most; who comes then waits for a place. Each may hold a whole
/// request's alerts.
const QUEUE: usize = 64;
/// Commands in one transaction at most.
const GROUP: usize = 64;
/// How long a transaction goes on taking commands.
const GROUP_TIME: Duration = Duration::from_millis(50);
/// Bytes of the log beyond which it is folded into the database and cut.
const LOG_BYTES_MAX: u64 = 192 << 20;
/// How long cutting the log may wait for readers, and how long the next attempt waits after it.
const CUT_WAIT: Duration = Duration::from_millis(200);
const CUT_PAUSE: Duration = Duration::from_secs(5);

/// Hands commands to the thread that writes.
pub(super) struct Writer {
    commands: Option<mpsc::Sender<Box<dyn Command>>>,
    thread: Option<JoinHandle<()>>,
}

/// Something to be done within a transaction.
trait Command: Send {
    /// Does it, and keeps what came out.
    fn run(&mut self, work: &mut Work<'_>) -> Outcome<()>;

    /// Tells what came out, after it is durable or has failed.
    fn finish(self: Box<Self>, outcome: Result<()>, observer: &dyn Observer);
}

struct Pending<T, W, A> {
    work: Option<W>,
    announce: A,
    value: Option<T>,
    answer: oneshot::Sender<Result<T>>,
}

impl<T, W, A> Command for Pending<T, W, A>
where
    T: Send,
    W: FnOnce(&mut Work<'_>) -> Outcome<T> + Send,
    A: FnOnce(&T, &dyn Observer) + Send,
{
    fn run(&mut self, work: &mut Work<'_>) -> Outcome<()> {
        if let Some(todo) = self.work.take() {
            self.value = Some(todo(work)?);
        }
        Ok(())
    }

    fn finish(self: Box<Self>, outcome: Result<()>, observer: &dyn Observer) {
        let Self { announce, value, answer, .. } = *self;
        let result = outcome.and_then(|()| value.ok_or(StoreError::Closed));
        if let Ok(value) = &result {
            announce(value, observer);
        }
        // Whoever asked may have gone; what was done stays done.
        let _ = answer.send(result);
    }
}

impl Writer {
    /// Starts the thread. It holds `lock` as long as it has the database open.
    pub(super) fn start(
        connection: Connection,
        database: &Path,
        lock: Option<File>,
        observer: Arc<dyn Observer>,
        fold_after: usize,
    ) -> Result<Self> {
        let (commands, queue) = mpsc::channel(QUEUE);
        let mut desk = Desk {
            connection,
            memory: Memory::default(),
            recent: Recent::default(),
            fold_after,
            observer,
            database: database.to_owned(),
            log: database.with_extension("db-wal"),
            cut_next: Instant::now(),
        };
        let run = move || {
            desk.serve(queue);
            drop(desk);
            drop(lock);
        };
        let thread = thread::Builder::new()
            .name("store".into())
            .spawn(run)
            .map_err(|error| StoreError::Database(format!("no thread to write on: {error}")))?;
        Ok(Self { commands: Some(commands), thread: Some(thread) })
    }

    /// Runs `work` within a transaction; after that is durable `announce` tells the observer, in the
    /// order of the transactions, and then the value comes back.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Work<'_>) -> Outcome<T> + Send + 'static,
        announce: impl FnOnce(&T, &dyn Observer) + Send + 'static,
    ) -> Result<T> {
        let (answer, answered) = oneshot::channel();
        let command = Box::new(Pending { work: Some(work), announce, value: None, answer });
        let commands = self.commands.as_ref().ok_or(StoreError::Closed)?;
        commands.send(command).await.map_err(|_| StoreError::Closed)?;
        answered.await.map_err(|_| StoreError::Closed)?
    }
}

/// Finishes what is queued and waits until the database is closed.
impl Drop for Writer {
    fn drop(&mut self) {
        self.commands = None;
        if let Some(thread) = self.thread.take()
            && thread.thread().id() != thread::current().id()
        {
            // A panic was logged where it happened.
            let _ = thread.join();
        }
    }
}

/// What the thread that writes has.
struct Desk {
    connection: Connection,
    memory: Memory,
    recent: Recent,
    /// Ids that are remembered before they go into the index.
    fold_after: usize,
    observer: Arc<dyn Observer>,
    database: PathBuf,
    log: PathBuf,
    cut_next: Instant,
}

impl Desk {
    fn serve(&mut self, mut queue: mpsc::Receiver<Box<dyn Command>>) {
        while let Some(first) = queue.blocking_recv() {
            let mut done = Vec::new();
            let before = self.memory.clone();
            let committed = self.transact(first, &mut queue, &mut done);
            if committed.is_err() {
                self.set_back(before);
                if !self.connection.is_autocommit()
                    && let Err(error) = self.connection.execute_batch("ROLLBACK")
                {
                    tracing::error!(%error, "transaction not rolled back");
                }
            }
            for (command, outcome) in done {
                let outcome = committed.clone().and(outcome);
                let observer = &*self.observer;
                let told = catch_unwind(AssertUnwindSafe(|| command.finish(outcome, observer)));
                if told.is_err() {
                    tracing::error!("an observer of the store panicked");
                }
            }
            self.cut_log();
        }
    }

    /// Runs `first` and what is queued behind it in one transaction. When it fails, nothing of it was
    /// done.
    fn transact(
        &mut self,
        first: Box<dyn Command>,
        queue: &mut mpsc::Receiver<Box<dyn Command>>,
        done: &mut Vec<(Box<dyn Command>, Result<()>)>,
    ) -> Result<()> {
        let begun = Instant::now();
        let before = self.memory.clone();
        let opened = self.connection.execute_batch("BEGIN IMMEDIATE").map_err(Into::into);
        let opened = opened.and_then(|()| self.memory.refresh(&self.connection, &mut self.recent));
        if let Err(fault) = opened {
            done.push((first, Ok(())));
            return Err(fault.told(&self.database));
        }
        let mut next = Some(first);
        while let Some(mut command) = next {
            let outcome = self.step(&mut *command);
            let lost = self.connection.is_autocommit();
            let told = outcome.as_ref().err().cloned();
            done.push((command, outcome));
            if lost {
                // A full disk makes SQLite give the whole transaction up.
                let unknown = || StoreError::Database("the transaction was given up".into());
                return Err(told.unwrap_or_else(unknown));
            }
            let more = done.len() < GROUP && begun.elapsed() < GROUP_TIME;
            next = if more { queue.try_recv().ok() } else { None };
        }
        self.commit(&before).map_err(|fault| fault.told(&self.database))
    }

    fn commit(&mut self, before: &Memory) -> Outcome<()> {
        self.memory.keep(before, &self.connection)?;
        let fold = self.recent.len() >= self.fold_after;
        if fold {
            self.recent.fold(&self.connection)?;
        }
        self.connection.execute_batch("COMMIT")?;
        if fold {
            self.recent = Recent::default();
        }
        Ok(())
    }

    /// Runs one command in a savepoint of its own: when it fails, only what it did is undone.
    fn step(&mut self, command: &mut dyn Command) -> Result<()> {
        let before = self.memory.clone();
        let result = self.in_savepoint(command);
        if result.is_err() {
            self.set_back(before);
        }
        result
    }

    /// What was done since then was undone.
    fn set_back(&mut self, before: Memory) {
        self.recent.rewind(before.position);
        self.memory = before;
    }

    fn in_savepoint(&mut self, command: &mut dyn Command) -> Result<()> {
        let told = |error: rusqlite::Error| super::fault::Fault::from(error).told(&self.database);
        self.connection.execute_batch("SAVEPOINT command").map_err(told)?;
        let Self { connection, memory, recent, .. } = self;
        let mut work = Work { connection, memory, recent };
        let outcome = match catch_unwind(AssertUnwindSafe(|| command.run(&mut work))) {
            Ok(outcome) => outcome.map_err(|fault| fault.told(&self.database)),
            Err(_) => Err(StoreError::Database("a command of the store panicked".into())),
        };
        if self.connection.is_autocommit() {
            return outcome;
        }
        if outcome.is_err() {
            self.connection.execute_batch("ROLLBACK TO command").map_err(told)?;
        }
        self.connection.execute_batch("RELEASE command").map_err(told)?;
        outcome
    }

    /// SQLite writes the log anew from its beginning only when no reader looks at it, so under constant
    /// reading it would grow for ever. This waits for a gap, and gives the space back.
    fn cut_log(&mut self) {
        let bytes = fs::metadata(&self.log).map_or(0, |log| log.len());
        if bytes <= LOG_BYTES_MAX || Instant::now() < self.cut_next {
            return;
        }
        self.cut_next = Instant::now() + CUT_PAUSE;
        let cut = |connection: &Connection| -> rusqlite::Result<bool> {
            connection.busy_timeout(CUT_WAIT)?;
            let busy =
                connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0));
            connection.busy_timeout(super::open::BUSY_TIMEOUT)?;
            busy
        };
        match cut(&self.connection) {
            Ok(false) => {}
            Ok(true) => tracing::debug!(bytes, "the database's log could not be cut yet"),
            Err(error) => tracing::warn!(%error, bytes, "the database's log can not be cut"),
        }
    }
}
