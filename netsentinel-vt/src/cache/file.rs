//! How a cache is written to the disk: a line that says what it is, then one JSON object for each
//! indicator, the one used last first.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, BufWriter, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use netsentinel_core::{IndicatorBuf, Timestamp};
use serde::{Deserialize, Serialize};

use super::entry::{Entry, Part};
use super::shelf::Kept;

/// Bytes of a line at most. What is kept of one indicator is smaller.
pub(super) const LINE_LEN_MAX: usize = 64 << 10;
const VERSION: u32 = 1;
/// Bytes of a name, as DNS has it.
const NAME_LEN_MAX: usize = 253;

#[derive(Serialize, Deserialize)]
struct Header {
    netsentinel_reputation: u32,
    saved: Timestamp,
}

#[derive(Serialize)]
struct Written<'a> {
    indicator: &'a IndicatorBuf,
    parts: &'a [Part],
}

/// A line as it was read.
#[derive(Deserialize)]
pub(super) struct Read {
    pub(super) indicator: IndicatorBuf,
    pub(super) parts: Vec<Part>,
}

/// Writes all of `kept` beside `path`, flushes it, and then gives it that name.
pub(super) fn write(path: &Path, kept: &[Kept]) -> io::Result<()> {
    let base = path.file_name().ok_or(ErrorKind::InvalidInput)?;
    let mut waiting = base.to_os_string();
    waiting.push(".tmp");
    let waiting = path.with_file_name(waiting);
    let result = write_to(&waiting, kept).and_then(|()| fs::rename(&waiting, path));
    if result.is_err() {
        // It is of no use, and a failure to remove it harms nobody.
        let _ = fs::remove_file(&waiting);
    }
    result.and_then(|()| sync_folder(path))
}

fn write_to(path: &PathBuf, kept: &[Kept]) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut out = BufWriter::new(create_private(path)?);
    let header = Header { netsentinel_reputation: VERSION, saved: now() };
    serde_json::to_writer(&mut out, &header)?;
    out.write_all(b"\n")?;
    for (indicator, entry) in kept {
        out.write_all(&line_of(indicator, entry)?)?;
        out.write_all(b"\n")?;
    }
    out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
}

/// One indicator as it is written.
pub(super) fn line_of(indicator: &IndicatorBuf, entry: &Entry) -> io::Result<Vec<u8>> {
    Ok(serde_json::to_vec(&Written { indicator, parts: entry.parts() })?)
}

/// A new file that only its owner can read; never one that somebody has put there.
fn create_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// The new name itself is on the disk only when its folder is.
#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_nanos(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}

/// The lines of a file, one in memory at a time.
pub(super) struct Lines {
    input: BufReader<File>,
    line: Vec<u8>,
}

impl Lines {
    /// Opens a file and checks its first line; `None` where there is no file.
    pub(super) fn open(path: &Path) -> io::Result<Option<Self>> {
        let file = match File::open(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            file => file?,
        };
        let mut lines = Self { input: BufReader::new(file), line: Vec::new() };
        let fits = lines.advance()? == Some(true);
        let header: Option<Header> =
            if fits { serde_json::from_slice(&lines.line).ok() } else { None };
        match header {
            Some(header) if header.netsentinel_reputation == VERSION => Ok(Some(lines)),
            _ => Err(io::Error::new(
                ErrorKind::InvalidData,
                format!(
                    "not a reputation cache: expected a first line that begins with \
                     {{\"netsentinel_reputation\":{VERSION}"
                ),
            )),
        }
    }

    /// The next indicator: an inner `None` is a line that makes no sense.
    pub(super) fn next(&mut self) -> io::Result<Option<Option<Read>>> {
        Ok(match self.advance()? {
            None => None,
            Some(false) => Some(None),
            Some(true) => {
                let read: Option<Read> = serde_json::from_slice(&self.line).ok();
                Some(read.filter(Read::is_valid))
            }
        })
    }

    /// Reads one line; whether it is short enough. `None` at the end.
    fn advance(&mut self) -> io::Result<Option<bool>> {
        self.line.clear();
        let mut any = false;
        let mut fits = true;
        loop {
            let chunk = self.input.fill_buf()?;
            if chunk.is_empty() {
                return Ok(any.then_some(fits));
            }
            any = true;
            let end = chunk.iter().position(|byte| *byte == b'\n');
            let (part, _) = chunk.split_at(end.unwrap_or(chunk.len()));
            fits = fits && self.line.len() + part.len() <= LINE_LEN_MAX;
            if fits {
                self.line.extend_from_slice(part);
            }
            let used = part.len() + usize::from(end.is_some());
            self.input.consume(used);
            if end.is_some() {
                return Ok(Some(fits));
            }
        }
    }
}

impl Read {
    /// Whether somebody says something, of an address or of a name as
    /// [`Indicator`](netsentinel_core::Indicator) has them.
    fn is_valid(&self) -> bool {
        let is_indicator = match &self.indicator {
            IndicatorBuf::Ip(_) => true,
            IndicatorBuf::Domain(name) => {
                (1..=NAME_LEN_MAX).contains(&name.len())
                    && name.bytes().all(|b| b.is_ascii_graphic())
            }
        };
        let mut providers = self.parts.iter().map(|part| &part.provider);
        is_indicator && !self.parts.is_empty() && providers.all(|name| !name.is_empty())
    }
}
