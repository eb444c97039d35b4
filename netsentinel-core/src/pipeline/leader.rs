//! The thread that takes every batch, and judges it alone or leaves helpers their part of it.
//!
//! Alone it reads the headers of a packet once and has them in its cache for all detectors, which is the least
//! work: while reading a capture takes as long, that is the fastest. With helpers everything is found out once, too,
//! but for the headers of what they see, which each reads again.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::audience::{Audience, Ended, Shown};
use super::batch::Batch;
use super::detection::Detection;
use super::front::Front;
use super::helper::{Helper, lock};
use super::panel::Panel;
use super::parts::Parts;
use super::place::Placed;
use super::sharing::{Pace, Stopwatch};
use super::workers::BATCHES_MAX;
use super::{Reconfigured, Stats, reconfigure};
use crate::config::{Config, ConfigError, PipelineSettings};
use crate::{Arrived, Timestamp};

/// The thread that takes every batch, and the ways to it and back. Answers come in the order of the orders.
pub(super) struct Leader {
    orders: Option<SyncSender<Order>>,
    answers: Receiver<Answer>,
    thread: Option<JoinHandle<()>>,
}

pub(super) enum Order {
    /// With how long it took to read each.
    Judge(Vec<Batch>, Duration),
    /// The capture has ended.
    Finish,
    Stats,
    Reconfigure(Arc<Config>),
}

pub(super) enum Answer {
    Judged(Vec<Judged>),
    Finished(Vec<Placed>),
    Stats(Box<Stats>),
    Reconfigured(Box<Result<Reconfigured, ConfigError>>),
}

/// A batch that has been judged.
pub(super) struct Judged {
    pub(super) raised: Vec<Placed>,
    pub(super) batch: Arc<Batch>,
    /// Whether every helper answers, too.
    pub(super) shared: bool,
}

/// What the thread works with.
pub(super) struct Engine {
    pub(super) front: Front,
    /// The panels that it judges with whatever helpers do.
    pub(super) own: Vec<Panel>,
    pub(super) helpers: Vec<Helper>,
    pub(super) settings: PipelineSettings,
    pub(super) pace: Pace,
}

impl Leader {
    pub(super) fn start(mut engine: Engine) -> std::io::Result<Self> {
        let (orders, inbox) = sync_channel::<Order>(BATCHES_MAX + 1);
        let (outbox, answers) = sync_channel(BATCHES_MAX + 1);
        let thread = thread::Builder::new().name("sentinel-leader".into()).spawn(move || {
            while let Some(order) = next(&inbox, &mut engine) {
                let answer = match order {
                    Order::Judge(bundle, read) => {
                        let bundle = bundle.into_iter();
                        Answer::Judged(bundle.map(|batch| engine.judge(batch, read)).collect())
                    }
                    Order::Finish => Answer::Finished(engine.finish()),
                    Order::Stats => Answer::Stats(Box::new(engine.stats())),
                    Order::Reconfigure(config) => {
                        Answer::Reconfigured(Box::new(engine.reconfigure(&config)))
                    }
                };
                if outbox.send(answer).is_err() {
                    return;
                }
            }
        })?;
        Ok(Self { orders: Some(orders), answers, thread: Some(thread) })
    }

    /// It stops before its orders do only by a panic, which is passed on when its answer is missed.
    pub(super) fn order(&self, order: Order) {
        if let Some(orders) = &self.orders {
            let _ = orders.send(order);
        }
    }

    pub(super) fn answer(&self) -> Answer {
        self.answers.recv().unwrap_or_else(|_| panicked())
    }
}

/// The next order; until there is one, the engine helps.
fn next(inbox: &Receiver<Order>, engine: &mut Engine) -> Option<Order> {
    loop {
        match inbox.try_recv() {
            Ok(order) => return Some(order),
            Err(TryRecvError::Disconnected) => return None,
            Err(TryRecvError::Empty) if engine.help() => {}
            Err(TryRecvError::Empty) => return inbox.recv().ok(),
        }
    }
}

/// Passes on the panic of a thread whose answer is missed.
pub(super) fn panicked() -> ! {
    std::panic::resume_unwind(Box::new("a worker has panicked"))
}

