//! What NetSentinel's programs have in common: the options about logging, the configuration file, keys from
//! the environment, playing packets in time, and the status they end with.
#![forbid(unsafe_code)]

mod config;
mod log;
mod pace;
mod provider_keys;

use netsentinel_core::text::shown;
use netsentinel_core::{Registration, Timestamp};
use netsentinel_detectors::BUILTIN;
use std::io::{self, ErrorKind, Write as _};
use std::path::Path;
use std::time::SystemTime;

pub use config::{ConfigFile, others_may_read, read_text};
pub use log::{LogArgs, LogFormat};
pub use pace::{Pace, Pacer};
pub use provider_keys::provider_keys;

/// The detectors of the programs, in the order of their alerts on one packet.
pub const DETECTORS: &[&[Registration]] = &[BUILTIN];

/// The status of a program that was used wrongly or can not read what it was given.
pub const EXIT_UNUSABLE: u8 = 2;

/// How messages call a file: a name can not forge a message.
pub fn name(path: &Path) -> String {
    shown(&path.to_string_lossy()).into_owned()
}

/// The wall clock.
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_nanos(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}

/// Prints a line to standard output.
///
/// # Errors
///
/// When it can not be written; a reader that has gone is no error.
pub fn print_line(text: &str) -> io::Result<()> {
    match writeln!(io::stdout(), "{text}") {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}
