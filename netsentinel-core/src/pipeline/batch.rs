//! What is on its way to the workers: a block of records and for whom each is; between them the times
//! that passed without one, and the verdicts that arrived.

use super::route::Route;
use crate::{Arrived, Block, Record, Timestamp};

/// Times and verdicts in a batch at most.
const EVENTS_MAX: usize = 1_024;

/// Records, times and verdicts in their order.
#[derive(Default)]
pub(super) struct Batch {
    block: Block,
    /// One for each record.
    routes: Vec<Route>,
    /// What came between records, and how many records came before it.
    events: Vec<(usize, Event)>,
}

/// What comes between records.
pub(super) enum Event {
    /// Time passed without a record.
    Time(Timestamp),
    /// Verdicts arrived, when this was the newest time.
    Arrived(Timestamp, Arrived),
}

/// Consecutive records of a batch, and what came before them.
pub(super) struct Stretch<'a> {
    /// What came before the records.
    pub(super) before: Option<&'a Event>,
    /// Number of `before`, or else of the first record, in the batch.
    pub(super) nth: usize,
    block: &'a Block,
    /// Number of the first record among the records.
    first: usize,
    routes: &'a [Route],
}

impl<'a> Stretch<'a> {
    /// The records that `wanted` makes something of, each with its number in the batch. What is not
    /// wanted is not even looked at.
    pub(super) fn records<T>(
        &self,
        wanted: impl Fn(Route) -> Option<T>,
    ) -> impl Iterator<Item = (usize, T, Record<'a>)> {
        let (block, first) = (self.block, self.first);
        let start = self.nth + usize::from(self.before.is_some());
        let wanted = self
            .routes
            .iter()
            .enumerate()
            .filter_map(move |(n, route)| wanted(*route).map(|what| (n, what)));
        wanted.filter_map(move |(n, what)| Some((start + n, what, block.get(first + n)?)))
    }
}

impl Batch {
    /// Appends a copy of `record`.
    pub(super) fn push(&mut self, record: &Record<'_>, route: Route) {
        self.block.push(record);
        self.routes.push(route);
    }

    /// Takes the records of `block`, whose place an empty one takes; `admit` tells when each counts as
    /// captured, and for whom it is. Only for a batch that is empty.
    pub(super) fn take(
        &mut self,
        block: &mut Block,
        mut admit: impl FnMut(&Record<'_>) -> (Timestamp, Route),
    ) {
        std::mem::swap(&mut self.block, block);
        let routes = &mut self.routes;
        self.block.redate(|record| {
            let (now, route) = admit(record);
            routes.push(route);
            now
        });
    }

    /// Appends what has come between records.
    pub(super) fn push_event(&mut self, event: Event) {
        self.events.push((self.routes.len(), event));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.routes.is_empty() && self.events.is_empty()
    }

    pub(super) fn is_full(&self) -> bool {
        self.block.is_full() || self.events.len() >= EVENTS_MAX
    }

    /// Forgets what it holds and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.block.clear();
        self.routes.clear();
        self.events.clear();
    }

    /// Everything in its order.
    pub(super) fn stretches(&self) -> impl Iterator<Item = Stretch<'_>> {
        let starts = std::iter::once((0, None));
        let starts = starts.chain(self.events.iter().map(|(first, event)| (*first, Some(event))));
        let ends = self.events.iter().map(|(end, _)| *end).chain([self.routes.len()]);
        starts.zip(ends).enumerate().map(|(events, ((first, before), end))| Stretch {
            before,
            // The one that came before does not count itself.
            nth: first + events.saturating_sub(1),
            block: &self.block,
            first,
            routes: self.routes.get(first..end).unwrap_or_default(),
        })
    }
}
