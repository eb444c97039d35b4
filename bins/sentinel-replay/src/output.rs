//! Writing alerts to standard output.

use std::io::{self, BufWriter, ErrorKind, IsTerminal as _, Stdout, Write as _};

use netsentinel_core::format::Format;
use netsentinel_core::{Alert, Severity, Sink};

/// Writes alerts as lines, and counts them.
pub(crate) struct Output {
    out: BufWriter<Stdout>,
    format: Format,
    at_once: bool,
    /// Alerts by severity, updates aside, the least severe first.
    pub(crate) counts: [u64; Severity::ALL.len()],
    failed: Option<io::Error>,
}

impl Output {
    /// Writes in `format`; each alert at once if `at_once` or if somebody watches.
    pub(crate) fn new(format: Format, at_once: bool) -> Self {
        let stdout = io::stdout();
        let at_once = at_once || stdout.is_terminal();
        let mut output = Self {
            out: BufWriter::new(stdout),
            format,
            at_once,
            counts: [0; Severity::ALL.len()],
            failed: None,
        };
        if let Some(header) = format.header() {
            output.write(&header);
        }
        output
    }

    /// Whether an alert at least as severe as `severity` was written.
    pub(crate) fn reached(&self, severity: Severity) -> bool {
        self.counts.iter().skip(severity as usize).any(|count| *count > 0)
    }

    /// Whether nothing more can be written: who reads has gone, or the disk is full.
    pub(crate) fn is_closed(&self) -> bool {
        self.failed.is_some()
    }

    /// Writes out what is buffered. A reader that has gone, as `head` does, is no error.
    ///
    /// # Errors
    ///
    /// Whatever kept an alert from being written.
    pub(crate) fn finish(mut self) -> io::Result<[u64; Severity::ALL.len()]> {
        self.flush();
        match self.failed {
            Some(error) if error.kind() != ErrorKind::BrokenPipe => Err(error),
            _ => Ok(self.counts),
        }
    }

    fn write(&mut self, line: &str) {
        if self.failed.is_none() {
            self.failed = writeln!(self.out, "{line}").err();
        }
    }

    fn flush(&mut self) {
        if self.failed.is_none() {
            self.failed = self.out.flush().err();
        }
    }
}

impl Sink for Output {
    fn alert(&mut self, alert: Alert) {
        if alert.update == 0 {
            self.counts[alert.severity as usize] += 1;
        }
        self.write(&self.format.line(&alert));
        if self.at_once {
            self.flush();
        }
    }
}

/// Writes one text to standard output.
///
/// # Errors
///
/// When it can not be written; a reader that has gone is no error.
pub(crate) fn print_line(text: &str) -> io::Result<()> {
    match writeln!(io::stdout(), "{text}") {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}
