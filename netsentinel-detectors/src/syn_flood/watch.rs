//! Who is watched: where attempts come fast, what becomes of them is looked at for a while.

use std::net::IpAddr;
use std::time::Duration;

use netsentinel_core::window::{HeavyHitters, Sketch};
use netsentinel_core::{Timestamp, Usage};

use super::Settings;
use super::sample::Sample;
use super::votes::{Print, Votes};

/// Watched at once. More floods at once than that are hardly separate events.
const WATCHES_MAX: usize = 32;
/// SYNs within so long after the start are sampled; each has as long again to complete.
const SAMPLED: Duration = Duration::from_millis(500);
/// So long after the start a sample is judged where the victim answers.
const ANSWERED_AFTER: Duration = Duration::from_secs(1);
/// And so long after where it does not: clients try again after a second (RFC 6298), tools do not.
const SILENT_AFTER: Duration = Duration::from_secs(2);
/// A watch lasts a window, and at least so long.
const LASTS_SECONDS: u64 = 3;
/// SYNs that sources and ports are noted of.
const NOTED_MAX: u64 = 4_096;
/// Of a flood that is told only every so many SYNs are told on: an open alert takes each as it comes.
const TOLD_EVERY: u64 = 16;
/// Sources are counted anew after so many.
const COUNTED_EVERY: u64 = 64;
/// So many tell whether nearly all are of a kind of their own.
const SPREAD_MIN: u64 = 128;
/// Where the port that most go to has no more than so many in a hundred, many are tried.
const PORT_PERCENT_MAX: u64 = 30;

/// What is suspected, by what is watched: a victim, or a victim and a source.
pub(super) struct Watches<K> {
    watches: Vec<(K, Watch)>,
    /// Times that there was no room.
    refused: u64,
}

/// What became of the attempts since `since`.
pub(super) struct Watch {
    since: Timestamp,
    pub(super) opened: u64,
    pub(super) answered: u64,
    noted: u64,
    sources: Sketch,
    sources_counted: u64,
    ports: HeavyHitters<u16, 4>,
    sample: Sample,
    votes: Votes,
    /// Whether nearly all come from sources of their own, or go to ports of their own.
    spread: bool,
    /// Whether the watch before this one ended with a flood.
    held: bool,
    /// Whether the flood is told.
    told: bool,
    /// SYNs that are not told yet.
    untold: u64,
    /// The count that is to be judged once the sample is ripe, and the port.
    pub(super) pending: Option<Pending>,
}

/// A count that was enough before it was known what becomes of the handshakes.
#[derive(Clone, Copy)]
pub(super) struct Pending {
    pub(super) count: u64,
    pub(super) port: u16,
}

/// What a watch says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It is too early to tell.
    Young,
    /// Handshakes complete.
    Completes,
    /// Nobody answers, and the clients try again.
    Retried,
    /// Handshakes are left half open.
    HalfOpen,
}

impl<K: Copy + PartialEq> Watches<K> {
    pub(super) fn new() -> Self {
        Self { watches: Vec::with_capacity(WATCHES_MAX), refused: 0 }
    }

    /// The watch of `key`, if there is one.
    pub(super) fn get(&mut self, key: K) -> Option<&mut Watch> {
        self.watches.iter_mut().find(|(known, _)| *known == key).map(|(_, watch)| watch)
    }

    /// The watch of `key`, begun now if there is none, or anew if it has lasted, and whether it is. `None`
    /// where there is no room.
    pub(super) fn begin(
        &mut self,
        key: K,
        now: Timestamp,
        s: &Settings,
    ) -> Option<(&mut Watch, bool)> {
        let known = self.watches.iter().position(|(known, _)| *known == key);
        let begun = known.is_none();
        if begun && self.watches.len() >= WATCHES_MAX {
            self.refused += 1;
            return None;
        }
        if begun {
            self.watches.push((key, Watch::new(now)));
        }
        let at = known.unwrap_or(self.watches.len() - 1);
        let (_, watch) = self.watches.get_mut(at)?;
        let again = now.nanos_since(watch.since) > lasts_nanos(s);
        if again {
            let held = watch.outcome(now, s) == Outcome::HalfOpen;
            *watch = Watch { held, told: held && watch.told, ..Watch::new(now) };
        }
        Some((watch, begun || again))
    }

    /// Ends what has lasted, at the turn of a second.
    pub(super) fn end_old(&mut self, now: Timestamp, s: &Settings) {
        let lasts = 2 * lasts_nanos(s);
        self.watches.retain(|(_, watch)| now.nanos_since(watch.since) <= lasts);
    }

    /// The watches with something pending that are ripe; all where `at_once`.
    pub(super) fn ripe(
        &mut self,
        now: Timestamp,
        at_once: bool,
    ) -> impl Iterator<Item = (K, &mut Watch)> {
        let due = move |watch: &Watch| watch.pending.is_some() && (at_once || watch.is_ripe(now));
        self.watches.iter_mut().filter(move |(_, w)| due(w)).map(|(key, watch)| (*key, watch))
    }

