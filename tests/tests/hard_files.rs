//! Files that are no captures, lie, or are cut: the program ends by itself with 0 or 2, in bounded
//! time and memory, and tells in one sentence why where it is 2.
#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use netsentinel_tests::corpus::{corpus, tell};
use netsentinel_tests::program::{Ended, Replay};

/// Address space, which is more than the memory that is used, in KiB.
#[cfg(target_os = "linux")]
const MEMORY_MAX: u32 = 256 * 1024;
/// Seconds of a processor.
#[cfg(target_os = "linux")]
const SECONDS_MAX: u32 = 10;
/// Files are tried on so many threads.
const THREADS: usize = 2;

/// Replays the file under limits that the system enforces: who needs more is killed.
fn replay(path: &Path) -> Ended {
    let call = Replay::new(["--quiet"]).arg(path);
    #[cfg(target_os = "linux")]
    let call = call.limited(MEMORY_MAX, SECONDS_MAX);
    call.run()
}

/// What is wrong with how the program ended, if anything.
fn complaint(path: &Path, ended: &Ended) -> Option<String> {
    let lines = ended.told();
    let sentence = format!("ERROR {}: ", path.display());
    let good = match (ended.code, lines.as_slice()) {
        (0, told) => told.is_empty(),
        (2, [one]) => one.starts_with(&sentence) && one.len() > sentence.len() + 10,
        _ => false,
    };
    (!good).then(|| format!("{}: exit {}, told {lines:?}", path.display(), ended.code))
}

#[test]
fn every_hard_capture_ends_well() {
    let Some(corpus) = corpus("hard captures") else { return };
    let mut paths: Vec<PathBuf> = std::fs::read_dir(corpus.join("hard"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    let next = Mutex::new(paths.iter());
    let complaints = Mutex::new(Vec::new());
    let unreadable = Mutex::new(0);
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                loop {
                    let Some(path) = next.lock().unwrap().next() else { break };
                    let ended = replay(path);
                    *unreadable.lock().unwrap() += u32::from(ended.code == 2);
                    complaints.lock().unwrap().extend(complaint(path, &ended));
                }
            });
        }
    });
    let (complaints, unreadable) =
        (complaints.into_inner().unwrap(), unreadable.into_inner().unwrap());
    tell(&format!("hard captures: {}, {unreadable} of them unreadable", paths.len()));
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    assert!(!paths.is_empty());
}

#[test]
fn what_is_no_capture_is_told_in_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    };
    let zeros = netsentinel_tests::capture::gzip(&vec![0; 1 << 20]);
    let cases = [
        (file("empty", b""), "not a capture: empty, expected pcap"),
        (file("three bytes", b"\xd4\xc3\xb2"), "not a capture: ends after d4 c3 b2"),
        (file("text", b"GET / HTTP/1.1\r\n\r\n"), "not a capture: starts with 47 45 54 20"),
        (file("zeros.gz", &zeros), "its gzip content starts with 00 00 00 00"),
        (file("half.gz", &zeros[..9]), "its gzip content"),
        (folder.path().to_owned(), "is a folder, expected a capture file"),
        (folder.path().join("missing"), "can not be opened: No such file or directory"),
    ];
    for (path, sentence) in cases {
        let ended = replay(&path);
        assert_eq!(complaint(&path, &ended), None);
        assert_eq!((ended.code, ended.out.as_str()), (2, ""), "{}", path.display());
        assert!(ended.err.contains(sentence), "{}: {}", path.display(), ended.err);
    }
}

#[test]
fn what_is_unreadable_does_not_keep_the_rest_from_being_judged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scan.pcap");
    std::fs::write(&path, netsentinel_tests::capture::scenario_pcap("port_scan-above")).unwrap();
    let missing = folder.path().join("missing");
    let ended = Replay::new([&missing, &path, &missing]).arg("-q").run();
    assert_eq!((ended.code, ended.alerts().len(), ended.told().len()), (2, 1, 2));
}
