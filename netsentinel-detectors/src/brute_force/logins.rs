//! What is known of one source at one log-in: who tries, how it went, and whether the guesses differ.

use std::net::IpAddr;

use netsentinel_core::window::BoundedMap;
use netsentinel_core::{Timestamp, Usage};

use super::rules::{NO_SESSION, RETRIES, WORKS};
use super::service::Service;
use netsentinel_core::Guard;

/// Connections of one client that may wait for the answer to a guess at once; of more, the latest.
const ASKING_MAX: usize = 8;
/// Guesses that are held against the next one.
const LAST_GUESSES: usize = 4;
/// Who tries, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Login {
    pub(super) source: IpAddr,
    pub(super) destination: IpAddr,
    pub(super) port: u16,
}

/// How the attempts of one source at one log-in went.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record {
    pub(super) service: Service,
    seen: Timestamp,
    /// Connections that were accepted.
    pub(super) answered: u32,
    /// Connections that were refused.
    pub(super) refused: u32,
    /// Sessions that look like a log-in and no more.
    pub(super) brief: u32,
    /// Sessions that carried more, or lasted.
    pub(super) busy: u32,
    pub(super) failures: u32,
    pub(super) successes: u32,
    /// Failures since the last success.
    pub(super) streak: u32,
    /// Guesses like one of the last, and others.
    repeated: u32,
    varied: u32,
    last: [u32; LAST_GUESSES],
    asking: [u16; ASKING_MAX],
    /// Whom the client has named last at each of its ports.
    named: [(u16, u32); ASKING_MAX],
    /// Whether the pair has failed often enough to be told of by itself.
    pub(super) told: bool,
}

impl Record {
    fn new(service: Service, now: Timestamp) -> Self {
        Self {
            service,
            seen: now,
            answered: 0,
            refused: 0,
            brief: 0,
            busy: 0,
            failures: 0,
            successes: 0,
            streak: 0,
            repeated: 0,
            varied: 0,
            last: [0; LAST_GUESSES],
            asking: [0; ASKING_MAX],
            named: [(0, 0); ASKING_MAX],
            told: false,
        }
    }

    /// The client has sent a password from its `port`.
    pub(super) fn asks(&mut self, guess: u32, port: u16) {
        if self.last.contains(&guess) {
            self.repeated = self.repeated.saturating_add(1);
        } else {
            self.varied = self.varied.saturating_add(1);
            self.last.rotate_right(1);
            self.last[0] = guess;
        }
        if !self.asking.contains(&port) {
            self.asking.rotate_right(1);
            self.asking[0] = port;
        }
    }

    /// Whether the client waits at its `port` for the answer to a password. Not for longer.
    pub(super) fn was_asking(&mut self, port: u16) -> bool {
        match self.asking.iter_mut().find(|asking| **asking == port && port != 0) {
            Some(asking) => {
                *asking = 0;
                true
            }
            None => false,
        }
    }

    /// The client names a user at its `port`.
    pub(super) fn names(&mut self, user: u32, port: u16) {
        match self.named.iter_mut().find(|(named_at, _)| *named_at == port) {
            Some(named) => named.1 = user,
            None => {
                self.named.rotate_right(1);
                self.named[0] = (port, user);
            }
        }
    }

    /// Whom the client has named at its `port`.
    pub(super) fn named(&self, port: u16) -> Option<u32> {
        self.named.iter().find(|(named_at, _)| *named_at == port).map(|(_, user)| *user)
    }

    /// A log-in has failed, with so many wrong passwords; none, if the name was wrong.
    pub(super) fn fails(&mut self, guesses: u32) {
        self.failures = self.failures.saturating_add(1);
        self.streak = self.streak.saturating_add(guesses);
    }

    /// The log-in has worked; how many failed before it.
    pub(super) fn works(&mut self) -> u32 {
        self.successes = self.successes.saturating_add(1);
        std::mem::take(&mut self.streak)
    }