    /// Whether any sample waits for acknowledgements.
    pub(super) fn listen(&self, now: Timestamp) -> bool {
        self.watches.iter().any(|(_, watch)| watch.listens(now))
    }

    pub(super) fn usage(&self) -> Usage {
        Usage {
            keys: self.watches.len(),
            max_keys: WATCHES_MAX,
            evictions: self.refused,
            bytes: self.watches.capacity() * size_of::<(K, Watch)>(),
        }
    }
}

impl Watch {
    const fn new(now: Timestamp) -> Self {
        Self {
            since: now,
            opened: 0,
            answered: 0,
            noted: 0,
            sources: Sketch::EMPTY,
            sources_counted: 0,
            ports: HeavyHitters::new(),
            sample: Sample::EMPTY,
            votes: Votes::NONE,
            spread: false,
            held: false,
            told: false,
            untold: 0,
            pending: None,
        }
    }

    pub(super) fn opens(&mut self, client: (IpAddr, u16), port: u16, now: Timestamp) {
        self.opened += 1;
        if self.noted < NOTED_MAX && !self.is_ripe(now) {
            self.note(client, port, now);
        }
    }

    fn note(&mut self, client: (IpAddr, u16), port: u16, now: Timestamp) {
        self.noted += 1;
        self.sources.add(&client.0);
        self.ports.add(port, 1);
        if self.noted.is_multiple_of(COUNTED_EVERY) {
            self.sources_counted = self.sources.count();
            self.spread = self.noted >= SPREAD_MIN
                && (self.sources_counted * 4 >= self.noted
                    || self.top_port().1 <= PORT_PERCENT_MAX);
        }
        self.sample.opens(client, port, now <= self.since.after(SAMPLED));
    }

    /// One SYN more of what is enough: how many are to be told now, if any.
    pub(super) fn tells(&mut self) -> Option<u64> {
        self.untold += 1;
        (!self.told || self.untold >= TOLD_EVERY).then_some(self.untold)
    }

    /// All SYNs so far are told.
    pub(super) fn is_told(&mut self) {
        (self.told, self.untold) = (true, 0);
    }

    /// Whether the attempt is to be counted with those of the same source at the same port: where nearly
    /// all are of a kind of their own, as in a flood of forged sources or a scan, only those that stand out.
    pub(super) fn stands_out(&mut self, print: Print) -> bool {
        self.votes.cast(print) || !self.spread
    }

    /// The victim accepts.
    pub(super) fn answers(&mut self, now: Timestamp) {
        self.answered += u64::from(self.listens(now));
    }

    pub(super) fn acknowledges(&mut self, client: (IpAddr, u16), port: u16, now: Timestamp) {
        if self.listens(now) {
            self.sample.acknowledges(client, port);
        }
    }

    /// What can be said of it.
    pub(super) fn outcome(&self, now: Timestamp, s: &Settings) -> Outcome {
        if self.completed_percent() >= s.completed_percent.get() {
            Outcome::Completes
        } else if !self.is_ripe(now) {
            if self.held { Outcome::HalfOpen } else { Outcome::Young }
        } else {
            self.left_open()
        }
    }

    /// What must be said of it now, young or not.
    pub(super) fn last_outcome(&self, s: &Settings) -> Outcome {
        match self.completed_percent() >= s.completed_percent.get() {
            true => Outcome::Completes,
            false => self.left_open(),
        }
    }

    fn left_open(&self) -> Outcome {
        let retried = self.answered == 0 && self.sample.is_retried();
        if retried { Outcome::Retried } else { Outcome::HalfOpen }
    }

    pub(super) fn completed_percent(&self) -> u64 {
        self.sample.completed_percent()
    }

    /// About how many sources there were, of the last multiple of 64 SYNs.
    pub(super) fn sources(&mut self) -> u64 {
        if self.sources_counted == 0 {
            self.sources_counted = self.sources.count();
        }
        self.sources_counted
    }

    /// The port that most SYNs went to, and how many in a hundred.
    pub(super) fn top_port(&self) -> (u16, u64) {
        let (port, count) = self.ports.top().unwrap_or_default();
        (port, count * 100 / self.noted.max(1))
    }

    /// Whether the attempts are at a service or two, or nearly every one comes from a source of its own.
    /// What tries many ports from a few sources is a scan, decoys and all.
    pub(super) fn is_no_scan(&mut self) -> bool {
        self.top_port().1 >= 50 || self.sources() * 4 >= self.noted
    }

    fn is_ripe(&self, now: Timestamp) -> bool {
        let answers = self.answered * 4 >= self.opened;
        now >= self.since.after(if answers { ANSWERED_AFTER } else { SILENT_AFTER })
    }

    fn listens(&self, now: Timestamp) -> bool {
        now <= self.since.after(ANSWERED_AFTER)
    }
}

fn lasts_nanos(s: &Settings) -> u64 {
    s.window.get().max(LASTS_SECONDS) * 1_000_000_000
}
