//! What came of replaying one capture.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use netsentinel_capture::{Capture, CaptureError};
use netsentinel_core::text::shown;
use netsentinel_core::{Alert, Pipeline, Record, Source, Timestamp};

/// Longer silences count as this long, so that captures that somebody has put together of many do not count
/// as years of traffic.
const SILENCE_MAX: Duration = Duration::from_secs(300);

/// What came of replaying one capture.
#[derive(Clone, Debug, Default)]
pub struct Judged {
    /// The capture, as the labels have it.
    pub path: String,
    /// Whether it could be opened. If not, nothing is known of it.
    pub opened: bool,
    /// Why it could not be read, or not to its end. What could be read has been judged.
    pub error: Option<String>,
    /// What else is to be told of it, such as that it was cut short.
    pub warning: Option<String>,
    /// Packets judged.
    pub packets: u64,
    /// How long it lasts, longer silences counted as five minutes.
    pub lasts: Duration,
    /// What each detector raised, by its id.
    pub raised: BTreeMap<String, Raised>,
}

/// What one detector raised in one capture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Raised {
    /// Alerts; their updates are not counted.
    pub alerts: u64,
    /// The rules that raised them.
    pub rules: BTreeSet<String>,
    /// What the first says.
    pub first: String,
}

impl Judged {
    /// Replays the capture at `file` through `pipeline`, which must be fresh.
    pub(crate) fn replay(path: &str, file: &Path, pipeline: &mut Pipeline) -> Self {
        let mut judged = Self { path: path.to_owned(), ..Self::default() };
        let capture = match Capture::open(file) {
            Ok(capture) => capture,
            Err(error) => return Self { error: Some(reason(&error, file)), ..judged },
        };
        judged.opened = true;
        let mut timed = Timed { capture, newest: None, lasts: Duration::ZERO };
        let raised = &mut judged.raised;
        let read = pipeline.run(&mut timed, &mut |alert: Alert| count(raised, alert));
        judged.error = read.err().map(|error| reason(&error, file));
        judged.warning = timed.capture.warning().map(ToString::to_string);
        judged.packets = pipeline.stats().packets;
        judged.lasts = timed.lasts;
        judged
    }

    /// Whether any detector raised an alert.
    pub fn is_alarmed(&self) -> bool {
        !self.raised.is_empty()
    }
}

/// The error without the file's name, which whoever tells of it knows better.
fn reason(error: &CaptureError, file: &Path) -> String {
    let text = error.to_string();
    let own = text.strip_prefix(&*shown(&file.to_string_lossy()));
    own.and_then(|rest| rest.strip_prefix(": ")).unwrap_or(&text).to_owned()
}

/// Counts an alert to what its detector raised; an update of one counts for nothing.
fn count(raised: &mut BTreeMap<String, Raised>, alert: Alert) {
    if alert.update > 0 {
        return;
    }
    let raised = raised.entry(alert.detector.into_owned()).or_default();
    if raised.alerts == 0 {
        raised.first = alert.message;
    }
    raised.alerts += 1;
    raised.rules.insert(alert.rule.into_owned());
}

/// A capture, and how long it lasts so far.
struct Timed {
    capture: Capture,
    newest: Option<Timestamp>,
    lasts: Duration,
}

impl Source for Timed {
    type Error = CaptureError;

    fn next_record(&mut self) -> Result<Option<Record<'_>>, CaptureError> {
        let record = self.capture.next_record()?;
        if let Some(record) = &record {
            let before = self.newest.unwrap_or(record.timestamp);
            let silence = Duration::from_nanos(record.timestamp.nanos_since(before));
            self.lasts += silence.min(SILENCE_MAX);
            self.newest = Some(before.max(record.timestamp));
        }
        Ok(record)
    }
}