    /// Why connecting often is innocent here, if it is.
    pub(super) fn excuse_for_connecting(&self) -> Option<&'static Guard> {
        let used = self.brief + self.busy + self.failures + self.successes;
        if self.answered + self.refused > 0 && used == 0 {
            return Some(&NO_SESSION);
        }
        let works = self.works_mostly() || self.busy > self.brief && self.failures == 0;
        works.then_some(&WORKS)
    }

    /// Why failing often is innocent here, if it is.
    pub(super) fn excuse_for_failing(&self) -> Option<&'static Guard> {
        let one_password = self.varied <= 2 && self.repeated > self.varied;
        self.excuse_for_spraying().or_else(|| one_password.then_some(&RETRIES))
    }

    /// Why failing here and there is innocent, if it is. One password for all is what spraying is.
    pub(super) fn excuse_for_spraying(&self) -> Option<&'static Guard> {
        self.works_mostly().then_some(&WORKS)
    }

    fn works_mostly(&self) -> bool {
        self.successes > self.failures
    }
}

/// The records of all sources, as far as there is room.
pub(super) struct Logins {
    records: BoundedMap<Login, Record>,
    idle_after: std::time::Duration,
}

impl Logins {
    pub(super) fn new(max: std::num::NonZeroUsize, idle_after: std::time::Duration) -> Self {
        Self { records: BoundedMap::new(max, idle_after), idle_after }
    }

    pub(super) fn set_idle_after(&mut self, idle_after: std::time::Duration) {
        self.records.set_idle_after(idle_after);
        self.idle_after = idle_after;
    }

    /// The record of `login`, begun anew after a long silence.
    pub(super) fn of(&mut self, login: Login, service: Service, now: Timestamp) -> &mut Record {
        let record = self.records.entry(login, now, || Record::new(service, now)).value;
        if now > record.seen.after(self.idle_after) {
            *record = Record::new(service, now);
        }
        record.seen = now;
        record
    }

    /// The record of `login`, if there is one, untouched.
    pub(super) fn get(&self, login: &Login) -> Option<&Record> {
        self.records.get(login)
    }

    /// The same, to note something in it.
    pub(super) fn get_mut(&mut self, login: &Login) -> Option<&mut Record> {
        self.records.get_mut(login)
    }

    pub(super) fn usage(&self) -> Usage {
        self.records.usage()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_password_again_and_again_is_no_guess() {
        let mut stored = Record::new(Service::Pop3, Timestamp::from_nanos(0));
        let mut guessed = stored;
        for guess in 1..=10 {
            stored.asks(7, 40_000);
            guessed.asks(guess, 40_000);
            stored.fails(1);
            guessed.fails(1);
        }
        assert_eq!(stored.excuse_for_failing(), Some(&RETRIES));
        assert_eq!(guessed.excuse_for_failing(), None);
        assert!(guessed.was_asking(40_000) && !guessed.was_asking(40_000));
        assert_eq!((guessed.works(), guessed.works()), (10, 0));
    }

    #[test]
    fn connecting_is_excused_by_what_comes_of_it() {
        let fresh = Record::new(Service::Configured, Timestamp::from_nanos(0));
        let excuse = |record: Record| record.excuse_for_connecting().map(|guard| guard.id);
        assert_eq!(excuse(fresh), None, "nothing is seen of the server");
        assert_eq!(excuse(Record { refused: 30, ..fresh }), Some(NO_SESSION.id));
        assert_eq!(excuse(Record { answered: 30, ..fresh }), Some(NO_SESSION.id));
        assert_eq!(excuse(Record { answered: 30, brief: 29, ..fresh }), None);
        assert_eq!(excuse(Record { answered: 30, busy: 29, ..fresh }), Some(WORKS.id));
        assert_eq!(excuse(Record { brief: 29, successes: 9, ..fresh }), Some(WORKS.id));
    }

    #[test]
    fn a_long_silence_begins_anew() {
        let idle = std::time::Duration::from_secs(10);
        let mut logins = Logins::new(std::num::NonZeroUsize::MIN, idle);
        let host = IpAddr::from([10, 0, 0, 1]);
        let login = Login { source: host, destination: host, port: 21 };
        let at = |second| Timestamp::from_parts(second, 0);
        logins.of(login, Service::Ftp, at(0)).fails(1);
        assert_eq!(logins.of(login, Service::Ftp, at(10)).failures, 1);
        assert_eq!(logins.of(login, Service::Ftp, at(21)).failures, 0);
    }
}
