//! What hosts have tried: how many high ports, and how often a port that never answers.

use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::time::Duration;

use netsentinel_core::window::BoundedMap;
use netsentinel_core::{Limits, Timestamp, Usage};

/// High ports are counted for so long, then anew.
const COUNTED_FOR: Duration = Duration::from_secs(60);
/// Who pauses longer than this between two tries has given up.
const GIVES_UP_AFTER: Duration = Duration::from_secs(900);

/// The tries of all hosts, as far as there is room.
pub(super) struct Tried {
    high_ports: BoundedMap<IpAddr, HighPorts>,
    unanswered: BoundedMap<Goal, Tries>,
}

/// Where somebody tries to get.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Goal {
    pub(super) originator: IpAddr,
    pub(super) responder: IpAddr,
    pub(super) port: u16,
}

#[derive(Clone, Copy)]
struct HighPorts {
    since: Timestamp,
    /// Different ports by linear counting (Whang et al. 1990): about right up to 48, in one word.
    bits: u64,
    /// As many as were counted in the minute before.
    before: u32,
}

/// Attempts that were not answered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tries {
    pub(super) first: Timestamp,
    last: Timestamp,
    pub(super) count: u64,
}

impl Tried {
    pub(super) fn new(limits: Limits) -> Self {
        let part =
            |part| NonZeroUsize::new(limits.max_keys.get() / part).unwrap_or(NonZeroUsize::MIN);
        Self {
            high_ports: BoundedMap::new(part(8), COUNTED_FOR),
            unanswered: BoundedMap::new(part(16), GIVES_UP_AFTER),
        }
    }

    /// `host` tries the high `port` of somebody.
    pub(super) fn note_high_port(&mut self, host: IpAddr, port: u16, now: Timestamp) {
        let fresh = HighPorts { since: now, bits: 0, before: 0 };
        let ports = self.high_ports.entry(host, now, || fresh).value;
        let age = now.nanos_since(ports.since);
        let minute = COUNTED_FOR.as_nanos() as u64;
        if age > minute {
            let before = if age > 2 * minute { 0 } else { ports.bits.count_ones() };
            *ports = HighPorts { before, ..fresh };
        }
        // Multiplicative hashing spreads neighbours over the word.
        ports.bits |= 1 << (port.wrapping_mul(40_503) >> 10);
    }

    /// About how many different high ports `host` has tried within the last minute, or the one before.
    pub(super) fn high_ports(&self, host: IpAddr) -> u32 {
        self.high_ports.get(&host).map_or(0, |ports| ports.bits.count_ones().max(ports.before))
    }

    /// Somebody tries to get to `goal` once more.
    pub(super) fn note(&mut self, goal: Goal, now: Timestamp) -> Tries {
        let fresh = Tries { first: now, last: now, count: 0 };
        let tries = self.unanswered.entry(goal, now, || fresh).value;
        if now > tries.last.after(GIVES_UP_AFTER) {
            *tries = fresh;
        }
        tries.last = now;
        tries.count += 1;
        *tries
    }

    /// The goal has answered.
    pub(super) fn answered(&mut self, goal: &Goal) {
        self.unanswered.remove(goal);
    }

    pub(super) fn usage(&self) -> [(&'static str, Usage); 2] {
        [("high_ports", self.high_ports.usage()), ("unanswered", self.unanswered.usage())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_ports_are_counted_and_forgotten() {
        let mut tried = Tried::new(Limits { max_keys: NonZeroUsize::new(64).unwrap() });
        let host = IpAddr::from([10, 0, 0, 1]);
        let at = |second| Timestamp::from_parts(second, 0);
        for port in 0..12 {
            tried.note_high_port(host, 50_000 + 7 * port, at(1));
            tried.note_high_port(host, 50_000, at(1));
        }
        assert!((10..=12).contains(&tried.high_ports(host)), "{}", tried.high_ports(host));
        tried.note_high_port(host, 50_000, at(200));
        assert_eq!(tried.high_ports(host), 1);
    }

    #[test]
    fn tries_count_until_there_is_an_answer_or_a_long_pause() {
        let mut tried = Tried::new(Limits { max_keys: NonZeroUsize::new(64).unwrap() });
        let [originator, responder] = [1, 2].map(|n| IpAddr::from([10, 0, 0, n]));
        let goal = Goal { originator, responder, port: 4444 };
        let at = |second| Timestamp::from_parts(second, 0);
        assert_eq!([0, 1, 3].map(|second| tried.note(goal, at(second)).count), [1, 2, 3]);
        assert_eq!(tried.note(goal, at(1_000)).count, 1);
        tried.answered(&goal);
        assert_eq!(tried.note(goal, at(1_001)).count, 1);
    }
}
