//! A spool in a folder where anything may be: it opens or says why not, tells only alerts that were
//! written whole, and remembers what was answered for.
#![no_main]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use netsentinel_fuzz::{Input, SPOOL_FILES, check_line, spool_record};
use netsentinel_transport::spool::{Spool, SpoolLimits};

/// Bytes that the spool may take: no input is as large, so nothing is dropped.
const BYTES_MAX: u64 = 16 << 20;

fuzz_target!(|bytes: &[u8]| {
    // In memory, where there is such a folder: flushing to a disk takes most of the time.
    let memory = Path::new("/dev/shm");
    let folder = match memory.is_dir() {
        true => tempfile::tempdir_in(memory),
        false => tempfile::tempdir(),
    };
    let folder = folder.expect("a folder of our own");
    let files = files(Input(bytes));
    for (name, bytes) in &files {
        fs::write(folder.path().join(name), bytes).expect("a file of our own");
    }
    let Some((taken, settled)) = open(folder.path(), &files) else { return };
    let Some((left, _)) = open(folder.path(), &files) else { panic!("it has opened before") };
    assert_eq!(left, taken - settled, "of {taken} alerts {settled} were answered for");
});

/// Files by name: each byte of the input says what comes next in which.
fn files(mut input: Input<'_>) -> Vec<(&'static str, Vec<u8>)> {
    let mut files: Vec<_> = SPOOL_FILES.iter().map(|name| (*name, Vec::new())).collect();
    let count = files.len();
    while !input.is_empty() {
        let what = input.u8();
        let (_, file) = &mut files[usize::from(what >> 3) % count];
        let len = usize::from(input.u8());
        let given = input.bytes(len);
        match what & 7 {
            // Whole records, of which no mutation would ever hit the checksum.
            0..=2 => spool_record(given, file),
            3 => {
                spool_record(given, file);
                let last = file.len() - 1;
                file[last] ^= 1;
            }
            4 => file.extend(b"NSSPOOL\x01"),
            5 => file.truncate(file.len().saturating_sub(len)),
            _ => file.extend(given),
        }
    }
    files.retain(|(_, bytes)| !bytes.is_empty());
    files
}

/// Opens the spool and answers for every other alert: how many it told, and how many of them were
/// answered for.
fn open(folder: &Path, files: &[(&str, Vec<u8>)]) -> Option<(usize, usize)> {
    let mut spool = match Spool::open(folder, SpoolLimits::new(BYTES_MAX)) {
        Ok(spool) => spool,
        Err(error) => {
            check_line(&error.to_string());
            return None;
        }
    };
    let pending = spool.recovery().pending;
    let batch = spool.next(usize::MAX, usize::MAX).expect("readable files");
    assert_eq!(batch.damaged, 0, "nobody has changed a file since");
    assert_eq!(batch.alerts.len() as u64, pending);
    let mut handles = BTreeSet::new();
    for alert in &batch.alerts {
        assert!(handles.insert(alert.handle), "told twice");
        let mut record = Vec::new();
        spool_record(inside(&alert.json), &mut record);
        let whole = |bytes: &Vec<u8>| bytes.windows(record.len()).any(|found| found == record);
        assert!(files.iter().any(|(_, bytes)| whole(bytes)), "never written as a whole record");
    }
    let settled: Vec<_> = handles.into_iter().step_by(2).collect();
    spool.settle(&settled).expect("a folder that may be written");
    Some((batch.alerts.len(), settled.len()))
}

/// What is between the braces.
fn inside(json: &[u8]) -> &[u8] {
    let inner = json.strip_prefix(b"{").and_then(|json| json.strip_suffix(b"}"));
    inner.expect("an alert begins and ends with a brace")
}
