//! Who tried too often to sign in.
//!
//! An attempt counts before its password is checked, so that many at once are not more than one
//! after the other. Signing in takes it back.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

use netsentinel_core::Timestamp;

use crate::metrics::Metrics;

/// Attempts are counted over, and whoever has too many waits for, a quarter of an hour.
const WINDOW_S: u64 = 15 * 60;
/// Attempts at one name from one address.
const PAIR_MAX: u32 = 5;
/// Attempts at one name from anywhere. Larger, so that a stranger can not so easily keep somebody
/// out of their own account.
const NAME_MAX: u32 = 25;
/// Attempts at any names from one address.
const ADDRESS_MAX: u32 = 50;
/// Records kept; when they are full those that began first go.
const RECORDS_MAX: usize = 30_000;

const NANOS: u64 = 1_000_000_000;

/// Who tried how often.
pub(super) struct Lockout {
    records: Mutex<HashMap<Subject, Record>>,
    metrics: Arc<Metrics>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Subject {
    Pair(String, IpAddr),
    Name(String),
    Address(IpAddr),
}

impl Subject {
    const fn max(&self) -> u32 {
        match self {
            Self::Pair(..) => PAIR_MAX,
            Self::Name(_) => NAME_MAX,
            Self::Address(_) => ADDRESS_MAX,
        }
    }
}

#[derive(Clone, Copy)]
struct Record {
    attempts: u32,
    /// Of the first attempt; of the last one allowed once there were too many.
    since: Timestamp,
}

/// There were too many attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Locked {
    /// Seconds until it may be tried again.
    pub(super) wait_s: u64,
    /// Whether this is the first attempt that is turned away, which is worth a note.
    pub(super) first: bool,
}

impl Lockout {
    /// Nobody has tried.
    pub(super) fn new(metrics: Arc<Metrics>) -> Self {
        Self { records: Mutex::default(), metrics }
    }

    /// Counts an attempt to sign in as `name`, or tells that there were too many.
    pub(super) fn attempt(&self, name: &str, ip: IpAddr, now: Timestamp) -> Result<(), Locked> {
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        let subjects = subjects(name, ip);
        for subject in &subjects {
            let Some(record) = records.get_mut(subject) else { continue };
            let waited = now.nanos_since(record.since) / NANOS;
            if waited >= WINDOW_S {
                records.remove(subject);
            } else if record.attempts >= subject.max() {
                let first = record.attempts == subject.max();
                record.attempts = record.attempts.saturating_add(1);
                return Err(Locked { wait_s: WINDOW_S - waited, first });
            }
        }
        for subject in subjects {
            if records.len() >= RECORDS_MAX && !records.contains_key(&subject) {
                self.make_room(&mut records, now);
            }
            let record =
                records.entry(subject.clone()).or_insert(Record { attempts: 0, since: now });
            record.attempts += 1;
            if record.attempts == subject.max() {
                record.since = now;
            }
        }
        Ok(())
    }

    /// The attempt was right: it does not count, nor do those at this name from this address.
    pub(super) fn succeeded(&self, name: &str, ip: IpAddr) {
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        for subject in subjects(name, ip) {
            let pair = matches!(subject, Subject::Pair(..));
            let Some(record) = records.get_mut(&subject) else { continue };
            record.attempts = record.attempts.saturating_sub(1);
            if pair || record.attempts == 0 {
                records.remove(&subject);
            }
        }
    }

    /// The attempt came to nothing before its password was checked: it does not count.
    pub(super) fn not_checked(&self, name: &str, ip: IpAddr) {
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        for subject in subjects(name, ip) {
            if let Some(record) = records.get_mut(&subject) {
                record.attempts = record.attempts.saturating_sub(1);
            }
        }
    }

