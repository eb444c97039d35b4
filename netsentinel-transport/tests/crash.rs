//! Kills a real process at every system call by which a spool changes the disk, and looks at what is left.
//!
//! Here belongs what only a real process and a real file system can show; what a loss of power leaves is
//! tested beside the spool, on a disk in memory.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "the helpers of a test may fail it")]

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use netsentinel_core::{Alert, Severity, Timestamp};
use netsentinel_transport::spool::{Handle, Spool, SpoolLimits};

/// Names the folder to the process that is to be killed.
const FOLDER: &str = "NETSENTINEL_CRASH_FOLDER";
/// The system calls by which a spool changes the disk.
const STEPS: &str = "write,fsync,fdatasync,ftruncate,rename,unlink,openat,mkdir";
/// Calls of each kind that the worker makes before its work: system calls are counted for each thread, and
/// the main thread of a test makes fewer.
const WARM_UP: usize = 64;
/// How long all of it may take; when that is not enough for every call, some in between are left out.
const TIME_MAX: Duration = Duration::from_secs(10);

fn limits() -> SpoolLimits {
    SpoolLimits { segment_bytes: 2 << 10, ..SpoolLimits::new(8 << 20) }
}

fn alert(n: u64) -> Alert {
    let severity = Severity::ALL[n as usize % 3];
    let time = "2024-01-01T00:00:00Z";
    let alert = serde_json::json!({
        "v": 1, "id": format!("{n:032x}"), "update": 0, "timestamp": time,
        "detector": "port_scan", "rule": "port_scan/vertical", "signature": 1_000_001,
        "category": "Port Scan", "severity": severity, "base_severity": severity,
        "source": {}, "target": {}, "message": "m".repeat(200), "count": n, "threshold": 1,
        "base_threshold": 1, "window_s": 10, "first_seen": time, "last_seen": time,
        "evidence": {}, "reputation": null, "attack": [], "flow": null, "frame": 1,
        "interface": null, "agent": {"id": "a", "hostname": "h", "os": "linux"},
    });
    serde_json::from_value(alert).unwrap()
}

/// The alerts that the worker ever gives to its spool.
const ATTEMPTED: std::ops::Range<u64> = 0..18;

/// The process that is killed; not a test unless the other one runs it as one.
#[test]
fn worker() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    for _ in 0..WARM_UP {
        let mut null = std::fs::OpenOptions::new().write(true).open("/dev/null").unwrap();
        null.write_all(b"x").unwrap();
    }
    let mut spool = Spool::open(Path::new(&folder), limits()).unwrap();
    let mut taken: Vec<(u64, Handle)> = Vec::new();
    for first in ATTEMPTED.step_by(3) {
        let numbers = first..first + 3;
        let alerts: Vec<_> = numbers.clone().map(alert).collect();
        let appended = spool.append(&alerts, Timestamp::default()).unwrap();
        assert_eq!(appended.held, 3);
        say("held", numbers);
        let batch = spool.next(4, usize::MAX).unwrap();
        taken.extend(batch.alerts.iter().map(|alert| (number(&alert.json), alert.handle)));
        let (answered, rest) = taken.split_at(taken.len() / 2);
        let Some(((rejected, handle), settled)) = answered.split_first() else { continue };
        say("rejecting", [*rejected]);
        spool.dead_letter(&[(*handle, "no".into())], Timestamp::default()).unwrap();
        say("settling", settled.iter().map(|(n, _)| *n));
        let handles: Vec<_> = settled.iter().map(|(_, handle)| *handle).collect();
        spool.settle(&handles).unwrap();
        taken = rest.to_vec();
    }
}

/// Tells the other process, so that it knows even when this one dies at once.
fn say(what: &str, numbers: impl IntoIterator<Item = u64>) {
    let lines: String = numbers.into_iter().map(|n| format!("\n{what} {n}\n")).collect();
    std::io::stdout().write_all(lines.as_bytes()).unwrap();
    std::io::stdout().flush().unwrap();
}

fn number(json: &[u8]) -> u64 {
    serde_json::from_slice::<Alert>(json).unwrap().count
}

/// Runs the worker in `folder` under strace; whether it lived to the end, and what it said.
fn run(folder: &Path, strace: &[&str]) -> Option<(bool, String)> {
    let output = Command::new("strace")
        .args(["-f", "-qq"])
        .args(strace)
        .arg(std::env::current_exe().unwrap())
        .args(["worker", "--exact", "--nocapture", "--test-threads=2"])
        .env(FOLDER, folder)
        .stderr(Stdio::null())
        .output()
        .ok()?;
    Some((output.status.success(), String::from_utf8(output.stdout).unwrap()))
}

