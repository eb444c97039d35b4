//! What each client and the servers of each registered domain tell one another by names and answers.

use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::time::Duration;

use netsentinel_core::window::{BoundedMap, Sketch};
use netsentinel_core::{Limits, Timestamp, Usage};

use super::names::Spelt;

/// The share of the keys: most names are asked for as they were registered and take no entry.
const SHARE: usize = 4;

/// The talks that are remembered.
pub(super) struct Talks {
    talks: BoundedMap<TalkKey, Talk>,
    half: u64,
}

/// Who asks, and a fingerprint of the registered domain.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct TalkKey {
    pub(super) client: IpAddr,
    pub(super) domain: u64,
}

/// A talk within the window: its newer half, and the half before.
#[derive(Clone, Copy)]
pub(super) struct Talk {
    began: Timestamp,
    pub(super) now: Half,
    before: Half,
    /// Different names of both halves, while no other was noted since they were counted.
    different: Option<u64>,
    /// Whether the client was asked for names of the same domain: it asks for others.
    pub(super) forwards: bool,
}

/// What was counted within half a window.
#[derive(Clone, Copy, Default)]
pub(super) struct Half {
    /// Different names.
    pub(super) names: Sketch,
    /// Different names longer than names are.
    pub(super) long: Sketch,
    /// Different names answered by records that carry anything.
    pub(super) answered: Sketch,
    pub(super) queries: u32,
    /// Information in all names, the same ones again too.
    pub(super) bits: u32,
    /// Characters of all names below the domain.
    pub(super) characters: u32,
    /// Queries for addresses written as names, as lists of addresses are asked for.
    pub(super) addresses: u32,
    /// Queries for public names with the domain behind them.
    pub(super) suffixed: u32,
    pub(super) answers: u32,
    /// Answers that tell yes or no: nothing, no such name, an address of the loopback network.
    pub(super) verdicts: u32,
    /// Bytes in records that carry anything.
    pub(super) carried: u32,
}

impl Talks {
    pub(super) fn new(limits: Limits, window: Duration) -> Self {
        let max = NonZeroUsize::new(limits.max_keys.get() / SHARE).unwrap_or(NonZeroUsize::MIN);
        Self { talks: BoundedMap::new(max, window), half: half(window) }
    }

    pub(super) fn reconfigure(&mut self, window: Duration) {
        self.talks.set_idle_after(window);
        self.half = half(window);
    }

    /// The talk of `key`, begun if there is none.
    pub(super) fn entry(&mut self, key: TalkKey, now: Timestamp) -> &mut Talk {
        let talk = self.talks.entry(key, now, || Talk::begun(now)).value;
        talk.turn(now, self.half);
        talk
    }

    /// The talk of `key`, if there is one.
    pub(super) fn touch(&mut self, key: TalkKey, now: Timestamp) -> Option<&mut Talk> {
        let talk = self.talks.touch(&key, now)?;
        talk.turn(now, self.half);
        Some(talk)
    }

    pub(super) fn usage(&self) -> Usage {
        self.talks.usage()
    }
}

impl Talk {
    fn begun(now: Timestamp) -> Self {
        let nothing = Half::default();
        Self { began: now, now: nothing, before: nothing, different: None, forwards: false }
    }

    /// Begins a new half where one has passed, so that nothing older than the window ever counts.
    fn turn(&mut self, now: Timestamp, half: u64) {
        let elapsed = now.nanos_since(self.began);
        if elapsed >= half {
            let passed = elapsed / half;
            self.different = None;
            self.before = if passed == 1 { self.now } else { Half::default() };
            self.now = Half::default();
            self.began = now;
        }
    }

    /// Notes a question for a name.
    pub(super) fn ask(&mut self, name: &Spelt, long: bool) {
        let half = &mut self.now;
        let place = name.place();
        if half.names.add_at(place) {
            self.different = None;
        }
        if long {
            half.long.add_at(place);
        }
        half.queries = half.queries.saturating_add(1);
        half.bits = half.bits.saturating_add(name.bits);
        half.characters = half.characters.saturating_add(name.below_len as u32);
        half.addresses = half.addresses.saturating_add(name.is_address_in_list.into());
        half.suffixed = half.suffixed.saturating_add(name.is_suffixed.into());
    }

    /// Bytes of information in the different names of both halves.
    pub(super) fn bytes(&mut self) -> u64 {
        let (now, before) = (&self.now, &self.before);
        let different = *self.different.get_or_insert_with(|| {
            let mut names = now.names;
            names.merge(&before.names);
            names.count()
        });
        let queries = now.queries.saturating_add(before.queries);
        bytes(different, queries, now.bits.saturating_add(before.bits))
    }

    /// Both halves together.
    pub(super) fn both(&self) -> Half {
        let (mut both, old) = (self.now, &self.before);
        both.names.merge(&old.names);
        both.long.merge(&old.long);
        both.answered.merge(&old.answered);
        for (sum, old) in [
            (&mut both.queries, old.queries),
            (&mut both.bits, old.bits),
            (&mut both.characters, old.characters),
            (&mut both.addresses, old.addresses),
            (&mut both.suffixed, old.suffixed),
            (&mut both.answers, old.answers),
            (&mut both.verdicts, old.verdicts),
            (&mut both.carried, old.carried),
        ] {
            *sum = sum.saturating_add(old);
        }
        both
    }

    /// An upper bound of the information, before it is told which names were the same.
    pub(super) fn bytes_at_most(&self) -> u64 {
        u64::from(self.now.bits.saturating_add(self.before.bits)) / 8
    }
}

impl Half {
    /// Bytes of information in the different names: their number times the mean of all.
    pub(super) fn bytes(&self) -> u64 {
        bytes(self.names.count(), self.queries, self.bits)
    }

    /// Characters of a name below the domain, on average.
    pub(super) fn mean_length(&self) -> u32 {
        self.characters / self.queries.max(1)
    }
}

fn bytes(different: u64, queries: u32, bits: u32) -> u64 {
    let queries = u64::from(queries.max(1));
    different.min(queries).saturating_mul(bits.into()) / queries / 8
}

fn half(window: Duration) -> u64 {
    u64::try_from(window.as_nanos() / 2).unwrap_or(u64::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Duration = Duration::from_secs(10);

    fn talks() -> Talks {
        Talks::new(Limits { max_keys: NonZeroUsize::new(64).unwrap() }, WINDOW)
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_parts(second, 0)
    }

    #[test]
    fn only_different_names_count_and_nothing_older_than_the_window() {
        let mut talks = talks();
        let key = TalkKey { client: [10, 0, 0, 1].into(), domain: 7 };
        for second in 0..40_i64 {
            let talk = talks.entry(key, at(second));
            talk.now.names.add(&(second % 3));
            talk.now.queries += 1;
            talk.now.bits += 80;
        }
        let talk = talks.touch(key, at(40)).unwrap();
        assert_eq!(talk.bytes(), talk.both().bytes());
        let both = talk.both();
        assert!((5..=10).contains(&both.queries), "{}", both.queries);
        assert_eq!(both.bytes(), 30);
        assert_eq!(talks.touch(key, at(51)).unwrap().both().queries, 0);
    }

    #[test]
    fn a_flood_of_clients_stays_within_the_bound() {
        let mut talks = talks();
        for client in 0..1_000_u32 {
            talks.entry(TalkKey { client: client.to_be_bytes().into(), domain: 7 }, at(1));
        }
        assert_eq!((talks.usage().keys, talks.usage().max_keys), (16, 16));
    }
}
