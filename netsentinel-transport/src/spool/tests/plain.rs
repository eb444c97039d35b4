//! The spool in a real folder: what users see of it.

use netsentinel_core::{Severity, Timestamp};

use super::{alert, limits, number};
use crate::spool::letters;
use crate::spool::{Handle, Spool, SpoolError, SpoolLimits, Spooled};

fn handles(alerts: &[Spooled]) -> Vec<Handle> {
    alerts.iter().map(|alert| alert.handle).collect()
}

fn numbers(alerts: &[Spooled]) -> Vec<u32> {
    alerts.iter().map(|alert| number(&alert.json)).collect()
}

const NOW: Timestamp = Timestamp::from_nanos(1_700_000_000_000_000_000);

#[test]
fn alerts_wait_in_order_until_they_are_settled() {
    let dir = tempfile::tempdir().unwrap();
    let mut spool = Spool::open(dir.path(), SpoolLimits::new(1 << 20)).unwrap();
    assert!(!spool.recovery().is_remarkable());
    let severities = [Severity::Low, Severity::Critical, Severity::Medium, Severity::Critical];
    let alerts: Vec<_> = (1..).zip(severities).map(|(n, s)| alert(n, s, 5)).collect();
    assert_eq!(spool.append(&alerts, NOW).unwrap().held, 4);
    let first = spool.next(3, usize::MAX).unwrap().alerts;
    assert_eq!(numbers(&first), [2, 4, 3]);
    assert_eq!(first[0].json, serde_json::to_vec(&alerts[1]).unwrap());
    assert_eq!(numbers(&spool.next(3, usize::MAX).unwrap().alerts), [1]);
    spool.release(&handles(&first)[1..]);
    spool.settle(&handles(&first)[..1]).unwrap();
    drop(spool);
    let mut spool = Spool::open(dir.path(), SpoolLimits::new(1 << 20)).unwrap();
    assert_eq!(spool.recovery().pending, 3);
    let rest = spool.next(9, usize::MAX).unwrap().alerts;
    assert_eq!(numbers(&rest), [4, 3, 1]);
    spool.settle(&handles(&rest)).unwrap();
    spool.settle(&handles(&rest)).unwrap();
    assert_eq!(spool.report().alerts, 0);
    assert_eq!(spool.counts().settled, 3);
}

#[test]
fn a_batch_is_bounded_in_bytes_but_never_empty() {
    let dir = tempfile::tempdir().unwrap();
    let mut spool = Spool::open(dir.path(), SpoolLimits::new(1 << 20)).unwrap();
    let alerts: Vec<_> = (0..10).map(|n| alert(n, Severity::Low, 2000)).collect();
    let one = serde_json::to_vec(&alerts[0]).unwrap().len();
    let _ = spool.append(&alerts, NOW).unwrap();
    assert_eq!(spool.next(500, 3 * one + 2).unwrap().alerts.len(), 3);
    assert_eq!(spool.next(500, 3 * one + 1).unwrap().alerts.len(), 2);
    assert_eq!(spool.next(500, 1).unwrap().alerts.len(), 1);
}

#[test]
fn what_is_too_large_or_rejected_is_kept_with_its_reason() {
    let dir = tempfile::tempdir().unwrap();
    let mut spool = Spool::open(dir.path(), SpoolLimits::new(8 << 20)).unwrap();
    let large = alert(1, Severity::High, 2 << 20);
    let appended = spool.append(&[large, alert(2, Severity::Low, 1)], NOW).unwrap();
    assert_eq!((appended.held, appended.too_large), (1, 1));
    let taken = spool.next(9, usize::MAX).unwrap().alerts;
    spool.dead_letter(&[(taken[0].handle, "severity \"x\"".into())], NOW).unwrap();
    assert_eq!((spool.report().alerts, spool.report().rejected), (0, 2));
    drop(spool);
    let spool = Spool::open(dir.path(), SpoolLimits::new(8 << 20)).unwrap();
    assert_eq!(*spool.counts().rejected.get(Severity::High), 1);
    let text = std::fs::read_to_string(dir.path().join(letters::NAME)).unwrap();
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines[0]["reason"].as_str().unwrap().contains("more than"));
    assert_eq!(lines[1]["reason"], "severity \"x\"");
    assert_eq!((&lines[0]["alert"]["count"], &lines[1]["alert"]["count"]), (&1.into(), &2.into()));
    assert_eq!(lines[1]["at"], "2023-11-14T22:13:20.000000000Z");
}

