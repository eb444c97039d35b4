//! What all tasks of a broker work on.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use netsentinel_core::config::ReputationSettings;
use netsentinel_core::{Indicator, IndicatorBuf, RiskTier, Site, Suspicion};
use tokio::time::Instant;

use super::Clock;
use super::asker::Asker;
use super::folder::Folder;
use crate::feeds::FeedSet;
use crate::queue::{Askers, Queue};
use crate::{Cache, Known, Outcome, Question, Scope, Status};

/// Indicators published as clean because nobody is asked about them, at once: a peek's table has room for
/// four times the cache's entries, and these must not fill it.
const DECLINED_MAX: usize = 1_024;

/// What all tasks of a broker work on. No lock is held while another is taken, or while anybody outside is
/// called.
pub(super) struct Shared {
    pub(super) known: Arc<Known>,
    pub(super) cache: Arc<Cache>,
    pub(super) feeds: Arc<FeedSet>,
    pub(super) clock: Clock,
    pub(super) folder: Folder,
    scope: ArcSwap<Scope>,
    askers: ArcSwap<Vec<Arc<Asker>>>,
    queue: Mutex<Queue>,
    declined: Mutex<VecDeque<IndicatorBuf>>,
    refused: AtomicU64,
    dry_run: AtomicBool,
    /// Whether verdicts have changed since they were saved.
    changed: AtomicBool,
    saving: tokio::sync::Mutex<()>,
}

/// What became of a note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Noted {
    /// It waits; `urgent` if somebody has more to ask than before, or sooner.
    Queued { urgent: bool },
    /// All who can be asked have answered.
    Settled,
    /// Nobody is asked about it.
    NotAsked,
}

impl Shared {
    /// Nobody is asked, and nothing may be, until [`change`](Self::change).
    pub(super) fn new(
        known: Arc<Known>,
        cache: Arc<Cache>,
        feeds: Arc<FeedSet>,
        clock: Clock,
        folder: Folder,
    ) -> Self {
        let nowhere = Scope::new(&ReputationSettings::default(), &Site::default());
        Self {
            known,
            cache,
            feeds,
            clock,
            folder,
            scope: ArcSwap::from_pointee(nowhere),
            askers: ArcSwap::default(),
            queue: Mutex::new(Queue::new(NonZeroUsize::MIN, 0)),
            declined: Mutex::default(),
            refused: AtomicU64::new(0),
            dry_run: AtomicBool::new(false),
            changed: AtomicBool::new(false),
            saving: tokio::sync::Mutex::default(),
        }
    }

    pub(super) fn scope(&self) -> Arc<Scope> {
        self.scope.load_full()
    }

    pub(super) fn askers(&self) -> Arc<Vec<Arc<Asker>>> {
        self.askers.load_full()
    }

    /// Takes another scope, other providers and another length of the queue; what waits goes on waiting
    /// where it may. The tasks of the providers before have ended. Whoever peeks is told of the scope apart.
    pub(super) fn change(&self, scope: Scope, askers: Vec<Arc<Asker>>, entries: NonZeroUsize) {
        let mut queue = Queue::new(entries, askers.len());
        queue.count_from(lock(&self.queue).dropped());
        let waiting = lock(&self.queue).drain();
        self.scope.store(Arc::new(scope));
        self.askers.store(Arc::new(askers));
        *lock(&self.queue) = queue;
        for declined in std::mem::take(&mut *lock(&self.declined)) {
            self.known.withdraw(declined.borrowed());
        }
        self.tell_who_can_be_asked();
        for (question, noted) in waiting {
            self.note_at(question.indicator.borrowed(), question.suspicion, noted);
        }
    }

    /// Begins or ends a dry run. What it would have asked counts as clean, so it is kept apart from what was
    /// answered: never on the disk.
    pub(super) async fn change_dry_run(&self, dry_run: bool) {
        if dry_run {
            self.save_if_changed().await;
            self.dry_run.store(true, Ordering::Relaxed);
        } else {
            self.dry_run.store(false, Ordering::Relaxed);
            self.forget_verdicts();
            self.folder.load(&self.cache, (self.clock)()).await;
            self.changed.store(false, Ordering::Relaxed);
        }
    }

    /// Notes all that the packet path wants.
    pub(super) fn take_notes(&self) {
        let mut urgent = false;
        self.known.take_notes(&mut |indicator, suspicion| {
            urgent |= matches!(self.note(indicator, suspicion), Noted::Queued { urgent: true });
        });
        if urgent {
            self.nudge();
        }
    }

    /// Notes that a verdict is wanted, and tells what is known to whoever peeks.
    pub(super) fn note(&self, seen: Indicator<'_>, suspicion: Suspicion) -> Noted {
        self.note_at(seen, suspicion, Instant::now())
    }

