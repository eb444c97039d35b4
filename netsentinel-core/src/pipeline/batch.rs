//! What is on its way to those who judge: a block of records, and what came between them.

use std::hint::black_box;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::audience::Audience;
use super::front::Front;
use super::parts::Parts;
use super::place::Placed;
use crate::{Arrived, Block, Timestamp};

/// Times and verdicts in a batch at most.
const EVENTS_MAX: usize = 1_024;
/// Records whose headers are looked at together.
pub(super) const AHEAD: usize = 16;
/// About where the headers of most packets end.
const HEADERS_END: usize = 48;

/// Records, times and verdicts in their order; then what of them is left to others to judge.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) records: Records,
    /// By who is to judge.
    pub(super) parts: Vec<Parts>,
    /// On the part of the helper without a thread.
    claim: Mutex<Claim>,
}

/// On a part of a batch that several may judge, of whom one does.
#[derive(Default)]
pub(super) struct Claim {
    /// Whether it has been judged.
    pub(super) done: bool,
    /// What it raised, until that is taken.
    pub(super) raised: Vec<Placed>,
}

/// Records, and what came between them.
#[derive(Default)]
pub(super) struct Records {
    pub(super) block: Block,
    /// What came between records, and how many records came before it.
    events: Vec<(usize, Event)>,
}

/// What comes between records.
pub(super) enum Event {
    /// Time passed without a record.
    Time(Timestamp),
    /// Verdicts arrived.
    Arrived(Arrived),
}

impl Batch {
    /// Forgets what it holds and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.records.block.clear();
        self.records.events.clear();
        self.parts.iter_mut().for_each(Parts::clear);
        *self.claim() = Claim::default();
    }

    pub(super) fn claim(&self) -> MutexGuard<'_, Claim> {
        self.claim.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Records {
    /// Appends what has come between records.
    pub(super) fn push_event(&mut self, event: Event) {
        self.events.push((self.block.len(), event));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.block.is_empty() && self.events.is_empty()
    }

    pub(super) fn is_full(&self) -> bool {
        self.block.is_full() || self.events.len() >= EVENTS_MAX
    }

    /// Lets `front` look at everything in its order, and tell `audience`.
    pub(super) fn show<A: Audience>(&self, front: &mut Front, audience: &mut A) {
        let mut first = 0;
        for (before, (end, event)) in self.events.iter().enumerate() {
            self.show_records(first..*end, before, front, audience);
            let nth = end + before;
            match event {
                Event::Time(now) => front.pass(nth, *now, audience),
                Event::Arrived(arrived) => front.weigh(nth, arrived, audience),
            }
            first = *end;
        }
        self.show_records(first..self.block.len(), self.events.len(), front, audience);
    }

    fn show_records<A: Audience>(
        &self,
        records: Range<usize>,
        events: usize,
        front: &mut Front,
        audience: &mut A,
    ) {
        audience.stretch(events);
        for first in records.clone().step_by(AHEAD) {
            let ahead = first..records.end.min(first + AHEAD);
            touch(ahead.clone().map(|nth| self.block.frame(nth)));
            for nth in ahead {
                if let Some(record) = self.block.get(nth) {
                    front.look(nth + events, &record, audience);
                }
            }
        }
    }
}

/// Looks at the headers of several frames at once. They come from the cache of the core that has read
/// them, and there the core can wait for all of them together; in judging it would for one at a time.
#[inline]
pub(super) fn touch<'a>(frames: impl Iterator<Item = &'a [u8]>) {
    let headers = |frame: &[u8]| {
        let byte = |at| frame.get(at).copied().unwrap_or_default();
        byte(0) ^ byte(HEADERS_END)
    };
    black_box(frames.map(headers).fold(0, |all, byte| all ^ byte));
}