#[test]
fn dead_letters_are_bounded() {
    let dir = tempfile::tempdir().unwrap();
    let small = SpoolLimits { dead_letter_bytes: 4 << 10, ..limits(1 << 20) };
    let mut spool = Spool::open(dir.path(), small).unwrap();
    for n in 0..40 {
        let _ = spool.append(&[alert(n, Severity::Low, 100)], NOW).unwrap();
        let taken = spool.next(1, usize::MAX).unwrap().alerts;
        spool.dead_letter(&[(taken[0].handle, "no".into())], NOW).unwrap();
    }
    let size = |name: &str| std::fs::metadata(dir.path().join(name)).unwrap().len();
    assert!(size(letters::NAME) <= 4 << 10 && size(letters::OLD) <= 4 << 10);
    let text = std::fs::read_to_string(dir.path().join(letters::NAME)).unwrap();
    assert!(text.lines().last().unwrap().contains("\"count\":39"));
    assert_eq!(spool.counts().rejected.total(), 40);
}

#[test]
fn the_oldest_of_the_lowest_severity_makes_room() {
    let dir = tempfile::tempdir().unwrap();
    let mut spool = Spool::open(dir.path(), limits(64 << 10)).unwrap();
    let mut dropped = 0;
    for n in 0..100 {
        let severity = if n % 2 == 0 { Severity::High } else { Severity::Low };
        let appended = spool.append(&[alert(n, severity, 300)], NOW).unwrap();
        dropped += appended.dropped.get(Severity::Low);
        assert_eq!(*appended.dropped.get(Severity::High), 0);
        assert!(spool.report().bytes <= 64 << 10);
    }
    assert!(dropped > 20);
    drop(spool);
    let mut spool = Spool::open(dir.path(), limits(64 << 10)).unwrap();
    assert_eq!(spool.report().dropped, dropped);
    let left = numbers(&spool.next(500, usize::MAX).unwrap().alerts);
    let high: Vec<_> = (0..100).step_by(2).collect();
    assert_eq!(left[..50], high);
    assert_eq!(left.last(), Some(&99));
    drop(spool);
    // Less room than before: that is told too.
    let spool = Spool::open(dir.path(), limits(16 << 10)).unwrap();
    assert!(spool.recovery().is_remarkable());
    assert!(*spool.recovery().dropped.get(Severity::High) > 0);
    assert!(spool.report().bytes <= 16 << 10);
}

#[test]
fn damage_costs_only_what_it_hits_and_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let open = || Spool::open(dir.path(), SpoolLimits::new(1 << 20));
    let mut spool = open().unwrap();
    let alerts: Vec<_> = (0..3).map(|n| alert(n, Severity::Low, 50)).collect();
    let _ = spool.append(&alerts, NOW).unwrap();
    let file = dir.path().join("low-0000000000000001.alerts");
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xff;
    std::fs::write(&file, &bytes).unwrap();
    let batch = spool.next(9, usize::MAX).unwrap();
    assert_eq!((numbers(&batch.alerts), batch.damaged), (vec![0, 2], 1));
    assert_eq!(spool.counts().damaged, 1);
    drop(spool);
    let mut spool = open().unwrap();
    assert!(spool.recovery().bytes_cut > 50);
    assert_eq!(numbers(&spool.next(9, usize::MAX).unwrap().alerts), [0, 2]);
    drop(spool);
    bytes[7] = 9;
    std::fs::write(&file, &bytes).unwrap();
    let error = open().unwrap_err();
    assert!(matches!(error, SpoolError::Version { version: 9, .. }), "{error}");
}

#[test]
fn a_spool_has_one_owner() {
    let dir = tempfile::tempdir().unwrap();
    let first = Spool::open(dir.path(), SpoolLimits::new(1 << 20)).unwrap();
    let error = Spool::open(dir.path(), SpoolLimits::new(1 << 20)).unwrap_err();
    assert!(matches!(error, SpoolError::Locked { .. }), "{error}");
    drop(first);
    Spool::open(dir.path(), SpoolLimits::new(1 << 20)).unwrap();
}
