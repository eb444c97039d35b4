//! Capturing by several rings an interface, each read by a thread of its own, put into one order for the thread
//! that judges.
//!
//! A host's flows lie in several rings, and what counts hosts must see all of them, in the order in which
//! they came. So the rings share the work of taking packets from the kernel and copying them; judging stays
//! where it was, behind one order, and several workers may share it there.

mod block;
mod lane;
mod merge;
mod shared;

use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use netsentinel_core::Record;

use super::capture::Turn;
use super::event::{Reported, worst};
use super::fanout::Group;
use super::tap::Tap;
use super::wait::Waker;
use super::{InterfaceEvent, InterfaceReport, LiveError, LiveOptions};
use block::{BLOCK_BYTES, Block};
use lane::Lane;
use merge::Merge;
pub(super) use shared::Shared;

/// The most packets handed on in one turn, about.
const TURN_MAX: u64 = 8_192;
/// Blocks of a ring, whatever its buffer in the kernel is.
const BLOCKS: std::ops::RangeInclusive<usize> = 8..=256;

/// Several rings an interface.
pub(super) struct Rings {
    options: LiveOptions,
    shared: Arc<Shared>,
    /// Those that have no thread yet.
    waiting: Vec<Lane>,
    threads: Vec<JoinHandle<()>>,
    /// One for each lane. The lanes of an interface follow each other.
    wakers: Vec<Waker>,
    merge: Merge,
    /// Blocks to give back.
    emptied: Vec<(usize, Block)>,
    /// How each lane's interface is, as it sees it.
    states: Vec<Reported>,
    /// The same for each interface, as it was told.
    told: Vec<Reported>,
    events: Vec<InterfaceEvent>,
    /// When each lane was asked last whether its ring is empty.
    asked: Vec<Option<Instant>>,
    frames: u64,
}

impl Rings {
    /// Opens all rings of all interfaces; their threads begin with the first turn, with the rights of the
    /// thread that takes it.
    pub(super) fn open(options: &LiveOptions) -> Result<Self, LiveError> {
        let rings = options.rings.get();
        let (mut waiting, mut told, mut events) = (Vec::new(), Vec::new(), Vec::new());
        let mut states = Vec::new();
        for name in &options.interfaces {
            let group = Arc::new(Group::default());
            let mut own = Vec::new();
            for _ in 0..rings {
                let tap = Tap::open(name, options, Some(Arc::clone(&group)), &mut own)?;
                states.push(tap.reported());
                waiting.push(Lane::new(waiting.len(), tap, options.clone())?);
            }
            let lanes = states.len() - rings..;
            told.push(worst(states.get(lanes).unwrap_or_default()));
            own.truncate(1);
            events.append(&mut own);
        }
        let blocks = usize::try_from(options.buffer_bytes).unwrap_or(usize::MAX) / BLOCK_BYTES;
        let blocks = blocks.clamp(*BLOCKS.start(), *BLOCKS.end());
        Ok(Self {
            shared: Arc::new(Shared::new(waiting.len(), blocks)),
            merge: Merge::new(waiting.len(), blocks),
            emptied: Vec::with_capacity(waiting.len() * blocks),
            wakers: waiting.iter().map(Lane::waker).collect(),
            asked: vec![None; waiting.len()],
            threads: Vec::with_capacity(waiting.len()),
            options: options.clone(),
            waiting,
            states,
            told,
            events,
            frames: 0,
        })
    }

