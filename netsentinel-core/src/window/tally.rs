//! What has become of the values of a key within a window.

use std::hash::Hash;
use std::iter;
use std::num::NonZeroU32;
use std::time::Duration;

use super::Span;
use super::bounded_map::BoundedMap;
use super::value_table::{NONE, ValueTable};
use crate::{Limits, Timestamp, Usage};

/// Values a key can have on average before others are forgotten for it. A flood of forged addresses has
/// one a key, so it leaves three in four to busy keys.
const VALUES_PER_KEY: usize = 4;

/// Running counts over the items of a key.
pub trait Tally: Copy + Default {
    /// What is remembered beside each value.
    type Item: Copy;

    /// Counts `item` in where `by` is 1, out where it is −1. `overdue` tells that it is at least as old as
    /// the patience of the window; what is counted out is counted as it was counted in.
    fn count(&mut self, item: Self::Item, overdue: bool, by: i32);
}

/// Tallies the distinct values of each key within a sliding window, by what is remembered beside them.
///
/// As in a [`DistinctWindow`](super::DistinctWindow), of each key the values dated last are kept, up to a
/// bound. Each is found by a look-up, and counts are kept up to date as values come, change, grow overdue
/// and leave: each of these costs the same, however many values there are.
#[derive(Debug)]
pub struct TallyWindow<K, T: Tally> {
    groups: BoundedMap<K, Group<T>>,
    values: ValueTable<T::Item>,
    /// Numbers of groups that are gone; those given so far are below `numbers`.
    vacant: Vec<u32>,
    numbers: u32,
    values_max: u32,
    window: Span,
    patience: Span,
    /// Values that a key gave up for newer ones of its own, for want of room.
    dropped: u64,
}

/// What a [`TallyWindow`] says of a value, and of its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tallied<T> {
    /// Whether the value was in the window.
    pub known: bool,
    /// The counts of all values of the key in the window.
    pub tally: T,
}

/// The values of a key: a list by date.
#[derive(Clone, Copy, Debug)]
struct Group<T> {
    number: u32,
    oldest: u32,
    newest: u32,
    /// The oldest that is not counted as overdue: all older ones are.
    waiting: u32,
    len: u32,
    /// Before this moment nothing leaves the window, and nothing grows overdue.
    due: Timestamp,
    tally: T,
}

/// A group, and what it takes to work with it.
struct Line<'a, T: Tally> {
    group: &'a mut Group<T>,
    values: &'a mut ValueTable<T::Item>,
    window: Span,
    patience: Span,
    now: Timestamp,
}

impl<K: Copy + Eq + Hash, T: Tally> TallyWindow<K, T> {
    /// A window that keeps up to `values_max` values of a key, and counts those as overdue that are dated
    /// `patience` ago or longer.
    pub fn new(
        values_max: NonZeroU32,
        window: Duration,
        patience: Duration,
        limits: Limits,
    ) -> Self {
        Self {
            groups: BoundedMap::new(limits.max_keys, window),
            values: ValueTable::new(values_for(limits.max_keys.get(), values_max)),
            vacant: Vec::with_capacity(limits.max_keys.get()),
            numbers: 0,
            values_max: values_max.get(),
            window: window.into(),
            patience: patience.into(),
            dropped: 0,
        }
    }

    /// Goes on with what is tallied under another bound and length, as
    /// [`DistinctWindow::reconfigure`](super::DistinctWindow::reconfigure) does. May take memory.
    pub fn reconfigure(&mut self, values_max: NonZeroU32, window: Duration) {
        self.groups.set_idle_after(window);
        self.values.grow(values_for(self.groups.usage().max_keys, values_max));
        self.values_max = values_max.get();
        self.window = window.into();
        let (values, patience, now) = (&mut self.values, self.patience, self.groups.newest());
        for group in self.groups.values_mut() {
            group.due = Timestamp::MIN;
            let window = self.window;
            Line { group, values: &mut *values, window, patience, now }.keep(self.values_max);
        }
    }

    /// Notes at `now` that `key` had `value` at `time`, which is not later, with the item that `make` makes
    /// of the one it had in the window. Where `key` has as many values as are kept, its oldest goes even if
    /// it is not as old as `time`.
    #[inline]
    pub fn note(
        &mut self,
        key: K,
        value: u32,
        time: Timestamp,
        now: Timestamp,
        make: impl FnOnce(Option<T::Item>) -> T::Item,
    ) -> Tallied<T> {
        if !self.values.has_room() {
            self.make_room(&key);
        }
        let values_max = self.values_max;
        let mut line = self.touch(key, now);
        line.expire();
        let time = time.min(line.now);
        let inside = line.window.reaches(line.now, time);
        let known = line.values.find(line.group.number, value);
        match known {
            Some(at) if inside => {
                let item = make(Some(line.values.entry(at).item));
                line.renew(at, time, item);
            }
            Some(at) => line.drop(at),
            None if inside => {
                line.keep(values_max - 1);
                let number = line.group.number;
                if let Some(at) = line.values.insert(number, value, time, make(None)) {
                    line.enter(at);
                }
            }
            None => {}
        }
        Tallied { known: known.is_some(), tally: line.group.tally }
    }

