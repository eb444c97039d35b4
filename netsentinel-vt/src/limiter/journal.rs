//! The file that keeps what was asked.
//!
//! Records of 16 bytes: the time in nanoseconds since the epoch (i64), how many requests (u32), and the
//! CRC-32 of both; all little-endian. The first is the header: `nsquota1` instead of the time, and the most
//! requests that any record stands for. Records are appended, one a request. When the file is opened, and
//! when it has grown to twice what counts, it is written anew beside the old one and renamed.
//!
//! What is cut short at the end was never granted and is left out. A record whose check is wrong stands
//! for as many requests as a record can, made now. A file with another header, or one that is too long,
//! stands for any number of them: nobody is asked for a day.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

use netsentinel_core::Timestamp;

use super::history::{History, Requests};

const HEADER: Timestamp = Timestamp::from_nanos(i64::from_le_bytes(*b"nsquota1"));
const RECORD_BYTES: usize = 16;
/// Bytes of a file at most; what counts never takes half of it.
const FILE_BYTES_MAX: u64 = 16 << 20;
/// Records beyond twice of what counts before the file is written anew.
const SLACK: usize = 1_024;

/// The file that keeps what was asked.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    /// `None` after something went wrong: what the file holds is not known then, and it is written anew.
    pub(super) file: Option<File>,
    records: usize,
}

impl Journal {
    /// Reads the file, and writes it anew.
    pub(super) fn open(path: &Path, now: Timestamp) -> io::Result<(Self, History)> {
        let history = History::new(read(path, now)?, now);
        let mut journal = Self { path: path.to_path_buf(), file: None, records: 0 };
        journal.rewrite(&history)?;
        Ok((journal, history))
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Adds a request made at `at`; it is on the disk when this returns. `history` is what was asked before.
    pub(super) fn add(&mut self, at: Timestamp, history: &History) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) if self.records <= 2 * history.len() + SLACK => file,
            _ => self.rewrite(history)?,
        };
        let written =
            file.write_all(&encode(Requests { at, count: 1 })).and_then(|()| file.sync_data());
        self.records += 1;
        if written.is_err() {
            self.file = None;
        }
        written
    }

    /// Writes the file anew, so that it holds what `history` does.
    pub(super) fn rewrite(&mut self, history: &History) -> io::Result<&mut File> {
        // Some systems rename over no open file.
        self.file = None;
        let most = history.iter().map(|requests| requests.count).max().unwrap_or_default().max(1);
        let header = Requests { at: HEADER, count: most };
        let bytes: Vec<u8> =
            std::iter::once(header).chain(history.iter()).flat_map(encode).collect();
        let mut beside = OsString::from(&self.path);
        beside.push(".new");
        let mut file = owned_only().create(true).write(true).truncate(true).open(&beside)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        drop(file);
        fs::rename(&beside, &self.path)?;
        if cfg!(unix) {
            let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
            File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
        }
        self.records = history.len();
        Ok(self.file.insert(OpenOptions::new().append(true).open(&self.path)?))
    }
}

/// What the file says was asked.
fn read(path: &Path, now: Timestamp) -> io::Result<Vec<Requests>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut bytes = Vec::new();
    file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    let (records, _cut_short) = bytes.as_chunks::<RECORD_BYTES>();
    let header = records.first().and_then(decode).filter(|header| header.at == HEADER);
    let Some(header) = header.filter(|_| bytes.len() as u64 <= FILE_BYTES_MAX) else {
        let file = path.display();
        tracing::warn!(%file, "no file of requests: the quota counts as used up for a day");
        return Ok(vec![Requests { at: now, count: u32::MAX }]);
    };
    let records = records.get(1..).unwrap_or_default();
    let requests: Vec<_> = records.iter().filter_map(decode).collect();
    let wrong = records.len() - requests.len();
    if wrong > 0 {
        let file = path.display();
        tracing::warn!(%file, wrong, "records of requests are damaged: they count as made now");
    }
    let damaged = Requests { at: now, count: header.count };
    Ok(requests.into_iter().chain(std::iter::repeat_n(damaged, wrong)).collect())
}

fn encode(requests: Requests) -> [u8; RECORD_BYTES] {
    let number =
        u128::from(requests.at.as_nanos().cast_unsigned()) | u128::from(requests.count) << 64;
    let mut record = number.to_le_bytes();
    let check = crc32fast::hash(&record[..12]);
    record[12..].copy_from_slice(&check.to_le_bytes());
    record
}

fn decode(record: &[u8; RECORD_BYTES]) -> Option<Requests> {
    let number = u128::from_le_bytes(*record);
    let at = Timestamp::from_nanos((number as u64).cast_signed());
    let requests = Requests { at, count: (number >> 64) as u32 };
    (encode(requests) == *record).then_some(requests)
}

/// Whom somebody asks about is nobody else's business, nor how often.
fn owned_only() -> OpenOptions {
    #[cfg_attr(not(unix), allow(unused_mut))]
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}
