//! What one host of the background may do, so that no seed rule can fire on it.

use netsentinel_core::Timestamp;

/// Connections a host may open within [`SYN_EPOCH_S`]. A 5 s window touches two such spans at most,
/// so that it never sees more than 120, where `syn_flood` needs 200.
const SYNS: u32 = 60;
const SYN_EPOCH_S: i64 = 5;

/// Log-in connections a host may open within [`LOGIN_EPOCH_S`]; a 30 s window sees 20 at most, where
/// `brute_force` needs 30.
const LOGINS: u32 = 10;
const LOGIN_EPOCH_S: i64 = 30;

/// Bytes for the outside that a host may plan within [`BYTES_EPOCH_S`]. A conversation lasts less
/// than 20 s, so that a 60 s window sees bytes of five such spans at most: 4.5 MB, where
/// `data_exfiltration` needs 5 MB.
const BYTES: u64 = 900_000;
const BYTES_EPOCH_S: i64 = 20;

/// How much is left of each in the present span of time.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Budget {
    syns: Spent,
    logins: Spent,
    bytes: Spent,
}

#[derive(Clone, Copy, Debug, Default)]
struct Spent {
    epoch: i64,
    amount: u64,
}

/// What a conversation would cost.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cost {
    /// Whether a TCP connection is opened.
    pub(super) syn: bool,
    /// Whether it is opened to a log-in port.
    pub(super) login: bool,
    /// Bytes sent to the outside.
    pub(super) bytes: u64,
}

impl Budget {
    /// Takes `cost` if there is room for all of it; otherwise takes nothing and returns false.
    pub(super) fn take(&mut self, now: Timestamp, cost: Cost) -> bool {
        let mut next = *self;
        let granted = next.syns.add(now, SYN_EPOCH_S, u64::from(cost.syn), u64::from(SYNS))
            && next.logins.add(now, LOGIN_EPOCH_S, u64::from(cost.login), u64::from(LOGINS))
            && next.bytes.add(now, BYTES_EPOCH_S, cost.bytes, BYTES);
        if granted {
            *self = next;
        }
        granted
    }
}

impl Spent {
    fn add(&mut self, now: Timestamp, span_s: i64, amount: u64, limit: u64) -> bool {
        let epoch = now.as_secs().div_euclid(span_s);
        if epoch != self.epoch {
            *self = Self { epoch, amount: 0 };
        }
        self.amount += amount;
        self.amount <= limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grants_all_or_nothing_and_forgets_with_time() {
        let mut budget = Budget::default();
        let at = |seconds| Timestamp::from_parts(seconds, 0);
        let login = Cost { syn: true, login: true, bytes: 0 };
        assert_eq!((0..40).filter(|_| budget.take(at(60), login)).count(), 10);
        // A refused log-in did not use up connections: 50 are left.
        let syn = Cost { syn: true, ..Cost::default() };
        assert_eq!((0..90).filter(|_| budget.take(at(64), syn)).count(), 50);
        assert!(!budget.take(at(64), syn) && budget.take(at(65), syn));
        assert!(!budget.take(at(65), Cost { bytes: 900_001, ..Cost::default() }));
        assert!(budget.take(at(65), Cost { bytes: 900_000, ..Cost::default() }));
        assert!(!budget.take(at(79), Cost { bytes: 1, ..Cost::default() }));
        assert!(budget.take(at(80), Cost { bytes: 1, ..Cost::default() }));
    }
}
