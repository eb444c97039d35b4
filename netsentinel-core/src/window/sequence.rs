//! Random traffic for the property tests of windows.

use std::num::NonZeroUsize;
use std::time::Duration;

use proptest::prelude::*;

use crate::{Limits, Timestamp};

/// The window that the steps of [`events`] are made for, in nanoseconds.
pub(super) const WINDOW_NS: i64 = 1000;
pub(super) const WINDOW: Duration = Duration::from_nanos(WINDOW_NS as u64);

/// A quarter of the usual number of cases (256, or as `PROPTEST_CASES` says): each is a long one.
pub(super) fn config() -> ProptestConfig {
    let usual = ProptestConfig::default();
    ProptestConfig { cases: usual.cases / 4, ..usual }
}

/// One event: when it came (out of order at times), of which key, with which value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Event {
    pub(super) time: Timestamp,
    pub(super) key: u8,
    pub(super) value: u16,
}

/// Up to 150 events of `keys` keys with values below `values`, their times apart by what windows
/// could get wrong.
pub(super) fn events(keys: u8, values: u16) -> impl Strategy<Value = Vec<Event>> {
    let step = prop_oneof![
        6 => Just(0),
        6 => Just(1),
        2 => Just(WINDOW_NS - 1),
        2 => Just(WINDOW_NS),
        2 => Just(WINDOW_NS + 1),
        20 => 0..WINDOW_NS / 4,
        4 => 0..WINDOW_NS * 3,
        4 => -WINDOW_NS..0,
    ];
    prop::collection::vec((step, 0..keys, 0..values), 1..150).prop_map(|steps| {
        let mut at = 0;
        let dated = steps.into_iter().map(|(step, key, value)| {
            at += step;
            Event { time: Timestamp::from_nanos(at), key, value }
        });
        dated.collect()
    })
}

/// All events of a sequence, as a window that forgets nothing would have them.
#[derive(Debug, Default)]
pub(super) struct Naive {
    pub(super) now: Timestamp,
    events: Vec<Event>,
}

impl Naive {
    pub(super) fn new() -> Self {
        Self { now: Timestamp::MIN, events: Vec::new() }
    }

    /// Remembers an event at the time it is judged at.
    pub(super) fn add(&mut self, event: Event) {
        self.now = self.now.max(event.time);
        self.events.push(Event { time: self.now, ..event });
    }

    /// The events of a key within the window, newest first.
    pub(super) fn within(&self, key: u8) -> impl Iterator<Item = &Event> {
        self.within_last(WINDOW_NS as u64, key)
    }

    /// The events of a key in the last `nanos` nanoseconds, newest first.
    pub(super) fn within_last(&self, nanos: u64, key: u8) -> impl Iterator<Item = &Event> {
        let inside = move |event: &&Event| self.now.nanos_since(event.time) <= nanos;
        self.events.iter().rev().filter(move |event| event.key == key).filter(inside)
    }
}

pub(super) fn limits(max_keys: usize) -> Limits {
    Limits { max_keys: NonZeroUsize::new(max_keys).unwrap() }
}
