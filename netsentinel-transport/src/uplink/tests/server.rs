//! A server in memory that answers as a script tells it, and properly after that.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use netsentinel_core::{Alert, Timestamp};
use tokio::time::Instant;

use crate::uplink::{Answer, Exchange, ExchangeError, Key, Request};
use crate::wire::{
    ALERT_PATH, AlertBatch, BATCH_ALERTS_MAX, BATCH_BYTES_MAX, BatchAnswer, ENROL_PATH, Enrolled,
    Enrolment, HEARTBEAT_PATH, HeartbeatAnswer, ItemAnswer, ItemStatus, Problem,
};

/// How the server answers a request with alerts.
#[derive(Clone, Copy, Debug)]
pub(super) enum Reply {
    /// As it should.
    Proper,
    /// It stores them, but the answer gets lost.
    LostAnswer,
    /// It is silent.
    Silence,
    /// It can not be reached.
    Unreachable,
    /// With a status, and a problem if so.
    Status(u16, bool),
    /// It takes only the first so many, and the others after so many seconds.
    Defer(usize, u64),
    /// With nothing that makes sense.
    Nonsense,
    /// With one result too few.
    TooFew,
    /// For other alerts.
    Mixed,
}

#[derive(Debug, Default)]
pub(super) struct Stored {
    /// How often each alert was accepted, by number.
    pub(super) accepted: BTreeMap<u64, u32>,
    pub(super) duplicates: u32,
    /// When each request with alerts came, and how many were in it.
    pub(super) requests: Vec<(Instant, usize)>,
    pub(super) heartbeats: u32,
    pub(super) enrolments: u32,
}

/// The server; clones are the same one.
#[derive(Clone, Default)]
pub(super) struct Server {
    pub(super) script: Arc<Mutex<VecDeque<Reply>>>,
    pub(super) stored: Arc<Mutex<Stored>>,
    /// Alerts that it rejects, fails on as a whole batch, and answers for by 400 as a whole batch.
    pub(super) rejects: Vec<u64>,
    pub(super) chokes_on: Vec<u64>,
    pub(super) refuses_batch_with: Vec<u64>,
    /// More alerts in a request than these are too large.
    pub(super) alerts_max: Option<usize>,
    /// Whether agents must enrol first.
    pub(super) knows_nobody: bool,
    /// What it answers enrolments by, instead of taking them.
    pub(super) enrolment_status: Option<u16>,
    /// How far its clock is ahead.
    pub(super) clock_ahead: Duration,
    /// How long it takes to answer.
    pub(super) latency: Duration,
}

