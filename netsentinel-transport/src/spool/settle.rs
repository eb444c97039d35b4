//! How alerts leave the spool.

use std::collections::BTreeMap;

use netsentinel_core::Timestamp;

use super::record::Place;
use super::segment::SegmentId;
use super::{BySeverity, Handle, Spool, SpoolError, acks, letters};

impl Spool {
    /// Forgets alerts that the server has answered for. Handles of alerts that are gone are ignored.
    ///
    /// The acks are written but not synced: what a loss of power takes of them is sent again, and the
    /// server knows it by id. On an error the alerts are settled all the same, until the spool is opened
    /// anew.
    pub fn settle(&mut self, handles: &[Handle]) -> Result<(), SpoolError> {
        let mut settled = BTreeMap::<SegmentId, Vec<Place>>::new();
        for handle in handles {
            let place = self.segment_mut(handle.id()).and_then(|s| s.settle(handle.record));
            if let Some(place) = place {
                settled.entry(handle.id()).or_default().push(place);
                self.settled += 1;
            }
        }
        let mut outcome = Ok(());
        for (id, places) in settled {
            let done = if self.is_spent(id) { self.forget(id) } else { self.ack(id, &places) };
            outcome = outcome.and(done);
        }
        outcome
    }

    /// Moves alerts that the server will never take to the dead letters, each with the reason, and
    /// forgets them. They are durable there before they leave the spool; a crash in between leaves them
    /// in both. On an error they stay as they were.
    pub fn dead_letter(
        &mut self,
        letters: &[(Handle, String)],
        now: Timestamp,
    ) -> Result<(), SpoolError> {
        let (mut lines, mut rejected) = (Vec::new(), BySeverity::default());
        let mut handles = Vec::new();
        for (handle, reason) in letters {
            let id = handle.id();
            let Some(place) = self.segment_mut(id).and_then(|s| s.place(handle.record)) else {
                continue;
            };
            let read = self.read_alerts(id, &[place.alert()])?;
            // An alert that can not be read any more still leaves its reason.
            let json = read.into_iter().find_map(Result::ok).filter(|json| place.holds(json));
            let most = self.limits.dead_letter_bytes;
            lines.push(letters::line(now, reason, &json.unwrap_or_default(), most)?);
            rejected.add(handle.severity, 1);
            handles.push(*handle);
        }
        let written = self.letters.append(&mut *self.disk, &lines);
        written.map_err(|error| self.failed(letters::NAME, error))?;
        if !handles.is_empty() {
            self.totals.count(&mut *self.disk, |totals| totals.rejected.add_all(&rejected));
        }
        let before = self.settled;
        let outcome = self.settle(&handles);
        self.settled = before;
        outcome
    }

    /// Whether a segment holds nothing any more and need not be kept for more: it is full, or has so much
    /// in it that it is better begun anew.
    fn is_spent(&mut self, id: SegmentId) -> bool {
        let is_open = self.chains.get(id.severity).open == Some(id.seq);
        let enough = self.limits.segment_bytes / 4;
        self.segment_mut(id).is_some_and(|s| s.is_settled() && (!is_open || s.len >= enough))
    }

    fn ack(&mut self, id: SegmentId, places: &[Place]) -> Result<(), SpoolError> {
        let Some(at) = self.segment_mut(id).map(|segment| segment.acks_len) else { return Ok(()) };
        let mut entries = Vec::new();
        places.iter().for_each(|place| acks::write(id.seq, place, &mut entries));
        let written = self.disk.write(&id.acks(), at, &entries, false);
        written.map_err(|error| self.failed(&id.acks(), error))?;
        if let Some(segment) = self.segment_mut(id) {
            segment.acks_len = at + entries.len() as u64;
        }
        Ok(())
    }
}
