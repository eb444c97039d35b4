//! What a spool tells of its work.

use netsentinel_core::Severity;

use super::BySeverity;
use super::segment::SegmentId;

/// Names one alert of an open spool. Worthless for any other spool, and once that one is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Handle {
    pub(super) severity: Severity,
    pub(super) segment: u64,
    pub(super) record: u32,
}

impl Handle {
    pub(super) const fn id(&self) -> SegmentId {
        SegmentId { severity: self.severity, seq: self.segment }
    }
}

/// An alert taken from the spool to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spooled {
    /// What to settle, release or reject it by.
    pub handle: Handle,
    /// The alert as it was appended: one JSON object.
    pub json: Vec<u8>,
}

/// Alerts to be sent; they are in flight until they are settled, released or rejected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// The highest severity first, the oldest first within it.
    pub alerts: Vec<Spooled>,
    /// Alerts that could not be read back and are given up: worth a line in the log unless 0.
    pub damaged: u64,
}

/// What became of the alerts appended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use = "what was dropped or rejected must be told"]
pub struct Appended {
    /// How many of them are held now.
    pub held: u64,
    /// What was dropped to make room: older alerts, and of the new ones only if they alone are too
    /// much.
    pub dropped: BySeverity<u64>,
    /// How many of them are larger than may be sent, and are dead letters now.
    pub too_large: u64,
}

/// What was found when a spool was opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovery {
    /// Alerts that wait to be sent.
    pub pending: u64,
    /// Bytes that were no whole record, and so were cut off or skipped: what a crash left of a write
    /// that was never acknowledged, or damage by the disk.
    pub bytes_cut: u64,
    /// Files that held no record at all, and were removed.
    pub files_removed: u64,
    /// Whether the totals could not be read and count from 0 again.
    pub totals_lost: bool,
    /// What was dropped because the spool may hold less than it did.
    pub dropped: BySeverity<u64>,
}

impl Recovery {
    /// Whether there is something to tell beyond what is pending.
    pub fn is_remarkable(&self) -> bool {
        let unremarkable = Self { pending: self.pending, ..Self::default() };
        *self != unremarkable
    }
}

/// What a spool has counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SpoolCounts {
    /// Alerts held now, in flight or not.
    pub pending: BySeverity<u64>,
    /// Alerts dropped because the spool was full, since it was made.
    pub dropped: BySeverity<u64>,
    /// Alerts that became dead letters, since it was made.
    pub rejected: BySeverity<u64>,
    /// Alerts acknowledged since it was opened.
    pub appended: u64,
    /// Alerts settled since it was opened.
    pub settled: u64,
    /// Alerts that could not be read back since it was opened.
    pub damaged: u64,
}