    /// As [`Live::turn`](super::Live::turn).
    pub(super) fn turn(
        &mut self,
        timeout: Duration,
        hand: &mut impl FnMut(&Record<'_>),
    ) -> Result<Turn, LiveError> {
        self.start()?;
        let deadline = Instant::now() + timeout;
        let mut turn = Turn::default();
        // What is there is handed on, and only then waited for more.
        let mut wait = None;
        loop {
            let news = self.shared.collect(&mut self.merge, wait);
            if let Some(failure) = news.failure {
                return Err(LiveError::Wait(failure));
            }
            news.events.into_iter().for_each(|(lane, event)| self.note(lane, event));
            turn.woken |= news.woken;
            turn.handed = self.release(hand);
            let now = Instant::now();
            if turn.handed > 0 || turn.woken || !self.events.is_empty() || now >= deadline {
                turn.events = std::mem::take(&mut self.events);
                return Ok(turn);
            }
            wait = Some(self.ask(now).map_or(deadline, |due| due.min(deadline)));
        }
    }

    fn release(&mut self, hand: &mut impl FnMut(&Record<'_>)) -> u64 {
        let (names, rings) = (&self.options.interfaces, self.options.rings.get());
        let (frames, emptied) = (&mut self.frames, &mut self.emptied);
        let mut hand = |lane: usize, block: &Block, place: usize| {
            let name = names.get(lane / rings).map(String::as_str).unwrap_or_default();
            *frames += 1;
            block.record(place, *frames, name).iter().for_each(&mut *hand);
        };
        let mut keep = |lane, block: Block| emptied.push((lane, block));
        let released = self.merge.release(TURN_MAX, &mut hand, &mut keep);
        self.emptied.iter_mut().for_each(|(_, block)| block.clear());
        self.shared.take_back(&mut self.emptied);
        released
    }

    /// Asks the rings that hold up the others whether they are empty, once it is late enough to be sure of
    /// what that means; tells until when to wait for it.
    fn ask(&mut self, now: Instant) -> Option<Instant> {
        let due = self.merge.due()?;
        if now < due {
            return Some(due);
        }
        for lane in self.merge.unknown_at(due) {
            if let Some(asked) = self.asked.get_mut(lane).filter(|asked| **asked < Some(due)) {
                *asked = Some(now);
                self.wakers.get(lane).into_iter().for_each(Waker::wake);
            }
        }
        None
    }

    /// Notes what a ring tells of its interface, and tells it on if that is new for all of them.
    fn note(&mut self, lane: usize, event: InterfaceEvent) {
        let rings = self.options.rings.get();
        if let Some(state) = self.states.get_mut(lane) {
            *state = Reported { state: event.state, reason: event.reason };
        }
        let interface = lane / rings;
        let lanes = interface * rings..(interface + 1) * rings;
        let now = worst(self.states.get(lanes).unwrap_or_default());
        if let Some(told) = self.told.get_mut(interface).filter(|told| told.differs(&now)) {
            *told = now.clone();
            let Reported { state, reason } = now;
            self.events.push(InterfaceEvent { interface: event.interface, state, reason });
        }
    }

    /// Starts the threads, if they are not.
    fn start(&mut self) -> Result<(), LiveError> {
        for lane in self.waiting.drain(..) {
            let shared = Arc::clone(&self.shared);
            let thread = thread::Builder::new().name("ring".into());
            let thread = thread.spawn(move || lane.run(&shared)).map_err(LiveError::Thread)?;
            self.threads.push(thread);
        }
        Ok(())
    }

    /// Lets a lane do something, in its thread, and waits for it; nothing where its thread has ended.
    fn within<T: Send + 'static>(
        &self,
        lane: usize,
        work: impl FnOnce(&mut Lane) -> T + Send + 'static,
    ) -> Option<T> {
        let (answer, answered) = sync_channel(1);
        self.shared.give(lane, move |lane| {
            let _ = answer.send(work(lane));
        });
        self.wakers.get(lane)?.wake();
        answered.recv().ok()
    }

    /// Lets all lanes do something at once, and waits for all of them.
    fn within_all<T: Send + 'static>(
        &self,
        work: impl Fn(&mut Lane) -> T + Clone + Send + 'static,
    ) -> Vec<T> {
        let lanes = 0..self.wakers.len();
        lanes.filter_map(|lane| self.within(lane, work.clone())).collect()
    }

    /// As [`Live::set_filter`](super::Live::set_filter).
    pub(super) fn set_filter(&mut self, filter: &str) -> Result<(), LiveError> {
        self.start()?;
        let wanted = filter.to_owned();
        let checked = self.within_all(move |lane| lane.tap.check_filter(&wanted));
        checked.into_iter().collect::<Result<(), _>>()?;
        let set = |filter: &str| {
            let filter = filter.to_owned();
            self.within_all(move |lane| {
                lane.tap.set_filter(&filter)?;
                lane.options.filter.clone_from(&filter);
                Ok(())
            })
        };
        if let Some(error) = set(filter).into_iter().find_map(Result::err) {
            // It was in use a moment ago. What fails even so is told with the error.
            let _: Vec<Result<(), LiveError>> = set(&self.options.filter);
            return Err(error);
        }
        filter.clone_into(&mut self.options.filter);
        Ok(())
    }

    pub(super) fn filter(&self) -> &str {
        &self.options.filter
    }

    /// One for each interface, its rings added up.
    pub(super) fn reports(&mut self) -> Vec<InterfaceReport> {
        let rings = self.options.rings.get();
        let reports: Vec<InterfaceReport> = match &mut self.waiting[..] {
            [] => self.within_all(|lane| lane.tap.report()),
            waiting => waiting.iter_mut().map(|lane| lane.tap.report()).collect(),
        };
        let told = reports.chunks(rings).zip(&self.told);
        told.filter_map(|(lanes, told)| InterfaceReport::of_rings(lanes, told)).collect()
    }

    pub(super) fn handed(&self) -> u64 {
        self.frames
    }

    pub(super) fn rings(&self) -> std::num::NonZeroUsize {
        self.options.rings
    }

    pub(super) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }
}

impl Drop for Rings {
    fn drop(&mut self) {
        self.shared.stop();
        self.wakers.iter().for_each(Waker::wake);
        for thread in self.threads.drain(..) {
            // A panic has been told by the thread itself.
            let _ = thread.join();
        }
    }
}
