//! Many activities, merged into one stream in time order.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::time::Duration;

use netsentinel_core::Timestamp;

/// Something that sends a frame now and then: a conversation, a probe series, a source of these.
pub(crate) trait Activity: Send {
    /// Takes a turn at `turn.now`: writes at most one frame, may start other activities, and says
    /// when it wants its next turn (never before `turn.now`), or `None` when it is over.
    fn act(&mut self, turn: &mut Turn<'_>) -> Option<Timestamp>;
}

/// One activity's turn.
pub(crate) struct Turn<'a> {
    /// The time of this turn, and of the frame written in it.
    pub(crate) now: Timestamp,
    /// Empty; a frame written here is sent.
    pub(crate) frame: &'a mut Vec<u8>,
    started: &'a mut Vec<Entry>,
}

impl Turn<'_> {
    /// Starts another activity, not before now.
    pub(crate) fn start(&mut self, at: Timestamp, activity: impl Activity + 'static) {
        let activity = Box::new(activity);
        self.started.push(Entry { at: at.max(self.now), order: 0, activity });
    }
}

/// The activities under way. Memory is bounded by how many there are at one time.
#[derive(Default)]
pub(crate) struct Timeline {
    waiting: BinaryHeap<Reverse<Entry>>,
    started: Vec<Entry>,
    order: u64,
}

struct Entry {
    at: Timestamp,
    /// Breaks ties, so that the order never depends on the heap.
    order: u64,
    activity: Box<dyn Activity>,
}

impl Timeline {
    /// Adds an activity that takes its first turn at `at`.
    pub(crate) fn add(&mut self, at: Timestamp, activity: impl Activity + 'static) {
        self.push(Entry { at, order: 0, activity: Box::new(activity) });
    }

    /// Writes the next frame into `frame` and returns its time; `None` when all is over.
    pub(crate) fn next_frame(&mut self, frame: &mut Vec<u8>) -> Option<Timestamp> {
        frame.clear();
        while frame.is_empty() {
            let mut top = self.waiting.peek_mut()?;
            let Reverse(entry) = &mut *top;
            let now = entry.at;
            let mut turn = Turn { now, frame, started: &mut self.started };
            match entry.activity.act(&mut turn) {
                Some(next) => {
                    entry.at = next.max(now);
                    entry.order = self.order;
                    self.order += 1;
                    drop(top);
                }
                None => drop(PeekMut::pop(top)),
            }
            while let Some(entry) = self.started.pop() {
                self.push(entry);
            }
            if !frame.is_empty() {
                return Some(now);
            }
        }
        None
    }

    fn push(&mut self, entry: Entry) {
        self.waiting.push(Reverse(Entry { order: self.order, ..entry }));
        self.order += 1;
    }
}

impl Entry {
    fn key(&self) -> (Timestamp, u64) {
        (self.at, self.order)
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Entry {}

/// Turns at even distances: turn `i` is at `from` + `i` × `span` / `steps`, rounded down.
pub(crate) struct Series<F> {
    from: Timestamp,
    span: Duration,
    steps: u64,
    index: u64,
    count: u64,
    act: F,
}

impl<F: FnMut(u64, &mut Turn<'_>) + Send + 'static> Series<F> {
    /// `count` turns, the first at `from` and the last exactly `span` later.
    pub(crate) fn spread(from: Timestamp, span: Duration, count: u64, act: F) -> Self {
        let steps = count.saturating_sub(1).max(1);
        Self { from, span, steps, index: 0, count, act }
    }

    /// `rate` turns a second (at least one) from `from`, without end.
    pub(crate) fn endless(from: Timestamp, rate: u32, act: F) -> Self {
        let steps = u64::from(rate.max(1));
        Self { from, span: Duration::from_secs(1), steps, index: 0, count: u64::MAX, act }
    }

    /// Adds the series to a timeline.
    pub(crate) fn add_to(self, timeline: &mut Timeline) {
        if self.count > 0 {
            timeline.add(self.from, self);
        }
    }
}

impl<F: FnMut(u64, &mut Turn<'_>) + Send> Activity for Series<F> {
    fn act(&mut self, turn: &mut Turn<'_>) -> Option<Timestamp> {
        (self.act)(self.index, turn);
        self.index += 1;
        if self.index >= self.count {
            return None;
        }
        let nanos = self.span.as_nanos() * u128::from(self.index) / u128::from(self.steps);
        Some(self.from.after(Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drain(mut timeline: Timeline) -> Vec<(i64, u8)> {
        let mut frame = Vec::new();
        let mut seen = Vec::new();
        while let Some(now) = timeline.next_frame(&mut frame) {
            seen.push((now.as_nanos(), frame[0]));
        }
        seen
    }

    fn mark(mark: u8) -> impl FnMut(u64, &mut Turn<'_>) + Send + 'static {
        move |_, turn| turn.frame.push(mark)
    }

    #[test]
    fn merges_in_time_order_and_keeps_ties_in_the_order_they_were_asked_for() {
        let mut timeline = Timeline::default();
        let zero = Timestamp::from_nanos(0);
        Series::spread(zero, Duration::from_nanos(10), 3, mark(b'a')).add_to(&mut timeline);
        Series::spread(zero, Duration::from_nanos(10), 2, mark(b'b')).add_to(&mut timeline);
        Series::spread(zero, Duration::from_nanos(10), 0, mark(b'c')).add_to(&mut timeline);
        let expected = [(0, b'a'), (0, b'b'), (5, b'a'), (10, b'b'), (10, b'a')];
        assert_eq!(drain(timeline), expected);
    }

    #[test]
    fn a_turn_may_start_others_and_send_nothing() {
        let mut timeline = Timeline::default();
        let from = Timestamp::from_nanos(100);
        Series::spread(from, Duration::from_nanos(2), 2, |index, turn: &mut Turn<'_>| {
            // Asks for a time that has passed: it is sent now.
            let series = Series::spread(turn.now, Duration::ZERO, 1, mark(index as u8));
            turn.start(Timestamp::from_nanos(0), series);
        })
        .add_to(&mut timeline);
        assert_eq!(drain(timeline), [(100, 0), (102, 1)]);
    }
}
