//! Asks one provider, one request at a time.

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, TryLockError};
use std::time::Duration;

use netsentinel_core::{Indicator, RiskTier, Suspicion, Timestamp};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::health::{Condition, clean};
use super::reserve::Reserve;
use super::shared::{Shared, lock};
use crate::limiter::{Left, Limiter};
use crate::status::ProviderStatus;
use crate::{Answer, Outcome, Provider, ProviderError, Question, Quota};

/// How long one request may take, whatever the provider thinks.
const REQUEST_MAX: Duration = Duration::from_secs(120);
/// How long to wait for one who is busy and does not say how long.
const BUSY: Duration = Duration::from_secs(60);
/// How long to wait at most for one who is busy, whatever it says.
const BUSY_MAX: Duration = Duration::from_secs(24 * 3_600);
/// How long to wait for one who is finding out, at first; it doubles with each time.
const PENDING: Duration = Duration::from_secs(2);
/// How long to wait for one who is finding out, at most: it may have to wait for a quota itself.
const PENDING_MAX: Duration = Duration::from_secs(60);
/// How long to wait at most before looking at the quota again: the clock may have been set.
const QUOTA_WAIT_MAX: Duration = Duration::from_secs(600);
/// How long to wait at least before that.
const QUOTA_WAIT_MIN: Duration = Duration::from_millis(10);
/// How often a dry run "asks" whoever has no quota: each time is a line in the log.
const DRY_QUOTA: Quota = Quota { per_minute: NonZeroU32::new(60), per_day: None };
/// Verdicts of one answer that are kept.
const VERDICTS_MAX: usize = 32;

/// One provider, with its quota and its health.
pub(super) struct Asker {
    /// Its place among all.
    pub(super) index: usize,
    provider: Arc<dyn Provider>,
    limiter: Arc<Mutex<Limiter>>,
    dry_run: bool,
    condition: Mutex<Condition>,
    /// What was left of the quota when that was last looked at.
    left: Mutex<Left>,
    more: Notify,
}

impl Asker {
    pub(super) fn new(
        index: usize,
        provider: Arc<dyn Provider>,
        limiter: Arc<Mutex<Limiter>>,
        dry_run: bool,
    ) -> Self {
        let (condition, left) = (Mutex::default(), Mutex::default());
        Self { index, provider, limiter, dry_run, condition, left, more: Notify::new() }
    }

