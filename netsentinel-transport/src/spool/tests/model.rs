//! A naive model of the spool, and checks of the spool against it after every step.

use std::collections::{BTreeMap, BTreeSet};

use netsentinel_core::{Severity, Timestamp};

use super::faulty_disk::FaultyDisk;
use super::{alert, limits, number, pending};
use crate::spool::recover::recover;
use crate::spool::{BySeverity, Handle, Spool, letters};

/// One step.
#[derive(Clone, Debug)]
pub(super) enum Op {
    /// Appends alerts of these severities and paddings.
    Append(Vec<(Severity, usize)>),
    /// Takes at most so many.
    Next(usize),
    /// Settles, releases or rejects every alert in flight whose place has its bit in this mask.
    Settle(u32),
    Release(u32),
    Reject(u32),
    /// The process dies.
    Kill,
    /// The machine loses its power now, or after so many steps of the disk.
    PowerLoss,
    PowerLossAfter(u32),
    /// A step of the disk fails after so many.
    Fault(u32),
}

/// The spool, what it must hold, and the disk.
pub(super) struct Model {
    disk: FaultyDisk,
    bytes_max: u64,
    spool: Spool,
    next: u32,
    /// Everything ever given to the spool, as JSON.
    attempted: BTreeMap<u32, (Severity, Vec<u8>)>,
    /// Acknowledged and neither settled, rejected nor dropped.
    held: BySeverity<BTreeSet<u32>>,
    /// What may come back but need not: settled, dropped, or never acknowledged.
    in_flight: Vec<(u32, Handle)>,
    rejecting: BTreeSet<u32>,
    dropped: BySeverity<u64>,
    untold: BySeverity<u64>,
}

impl Model {
    pub(super) fn new(seed: u64, bytes_max: u64) -> Self {
        let disk = FaultyDisk::new(seed);
        let spool = recover(Box::new(disk.clone()), limits(bytes_max)).unwrap();
        Self {
            disk,
            bytes_max,
            spool,
            next: 0,
            attempted: BTreeMap::new(),
            held: BySeverity::default(),
            in_flight: Vec::new(),
            rejecting: BTreeSet::new(),
            dropped: BySeverity::default(),
            untold: BySeverity::default(),
        }
    }

    pub(super) fn disk(&self) -> &FaultyDisk {
        &self.disk
    }

    /// Does one step; whether the power is still on after it.
    pub(super) fn step(&mut self, op: &Op) -> bool {
        match op {
            Op::Append(alerts) => self.append(alerts),
            Op::Next(most) => self.take(*most),
            Op::Settle(mask) => {
                let chosen = self.choose(*mask);
                // The alerts are settled even if the journal can not be written.
                let _ = self.spool.settle(&handles(&chosen));
                chosen.iter().for_each(|(n, _)| self.gone(*n));
            }
            Op::Release(mask) => {
                let chosen = self.choose(*mask);
                self.spool.release(&handles(&chosen));
            }
            Op::Reject(mask) => self.reject(*mask),
            Op::Kill => self.reopen(false),
            Op::PowerLoss => self.reopen(true),
            Op::PowerLossAfter(steps) => self.disk.lose_power_after(*steps),
            Op::Fault(steps) => self.disk.fail_after(*steps),
        }
        if self.disk.is_dead() {
            return false;
        }
        self.check();
        true
    }

    fn append(&mut self, chosen: &[(Severity, usize)]) {
        let numbers = self.next..;
        let alerts: Vec<_> =
            numbers.zip(chosen).map(|(n, &(severity, len))| alert(n, severity, len)).collect();
        self.next += u32::try_from(alerts.len()).unwrap();
        for alert in &alerts {
            let json = serde_json::to_vec(alert).unwrap();
            self.attempted.insert(alert.count.try_into().unwrap(), (alert.severity, json));
        }
        let appended = self.spool.append(&alerts, Timestamp::default());
        if self.disk.is_dead() {
            return;
        }
        let is_held = appended.is_ok();
        let old = self.held.clone();
        if is_held {
            for alert in &alerts {
                self.held.get_mut(alert.severity).insert(alert.count.try_into().unwrap());
            }
        }
        let dropped = self.take_out_dropped(&old, is_held);
        self.untold.add_all(&dropped);
        if let Ok(appended) = appended {
            assert_eq!(appended.dropped, std::mem::take(&mut self.untold));
            let new_dropped = chosen.len() as u64 - appended.held;
            assert!(new_dropped <= dropped.total());
        }
        assert!(self.spool.report().bytes <= self.bytes_max);
    }

    /// What is missing was dropped: check that it was the right ones, and forget them.
    fn take_out_dropped(&mut self, old: &Held, is_held: bool) -> BySeverity<u64> {
        let there: BTreeSet<_> =
            pending(&self.spool).iter().map(|(_, json)| number(json)).collect();
        let mut dropped = BySeverity::default();
        let mut lower_are_empty = true;
        for severity in Severity::ALL {
            let held = self.held.get_mut(severity);
            let missing: Vec<_> = held.difference(&there).copied().collect();
            held.retain(|n| there.contains(n));
            dropped.add(severity, missing.len() as u64);
            let old_dropped = missing.iter().any(|n| old.get(severity).contains(n));
            assert!(!old_dropped || lower_are_empty, "a higher severity was dropped first");
            let oldest_kept = held.first().copied().unwrap_or(u32::MAX);
            assert!(missing.iter().all(|n| *n < oldest_kept), "a newer one was dropped first");
            let old_kept = held.intersection(old.get(severity)).count();
            lower_are_empty &= old_kept == 0;
            assert!(is_held || missing.iter().all(|n| old.get(severity).contains(n)));
        }
        self.in_flight.retain(|(n, _)| there.contains(n));
        self.dropped.add_all(&dropped);
        assert_eq!(self.spool.counts().dropped, self.dropped, "dropped is counted");
        dropped
    }

