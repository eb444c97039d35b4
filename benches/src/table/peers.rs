//! Other programs over the same captures, each as it is installed and configured here, and our own
//! replay measured in the same way.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use crate::child;
use crate::measure::{Measured, Row};

/// The head of a capture without packets.
const NO_PACKETS: &[u8] = b"\x4d\x3c\xb2\xa1\x02\0\x04\0\0\0\0\0\0\0\0\0\0\0\x04\0\x01\0\0\0";

/// What takes less than this part of the program's start is not measured: the start varies by as much.
const SHORT: u32 = 10;

/// A program to measure beside the engine.
struct Peer {
    program: &'static str,
    /// The row's name.
    what: &'static str,
    /// Arguments to go through a capture, but for its name, which comes last; `{scratch}` is an empty folder.
    args: &'static [&'static str],
    /// Packets that it is given, where all would take too long.
    packets_max: Option<u64>,
}

const PEERS: [Peer; 4] = [
    Peer {
        program: "sentinel-replay",
        what: "sentinel-replay, the program",
        args: &["--quiet"],
        packets_max: None,
    },
    Peer {
        program: "tcpdump",
        what: "tcpdump -w /dev/null",
        args: &["-w", "/dev/null", "-r"],
        packets_max: None,
    },
    Peer {
        program: "suricata",
        what: "suricata -r",
        args: &["-l", "{scratch}", "-k", "none", "-r"],
        packets_max: None,
    },
    Peer {
        program: "tshark",
        what: "tshark",
        args: &["-n", "-c", "200000", "-r"],
        packets_max: Some(200_000),
    },
];

/// Adds to each input a row for each program that is there; gives the names of those that are not.
///
/// A program is started as often as there are `rounds`, as long as its time on a capture stays within
/// `limit`; the best time counts. What it takes for a capture without packets is taken off: only the
/// packets are measured.
pub(crate) fn add(
    inputs: &mut [Measured],
    paths: &[PathBuf],
    rounds: u32,
    only: &str,
    limit: Duration,
) -> Result<Vec<String>> {
    let folder = tempfile::tempdir()?;
    let empty = folder.path().join("empty.pcap");
    fs::write(&empty, NO_PACKETS)?;
    let mut missing = Vec::new();
    if limit.is_zero() {
        return Ok(missing);
    }
    for peer in PEERS.iter().filter(|peer| peer.what.contains(only)) {
        let Some(program) = find(peer.program) else {
            missing.push(peer.program.to_owned());
            continue;
        };
        let start = || -> Result<Duration> {
            let ended = child::run(&mut peer.command(&program, &empty, folder.path()), limit)?;
            ended.time.context("takes too long to start")
        };
        // The first start is slower, because of the disk.
        let starts: Result<Vec<_>> = (0..=rounds).map(|_| start()).collect();
        let starts = starts.with_context(|| format!("{} can not be measured", peer.program))?;
        let starting = starts.into_iter().min().unwrap_or_default();
        for (input, path) in inputs.iter_mut().zip(paths) {
            let row = peer
                .row(&program, (path, input.packets), folder.path(), rounds, starting, limit)
                .with_context(|| format!("{} on {}", peer.program, path.display()))?;
            input.rows.push(row);
        }
    }
    Ok(missing)
}

impl Peer {
    fn row(
        &self,
        program: &Path,
        (path, packets): (&Path, u64),
        scratch: &Path,
        rounds: u32,
        starting: Duration,
        limit: Duration,
    ) -> Result<Row> {
        let packets = self.packets_max.map_or(packets, |most| most.min(packets));
        let mut row = Row::new(self.what, packets);
        let begun = Instant::now();
        for _ in 0..rounds.max(1) {
            let ended = child::run(&mut self.command(program, path, scratch), limit)?;
            match ended.time.map(|time| time.saturating_sub(starting)) {
                Some(own) if own * SHORT > starting => row.add(own, ended.memory),
                Some(_) => row.note = Some("too short to measure"),
                None => (row.note, row.memory) = (Some("STOPPED: too slow"), ended.memory),
            }
            if begun.elapsed() * 2 > limit {
                break;
            }
        }
        Ok(row)
    }

    fn command(&self, program: &Path, capture: &Path, scratch: &Path) -> Command {
        let mut command = Command::new(program);
        let arg = |arg: &&str| match *arg {
            "{scratch}" => scratch.into(),
            plain => OsString::from(plain),
        };
        // Within the folder, no file of settings lies about.
        command.args(self.args.iter().map(arg)).arg(capture).current_dir(scratch);
        command
    }
}

/// Where a program is: beside this one, or wherever the system looks.
fn find(program: &str) -> Option<PathBuf> {
    let this = env::current_exe().ok();
    let beside = this.iter().filter_map(|this| Some(this.parent()?.to_owned()));
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = beside.chain(env::split_paths(&path));
    folders.map(|folder| folder.join(program)).find(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_found_and_arguments_are_in_order() {
        assert!(find("sh").is_some() && find("there-is-no-such-program").is_none());
        let suricata = PEERS.iter().find(|peer| peer.program == "suricata").unwrap();
        let command = suricata.command(Path::new("s"), Path::new("c.pcap"), Path::new("folder"));
        let args: Vec<_> = command.get_args().collect();
        assert_eq!(args, ["-l", "folder", "-k", "none", "-r", "c.pcap"]);
    }

    #[test]
    fn a_program_is_measured_without_its_start() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("capture");
        fs::write(&path, NO_PACKETS).unwrap();
        let peer = Peer { program: "cat", what: "cat", args: &[], packets_max: Some(7) };
        let (program, long) = (find("cat").unwrap(), Duration::from_secs(60));
        let row = |starting, limit| {
            peer.row(&program, (&path, 100), folder.path(), 2, starting, limit).unwrap()
        };
        let short = row(long, long);
        assert_eq!(
            (short.packets, short.time, short.note),
            (7, None, Some("too short to measure"))
        );
        let whole = row(Duration::ZERO, long);
        assert!(whole.time.is_some_and(|time| time < long) && whole.note.is_none());
        let missing = folder.path().join("none");
        assert!(peer.row(&program, (&missing, 1), folder.path(), 1, long, long).is_err());
    }
}