impl Server {
    pub(super) fn stored(&self) -> MutexGuard<'_, Stored> {
        self.stored.lock().unwrap()
    }

    pub(super) fn says(&self, replies: impl IntoIterator<Item = Reply>) {
        self.script.lock().unwrap().extend(replies);
    }

    pub(super) fn has_said_all(&self) -> bool {
        self.script.lock().unwrap().is_empty()
    }

    fn alerts(&self, body: &[u8], reply: Reply) -> Result<Answer, ExchangeError> {
        let AlertBatch { alerts } = serde_json::from_slice(body).expect("a batch of alerts");
        assert!(alerts.len() <= BATCH_ALERTS_MAX && body.len() <= BATCH_BYTES_MAX);
        self.stored().requests.push((Instant::now(), alerts.len()));
        let has = |list: &[u64]| alerts.iter().any(|alert| list.contains(&alert.count));
        if self.knows_nobody && self.stored().enrolments == 0 {
            return Ok(problem(401, "unknown_agent"));
        }
        if self.alerts_max.is_some_and(|most| alerts.len() > most) {
            return Ok(problem(413, "too_large"));
        }
        if has(&self.chokes_on) {
            return Ok(Answer { status: 500, ..Answer::default() });
        }
        if has(&self.refuses_batch_with) {
            return Ok(problem(400, "bad_request"));
        }
        match reply {
            Reply::Proper => Ok(self.store(&alerts, usize::MAX, None)),
            Reply::LostAnswer => {
                self.store(&alerts, usize::MAX, None);
                Err(ExchangeError::TimedOut("lost".into()))
            }
            Reply::Silence => Err(ExchangeError::TimedOut("silent".into())),
            Reply::Unreachable => Err(ExchangeError::Failed("connection refused".into())),
            Reply::Status(status, true) => Ok(problem(status, "trouble")),
            Reply::Status(status, false) => Ok(Answer { status, ..Answer::default() }),
            Reply::Defer(first, seconds) => {
                Ok(self.store(&alerts, first, Some(Duration::from_secs(seconds))))
            }
            Reply::Nonsense => {
                Ok(Answer { status: 200, body: b"<html>".into(), retry_after: None, date: None })
            }
            Reply::TooFew => Ok(altered(self.store(&alerts, usize::MAX, None), |results| {
                results.pop();
            })),
            Reply::Mixed => Ok(altered(self.store(&alerts, usize::MAX, None), |results| {
                results[0].id = Some("0".repeat(32));
            })),
        }
    }

    fn store(&self, alerts: &[Alert], most: usize, retry_after: Option<Duration>) -> Answer {
        let mut stored = self.stored();
        let results = alerts.iter().enumerate().map(|(index, alert)| {
            let status = if index >= most {
                ItemStatus::Deferred
            } else if self.rejects.contains(&alert.count) {
                ItemStatus::Rejected
            } else if stored.accepted.contains_key(&alert.count) {
                stored.duplicates += 1;
                ItemStatus::Duplicate
            } else {
                *stored.accepted.entry(alert.count).or_default() += 1;
                ItemStatus::Accepted
            };
            let reason = (status == ItemStatus::Rejected).then(|| "severity".to_owned());
            ItemAnswer {
                id: Some(alert.id.to_string()),
                update: Some(alert.update),
                status,
                reason,
            }
        });
        let body = json(&BatchAnswer { results: results.collect() });
        Answer {
            status: if alerts.len() > most { 429 } else { 200 },
            retry_after,
            date: None,
            body,
        }
    }

    fn enrol(&self, request: &Request) -> Answer {
        assert!(matches!(&request.key, Key::Shared(key) if key.expose() == "shared"));
        if let Some(status) = self.enrolment_status {
            return problem(status, "conflict");
        }
        self.stored().enrolments += 1;
        let Enrolment { id, .. } = serde_json::from_slice(&request.body).unwrap();
        Answer { status: 200, body: json(&Enrolled { id }), retry_after: None, date: None }
    }

    fn heartbeat(&self) -> Answer {
        if self.knows_nobody && self.stored().enrolments == 0 {
            return problem(401, "unknown_agent");
        }
        self.stored().heartbeats += 1;
        let at = super::CLOCK.after(self.clock_ahead);
        Answer { status: 200, body: json(&HeartbeatAnswer { at }), retry_after: None, date: None }
    }
}

impl Exchange for Server {
    async fn send(&self, request: Request) -> Result<Answer, ExchangeError> {
        let is_alerts = request.path == ALERT_PATH;
        let reply = if is_alerts { self.script.lock().unwrap().pop_front() } else { None };
        let latency = match reply {
            Some(Reply::Silence) => Duration::from_secs(30),
            _ => self.latency,
        };
        tokio::time::sleep(latency).await;
        match request.path {
            ALERT_PATH => self.alerts(&request.body, reply.unwrap_or(Reply::Proper)),
            ENROL_PATH => Ok(self.enrol(&request)),
            HEARTBEAT_PATH => Ok(self.heartbeat()),
            other => panic!("{other}"),
        }
    }
}

fn problem(status: u16, error: &'static str) -> Answer {
    Answer {
        status,
        body: json(&Problem::new(error, "says the test")),
        retry_after: None,
        date: None,
    }
}

fn altered(mut answer: Answer, alter: impl FnOnce(&mut Vec<ItemAnswer>)) -> Answer {
    let mut parsed: BatchAnswer = serde_json::from_slice(&answer.body).unwrap();
    alter(&mut parsed.results);
    answer.body = json(&parsed);
    answer
}

fn json(value: &impl serde::Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap()
}

/// The wall clock of the tests stands still.
pub(super) fn clock() -> Timestamp {
    super::CLOCK
}