    fn note_at(&self, seen: Indicator<'_>, suspicion: Suspicion, at: Instant) -> Noted {
        let Some(asked) = self.scope.load().asked_about(seen) else {
            self.refused.fetch_add(1, Ordering::Relaxed);
            self.decline(seen.to_buf());
            return Noted::NotAsked;
        };
        let open = self.open(&asked);
        if open == 0 {
            return if self.settle(&asked) { Noted::Settled } else { Noted::NotAsked };
        }
        let noted = lock(&self.queue).note(&asked, suspicion, open, at);
        Noted::Queued { urgent: noted.urgent }
    }

    /// Whether it is in the queue.
    pub(super) fn waits(&self, asked: &IndicatorBuf) -> bool {
        lock(&self.queue).holds(asked)
    }

    /// How `asked` stands, without noting that anybody wants it.
    pub(super) fn standing(&self, asked: &IndicatorBuf) -> Noted {
        if self.waits(asked) {
            Noted::Queued { urgent: false }
        } else if self.open(asked) == 0 {
            Noted::Settled
        } else {
            Noted::NotAsked
        }
    }

    /// Lets those who ask look what there is.
    pub(super) fn nudge(&self) {
        self.askers.load().iter().for_each(|asker| asker.nudge());
    }

    /// How much the first is suspected that `asker` can be asked about now, and else when there will be one.
    /// Those that have been answered meanwhile are passed by.
    pub(super) fn first(&self, asker: &Asker) -> Result<Suspicion, Option<Instant>> {
        loop {
            let now = Instant::now();
            let mut queue = lock(&self.queue);
            let Some(first) = queue.first(asker.index, now) else {
                return Err(queue.due(asker.index));
            };
            drop(queue);
            if self.is_open(asker, &first.indicator) {
                return Ok(first.suspicion);
            }
            self.pass_by(asker, &first.indicator);
        }
    }

    /// Takes up to `most` questions.
    pub(super) fn take(&self, asker: &Asker, most: usize) -> Vec<Question> {
        let mut questions = Vec::new();
        while questions.len() < most {
            let taken = lock(&self.queue).take(asker.index, Instant::now());
            let Some(question) = taken else { break };
            if self.is_open(asker, &question.indicator) {
                questions.push(question);
            } else {
                self.pass_by(asker, &question.indicator);
            }
        }
        questions
    }

    /// Records what became of a question; tells it at once if it is bad, else when nobody else is still to
    /// be asked: until then it is outstanding.
    pub(super) fn record(&self, asker: &Asker, indicator: &IndicatorBuf, outcome: Outcome) {
        let recorded = self.cache.record(asker.name(), indicator, outcome, (self.clock)());
        self.changed.store(true, Ordering::Relaxed);
        if let Some(evicted) = recorded.evicted {
            self.known.withdraw(evicted.borrowed());
        }
        let last = lock(&self.queue).done(asker.index, indicator);
        if last || recorded.tier > RiskTier::Clean {
            self.tell(indicator, recorded.tier);
        }
    }

    /// Tells it to whoever peeks. Where all was forgotten between recording and telling, so is this: nobody
    /// would ever end it.
    fn tell(&self, indicator: &IndicatorBuf, tier: RiskTier) {
        self.known.publish(indicator.borrowed(), tier);
        if self.cache.look(indicator, (self.clock)()).is_none() {
            self.known.withdraw(indicator.borrowed());
        }
    }

    /// The task of `asker` has panicked: what it was asking about counts as failed.
    pub(super) fn give_back(&self, asker: &Asker) {
        let taken = lock(&self.queue).taken(asker.index);
        for indicator in taken {
            self.record(asker, &indicator, Outcome::Failed);
        }
    }

    /// There was no answer: see [`Queue::again`].
    pub(super) fn again(
        &self,
        asker: &Asker,
        indicator: &IndicatorBuf,
        due: impl FnOnce(u32) -> Option<Instant>,
    ) {
        lock(&self.queue).again(asker.index, indicator, due);
    }

    /// `asker` is not asked any more.
    pub(super) fn stop_asking(&self, asker: &Asker) {
        self.tell_who_can_be_asked();
        let gone = lock(&self.queue).forget(asker.index);
        for indicator in gone {
            if let Some(remembered) = self.cache.look(&indicator, (self.clock)()) {
                self.tell(&indicator, remembered.tier);
            }
        }
    }

    /// Ends what is over. What counts no longer in part is asked about again in part, when it is wanted; but
    /// what is still bad goes on being so.
    pub(super) fn expire(&self) {
        for (indicator, tier) in self.cache.expire((self.clock)()) {
            self.changed.store(true, Ordering::Relaxed);
            match tier {
                Some(tier) if tier > RiskTier::Clean || self.open(&indicator) == 0 => {
                    self.tell(&indicator, tier);
                }
                _ => self.known.withdraw(indicator.borrowed()),
            }
        }
    }

