//! The file of alerts that the server will never take.

use std::io;

use netsentinel_core::Timestamp;
use serde::de::IgnoredAny;

use super::disk::Disk;

/// The newest dead letters.
pub(super) const NAME: &str = "dead-letters.ndjson";
/// Those before them; older ones are given up.
pub(super) const OLD: &str = "dead-letters.1.ndjson";
/// Characters kept of a reason.
const REASON_CHARS_MAX: usize = 500;

/// One line of the file: `{"at": …, "reason": …, "alert": …}`.
///
/// `alert` is null when it is no JSON or longer than `most` bytes.
pub(super) fn line(
    at: Timestamp,
    reason: &str,
    alert: &[u8],
    most: u64,
) -> serde_json::Result<Vec<u8>> {
    let reason: String = reason.chars().take(REASON_CHARS_MAX).collect();
    let is_kept = alert.len() as u64 <= most && serde_json::from_slice::<IgnoredAny>(alert).is_ok();
    let (at, reason) = (serde_json::to_string(&at)?, serde_json::to_string(&reason)?);
    let mut line = format!(r#"{{"at":{at},"reason":{reason},"alert":"#).into_bytes();
    line.extend_from_slice(if is_kept { alert } else { b"null" });
    line.extend_from_slice(b"}\n");
    Ok(line)
}

/// Appends to the file and keeps it within its bound.
#[derive(Debug)]
pub(super) struct DeadLetters {
    len: u64,
    bytes_max: u64,
}

impl DeadLetters {
    /// Finds where the file ends; what a crash left of a line is cut off.
    pub(super) fn open(disk: &mut dyn Disk, bytes_max: u64) -> io::Result<Self> {
        let bytes = match disk.read(NAME, u64::MAX) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error),
        };
        let lines = bytes.split_inclusive(|byte| *byte == b'\n');
        let whole = lines.take_while(|line| {
            line.ends_with(b"\n") && serde_json::from_slice::<IgnoredAny>(line).is_ok()
        });
        let len = whole.map(<[u8]>::len).sum::<usize>();
        if len < bytes.len() {
            disk.truncate(NAME, len as u64)?;
        }
        Ok(Self { len: len as u64, bytes_max })
    }

    /// Appends `lines`, durably. On an error none of those after the last that fitted is there.
    pub(super) fn append(&mut self, disk: &mut dyn Disk, lines: &[Vec<u8>]) -> io::Result<()> {
        let mut held = Vec::new();
        for line in lines {
            let len = self.len + held.len() as u64;
            if len > 0 && len + line.len() as u64 > self.bytes_max {
                self.write(disk, &held)?;
                held.clear();
                disk.rename(NAME, OLD)?;
                disk.sync_folder()?;
                self.len = 0;
            }
            held.extend_from_slice(line);
        }
        self.write(disk, &held)
    }

    fn write(&mut self, disk: &mut dyn Disk, lines: &[u8]) -> io::Result<()> {
        if lines.is_empty() {
            return Ok(());
        }
        let mut done = disk.write(NAME, self.len, lines, true);
        if done.is_ok() && self.len == 0 {
            done = disk.sync_folder();
        }
        match done {
            Ok(()) => self.len += lines.len() as u64,
            // The same bytes are written anew next time, so a failed sync is not trusted later.
            Err(_) => drop(disk.truncate(NAME, self.len)),
        }
        done
    }
}