    pub(super) fn name(&self) -> &'static str {
        self.provider.name()
    }

    pub(super) fn limiter(&self) -> Arc<Mutex<Limiter>> {
        Arc::clone(&self.limiter)
    }

    /// Whether it is asked about such an indicator, now or later.
    pub(super) fn takes(&self, indicator: Indicator<'_>) -> bool {
        !lock(&self.condition).stopped() && self.provider.takes(indicator)
    }

    /// There may be more to ask.
    pub(super) fn nudge(&self) {
        self.more.notify_one();
    }

    /// Goes on counting where the one of its name in `before` has ended, with the quota of now.
    pub(super) fn take_over(&self, before: &[Arc<Self>], now: Timestamp) {
        let Some(before) = before.iter().find(|before| before.name() == self.name()) else {
            return;
        };
        lock(&self.condition).count_from(&lock(&before.condition));
        if Arc::ptr_eq(&self.limiter, &before.limiter) {
            lock(&self.limiter).set_quota(quota(&*self.provider, self.dry_run), now);
        }
    }

    pub(super) fn status(&self, now: Timestamp) -> ProviderStatus {
        let left = self.left(now);
        let status = lock(&self.condition).status(self.name());
        ProviderStatus { left_minute: left.minute, left_day: left.day, ..status }
    }

    /// Asks until its key is refused.
    pub(super) async fn run(&self, shared: &Shared) {
        let mut reserve = Reserve::new(quota(&*self.provider, self.dry_run), Instant::now());
        loop {
            let paused_until = lock(&self.condition).paused_until();
            if let Some(until) = paused_until {
                tokio::time::sleep_until(until).await;
                lock(&self.condition).go_on();
            }
            let suspicion = match shared.first(self) {
                Ok(suspicion) => suspicion,
                Err(due) => {
                    self.wait_for_more(due).await;
                    continue;
                }
            };
            let now = Instant::now();
            if suspicion == Suspicion::SEEN
                && let Some(wait) = reserve.wait(self.left((shared.clock)()), now)
            {
                self.wait_for_more(Some(now + wait)).await;
                continue;
            }
            if let Err(wait) = self.take_quota((shared.clock)()).await {
                tokio::time::sleep(wait).await;
                continue;
            }
            let most = if self.dry_run { 1 } else { self.provider.batch_max().max(1) };
            let questions = shared.take(self, most);
            if questions.is_empty() {
                continue;
            }
            if questions.iter().all(|question| question.suspicion == Suspicion::SEEN) {
                reserve.used(Instant::now());
            }
            lock(&self.condition).requests += 1;
            match self.ask(&questions).await {
                Ok(answers) => self.answered(shared, questions, answers),
                Err(ProviderError::Refused(reason)) => return self.refused(shared, &reason),
                Err(ProviderError::Unsupported(reason)) => {
                    let told = clean(&reason);
                    tracing::warn!("{} is not asked any more: {told}", self.name());
                    return self.stop(shared, &reason);
                }
                Err(error) => self.failed(shared, questions, &error),
            }
        }
    }

    async fn wait_for_more(&self, until: Option<Instant>) {
        match until {
            // Nothing to be told of the two: whoever waits looks for itself.
            Some(until) => _ = tokio::time::timeout_at(until, self.more.notified()).await,
            None => self.more.notified().await,
        }
    }

    /// Takes a request from the quota; how long to wait where there is none.
    async fn take_quota(&self, now: Timestamp) -> Result<(), Duration> {
        let limiter = self.limiter();
        let taken = tokio::task::spawn_blocking(move || lock(&limiter).take(now)).await;
        let Err(at) = taken.unwrap_or_else(|_| Err(now.after(BUSY))) else { return Ok(()) };
        Err(Duration::from_nanos(at.nanos_since(now)).clamp(QUOTA_WAIT_MIN, QUOTA_WAIT_MAX))
    }

    /// What is left of the quota; while a request is being taken from it, what was left before.
    fn left(&self, now: Timestamp) -> Left {
        let mut last = lock(&self.left);
        match self.limiter.try_lock() {
            Ok(limiter) => *last = limiter.left(now),
            Err(TryLockError::Poisoned(limiter)) => *last = limiter.into_inner().left(now),
            Err(TryLockError::WouldBlock) => {}
        }
        *last
    }

    async fn ask(&self, questions: &[Question]) -> Result<Vec<Answer>, ProviderError> {
        if self.dry_run {
            let nothing = |question: &Question| {
                tracing::info!("would ask {} about {}", self.name(), question.indicator);
                Answer::Known { verdicts: Vec::new(), lasts: None }
            };
            return Ok(questions.iter().map(nothing).collect());
        }
        let answers = tokio::time::timeout(REQUEST_MAX, self.provider.ask(questions)).await;
        let late = |_| ProviderError::Unavailable("it takes too long".into());
        let answers = answers.map_err(late)??;
        if answers.len() != questions.len() {
            let (answers, questions) = (answers.len(), questions.len());
            let reason = format!("{answers} answers to {questions} questions");
            return Err(ProviderError::Invalid(reason));
        }
        Ok(answers)
    }

    fn answered(&self, shared: &Shared, questions: Vec<Question>, answers: Vec<Answer>) {
        let answered = answers.iter().filter(|answer| **answer != Answer::Pending).count() as u64;
        if lock(&self.condition).answer(answered) {
            tracing::info!("{} answers again", self.name());
        }
        for (Question { indicator, .. }, answer) in questions.into_iter().zip(answers) {
            let outcome = match answer {
                Answer::Known { mut verdicts, lasts } => {
                    verdicts.retain(|verdict| verdict.tier > RiskTier::Clean);
                    verdicts.truncate(VERDICTS_MAX);
                    Outcome::Known { verdicts, lasts }
                }
                Answer::Unknown => Outcome::Unknown,
                Answer::Pending => {
                    shared.again(self, &indicator, |tries| {
                        let wait = PENDING.saturating_mul(1 << tries.min(16)).min(PENDING_MAX);
                        Some(Instant::now() + wait)
                    });
                    continue;
                }
            };
            shared.record(self, &indicator, outcome);
        }
    }

    /// Its task has panicked, and begins anew after a pause.
    pub(super) fn panicked(&self, shared: &Shared) {
        let mut condition = lock(&self.condition);
        let wait = condition.back_off();
        condition.fail("a fault in its code (a panic): see the log", wait, (shared.clock)());
        drop(condition);
        let (name, wait) = (self.name(), wait.as_secs());
        tracing::error!("asking {name} has panicked: please report it; it goes on in {wait} s");
        shared.give_back(self);
    }

    fn refused(&self, shared: &Shared, reason: &str) {
        let name = self.name();
        tracing::warn!(
            "{name} refuses its key: {}; it is not asked any more: give it another key and reload",
            clean(reason)
        );
        self.stop(shared, reason);
    }

    fn stop(&self, shared: &Shared, reason: &str) {
        lock(&self.condition).stop(reason);
        shared.stop_asking(self);
    }

    /// Leaves it alone for a while. What it made no sense of is not asked again so soon; all else was not its
    /// fault and stays where it was, but behind others if it has failed before.
    fn failed(&self, shared: &Shared, questions: Vec<Question>, error: &ProviderError) {
        let mut condition = lock(&self.condition);
        let wait = match error {
            ProviderError::Busy { retry_after } => {
                retry_after.unwrap_or(BUSY).clamp(Duration::from_secs(1), BUSY_MAX)
            }
            _ => condition.back_off(),
        };
        let first = condition.fail(&error.to_string(), wait, (shared.clock)());
        drop(condition);
        if first {
            let (name, wait) = (self.name(), wait.as_secs());
            let reason = clean(&error.to_string());
            tracing::warn!("{name} can not be asked: {reason}; it is asked again in {wait} s");
        }
        for Question { indicator, .. } in questions {
            match error {
                ProviderError::Invalid(_) => shared.record(self, &indicator, Outcome::Failed),
                ProviderError::Unavailable(_) => shared.again(self, &indicator, |tries| {
                    (tries > 0).then(|| Instant::now() + wait * 2)
                }),
                _ => shared.again(self, &indicator, |_| None),
            }
        }
    }
}

/// How often `provider` is asked at most.
pub(super) fn quota(provider: &dyn Provider, dry_run: bool) -> Quota {
    match provider.quota() {
        none if dry_run && none == Quota::default() => DRY_QUOTA,
        quota => quota,
    }
}