    /// Forgets what no longer counts; if that is nothing, the older half.
    fn make_room(&self, records: &mut HashMap<Subject, Record>, now: Timestamp) {
        records.retain(|_, record| now.nanos_since(record.since) / NANOS < WINDOW_S);
        if records.len() < RECORDS_MAX {
            return;
        }
        let mut times: Vec<Timestamp> = records.values().map(|record| record.since).collect();
        let middle = times.len() / 2;
        let (_, &mut median, _) = times.select_nth_unstable(middle);
        let before = records.len();
        records.retain(|_, record| record.since > median);
        for _ in records.len()..before {
            self.metrics.lockout_evicted();
        }
    }
}

/// The name is cut, so that a record has a bounded size. Of an IPv6 address the network counts.
fn subjects(name: &str, ip: IpAddr) -> [Subject; 3] {
    const NAME_BYTES_MAX: usize = 64;
    let name = &name[..name.floor_char_boundary(NAME_BYTES_MAX)];
    let ip = network_of(ip);
    [Subject::Pair(name.into(), ip), Subject::Name(name.into()), Subject::Address(ip)]
}

/// What one customer has: an IPv4 address, or an IPv6 network of 64 bits.
pub(crate) fn network_of(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.into(),
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_parts(1_800_000_000 + seconds, 0)
    }

    fn ip(last: u8) -> IpAddr {
        [192, 0, 2, last].into()
    }

    fn lockout() -> Lockout {
        Lockout::new(Arc::new(Metrics::new()))
    }

    #[test]
    fn the_sixth_attempt_waits_a_quarter_of_an_hour() {
        let lockout = lockout();
        for second in 0..5 {
            lockout.attempt("ann", ip(1), at(second)).unwrap();
        }
        let locked = lockout.attempt("ann", ip(1), at(4)).unwrap_err();
        assert_eq!(locked, Locked { wait_s: 900, first: true });
        let locked = lockout.attempt("ann", ip(1), at(10)).unwrap_err();
        assert_eq!(locked, Locked { wait_s: 894, first: false });
        lockout.attempt("ann", ip(2), at(10)).unwrap();
        lockout.attempt("bob", ip(1), at(10)).unwrap();
        lockout.attempt("ann", ip(1), at(904)).unwrap();
    }

    #[test]
    fn signing_in_clears_the_pair() {
        let lockout = lockout();
        for round in 0..20 {
            for _ in 0..4 {
                lockout.attempt("ann", ip(round), at(0)).unwrap();
            }
            lockout.attempt("ann", ip(round), at(0)).unwrap();
            lockout.succeeded("ann", ip(round));
            if round == 4 {
                break;
            }
        }
        lockout.attempt("ann", ip(0), at(0)).unwrap();
    }

    #[test]
    fn an_attempt_that_found_no_turn_does_not_count() {
        let lockout = lockout();
        for _ in 0..20 {
            lockout.attempt("ann", ip(1), at(0)).unwrap();
            lockout.not_checked("ann", ip(1));
        }
    }

    #[test]
    fn many_addresses_at_one_name_and_one_address_at_many_names_are_stopped() {
        let lockout = lockout();
        let refused = (0..100).filter(|&i| lockout.attempt("ann", ip(i), at(0)).is_err()).count();
        assert_eq!(refused, 100 - NAME_MAX as usize);
        let refused = (0..100)
            .filter(|i| lockout.attempt(&format!("user{i}"), ip(200), at(0)).is_err())
            .count();
        assert_eq!(refused, 100 - ADDRESS_MAX as usize);
        let v6 = |last: u16| IpAddr::from([0x2001, 0xdb8, 0, 0, 1, 2, 3, last]);
        let refused = (0..100).filter(|&i| lockout.attempt("eve", v6(i), at(0)).is_err()).count();
        assert_eq!(refused, 100 - PAIR_MAX as usize);
    }

    #[test]
    fn the_records_are_bounded() {
        let lockout = lockout();
        for i in 0..RECORDS_MAX as u32 {
            let _ = lockout.attempt(&format!("u{i}"), IpAddr::from(i.to_be_bytes()), at(0));
        }
        assert!(lockout.records.lock().unwrap().len() <= RECORDS_MAX);
    }
}
