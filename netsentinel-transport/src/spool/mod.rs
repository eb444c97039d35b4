//! The durable queue of alerts that the server has not answered for.
//!
//! ```text
//! append ─► critical-….alerts ┐                       ┌► settle ──────► ….acks (a lost ack = sent again)
//!    │      high-….alerts     ├─► next ─► in flight ──┼► release ─────► ready again
//!  fsync    medium-….alerts   │  highest severity     └► dead_letter ─► dead-letters.ndjson, fsync
//!           low-….alerts      ┘  first, oldest first
//! ```
//!
//! What [`Spool::append`] acknowledges is on the disk, and survives a kill or a loss of power at any
//! moment. It leaves the spool only when it is settled, a dead letter, or dropped because the spool is
//! full: then the oldest segment of the lowest severity goes, counted and told.
//!
//! An alert may come back: when an ack was lost in a crash, or when an append failed and power went
//! before what was half written was cut off. Alerts are idempotent by id and update, so the server
//! answers `duplicate` and nothing is doubled. What comes back is always an alert that was given to
//! [`Spool::append`], never a damaged one: each record has its length and CRC-32.
//!
//! Memory: 16 bytes for each alert held and not yet forgotten with its segment; alerts themselves stay
//! on the disk. With alerts of 600 bytes and the default of 256 MiB that is 7 MiB when full.
//!
//! Everything here blocks: on async threads go through
//! [`SharedSpool`](crate::uplink::SharedSpool).

mod acks;
mod append;
mod by_severity;
mod disk;
mod error;
mod letters;
mod limits;
mod outcome;
mod record;
mod recover;
mod segment;
mod settle;
mod totals;

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use tests::alert as test_alert;

pub use by_severity::BySeverity;
pub use error::SpoolError;
pub use limits::SpoolLimits;
pub use outcome::{Appended, Batch, Handle, Recovery, SpoolCounts, Spooled};

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use netsentinel_core::Severity;

use disk::{Disk, Folder};
use letters::DeadLetters;
use record::Place;
use segment::{Segment, SegmentId};
use totals::Totals;

use crate::wire::SpoolReport;

/// The durable queue.
#[derive(Debug)]
pub struct Spool {
    disk: Box<dyn Disk>,
    limits: SpoolLimits,
    chains: BySeverity<Chain>,
    /// The number of the next segment made.
    next_seq: u64,
    totals: Totals,
    letters: DeadLetters,
    recovery: Recovery,
    /// Dropped by an append that then failed, so that it was not told yet.
    untold: BySeverity<u64>,
    appended: u64,
    settled: u64,
    damaged: u64,
}

/// The segments of one severity, the oldest first.
#[derive(Debug, Default)]
struct Chain {
    segments: BTreeMap<u64, Segment>,
    /// The one that is appended to.
    open: Option<u64>,
}

impl Spool {
    /// Opens the spool in the folder `dir`, which is made if need be (mode 0700, files 0600), and
    /// recovers what a crash has left, told by [`Spool::recovery`]. No other process may have it open.
    pub fn open(dir: &Path, limits: SpoolLimits) -> Result<Self, SpoolError> {
        recover::recover(Box::new(Folder::open(dir)?), limits)
    }

    /// What was found when the spool was opened.
    pub const fn recovery(&self) -> &Recovery {
        &self.recovery
    }

    /// Alerts to be sent: at most `max_alerts`, and of at most `max_bytes` with a byte between each two,
    /// but always one if there is one that is ready. They are in flight from now on.
    ///
    /// On an error nothing is in flight that was not before.
    pub fn next(&mut self, max_alerts: usize, max_bytes: usize) -> Result<Batch, SpoolError> {
        let (mut batch, mut bytes, mut count) = (Batch::default(), 0, 0);
        let fits = |len: usize| {
            let more = bytes + len + usize::from(count > 0);
            let fits = count < max_alerts && (count == 0 || more <= max_bytes);
            if fits {
                (bytes, count) = (more, count + 1);
            }
            fits
        };
        let taken = self.take(fits);
        for (id, places) in &taken {
            let ranges: Vec<_> = places.iter().map(|(_, place)| place.alert()).collect();
            let read = match self.read_alerts(*id, &ranges) {
                Ok(read) => read,
                Err(error) => {
                    self.give_back(&taken);
                    return Err(error);
                }
            };
            let mut read = read.into_iter();
            for &(record, place) in places {
                let alert = read.next().and_then(Result::ok);
                let Some(json) = alert.filter(|alert| place.holds(alert)) else {
                    // Not acked: what can not be read now may be readable after a restart.
                    self.segment_mut(*id).map(|segment| segment.settle(record));
                    batch.damaged += 1;
                    continue;
                };
                let handle = Handle { severity: id.severity, segment: id.seq, record };
                batch.alerts.push(Spooled { handle, json });
            }
        }
        self.damaged += batch.damaged;
        Ok(batch)
    }

