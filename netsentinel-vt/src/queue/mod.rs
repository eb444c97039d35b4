//! Who waits to be asked about: the most suspected first.

mod turn;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::time::Duration;

use ahash::AHashMap;
use netsentinel_core::{IndicatorBuf, Suspicion};
use tokio::time::Instant;

use crate::Question;
use turn::{State, Turn};

/// How long one that is hardly suspected waits at most since it was noted last.
const SEEN_WAITS: Duration = Duration::from_secs(3_600);
/// How long any waits at most since it was noted last: no detector looks back further.
const ANY_WAITS: Duration = Duration::from_secs(24 * 3_600);
/// Below this an indicator is hardly suspected.
const LITTLE: u8 = 10;

/// Which providers: a bit each.
pub(crate) type Askers = u8;

/// Providers at most.
pub(crate) const ASKERS_MAX: usize = Askers::BITS as usize;

/// Indicators that wait, each once, with the providers that are still to be asked about it.
///
/// The most suspected comes first, among equals the one that waits longest. When it is full, the least
/// suspected goes, among equals the oldest. Every call takes O(log n) but those that
/// look at all that wait.
#[derive(Debug)]
pub(crate) struct Queue {
    capacity: usize,
    entries: AHashMap<IndicatorBuf, Entry>,
    /// All of them, the first to go first.
    ranked: BTreeMap<Rank, IndicatorBuf>,
    /// Of each provider.
    lines: Vec<Line>,
    /// The number of the next that comes.
    next: u64,
    dropped: u64,
}

/// How much it is suspected, and its number: the earlier, the smaller.
type Rank = (Suspicion, u64);

#[derive(Debug)]
struct Entry {
    rank: Rank,
    noted: Instant,
    turns: Vec<Turn>,
}

/// Who waits for one provider.
#[derive(Debug, Default)]
struct Line {
    /// Those that can be asked about now, the first first.
    ready: BTreeSet<(Reverse<Suspicion>, u64)>,
    /// Those that are asked about again when their time has come.
    later: BTreeSet<(Instant, Rank)>,
}

/// What noting has led to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Noted {
    /// An indicator that was given up; it may be the one noted.
    pub(crate) dropped: Option<IndicatorBuf>,
    /// Whether somebody has more to ask than before, or sooner.
    pub(crate) urgent: bool,
}

impl Queue {
    /// Room for `capacity` indicators, to be asked of `askers` providers.
    pub(crate) fn new(capacity: NonZeroUsize, askers: usize) -> Self {
        let lines = std::iter::repeat_with(Line::default).take(askers.min(ASKERS_MAX)).collect();
        Self {
            capacity: capacity.get(),
            entries: AHashMap::new(),
            ranked: BTreeMap::new(),
            lines,
            next: 0,
            dropped: 0,
        }
    }

    /// Notes that `indicator` is suspected, and that `open` are to be asked about it. One that waits already
    /// keeps its place among equals; being suspected more, it is no longer put off.
    pub(crate) fn note(
        &mut self,
        indicator: &IndicatorBuf,
        suspicion: Suspicion,
        open: Askers,
        now: Instant,
    ) -> Noted {
        if self.entries.contains_key(indicator) {
            let urgent = self.note_again(indicator, suspicion, open, now);
            return Noted { dropped: None, urgent };
        }
        let mut dropped = None;
        if self.entries.len() >= self.capacity {
            self.dropped += 1;
            let least = self.ranked.first_key_value();
            match least.filter(|(rank, _)| rank.0 <= suspicion).map(|(_, least)| least.clone()) {
                Some(least) => {
                    self.remove(&least);
                    dropped = Some(least);
                }
                None => return Noted { dropped: Some(indicator.clone()), urgent: false },
            }
        }
        let rank = (suspicion, self.next);
        self.next += 1;
        let turns = (0..self.lines.len()).map(|asker| Turn::new(open >> asker & 1 == 1)).collect();
        self.ranked.insert(rank, indicator.clone());
        self.entries.insert(indicator.clone(), Entry { rank, noted: now, turns });
        self.line_up(indicator);
        Noted { dropped, urgent: true }
    }

