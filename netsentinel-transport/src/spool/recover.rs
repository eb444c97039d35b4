//! Opening a spool: what is on the disk, and what a crash has left of it.

use std::collections::BTreeSet;
use std::io;

use netsentinel_core::Severity;

use super::disk::Disk;
use super::letters::DeadLetters;
use super::record::{self, Scan};
use super::segment::{HEADER, Segment, SegmentId};
use super::totals::Totals;
use super::{BySeverity, Recovery, Spool, SpoolError, SpoolLimits, acks};

/// Bytes of a segment that are looked at: twice what one may ever have.
const SEGMENT_BYTES_MAX: u64 = 32 << 20;

/// Opens the spool on `disk`.
pub(super) fn recover(
    mut disk: Box<dyn Disk>,
    mut limits: SpoolLimits,
) -> Result<Spool, SpoolError> {
    limits.alert_bytes_max = limits.alert_bytes_max.min(record::ALERT_BYTES_MAX);
    limits.segment_bytes = limits.segment_bytes.min(SEGMENT_BYTES_MAX / 2);
    let folder = disk.path("");
    let failed = |error| SpoolError::of(&folder, error);
    let mut recovery = Recovery::default();
    let totals = Totals::read(&*disk).map_err(failed)?.unwrap_or_else(|| {
        recovery.totals_lost = true;
        Totals::default()
    });
    let letters = DeadLetters::open(&mut *disk, limits.dead_letter_bytes).map_err(failed)?;
    // A file that was taken back by a process since killed may still return with the power, and what it
    // holds would then come after what is appended from now on to the one before it.
    disk.sync_folder().map_err(failed)?;
    let names = disk.names().map_err(failed)?;
    let mut spool = Spool {
        disk,
        limits,
        chains: BySeverity::default(),
        next_seq: 1,
        totals,
        letters,
        recovery,
        untold: BySeverity::default(),
        appended: 0,
        settled: 0,
        damaged: 0,
    };
    spool.read_segments(&names)?;
    spool.make_room(0)?;
    spool.recovery.dropped = std::mem::take(&mut spool.untold);
    spool.recovery.pending = spool.counts().pending.total();
    Ok(spool)
}

impl Spool {
    fn read_segments(&mut self, names: &[String]) -> Result<(), SpoolError> {
        let ids: BTreeSet<_> = names.iter().filter_map(|name| SegmentId::of(name)).collect();
        for id in ids {
            // Never again a number that any file has borne.
            self.next_seq = self.next_seq.max(id.seq.saturating_add(1));
            match self.read_segment(id)? {
                Some(segment) if !segment.is_settled() => {
                    let chain = self.chains.get_mut(id.severity);
                    chain.segments.insert(id.seq, segment);
                    chain.open = Some(id.seq);
                }
                _ => self.remove_files(id)?,
            }
        }
        for severity in Severity::ALL {
            self.reopen_last(severity)?;
        }
        Ok(())
    }

    /// Reads a segment and its journal; `None` if it holds no record.
    fn read_segment(&mut self, id: SegmentId) -> Result<Option<Segment>, SpoolError> {
        let name = id.alerts();
        let bytes = match self.disk.read(&name, SEGMENT_BYTES_MAX) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.failed(&name, error)),
        };
        let Scan { records, end, gaps } = record::scan(&bytes, self.after_header(&name, &bytes)?);
        self.recovery.bytes_cut += (gaps + bytes.len() - end) as u64;
        if records.is_empty() {
            self.recovery.files_removed += 1;
            return Ok(None);
        }
        let mut segment = Segment::new(end as u64, &records);
        self.read_acks(id, &mut segment)?;
        Ok(Some(segment))
    }

    /// Where the records begin: at 0 when the header is damaged, since they may be whole.
    fn after_header(&self, name: &str, bytes: &[u8]) -> Result<usize, SpoolError> {
        let [magic @ .., version] = HEADER;
        match bytes.strip_prefix(magic).and_then(|rest| rest.first()) {
            Some(found) if found == version => Ok(HEADER.len()),
            // A zero byte is what a loss of power leaves, not a version.
            Some(&found) if found != 0 => {
                Err(SpoolError::Version { path: self.disk.path(name), version: found })
            }
            _ => Ok(0),
        }
    }

    fn read_acks(&mut self, id: SegmentId, segment: &mut Segment) -> Result<(), SpoolError> {
        let name = id.acks();
        let journal = match self.disk.read(&name, SEGMENT_BYTES_MAX) {
            Ok(journal) => journal,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(self.failed(&name, error)),
        };
        let entries = acks::read(id.seq, &journal);
        segment.settle_acked(&entries);
        segment.acks_len = entries.len() as u64 * acks::ENTRY_BYTES;
        if segment.acks_len < journal.len() as u64 {
            let cut = self.disk.truncate(&name, segment.acks_len);
            cut.map_err(|error| self.failed(&name, error))?;
        }
        Ok(())
    }

    /// Goes on with the last segment of a severity where it ends after its last whole record.
    fn reopen_last(&mut self, severity: Severity) -> Result<(), SpoolError> {
        let Some(seq) = self.chains.get(severity).open else { return Ok(()) };
        let id = SegmentId { severity, seq };
        let Some(len) = self.segment_mut(id).map(|segment| segment.len) else { return Ok(()) };
        let name = id.alerts();
        // Also makes durable what a killed process wrote and did not live to sync.
        self.disk.truncate(&name, len).map_err(|error| self.failed(&name, error))
    }

    /// Removes the files of a segment, the journal last: without the alerts it means nothing.
    pub(super) fn remove_files(&mut self, id: SegmentId) -> Result<(), SpoolError> {
        for name in [id.alerts(), id.acks()] {
            match self.disk.remove(&name) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(self.failed(&name, error));
                }
                _ => {}
            }
        }
        Ok(())
    }
}
