//! What is on its way to the workers: a block of records and what of them is whose part; between them the
//! times that passed without one, and the verdicts that arrived.

use super::route::{Part, Route, Work};
use super::share::Ends;
use crate::{Arrived, Block, Record, Timestamp};

/// Times and verdicts in a batch at most.
const EVENTS_MAX: usize = 1_024;

/// Records, times and verdicts in their order.
pub(super) struct Batch {
    block: Block,
    parts: Parts,
    /// What came between records, and how many records came before it.
    events: Vec<(usize, Event)>,
}

/// The parts of each worker, in the order of the records: so that nobody looks at what is another's.
struct Parts {
    /// How many records have been given out.
    records: u32,
    of: Vec<Vec<Part>>,
}

/// What comes between records.
pub(super) enum Event {
    /// Time passed without a record.
    Time(Timestamp),
    /// Verdicts arrived, when this was the newest time.
    Arrived(Timestamp, Arrived),
}

/// A worker's part of consecutive records, and what came before them.
pub(super) struct Stretch<'a> {
    /// What came before the records, and its number in the batch.
    pub(super) before: Option<(usize, &'a Event)>,
    pub(super) parts: &'a [Part],
    /// So many came between the records before these.
    events: usize,
    block: &'a Block,
}

impl<'a> Stretch<'a> {
    /// The bytes of the record of `part`, one of these.
    #[inline]
    pub(super) fn frame(&self, part: &Part) -> &'a [u8] {
        self.block.frame(part.record as usize)
    }

    /// The record of `part`, one of these, and its number in the batch.
    #[inline]
    pub(super) fn record(&self, part: &Part) -> Option<(usize, Record<'a>)> {
        let nth = part.record as usize;
        Some((nth + self.events, self.block.get(nth)?))
    }
}

impl Batch {
    /// Of nothing, for so many workers.
    pub(super) fn new(workers: usize) -> Self {
        let parts =
            Parts { records: 0, of: std::iter::repeat_with(Vec::new).take(workers).collect() };
        Self { block: Block::default(), parts, events: Vec::new() }
    }

    /// Appends a copy of `record`.
    pub(super) fn push(&mut self, record: &Record<'_>, route: Route) {
        self.block.push(record);
        self.parts.give(route);
    }

    /// Takes the records of `block`, whose place an empty one takes; `admit` tells when each counts as
    /// captured, and for whom it is. Only for a batch that is empty.
    pub(super) fn take(
        &mut self,
        block: &mut Block,
        mut admit: impl FnMut(&Record<'_>) -> (Timestamp, Route),
    ) {
        std::mem::swap(&mut self.block, block);
        let parts = &mut self.parts;
        self.block.redate(|record| {
            let (now, route) = admit(record);
            parts.give(route);
            now
        });
    }

    /// Appends what has come between records.
    pub(super) fn push_event(&mut self, event: Event) {
        self.events.push((self.parts.records as usize, event));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.parts.records == 0 && self.events.is_empty()
    }

    pub(super) fn is_full(&self) -> bool {
        self.block.is_full() || self.events.len() >= EVENTS_MAX
    }

    /// Forgets what it holds and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.block.clear();
        self.parts.records = 0;
        self.parts.of.iter_mut().for_each(Vec::clear);
        self.events.clear();
    }

    /// What is the part of `worker`, in its order.
    pub(super) fn stretches(&self, worker: u16) -> impl Iterator<Item = Stretch<'_>> {
        let mut left = self.parts.of.get(usize::from(worker)).map_or(&[][..], Vec::as_slice);
        let starts = std::iter::once((0, None));
        let starts = starts.chain(self.events.iter().map(|(first, event)| (*first, Some(event))));
        let ends = self.events.iter().map(|(end, _)| *end).chain([self.parts.records as usize]);
        starts.zip(ends).enumerate().map(move |(events, ((first, event), end))| {
            let parts;
            (parts, left) =
                left.split_at(left.partition_point(|part| (part.record as usize) < end));
            // The one that came before does not count itself.
            let before = event.map(|event| (first + events.saturating_sub(1), event));
            Stretch { before, parts, events, block: &self.block }
        })
    }
}

impl Parts {
    /// Gives the next record to those that it is for.
    #[inline(always)]
    fn give(&mut self, route: Route) {
        let record = self.records;
        self.records += 1;
        let Some((source, destination)) = route.owners() else {
            let look = Part { record, work: Work::Look };
            return self.of.iter_mut().for_each(|parts| parts.push(look));
        };
        let judge = |ends| Part { record, work: Work::Judge(route.kinds, ends) };
        if source == destination {
            self.push(source, judge(Ends::BOTH));
        } else {
            self.push(source, judge(Ends::SOURCE));
            self.push(destination, judge(Ends::DESTINATION));
        }
        if route.begins_second {
            let time = Part { record, work: Work::Time };
            for (worker, parts) in (0..).zip(&mut self.of) {
                if ![source, destination].contains(&worker) {
                    parts.push(time);
                }
            }
        }
    }

    /// Nobody has no parts.
    #[inline(always)]
    fn push(&mut self, worker: u16, part: Part) {
        if let Some(parts) = self.of.get_mut(usize::from(worker)) {
            parts.push(part);
        }
    }
}
