//! A broker with a provider that does as it is told, in virtual time.

mod asking;
mod failing;
mod keeping;
mod load;

use std::cell::Cell;
use std::future::pending;
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use netsentinel_core::config::Deployment;
use netsentinel_core::{
    Indicator, IndicatorBuf, ProviderVerdict, Reputation as _, RiskTier, Site, Suspicion, Timestamp,
};
use tempfile::TempDir;
use tokio::time::Instant;

use super::rounds::NOTES_EVERY;
use super::shared::lock;
use super::{Broker, BrokerSetup, Looked, LookedState};
use crate::scope::tests::special;
use crate::status::{Health, ProviderStatus};
use crate::{Answer, Provider, ProviderError, Question, Quota};

const DAY: Duration = Duration::from_secs(86_400);

thread_local! {
    static BEGAN: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// The time of the paused runtime, as one on the wall.
fn clock() -> Timestamp {
    let began = BEGAN.get().expect("set when the broker was set up");
    Timestamp::from_parts(1_800_000_000, 0).after(began.elapsed())
}

type Asked = (Instant, Vec<Question>);
type Reply = Result<Vec<Answer>, ProviderError>;
type Script = dyn Fn(usize, &[Question]) -> Reply + Send + Sync;

/// Answers as its script says, and remembers what it was asked and when.
#[derive(Clone)]
struct Fake {
    name: &'static str,
    quota: Quota,
    batch: usize,
    domains: bool,
    script: Arc<Script>,
    hangs: Arc<AtomicBool>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Fake {
    fn new(script: impl Fn(usize, &[Question]) -> Reply + Send + Sync + 'static) -> Self {
        Self {
            name: "fake",
            quota: Quota::default(),
            batch: 1,
            domains: true,
            script: Arc::new(script),
            hangs: Arc::default(),
            asked: Arc::default(),
        }
    }

    fn clean() -> Self {
        Self::new(|_, questions| Ok(vec![clean(); questions.len()]))
    }

    fn with_quota(mut self, per_minute: u32, per_day: u32) -> Self {
        let (per_minute, per_day) = (NonZeroU32::new(per_minute), NonZeroU32::new(per_day));
        self.quota = Quota { per_minute, per_day };
        self
    }

    /// The requests so far.
    fn requests(&self) -> Vec<Asked> {
        lock(&self.asked).clone()
    }

    fn count(&self) -> usize {
        lock(&self.asked).len()
    }

    /// All that was asked about, in order.
    fn indicators(&self) -> Vec<IndicatorBuf> {
        let questions = self.requests().into_iter().flat_map(|(_, questions)| questions);
        questions.map(|question| question.indicator).collect()
    }
}

#[async_trait]
impl Provider for Fake {
    fn name(&self) -> &'static str {
        self.name
    }

    fn takes(&self, indicator: Indicator<'_>) -> bool {
        self.domains || matches!(indicator, Indicator::Ip(_))
    }

    fn quota(&self) -> Quota {
        self.quota
    }

    fn batch_max(&self) -> usize {
        self.batch
    }

    async fn ask(&self, questions: &[Question]) -> Reply {
        assert!((1..=self.batch).contains(&questions.len()));
        for question in questions {
            if let IndicatorBuf::Ip(ip) = question.indicator {
                assert!(!special(ip), "{ip} was told to somebody");
            }
        }
        let number = {
            let mut asked = lock(&self.asked);
            asked.push((Instant::now(), questions.to_vec()));
            asked.len() - 1
        };
        if self.hangs.load(Ordering::Relaxed) {
            pending::<()>().await;
        }
        (self.script)(number, questions)
    }
}

fn clean() -> Answer {
    Answer::Known { verdicts: Vec::new(), lasts: None }
}

fn bad(tier: RiskTier) -> Answer {
    let verdict = ProviderVerdict { provider: "fake".into(), tier, detail: "5 malicious".into() };
    Answer::Known { verdicts: vec![verdict], lasts: None }
}

/// The `n`th of 16 million global addresses.
fn global(n: u32) -> IndicatorBuf {
    IndicatorBuf::Ip((0x1400_0000_u32 | n).to_be_bytes().into())
}

fn question(n: u32, suspicion: u8) -> Question {
    Question { indicator: global(n), suspicion: suspicion.into() }
}

fn domain(name: &str, suspicion: u8) -> Question {
    Question { indicator: IndicatorBuf::Domain(name.into()), suspicion: suspicion.into() }
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

async fn start(folder: &Path, providers: &[&Fake]) -> Broker {
    start_with(folder, providers, |_| {}).await
}

async fn start_with(
    folder: &Path,
    providers: &[&Fake],
    change: impl FnOnce(&mut Deployment),
) -> Broker {
    start_paced(folder, providers, change, NOTES_EVERY).await
}

/// At a slower pace: waking ten times a second takes long in a test of many days.
async fn start_slow(folder: &Path, providers: &[&Fake]) -> Broker {
    start_paced(folder, providers, |_| {}, Duration::from_secs(30)).await
}

async fn start_paced(
    folder: &Path,
    providers: &[&Fake],
    change: impl FnOnce(&mut Deployment),
    notes_every: Duration,
) -> Broker {
    if BEGAN.get().is_none_or(|began| began > Instant::now()) {
        BEGAN.set(Some(Instant::now()));
    }
    let mut deployment = Deployment::default();
    change(&mut deployment);
    let boxed = |fake: &&Fake| Box::new((*fake).clone()) as Box<dyn Provider>;
    let setup = BrokerSetup {
        deployment,
        site: Site::default(),
        folder: folder.join("reputation"),
        providers: Some(providers.iter().map(boxed).collect()),
        wake: Arc::new(|| ()),
    };
    Broker::start_at(setup, clock, notes_every).await.unwrap()
}

/// Waits, in virtual time, until it is so.
async fn until(what: impl Fn() -> bool) {
    let late = Instant::now() + DAY;
    let mut wait = Duration::from_millis(50);
    while !what() {
        assert!(Instant::now() < late, "never so");
        tokio::time::sleep(wait).await;
        wait = (wait * 11 / 10).min(Duration::from_secs(10));
    }
}

async fn seconds(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

fn only(broker: &Broker) -> ProviderStatus {
    broker.status().providers.remove(0)
}

fn state(broker: &Broker, question: Question) -> Looked {
    broker.look_up(vec![question]).remove(0)
}