    /// Whether `indicator` waits, or is being asked about.
    pub(crate) fn holds(&self, indicator: &IndicatorBuf) -> bool {
        self.entries.contains_key(indicator)
    }

    /// The first that `asker` can be asked about at `now`.
    pub(crate) fn first(&mut self, asker: usize, now: Instant) -> Option<Question> {
        self.call_those_put_off(asker, now);
        let (Reverse(suspicion), number) = *self.lines.get(asker)?.ready.first()?;
        let indicator = self.ranked.get(&(suspicion, number))?.clone();
        Some(Question { indicator, suspicion })
    }

    /// When the next of those that are put off can be asked about.
    pub(crate) fn due(&self, asker: usize) -> Option<Instant> {
        self.lines.get(asker)?.later.first().map(|(due, _)| *due)
    }

    /// Takes the first for `asker` to ask about. It must come back by [`done`](Self::done) or
    /// [`again`](Self::again).
    pub(crate) fn take(&mut self, asker: usize, now: Instant) -> Option<Question> {
        let question = self.first(asker, now)?;
        self.settle(asker, &question.indicator, State::Asking);
        Some(question)
    }

    /// `asker` need not be asked about it any more. Answers whether nobody need be, so that it is gone.
    pub(crate) fn done(&mut self, asker: usize, indicator: &IndicatorBuf) -> bool {
        self.settle(asker, indicator, State::Done);
        let Some(entry) = self.entries.get(indicator) else { return true };
        if entry.turns.iter().any(|turn| turn.state != State::Done) {
            return false;
        }
        self.remove(indicator);
        true
    }

    /// `asker` has no answer yet. `due` says, from how often that was so before, when it is to be asked again;
    /// nothing for at once.
    pub(crate) fn again(
        &mut self,
        asker: usize,
        indicator: &IndicatorBuf,
        due: impl FnOnce(u32) -> Option<Instant>,
    ) {
        let turn = self.entries.get_mut(indicator).and_then(|entry| entry.turns.get_mut(asker));
        // Given up meanwhile, it may have been noted anew.
        let Some(turn) = turn.filter(|turn| turn.state == State::Asking) else { return };
        let due = due(turn.tries);
        turn.tries = turn.tries.saturating_add(1);
        self.settle(asker, indicator, due.map_or(State::Ready, State::Later));
    }

    /// Nobody waits for `asker` any more. Gives those that are gone by it.
    pub(crate) fn forget(&mut self, asker: usize) -> Vec<IndicatorBuf> {
        let all: Vec<IndicatorBuf> = self.entries.keys().cloned().collect();
        all.into_iter().filter(|indicator| self.done(asker, indicator)).collect()
    }

    /// Gives up those that have waited too long without being noted again: an hour where they are hardly
    /// suspected, else a day. Counted as dropped.
    pub(crate) fn expire(&mut self, now: Instant) -> Vec<IndicatorBuf> {
        let over = |entry: &Entry| {
            let most = if entry.rank.0.percent() < LITTLE { SEEN_WAITS } else { ANY_WAITS };
            now.saturating_duration_since(entry.noted) > most
                && entry.turns.iter().all(|turn| turn.state != State::Asking)
        };
        let over: Vec<IndicatorBuf> = self
            .entries
            .iter()
            .filter(|(_, entry)| over(entry))
            .map(|(indicator, _)| indicator.clone())
            .collect();
        for indicator in &over {
            self.remove(indicator);
        }
        self.dropped += over.len() as u64;
        over
    }

    /// Gives all that wait, those that have waited longest first, and is empty then.
    pub(crate) fn drain(&mut self) -> Vec<(Question, Instant)> {
        let all = self.all();
        self.entries.clear();
        self.ranked.clear();
        self.lines.iter_mut().for_each(|line| *line = Line::default());
        all
    }

    /// All that wait, those that have waited longest first, with when they were noted last.
    pub(crate) fn all(&self) -> Vec<(Question, Instant)> {
        let mut all: Vec<(&IndicatorBuf, &Entry)> = self.entries.iter().collect();
        all.sort_unstable_by_key(|(_, entry)| entry.rank.1);
        let question = |(indicator, entry): (&IndicatorBuf, &Entry)| {
            let (indicator, suspicion) = (indicator.clone(), entry.rank.0);
            (Question { indicator, suspicion }, entry.noted)
        };
        all.into_iter().map(question).collect()
    }

