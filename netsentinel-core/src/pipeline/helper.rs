//! Who judges with one panel what it is left of a batch: a thread of its own, or whoever is free.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::{self, JoinHandle};

use super::audience::{Ended, Shown, undecoded};
use super::batch::{AHEAD, Batch, touch};
use super::detection::placed;
use super::panel::Panel;
use super::parts::{Found, Part, Parts, What};
use super::place::{Placed, Step};
use super::workers::BATCHES_MAX;
use crate::{Interest, Packet, decode};

/// A panel that judges what the leader leaves it.
pub(super) struct Helper {
    pub(super) panel: Arc<Mutex<Panel>>,
    /// The kinds of packet that the panel may want.
    pub(super) wants: Interest,
    /// Batches that it has been left and not judged.
    pending: Arc<AtomicUsize>,
    hands: Hands,
}

/// Who judges with a panel.
enum Hands {
    Thread {
        orders: Option<SyncSender<Arc<Batch>>>,
        thread: Option<JoinHandle<()>>,
    },
    /// Whoever hands records in, while it would wait; the leader, while that would.
    Free {
        nth: usize,
        /// Batches that may not be judged yet.
        left: VecDeque<Weak<Batch>>,
    },
}

/// The panel of a helper without a thread, for who hands records in.
pub(super) struct Here {
    nth: usize,
    panel: Arc<Mutex<Panel>>,
    pending: Arc<AtomicUsize>,
}

impl Helper {
    /// Starts number `nth` on a thread of its own; what it raises, batch by batch, comes by what is returned.
    pub(super) fn start(
        nth: usize,
        panel: Panel,
    ) -> std::io::Result<(Self, Receiver<Vec<Placed>>)> {
        let (orders, inbox) = sync_channel::<Arc<Batch>>(BATCHES_MAX + 1);
        let (outbox, answers) = sync_channel(BATCHES_MAX + 1);
        let wants = panel.may_want();
        let (panel, pending) = (Arc::new(Mutex::new(panel)), Arc::new(AtomicUsize::new(0)));
        let (theirs, left) = (Arc::clone(&panel), Arc::clone(&pending));
        let thread = thread::Builder::new().name("sentinel-helper".into()).spawn(move || {
            for batch in inbox {
                let raised = judge(&mut lock(&theirs), &batch, nth);
                // Who is told is to find the batch, and the panel, free.
                drop(batch);
                left.fetch_sub(1, Ordering::Release);
                if outbox.send(raised).is_err() {
                    return;
                }
            }
        })?;
        let hands = Hands::Thread { orders: Some(orders), thread: Some(thread) };
        Ok((Self { panel, wants, pending, hands }, answers))
    }

    /// Number `nth`, without a thread.
    pub(super) fn free(nth: usize, panel: Panel) -> (Self, Here) {
        let wants = panel.may_want();
        let (panel, pending) = (Arc::new(Mutex::new(panel)), Arc::new(AtomicUsize::new(0)));
        let here = Here { nth, panel: Arc::clone(&panel), pending: Arc::clone(&pending) };
        let hands = Hands::Free { nth, left: VecDeque::with_capacity(BATCHES_MAX) };
        (Self { panel, wants, pending, hands }, here)
    }

    /// Whether it has judged all that it was left.
    pub(super) fn is_idle(&self) -> bool {
        self.pending.load(Ordering::Acquire) == 0
    }

    /// Leaves it its part of `batch`. A thread stops before its orders do only by a panic, which is passed on when
    /// its answer is missed.
    pub(super) fn leave(&mut self, batch: &Arc<Batch>) {
        self.pending.fetch_add(1, Ordering::Relaxed);
        match &mut self.hands {
            Hands::Thread { orders: Some(orders), .. } => drop(orders.send(Arc::clone(batch))),
            Hands::Thread { orders: None, .. } => {}
            Hands::Free { left, .. } => {
                if left.len() >= BATCHES_MAX {
                    // No more are under way: it has been judged.
                    left.pop_front();
                }
                left.push_back(Arc::downgrade(batch));
            }
        }
    }