    /// Gives alerts back that were not answered for, so that [`Spool::next`] tells them again.
    pub fn release(&mut self, handles: &[Handle]) {
        for handle in handles {
            if let Some(segment) = self.segment_mut(handle.id()) {
                segment.release(handle.record);
            }
        }
    }

    /// Gives back all that is in flight.
    pub fn release_all(&mut self) {
        for severity in Severity::ALL {
            let chain = self.chains.get_mut(severity);
            chain.segments.values_mut().for_each(Segment::release_all);
        }
    }

    /// The state for heartbeats.
    pub fn report(&self) -> SpoolReport {
        let counts = self.counts();
        SpoolReport {
            alerts: counts.pending.total(),
            bytes: self.segments().map(|(_, segment)| segment.len + segment.acks_len).sum(),
            dropped: counts.dropped.total(),
            rejected: counts.rejected.total(),
        }
    }

    /// The counters by severity.
    ///
    /// A crash may leave the totals off by what it interrupted: alerts being dropped may count while they
    /// are still there, alerts just rejected may not count yet.
    pub fn counts(&self) -> SpoolCounts {
        let mut pending = BySeverity::default();
        for (id, segment) in self.segments() {
            pending.add(id.severity, segment.pending());
        }
        SpoolCounts {
            pending,
            dropped: self.totals.dropped,
            rejected: self.totals.rejected,
            appended: self.appended,
            settled: self.settled,
            damaged: self.damaged,
        }
    }

    /// What `fits` takes, by segment.
    fn take(&mut self, mut fits: impl FnMut(usize) -> bool) -> Vec<Taken> {
        let mut taken = Vec::new();
        for severity in Severity::ALL.into_iter().rev() {
            for (&seq, segment) in &mut self.chains.get_mut(severity).segments {
                let mut full = false;
                let next = || {
                    segment.take(|len| {
                        fits(len) || {
                            full = true;
                            false
                        }
                    })
                };
                let places: Vec<_> = std::iter::from_fn(next).collect();
                if !places.is_empty() {
                    taken.push((SegmentId { severity, seq }, places));
                }
                if full {
                    return taken;
                }
            }
        }
        taken
    }

    /// Reads alerts of a segment; none if somebody took the file away.
    fn read_alerts(
        &self,
        id: SegmentId,
        ranges: &[(u64, usize)],
    ) -> Result<Vec<io::Result<Vec<u8>>>, SpoolError> {
        match self.disk.read_ranges(&id.alerts(), ranges) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            read => read.map_err(|error| self.failed(&id.alerts(), error)),
        }
    }

    fn give_back(&mut self, taken: &[Taken]) {
        for (id, places) in taken {
            if let Some(segment) = self.segment_mut(*id) {
                places.iter().for_each(|(record, _)| segment.release(*record));
            }
        }
    }

    fn segments(&self) -> impl Iterator<Item = (SegmentId, &Segment)> {
        self.chains.iter().flat_map(|(severity, chain)| {
            let segments = chain.segments.iter();
            segments.map(move |(&seq, segment)| (SegmentId { severity, seq }, segment))
        })
    }

    fn segment_mut(&mut self, id: SegmentId) -> Option<&mut Segment> {
        self.chains.get_mut(id.severity).segments.get_mut(&id.seq)
    }

    fn failed(&self, name: &str, error: io::Error) -> SpoolError {
        SpoolError::of(&self.disk.path(name), error)
    }
}

/// Records taken from one segment.
type Taken = (SegmentId, Vec<(u32, Place)>);
