//! What the threads of the rings and the one that judges hand to each other. Locked for each block, never for
//! a packet.

use std::collections::VecDeque;
use std::io;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::block::Block;
use super::lane::{Lane, Order};
use super::merge::Merge;
use crate::live::InterfaceEvent;

/// Blocks going from the rings' threads to the one that judges, and back when they are empty.
pub(in crate::live) struct Shared {
    state: Mutex<State>,
    /// Something for the thread that judges.
    news: Condvar,
    /// Something for the threads of rings.
    orders: Condvar,
}

struct State {
    slots: Vec<Slot>,
    woken: bool,
    stopped: bool,
}

/// What one ring's thread shares.
struct Slot {
    delivered: Vec<Block>,
    free: Vec<Block>,
    empty_at: Option<Instant>,
    events: Vec<InterfaceEvent>,
    orders: VecDeque<Order>,
    /// Whether there is something new for the thread that judges.
    changed: bool,
    ended: bool,
    failure: Option<io::Error>,
}

/// What has come since it was looked last.
#[derive(Default)]
pub(super) struct News {
    /// Each with the number of its lane.
    pub(super) events: Vec<(usize, InterfaceEvent)>,
    pub(super) failure: Option<io::Error>,
    pub(super) woken: bool,
    /// Whether any ring has told something.
    pub(super) any: bool,
}

impl State {
    fn take_news(&mut self, merge: &mut Merge) -> News {
        let mut news = News { woken: std::mem::take(&mut self.woken), ..News::default() };
        for (lane, slot) in self.slots.iter_mut().enumerate() {
            merge.note_memory(lane, slot.free.is_empty());
            if !std::mem::take(&mut slot.changed) {
                continue;
            }
            news.any = true;
            slot.delivered.drain(..).for_each(|block| merge.deliver(lane, block));
            merge.note_empty(lane, slot.empty_at);
            news.events.extend(slot.events.drain(..).map(|event| (lane, event)));
            news.failure = news.failure.or(slot.failure.take());
        }
        news
    }
}

/// What a ring's thread is to do.
pub(super) enum Task {
    /// Fill this block.
    Fill(Block),
    /// Look at the orders first.
    Obey,
}

impl Shared {
    /// Takes all memory: so many blocks for each of so many rings.
    pub(super) fn new(lanes: usize, blocks: usize) -> Self {
        let slot = || Slot {
            delivered: Vec::with_capacity(blocks),
            free: std::iter::repeat_with(Block::new).take(blocks).collect(),
            empty_at: None,
            events: Vec::new(),
            orders: VecDeque::new(),
            changed: false,
            ended: false,
            failure: None,
        };
        let slots = std::iter::repeat_with(slot).take(lanes).collect();
        let state = State { slots, woken: false, stopped: false };
        Self { state: Mutex::new(state), news: Condvar::new(), orders: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes a ring's slot, and tells the thread that judges.
    fn tell(&self, lane: usize, change: impl FnOnce(&mut Slot)) {
        if let Some(slot) = self.state().slots.get_mut(lane) {
            change(slot);
            slot.changed = true;
        }
        self.news.notify_one();
    }

    // The thread of a ring.

    /// An empty block; waits until there is one, or an order.
    pub(super) fn block(&self, lane: usize) -> Task {
        let mut state = self.state();
        loop {
            let stopped = state.stopped;
            match state.slots.get_mut(lane) {
                Some(slot) if !stopped && slot.orders.is_empty() => {
                    if let Some(block) = slot.free.pop() {
                        return Task::Fill(block);
                    }
                }
                _ => return Task::Obey,
            }
            state = self.orders.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Delivers a block, unless it is empty, and since when the ring has been found empty after it.
    pub(super) fn deliver(&self, lane: usize, block: Block, empty_at: Option<Instant>) {
        self.tell(lane, |slot| {
            let to = if block.is_empty() { &mut slot.free } else { &mut slot.delivered };
            to.push(block);
            slot.empty_at = slot.empty_at.max(empty_at);
        });
    }

    /// Tells that the ring was found empty at this time.
    pub(super) fn found_empty(&self, lane: usize, at: Instant) {
        self.tell(lane, |slot| slot.empty_at = slot.empty_at.max(Some(at)));
    }

    /// Tells what happened to the interface.
    pub(super) fn happened(&self, lane: usize, events: &mut Vec<InterfaceEvent>) {
        self.tell(lane, |slot| slot.events.append(events));
    }

    /// The next order; `None` when it is to stop.
    pub(super) fn order(&self, lane: usize) -> Option<Option<Order>> {
        let mut state = self.state();
        if state.stopped {
            return None;
        }
        Some(state.slots.get_mut(lane).and_then(|slot| slot.orders.pop_front()))
    }

    /// Tells that the thread ends, and why if nobody has told it to. Whoever waits for an answer hears that
    /// there is none.
    pub(super) fn end(&self, lane: usize, failure: Option<io::Error>) {
        self.tell(lane, |slot| {
            slot.ended = true;
            slot.failure = slot.failure.take().or(failure);
            slot.orders.clear();
        });
    }

    // The thread that judges.

    /// Gives an order to a ring's thread; dropped where it has ended.
    pub(super) fn give(&self, lane: usize, order: impl FnOnce(&mut Lane) + Send + 'static) {
        let mut state = self.state();
        if let Some(slot) = state.slots.get_mut(lane).filter(|slot| !slot.ended) {
            slot.orders.push_back(Box::new(order));
        }
        drop(state);
        self.orders.notify_all();
    }

    /// Takes emptied blocks back.
    pub(super) fn take_back(&self, emptied: &mut Vec<(usize, Block)>) {
        if emptied.is_empty() {
            return;
        }
        let mut state = self.state();
        for (lane, block) in emptied.drain(..) {
            if let Some(slot) = state.slots.get_mut(lane) {
                slot.free.push(block);
            }
        }
        drop(state);
        self.orders.notify_all();
    }

    /// Moves what has come to `merge`; if nothing has, waits for it, at most until `deadline`.
    pub(super) fn collect(&self, merge: &mut Merge, deadline: Option<Instant>) -> News {
        let mut state = self.state();
        loop {
            let news = state.take_news(merge);
            let left = deadline.map(|end| end.saturating_duration_since(Instant::now()));
            match left {
                Some(left) if !news.any && !news.woken && left > Duration::ZERO => {
                    let waited = self.news.wait_timeout(state, left);
                    state = waited.unwrap_or_else(PoisonError::into_inner).0;
                }
                _ => return news,
            }
        }
    }

    /// Ends the wait of the thread that judges.
    pub(in crate::live) fn wake(&self) {
        self.state().woken = true;
        self.news.notify_one();
    }

    /// Tells all rings' threads to end.
    pub(super) fn stop(&self) {
        self.state().stopped = true;
        self.orders.notify_all();
    }
}