    /// Gives up those that have waited too long. The packet path notes them again if it still wants them.
    pub(super) fn give_up_stale(&self, now: Instant) {
        lock(&self.queue).expire(now);
    }

    /// Forgets all verdicts in memory.
    pub(super) fn forget_verdicts(&self) {
        for indicator in self.cache.clear() {
            self.known.withdraw(indicator.borrowed());
        }
        self.known.forget_notes();
    }

    /// Those that wait are asked about anew where somebody's answer no longer counts.
    pub(super) fn ask_anew(&self) {
        let waiting = lock(&self.queue).all();
        for (question, noted) in waiting {
            self.note_at(question.indicator.borrowed(), question.suspicion, noted);
        }
        self.nudge();
    }

    /// Keeps verdicts on the disk if they have changed since; not in a dry run.
    pub(super) async fn save_if_changed(&self) {
        if self.changed.load(Ordering::Relaxed) && !self.dry_run.load(Ordering::Relaxed) {
            self.save().await;
        }
    }

    /// Keeps verdicts on the disk.
    pub(super) async fn save(&self) {
        let _one = self.saving.lock().await;
        self.changed.store(false, Ordering::Relaxed);
        if !self.folder.save(&self.cache).await {
            self.changed.store(true, Ordering::Relaxed);
        }
    }

    /// What is told of all but lists.
    pub(super) fn status(&self) -> Status {
        let peeks = self.known.counters();
        let (cached, cache_max, cache_evictions) = self.cache.usage();
        let now = (self.clock)();
        let providers = self.askers.load().iter().map(|asker| asker.status(now)).collect();
        let queue = lock(&self.queue);
        Status {
            dry_run: self.dry_run.load(Ordering::Relaxed),
            hits: peeks.hits,
            misses: peeks.misses,
            notes_dropped: peeks.notes_dropped,
            cached,
            cache_max,
            cache_evictions,
            queued: queue.len() as u64,
            queue_max: queue.capacity() as u64,
            queue_dropped: queue.dropped(),
            refused: self.refused.load(Ordering::Relaxed),
            providers,
            feeds: Vec::new(),
        }
    }

    /// Who is still to be asked about it.
    fn open(&self, asked: &IndicatorBuf) -> Askers {
        let askers = self.askers.load();
        let open = askers.iter().filter(|asker| {
            asker.takes(asked.borrowed()) && !self.cache.has(asker.name(), asked, (self.clock)())
        });
        open.fold(0, |open, asker| open | 1 << asker.index)
    }

    /// Whether `asker` is still to be asked about it. Also the last look at what leaves the house.
    fn is_open(&self, asker: &Asker, asked: &IndicatorBuf) -> bool {
        self.scope.load().asked_borrowed(asked.borrowed()) == Some(asked.borrowed())
            && !self.cache.has(asker.name(), asked, (self.clock)())
    }

    fn pass_by(&self, asker: &Asker, indicator: &IndicatorBuf) {
        if lock(&self.queue).done(asker.index, indicator) {
            self.settle(indicator);
        }
    }

    /// Nobody is to be asked about it any more: tells what is known. Whether anything is.
    fn settle(&self, asked: &IndicatorBuf) -> bool {
        match self.cache.look(asked, (self.clock)()) {
            Some(remembered) => {
                self.tell(asked, remembered.tier);
                true
            }
            None => {
                self.decline(asked.clone());
                false
            }
        }
    }

    /// Calls it clean, so that nobody waits for a verdict about it; for a while, as there is little room.
    fn decline(&self, indicator: IndicatorBuf) {
        self.known.publish(indicator.borrowed(), RiskTier::Clean);
        let mut declined = lock(&self.declined);
        declined.push_back(indicator);
        let oldest = if declined.len() > DECLINED_MAX { declined.pop_front() } else { None };
        drop(declined);
        // What somebody has said something of since is no longer this one's to end.
        if let Some(oldest) = oldest
            && self.cache.look(&oldest, (self.clock)()).is_none()
        {
            self.known.withdraw(oldest.borrowed());
        }
    }

    fn tell_who_can_be_asked(&self) {
        let askers = self.askers.load();
        let any = |samples: &[Indicator<'_>]| {
            askers.iter().any(|asker| samples.iter().any(|sample| asker.takes(*sample)))
        };
        let v4 = Indicator::Ip([1, 1, 1, 1].into());
        let v6 = Indicator::Ip([0x2606, 0x4700, 0x4700, 0, 0, 0, 0, 0x1111].into());
        self.known.set_asking(any(&[v4, v6]), any(&[Indicator::Domain("iana.org")]));
    }
}

/// What a task left half done when it panicked is still worth having.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