impl Drop for Leader {
    fn drop(&mut self) {
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            // A panic has been told by the thread itself.
            let _ = thread.join();
        }
    }
}

impl Engine {
    fn judge(&mut self, mut batch: Batch, read: Duration) -> Judged {
        let mut raised = Vec::new();
        let behind = self.helpers.iter().any(|helper| !helper.is_idle());
        let shared = !self.helpers.is_empty() && self.pace.shares(read, behind);
        if shared {
            let Batch { records, parts, .. } = &mut batch;
            if parts.is_empty() {
                parts.extend(self.helpers.iter().map(|helper| Parts::for_kinds(helper.wants)));
            }
            let own = Detection { panels: &mut self.own, raised: &mut raised };
            records.show(&mut self.front, &mut Shared { own, parts });
        } else {
            let begun = Stopwatch::start();
            self.with_all(|front, _, panels| {
                let mut all = Detection { panels, raised: &mut raised };
                batch.records.show(front, &mut all);
            });
            self.pace.judged_alone(begun.elapsed());
        }
        let batch = Arc::new(batch);
        if shared {
            self.helpers.iter_mut().for_each(|helper| helper.leave(&batch));
        }
        Judged { raised, batch, shared }
    }

    /// Judges for a helper without a thread; tells whether there was anything to judge.
    fn help(&mut self) -> bool {
        self.helpers.iter_mut().any(Helper::help)
    }

    /// Calls `act` with all panels, while nobody else judges with any.
    fn with_all<R>(
        &mut self,
        act: impl FnOnce(&mut Front, &mut PipelineSettings, &mut [&mut Panel]) -> R,
    ) -> R {
        let mut theirs: Vec<_> = self.helpers.iter().map(|helper| lock(&helper.panel)).collect();
        let theirs = theirs.iter_mut().map(|panel| &mut **panel);
        let mut panels: Vec<&mut Panel> = self.own.iter_mut().chain(theirs).collect();
        act(&mut self.front, &mut self.settings, &mut panels)
    }

    fn finish(&mut self) -> Vec<Placed> {
        let mut raised = Vec::new();
        self.with_all(|front, _, panels| {
            let mut all = Detection { panels, raised: &mut raised };
            let now = front.end(&mut all);
            all.finish(now);
        });
        raised
    }

    fn stats(&self) -> Stats {
        let theirs = self.helpers.iter().map(|helper| lock(&helper.panel).stats());
        let panels = self.own.iter().map(Panel::stats).chain(theirs);
        Stats::of(self.front.stats(), panels, &self.settings)
    }

    fn reconfigure(&mut self, config: &Config) -> Result<Reconfigured, ConfigError> {
        self.with_all(|front, settings, panels| {
            reconfigure::reconfigure(settings, front, panels, config)
        })
    }
}

/// What the leader judges itself, and what it leaves to helpers.
struct Shared<'a> {
    own: Detection<'a, Panel>,
    parts: &'a mut [Parts],
}

impl Audience for Shared<'_> {
    fn stretch(&mut self, events: usize) {
        self.parts.iter_mut().for_each(|parts| parts.stretch(events));
    }

    #[inline(always)]
    fn packet(&mut self, nth: usize, shown: &Shown<'_>) {
        self.parts.iter_mut().for_each(|parts| parts.packet(nth, shown));
        self.own.packet(nth, shown);
    }

    fn flow_ended(&mut self, nth: usize, ended: &Ended<'_>, datagram: Option<&[u8]>) {
        self.parts.iter_mut().for_each(|parts| parts.flow_ended(nth, ended, datagram));
        self.own.flow_ended(nth, ended, datagram);
    }

    fn second(&mut self, nth: usize, now: Timestamp) {
        self.parts.iter_mut().for_each(|parts| parts.second(nth, now));
        self.own.second(nth, now);
    }

    fn tick(&mut self, nth: usize, now: Timestamp) {
        self.parts.iter_mut().for_each(|parts| parts.tick(nth, now));
        self.own.tick(nth, now);
    }

    fn verdicts(&mut self, nth: usize, now: Timestamp, arrived: &Arrived) {
        self.parts.iter_mut().for_each(|parts| parts.verdicts(nth, now, arrived));
        self.own.verdicts(nth, now, arrived);
    }
}