    /// Those that `asker` has taken, which have not come back.
    pub(crate) fn taken(&self, asker: usize) -> Vec<IndicatorBuf> {
        let is_taken =
            |entry: &Entry| entry.turns.get(asker).is_some_and(|turn| turn.state == State::Asking);
        let taken = self.entries.iter().filter(|(_, entry)| is_taken(entry));
        taken.map(|(indicator, _)| indicator.clone()).collect()
    }

    /// How many wait.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// How many can wait.
    pub(crate) fn capacity(&self) -> usize {
        self.capacity
    }

    /// How many were given up so far.
    pub(crate) fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Goes on counting from `dropped`.
    pub(crate) fn count_from(&mut self, dropped: u64) {
        self.dropped += dropped;
    }

    fn note_again(
        &mut self,
        indicator: &IndicatorBuf,
        suspicion: Suspicion,
        open: Askers,
        now: Instant,
    ) -> bool {
        let Some(entry) = self.entries.get_mut(indicator) else { return false };
        entry.noted = now;
        let more = suspicion > entry.rank.0;
        let opened = entry
            .turns
            .iter()
            .enumerate()
            .any(|(asker, turn)| open >> asker & 1 == 1 && turn.state == State::Done);
        if !more && !opened {
            return false;
        }
        self.step_out(indicator);
        let Some(entry) = self.entries.get_mut(indicator) else { return false };
        let old = entry.rank;
        entry.rank.0 = old.0.max(suspicion);
        for (asker, turn) in entry.turns.iter_mut().enumerate() {
            turn.note(more, open >> asker & 1 == 1);
        }
        if let Some(indicator) = self.ranked.remove(&old) {
            self.ranked.insert(entry.rank, indicator);
        }
        self.line_up(indicator);
        true
    }

    fn settle(&mut self, asker: usize, indicator: &IndicatorBuf, state: State) {
        self.step_out(indicator);
        if let Some(turn) = self.entries.get_mut(indicator).and_then(|e| e.turns.get_mut(asker)) {
            turn.state = state;
        }
        self.line_up(indicator);
    }

    fn remove(&mut self, indicator: &IndicatorBuf) {
        self.step_out(indicator);
        if let Some(entry) = self.entries.remove(indicator) {
            self.ranked.remove(&entry.rank);
        }
    }

    /// Puts it into the lines in which its turns say it stands.
    fn line_up(&mut self, indicator: &IndicatorBuf) {
        let Some(entry) = self.entries.get(indicator) else { return };
        let (suspicion, number) = entry.rank;
        for (line, turn) in self.lines.iter_mut().zip(&entry.turns) {
            match turn.state {
                State::Ready => _ = line.ready.insert((Reverse(suspicion), number)),
                State::Later(due) => _ = line.later.insert((due, entry.rank)),
                State::Asking | State::Done => {}
            }
        }
    }

    fn step_out(&mut self, indicator: &IndicatorBuf) {
        let Some(entry) = self.entries.get(indicator) else { return };
        let (suspicion, number) = entry.rank;
        for (line, turn) in self.lines.iter_mut().zip(&entry.turns) {
            match turn.state {
                State::Ready => _ = line.ready.remove(&(Reverse(suspicion), number)),
                State::Later(due) => _ = line.later.remove(&(due, entry.rank)),
                State::Asking | State::Done => {}
            }
        }
    }

    fn call_those_put_off(&mut self, asker: usize, now: Instant) {
        let Some(line) = self.lines.get_mut(asker) else { return };
        while let Some(&(due, rank)) = line.later.first()
            && due <= now
        {
            line.later.pop_first();
            line.ready.insert((Reverse(rank.0), rank.1));
            let entry = self.ranked.get(&rank).and_then(|name| self.entries.get_mut(name));
            if let Some(turn) = entry.and_then(|entry| entry.turns.get_mut(asker)) {
                turn.state = State::Ready;
            }
        }
    }
}

#[cfg(test)]
mod tests;