    fn take(&mut self, most: usize) {
        let Ok(batch) = self.spool.next(most, 8 << 10) else { return };
        assert_eq!(batch.damaged, 0);
        let in_flight: BTreeSet<_> = self.in_flight.iter().map(|(n, _)| *n).collect();
        let ready = Severity::ALL.into_iter().rev().flat_map(|severity| self.held.get(severity));
        let ready: Vec<_> = ready.filter(|n| !in_flight.contains(n)).copied().collect();
        let given: Vec<_> = batch.alerts.iter().map(|alert| number(&alert.json)).collect();
        assert!(given.len() <= most);
        assert!(!given.is_empty() || ready.is_empty() || most == 0);
        assert_eq!(given, ready[..given.len()], "the highest severity first, the oldest first");
        let bytes: usize = batch.alerts.iter().map(|alert| alert.json.len() + 1).sum();
        assert!(given.len() <= 1 || bytes <= (8 << 10) + 1);
        self.in_flight.extend(given.into_iter().zip(batch.alerts.iter().map(|alert| alert.handle)));
    }

    fn reject(&mut self, mask: u32) {
        let chosen = self.choose(mask);
        self.rejecting = chosen.iter().map(|(n, _)| *n).collect();
        let reasons: Vec<_> = chosen.iter().map(|(_, handle)| (*handle, "no".to_owned())).collect();
        let before = self.spool.counts().pending.total();
        let done = self.spool.dead_letter(&reasons, Timestamp::default());
        if self.disk.is_dead() {
            return;
        }
        self.rejecting.clear();
        // A failure may have come before or after they left.
        if done.is_ok() || self.spool.counts().pending.total() < before {
            chosen.iter().for_each(|(n, _)| self.gone(*n));
            self.check_letters(&chosen.iter().map(|(n, _)| *n).collect());
        } else {
            self.in_flight.extend(chosen);
        }
    }

    fn check_letters(&self, expected: &BTreeSet<u32>) {
        let Ok(text) = crate::spool::disk::Disk::read(&self.disk, letters::NAME, u64::MAX) else {
            assert!(expected.is_empty());
            return;
        };
        let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let found = lines.map(|line| {
            let letter: serde_json::Value = serde_json::from_slice(line).unwrap();
            number(letter["alert"].to_string().as_bytes())
        });
        assert!(found.collect::<BTreeSet<_>>().is_superset(expected));
    }

    /// Opens the spool anew after the process died, or the machine.
    pub(super) fn reopen(&mut self, loses_power: bool) {
        if loses_power {
            self.disk.restart_machine();
        } else {
            self.disk.restart_process();
        }
        self.spool = recover(Box::new(self.disk.clone()), limits(self.bytes_max)).unwrap();
        self.in_flight.clear();
        let there: BTreeSet<_> =
            pending(&self.spool).iter().map(|(_, json)| number(json)).collect();
        let counts = self.spool.counts();
        let mut lost = BTreeSet::new();
        for severity in Severity::ALL {
            let missing = self.held.get(severity).difference(&there).copied();
            let missing: BTreeSet<_> = missing.collect();
            let letters: BTreeSet<_> = missing.intersection(&self.rejecting).copied().collect();
            let told = counts.dropped.get(severity).saturating_sub(*self.dropped.get(severity));
            let unknown = (missing.len() - letters.len()) as u64;
            assert!(self.disk.faults() > 0 || unknown <= told, "{unknown} lost, {told} told");
            // Faults keep totals from the disk, but then nothing is dropped in these runs.
            assert!(self.disk.faults() == 0 || unknown == 0, "{missing:?} lost");
            lost.extend(letters);
        }
        self.check_letters(&lost);
        self.rejecting.clear();
        self.dropped = counts.dropped;
        self.untold = BySeverity::default();
        self.held = BySeverity::default();
        for n in there {
            let (severity, _) = self.attempted.get(&n).expect("an alert that was never given");
            self.held.get_mut(*severity).insert(n);
        }
        self.check();
    }

    /// The spool holds what the model holds, byte for byte, in order.
    fn check(&self) {
        let found = pending(&self.spool);
        let expected = self.held.iter().flat_map(|(severity, held)| {
            held.iter().map(move |n| (severity, self.attempted[n].1.clone()))
        });
        let numbers = |alerts: &[(Severity, Vec<u8>)]| -> Vec<_> {
            alerts.iter().map(|(severity, json)| (*severity, number(json))).collect()
        };
        let expected: Vec<_> = expected.collect();
        assert_eq!(numbers(&found), numbers(&expected));
        assert!(found == expected, "an alert came back changed");
        assert_eq!(self.spool.report().alerts, found.len() as u64);
    }

    fn choose(&mut self, mask: u32) -> Vec<(u32, Handle)> {
        let mut place = 0;
        let chosen = self.in_flight.extract_if(.., |_| {
            place += 1;
            mask >> (place % 32) & 1 == 1
        });
        chosen.collect()
    }

    fn gone(&mut self, n: u32) {
        let severity = self.attempted[&n].0;
        self.held.get_mut(severity).remove(&n);
    }
}

type Held = BySeverity<BTreeSet<u32>>;

fn handles(chosen: &[(u32, Handle)]) -> Vec<Handle> {
    chosen.iter().map(|(_, handle)| *handle).collect()
}
