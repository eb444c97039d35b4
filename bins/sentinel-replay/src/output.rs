//! Writing alerts to standard output.

use std::io::{self, BufWriter, ErrorKind, IsTerminal as _, Stdout, Write as _};

use anyhow::Result;
use netsentinel_core::format::Format;
use netsentinel_core::{Alert, Severity, Sink};

use crate::upload::Upload;

/// Writes alerts as lines, and counts them.
pub(crate) struct Output {
    out: BufWriter<Stdout>,
    /// `None` where alerts are only counted.
    format: Option<Format>,
    at_once: bool,
    /// Alerts by severity, updates aside, the least severe first.
    pub(crate) counts: [u64; Severity::ALL.len()],
    failed: Option<io::Error>,
    upload: Option<Upload>,
    /// Why an alert could not be taken to be sent.
    not_taken: Option<anyhow::Error>,
}

impl Output {
    /// Writes in `format`, or nothing without one; each alert at once if `at_once` or if somebody watches. With an `upload` each
    /// is also sent.
    pub(crate) fn new(format: Option<Format>, at_once: bool, upload: Option<Upload>) -> Self {
        let stdout = io::stdout();
        let at_once = at_once || stdout.is_terminal();
        let mut output = Self {
            out: BufWriter::new(stdout),
            format,
            at_once,
            counts: [0; Severity::ALL.len()],
            failed: None,
            upload,
            not_taken: None,
        };
        if let Some(header) = format.and_then(Format::header) {
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
    /// Whatever kept an alert from being written or sent.
    pub(crate) fn finish(mut self) -> Result<[u64; Severity::ALL.len()]> {
        self.flush();
        match self.failed {
            Some(error) if error.kind() != ErrorKind::BrokenPipe => return Err(error.into()),
            _ => {}
        }
        if let Some(error) = self.not_taken {
            return Err(error);
        }
        if let Some(upload) = self.upload {
            upload.finish()?;
        }
        Ok(self.counts)
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
        if let Some(format) = self.format {
            self.write(&format.line(&alert));
        }
        if self.at_once {
            self.flush();
        }
        if let Some(upload) = &mut self.upload
            && self.not_taken.is_none()
        {
            self.not_taken = upload.add(alert).err();
        }
    }
}