    /// Changes what is remembered beside `value` of `key`, if it is in the window; its date stays.
    #[inline]
    pub fn settle(
        &mut self,
        key: &K,
        value: u32,
        now: Timestamp,
        change: impl FnOnce(&mut T::Item),
    ) -> Tallied<T> {
        let Some(line) = self.line(key, now) else {
            return Tallied { known: false, tally: T::default() };
        };
        let known = line.values.find(line.group.number, value);
        if let Some(at) = known {
            let entry = line.values.entry_mut(at);
            line.group.tally.count(entry.item, entry.overdue, -1);
            change(&mut entry.item);
            line.group.tally.count(entry.item, entry.overdue, 1);
        }
        Tallied { known: known.is_some(), tally: line.group.tally }
    }

    /// The counts of `key` at `now`.
    pub fn tally(&mut self, key: &K, now: Timestamp) -> T {
        self.line(key, now).map(|line| line.group.tally).unwrap_or_default()
    }

    /// The counts of `key`, for what is to be remembered beside them.
    pub fn tally_mut(&mut self, key: &K) -> Option<&mut T> {
        Some(&mut self.groups.get_mut(key)?.tally)
    }

    /// Whether `key` has `value` in the window at `now`.
    pub fn contains(&self, key: &K, value: u32, now: Timestamp) -> bool {
        let found = self.groups.get(key).and_then(|group| self.values.find(group.number, value));
        found.is_some_and(|at| self.window.reaches(self.now(now), self.values.entry(at).time))
    }

    /// The values of `key` that count at `now`, their dates and items, those dated last first. Goes through
    /// all of them, and changes nothing.
    pub fn dated(
        &self,
        key: &K,
        now: Timestamp,
    ) -> impl Iterator<Item = (Timestamp, u32, T::Item)> {
        let (newest, now) = (self.groups.get(key).map(|group| group.newest), self.now(now));
        let values =
            iter::successors(newest.and_then(some), |&at| some(self.values.entry(at).older));
        values
            .map(|at| self.values.entry(at))
            .take_while(move |entry| self.window.reaches(now, entry.time))
            .map(|entry| (entry.time, entry.value, entry.item))
    }

    /// What [`tally`](Self::tally) tells, without bringing anything up to date: goes through all values.
    pub fn recount(&self, key: &K, now: Timestamp) -> T {
        let mut tally = T::default();
        for (time, _, item) in self.dated(key, now) {
            tally.count(item, is_overdue(self.patience, self.now(now), time), 1);
        }
        tally
    }

    /// The date of the oldest value of `key` in the window at `now`.
    pub fn oldest(&self, key: &K, now: Timestamp) -> Option<Timestamp> {
        let (oldest, now) = (self.groups.get(key)?.oldest, self.now(now));
        let mut values = iter::successors(some(oldest), |&at| some(self.values.entry(at).newer));
        values.find_map(|at| {
            let time = self.values.entry(at).time;
            self.window.reaches(now, time).then_some(time)
        })
    }

    /// How full the window is. Evictions are keys forgotten and values dropped for want of room.
    pub fn usage(&self) -> Usage {
        let bytes = self.values.bytes() + self.vacant.capacity() * size_of::<u32>();
        self.groups.usage() + Usage { evictions: self.dropped, bytes, ..Usage::default() }
    }

    /// The newest time seen, or `now` where that is later.
    fn now(&self, now: Timestamp) -> Timestamp {
        self.groups.newest().max(now)
    }

    /// Touches `key`; its group is empty if it is new.
    #[inline]
    fn touch(&mut self, key: K, now: Timestamp) -> Line<'_, T> {
        let (window, patience) = (self.window, self.patience);
        let touched = self.groups.entry(key, now, Group::new);
        let (group, now) = (touched.value, touched.now);
        if let Some((_, evicted)) = touched.evicted {
            self.values.remove_all(evicted.oldest);
            group.number = evicted.number;
        } else if touched.inserted {
            group.number = self.vacant.pop().unwrap_or_else(|| {
                self.numbers += 1;
                self.numbers
            });
        }
        Line { group, values: &mut self.values, window, patience, now }
    }

    /// The group of `key` if there is one, up to date.
    #[inline]
    fn line(&mut self, key: &K, now: Timestamp) -> Option<Line<'_, T>> {
        let now = self.now(now);
        let (window, patience) = (self.window, self.patience);
        let group = self.groups.touch(key, now)?;
        let mut line = Line { group, values: &mut self.values, window, patience, now };
        line.expire();
        Some(line)
    }

    /// Forgets other keys until there is room for a value, and where there are none the oldest value of
    /// `key` itself.
    #[cold]
    fn make_room(&mut self, key: &K) {
        let (window, patience, now) = (self.window, self.patience, self.groups.newest());
        while !self.values.has_room() {
            if let Some((_, evicted)) = self.groups.evict_other(key) {
                self.values.remove_all(evicted.oldest);
                self.vacant.push(evicted.number);
            } else if let Some(group) = self.groups.get_mut(key) {
                let len = group.len.saturating_sub(1);
                Line { group, values: &mut self.values, window, patience, now }.keep(len);
                self.dropped += 1;
            } else {
                return;
            }
        }
    }
}