    /// Judges for one without a thread its part of the oldest batch that nobody has come to; tells whether there was
    /// one.
    pub(super) fn help(&mut self) -> bool {
        let Hands::Free { nth, left } = &mut self.hands else { return false };
        while let Some(batch) = left.pop_front() {
            if batch.upgrade().is_some_and(|batch| judge_once(&self.panel, &batch, *nth)) {
                self.pending.fetch_sub(1, Ordering::Release);
                return true;
            }
        }
        false
    }
}

impl Here {
    /// What its part of `batch` raises, which is the oldest that has not been asked for.
    pub(super) fn judged(&self, batch: &Batch) -> Vec<Placed> {
        if judge_once(&self.panel, batch, self.nth) {
            self.pending.fetch_sub(1, Ordering::Release);
        }
        std::mem::take(&mut batch.claim().raised)
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        if let Hands::Thread { orders, thread } = &mut self.hands {
            *orders = None;
            if let Some(thread) = thread.take() {
                // A panic has been told by the thread itself.
                let _ = thread.join();
            }
        }
    }
}

/// The panel. Where a thread has panicked with it, nobody is told anything any more.
pub(super) fn lock(panel: &Mutex<Panel>) -> std::sync::MutexGuard<'_, Panel> {
    panel.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Judges part number `nth` of `batch` unless somebody has; tells whether nobody had. Whoever has the panel judges the
/// oldest batch that is not judged, so its order is kept.
fn judge_once(panel: &Mutex<Panel>, batch: &Batch, nth: usize) -> bool {
    let mut panel = lock(panel);
    let mut claim = batch.claim();
    if claim.done {
        return false;
    }
    claim.raised = judge(&mut panel, batch, nth);
    claim.done = true;
    true
}

fn judge(panel: &mut Panel, batch: &Batch, nth: usize) -> Vec<Placed> {
    let mut raised = Vec::new();
    let Some(parts) = batch.parts.get(nth) else { return raised };
    for some in parts.list().chunks(AHEAD) {
        touch(some.iter().map(|part| batch.records.block.frame(part.record())));
        for part in some {
            judge_part(panel, batch, parts, part, &mut raised);
        }
    }
    raised
}

#[inline(always)]
fn judge_part(
    panel: &mut Panel,
    batch: &Batch,
    parts: &Parts,
    part: &Part,
    raised: &mut Vec<Placed>,
) {
    let (nth, now) = (part.nth(), part.now);
    match part.what {
        What::Packet(kinds, found) => {
            if !panel.wants(kinds) {
                return;
            }
            with_packet(batch, parts, part, found, |packet, datagram| {
                let (attempt, flow) = (parts.attempt(found), parts.flow(found));
                let shown = Shown { packet, kinds, attempt, flow, datagram };
                panel.see(&shown, &mut placed(raised, nth, shown.step()));
            });
        }
        What::FlowEnded(found, by_packet, step) => {
            let Some(flow) = parts.flow(found) else { return };
            let sink = &mut placed(raised, nth, step);
            if !by_packet {
                return panel.end_flow(&Ended { flow, now, by: None, step }, sink);
            }
            with_packet(batch, parts, part, found, |packet, _| {
                panel.end_flow(&Ended { flow, now, by: Some(packet), step }, sink);
            });
        }
        What::Second => panel.begin_second(now, &mut placed(raised, nth, Step::Tick)),
        What::Tick => panel.tick(now, &mut placed(raised, nth, Step::Tick)),
        What::Verdicts(number) => {
            if let Some(arrived) = parts.verdicts(number) {
                panel.weigh(now, arrived, &mut placed(raised, nth, Step::Verdict));
            }
        }
    }
}

/// Calls `then` with the packet of `part`, and what was put together of fragments, if it was.
#[inline(always)]
fn with_packet(
    batch: &Batch,
    parts: &Parts,
    part: &Part,
    found: Found,
    then: impl FnOnce(&Packet<'_>, Option<&[u8]>),
) {
    let Some(record) = batch.records.block.get(part.record()) else { return };
    let mut packet = undecoded(&record, part.now);
    // What is malformed has been counted.
    decode::decode_into(&record, &mut packet.headers);
    match parts.datagram(found) {
        None => then(&packet, None),
        Some(payload) => {
            let headers = decode::resume(&packet.headers, payload).headers;
            then(&Packet { headers, ..packet }, Some(payload));
        }
    }
}
