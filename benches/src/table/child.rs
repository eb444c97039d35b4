//! Running another program: how long it takes and how much memory it has had at most.

use std::io::Read as _;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

/// How often is looked what memory it has.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// How a program ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ended {
    /// None where it was stopped at the time limit.
    pub(crate) time: Option<Duration>,
    /// The most that was resident, its files included, as seen within the last [`LOOK_EVERY`] of its
    /// life; where the system tells.
    pub(crate) memory: Option<u64>,
}

/// Runs `command` without input and output; it is killed after `limit`.
///
/// # Errors
///
/// When it can not be started, or fails, with what it has said last.
pub(crate) fn run(command: &mut Command, limit: Duration) -> Result<Ended> {
    let start = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .context("can not be started")?;
    let complaints = complaints(&mut child)?;
    let mut memory = None;
    let said = loop {
        // Closed when the program ends: waited for, and meanwhile looked at.
        match complaints.recv_timeout(LOOK_EVERY) {
            Ok(said) => break said,
            Err(RecvTimeoutError::Disconnected) => break String::new(),
            Err(RecvTimeoutError::Timeout) => memory = peak(&child).max(memory),
        }
        if start.elapsed() > limit {
            child.kill()?;
            child.wait()?;
            return Ok(Ended { time: None, memory });
        }
    };
    let status = child.wait()?;
    let time = start.elapsed();
    let last = said.lines().last().unwrap_or_default();
    ensure!(status.success(), "ended with {status}: {last}");
    Ok(Ended { time: Some(time), memory })
}

/// Where all that the program writes to its standard error comes in one piece, once it has ended.
fn complaints(child: &mut Child) -> Result<mpsc::Receiver<String>> {
    let mut pipe = child.stderr.take().context("has no standard error")?;
    let (sender, receiver) = mpsc::channel();
    thread::Builder::new().spawn(move || {
        let mut said = Vec::new();
        // What can be read is told, and nobody may be left to hear it.
        let _ = pipe.read_to_end(&mut said);
        let _ = sender.send(String::from_utf8_lossy(&said).into_owned());
    })?;
    Ok(receiver)
}

/// The most that has been resident so far.
fn peak(child: &Child) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, limit: Duration) -> Result<Ended> {
        run(Command::new("sh").args(["-c", script]), limit)
    }

    #[test]
    fn an_end_a_failure_and_one_that_takes_too_long_are_told_apart() {
        let long = Duration::from_secs(60);
        assert!(shell("exit 0", long).unwrap().time.is_some());
        let error = shell("echo first >&2; echo why >&2; exit 3", long).unwrap_err().to_string();
        assert!(error.contains('3') && error.ends_with(": why"), "{error}");
        // Ends only when it is killed.
        let stopped = shell("exec cat /dev/zero", Duration::from_millis(50)).unwrap();
        assert!(stopped.time.is_none());
        assert!(
            cfg!(not(target_os = "linux")) || stopped.memory.is_some_and(|bytes| bytes > 4_096)
        );
        let missing = run(&mut Command::new("there-is-no-such-program"), long).unwrap_err();
        assert_eq!(missing.to_string(), "can not be started");
    }
}