impl<T: Tally> Group<T> {
    fn new() -> Self {
        Self {
            number: NONE,
            oldest: NONE,
            newest: NONE,
            waiting: NONE,
            len: 0,
            due: Timestamp::from_nanos(i64::MAX),
            tally: T::default(),
        }
    }
}

impl<T: Tally> Line<'_, T> {
    /// Forgets what has left the window, and counts as overdue what has become so.
    #[inline]
    fn expire(&mut self) {
        if self.now >= self.group.due {
            self.expire_due();
        }
    }

    fn expire_due(&mut self) {
        let mut due = Timestamp::from_nanos(i64::MAX);
        while let Some(at) = some(self.group.oldest) {
            let time = self.values.entry(at).time;
            if self.window.reaches(self.now, time) {
                due = later(time, self.window.0.saturating_add(1));
                break;
            }
            self.drop(at);
        }
        while let Some(at) = some(self.group.waiting) {
            let entry = self.values.entry_mut(at);
            if !is_overdue(self.patience, self.now, entry.time) {
                due = due.min(later(entry.time, self.patience.0));
                break;
            }
            self.group.tally.count(entry.item, false, -1);
            self.group.tally.count(entry.item, true, 1);
            entry.overdue = true;
            self.group.waiting = entry.newer;
        }
        self.group.due = due;
    }

    /// Forgets the oldest values until there are no more than `len`.
    #[inline]
    fn keep(&mut self, len: u32) {
        while self.group.len > len {
            self.drop(self.group.oldest);
        }
    }

    fn drop(&mut self, at: u32) {
        self.leave(at);
        self.values.remove(at);
    }

    /// Gives an entry another date and item.
    #[inline]
    fn renew(&mut self, at: u32, time: Timestamp, item: T::Item) {
        let newest = self.group.newest == at;
        let entry = self.values.entry_mut(at);
        if newest && !entry.overdue && time >= entry.time {
            self.group.tally.count(entry.item, false, -1);
            self.group.tally.count(item, false, 1);
            (entry.time, entry.item) = (time, item);
            return;
        }
        self.leave(at);
        let entry = self.values.entry_mut(at);
        (entry.time, entry.item) = (time, item);
        self.enter(at);
    }

    /// Takes an entry off the list and out of the counts.
    fn leave(&mut self, at: u32) {
        let entry = self.values.entry(at);
        let (newer, older) = (entry.newer, entry.older);
        self.group.tally.count(entry.item, entry.overdue, -1);
        if self.group.waiting == at {
            self.group.waiting = newer;
        }
        *self.older_of(newer) = older;
        *self.newer_of(older) = newer;
        self.group.len -= 1;
    }

    /// Puts an entry on the list by its date, and counts it.
    fn enter(&mut self, at: u32) {
        let time = self.values.entry(at).time;
        let overdue = is_overdue(self.patience, self.now, time);
        let (mut older, mut newer) = (self.group.newest, NONE);
        while let Some(before) = some(older).map(|older| self.values.entry(older))
            && before.time > time
        {
            (older, newer) = (before.older, older);
        }
        *self.older_of(newer) = at;
        *self.newer_of(older) = at;
        let entry = self.values.entry_mut(at);
        (entry.newer, entry.older, entry.overdue) = (newer, older, overdue);
        self.group.tally.count(entry.item, overdue, 1);
        if !overdue && newer == self.group.waiting {
            self.group.waiting = at;
        }
        let stays = self.window.0.saturating_add(1);
        let due = later(time, if overdue { stays } else { stays.min(self.patience.0) });
        self.group.due = self.group.due.min(due);
        self.group.len += 1;
    }

    /// What points from an entry to its older neighbour: from the list itself beyond its newest end.
    fn older_of(&mut self, at: u32) -> &mut u32 {
        match some(at) {
            Some(at) => &mut self.values.entry_mut(at).older,
            None => &mut self.group.newest,
        }
    }

    /// What points from an entry to its newer neighbour: from the list itself beyond its oldest end.
    fn newer_of(&mut self, at: u32) -> &mut u32 {
        match some(at) {
            Some(at) => &mut self.values.entry_mut(at).newer,
            None => &mut self.group.oldest,
        }
    }
}

fn is_overdue(patience: Span, now: Timestamp, time: Timestamp) -> bool {
    now.nanos_since(time) >= patience.0
}

/// So many nanoseconds after `time`.
fn later(time: Timestamp, nanos: u64) -> Timestamp {
    time.after(Duration::from_nanos(nanos))
}

fn some(at: u32) -> Option<u32> {
    (at != NONE).then_some(at)
}

/// Room for one key with all values it may have, and for one more, at the least.
fn values_for(max_keys: usize, values_max: NonZeroU32) -> usize {
    let alone = (values_max.get() as usize).saturating_add(1);
    max_keys.saturating_mul(VALUES_PER_KEY).max(alone)
}

#[cfg(test)]
mod tests;