fn said(output: &str, what: &str) -> BTreeSet<u64> {
    let words = output.lines().filter_map(|line| line.split_once(' '));
    words.filter(|(word, _)| *word == what).map(|(_, n)| n.parse().unwrap()).collect()
}

/// How often the worker makes each system call.
fn steps(scratch: &Path) -> Option<BTreeMap<String, usize>> {
    let log = scratch.join("log");
    let trace = format!("trace={STEPS}");
    let (done, output) = run(&scratch.join("whole"), &["-e", &trace, "-o", log.to_str()?])?;
    if !done || said(&output, "held").len() != ATTEMPTED.count() {
        return None;
    }
    let text = std::fs::read_to_string(log).ok()?;
    let mut counts = BTreeMap::<(&str, &str), usize>::new();
    for line in text.lines() {
        let Some((thread, call)) = line.split_once(' ') else { continue };
        let Some((name, _)) = call.trim_start().split_once('(') else { continue };
        *counts.entry((thread, name)).or_default() += 1;
    }
    // The worker's thread is the one that syncs.
    let worker = counts.keys().find(|(_, name)| *name == "fdatasync")?.0;
    let own = counts.iter().filter(|((thread, _), _)| *thread == worker);
    Some(own.map(|((_, name), count)| ((*name).to_owned(), *count)).collect())
}

#[test]
fn a_kill_at_every_system_call_loses_nothing() {
    let scratch = tempfile::tempdir().unwrap();
    let start = Instant::now();
    let Some(steps) = steps(scratch.path()) else {
        skip("killing a process at every step: strace is not there or may not trace");
        return;
    };
    let one = start.elapsed();
    let first = |name: &str| if matches!(name, "openat" | "write") { WARM_UP + 1 } else { 1 };
    let all: usize = steps.iter().map(|(name, count)| count + 1 - first(name)).sum();
    let affordable = (TIME_MAX.as_millis() / one.as_millis().max(1)).max(1);
    let stride = all.div_ceil(usize::try_from(affordable).unwrap());
    let mut killed = 0;
    for (name, &count) in &steps {
        let chosen = (first(name)..count).step_by(stride).chain([count]);
        for step in chosen {
            let folder = scratch.path().join(format!("{name}-{step}"));
            let inject = format!("inject={name}:signal=SIGKILL:when={step}");
            let trace = format!("trace={name}");
            let strace = ["-e", &trace, "-e", &inject, "-o", "/dev/null"];
            let (lived, output) = run(&folder, &strace).unwrap();
            assert!(!lived, "{name} {step} did not kill it");
            killed += 1;
            check(&folder, &output);
        }
    }
    assert!(killed >= steps.len());
    if stride > 1 {
        skip(format_args!("{} of {all} steps, so as not to take too long", all - killed));
    }
}

/// What was held and not settled is there once, and nothing that was never given.
fn check(folder: &Path, output: &str) {
    let mut spool = Spool::open(folder, limits()).unwrap();
    let batch = spool.next(usize::MAX, usize::MAX).unwrap();
    assert_eq!(batch.damaged, 0);
    let pending: Vec<_> = batch.alerts.iter().map(|alert| number(&alert.json)).collect();
    for alert in &batch.alerts {
        let n = number(&alert.json);
        assert!(ATTEMPTED.contains(&n));
        assert_eq!(alert.json, serde_json::to_vec(&self::alert(n)).unwrap());
    }
    let there: BTreeSet<_> = pending.iter().copied().collect();
    assert_eq!(there.len(), pending.len(), "an alert is there twice");
    let letters = std::fs::read_to_string(folder.join("dead-letters.ndjson")).unwrap_or_default();
    let letters: BTreeSet<_> = letters.lines().map(letter).collect();
    let (settling, rejecting) = (said(output, "settling"), said(output, "rejecting"));
    assert!(letters.is_subset(&rejecting));
    for n in said(output, "held").difference(&settling) {
        let is_letter = rejecting.contains(n) && letters.contains(n);
        assert!(there.contains(n) || is_letter, "{n} is lost");
    }
}

fn letter(line: &str) -> u64 {
    let letter: serde_json::Value = serde_json::from_str(line).unwrap();
    letter["alert"]["count"].as_u64().unwrap()
}

/// Says what is left out, past the test's captured output.
fn skip(why: impl std::fmt::Display) {
    let _ = writeln!(std::io::stderr(), "skipped: {why}");
}
