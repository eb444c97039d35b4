//! Taking alerts: room is made, they are written and synced, and only then they count as held.

use std::io;

use netsentinel_core::{Alert, Severity, Timestamp};

use super::record::{self, HEAD_BYTES, Place};
use super::segment::{HEADER, Segment, SegmentId};
use super::{Appended, BySeverity, Spool, SpoolError, acks, letters};

/// An alert as JSON.
struct Encoded {
    severity: Severity,
    json: Vec<u8>,
}

impl Encoded {
    /// Bytes that it takes at most: with its ack, and as if it began a segment.
    fn cost(&self) -> u64 {
        HEADER.len() as u64 + HEAD_BYTES + self.json.len() as u64 + acks::ENTRY_BYTES
    }
}

/// What is written to one segment in one go.
struct Piece {
    id: SegmentId,
    is_new: bool,
    at: u64,
    bytes: Vec<u8>,
    places: Vec<Place>,
}

impl Piece {
    fn end(&self) -> u64 {
        self.at + self.bytes.len() as u64
    }
}

impl Spool {
    /// Takes `alerts`; when this returns `Ok`, those held are on the disk.
    ///
    /// On an error none of them is held, so that they may be appended again; dead letters may then be
    /// there twice. `now` is the wall clock, for dead letters.
    pub fn append(&mut self, alerts: &[Alert], now: Timestamp) -> Result<Appended, SpoolError> {
        self.totals.catch_up(&mut *self.disk);
        let (mut fitting, too_large) = self.encode(alerts)?;
        self.bury(&too_large, now)?;
        self.drop_excess(&mut fitting);
        self.make_room(fitting.iter().map(Encoded::cost).sum())?;
        let pieces = self.lay_out(&fitting)?;
        if let Err(error) = self.write(&pieces) {
            self.undo(&pieces);
            return Err(error);
        }
        self.hold(&pieces);
        let held = fitting.len() as u64;
        self.appended += held;
        let dropped = std::mem::take(&mut self.untold);
        Ok(Appended { held, dropped, too_large: too_large.len() as u64 })
    }

    fn encode(&self, alerts: &[Alert]) -> Result<(Vec<Encoded>, Vec<Encoded>), SpoolError> {
        let encoded = alerts.iter().map(|alert| {
            Ok(Encoded { severity: alert.severity, json: serde_json::to_vec(alert)? })
        });
        let encoded: Result<Vec<_>, SpoolError> = encoded.collect();
        let most = self.limits.alert_bytes_max;
        Ok(encoded?.into_iter().partition(|alert| alert.json.len() <= most))
    }

    /// Keeps alerts that are too large to be sent as dead letters.
    fn bury(&mut self, alerts: &[Encoded], now: Timestamp) -> Result<(), SpoolError> {
        if alerts.is_empty() {
            return Ok(());
        }
        let mut rejected = BySeverity::default();
        let lines = alerts.iter().map(|alert| {
            rejected.add(alert.severity, 1);
            let (len, most) = (alert.json.len(), self.limits.alert_bytes_max);
            let reason = format!("{len} bytes are more than the {most} that can be sent");
            letters::line(now, &reason, &alert.json, self.limits.dead_letter_bytes)
        });
        let lines = lines.collect::<Result<Vec<_>, _>>()?;
        self.letters
            .append(&mut *self.disk, &lines)
            .map_err(|error| SpoolError::of(&self.disk.path(letters::NAME), error))?;
        self.totals.count(&mut *self.disk, |totals| totals.rejected.add_all(&rejected));
        Ok(())
    }

    /// Gives up new alerts, the oldest of the lowest severity first, as long as they alone are more than
    /// the spool may hold.
    fn drop_excess(&mut self, alerts: &mut Vec<Encoded>) {
        let mut dropped = BySeverity::default();
        let mut bytes: u64 = alerts.iter().map(Encoded::cost).sum();
        for severity in Severity::ALL {
            alerts.retain(|alert| {
                let stays = bytes <= self.limits.bytes_max || alert.severity != severity;
                if !stays {
                    bytes -= alert.cost();
                    dropped.add(severity, 1);
                }
                stays
            });
        }
        self.count_dropped(&dropped);
    }

    /// Makes room for `need` bytes: segments that are settled go first, then the oldest of the lowest
    /// severity.
    pub(super) fn make_room(&mut self, need: u64) -> Result<(), SpoolError> {
        let mut bytes: u64 = self.segments().map(|(_, segment)| segment.bytes()).sum();
        let (mut dropped, mut leaving) = (BySeverity::default(), Vec::new());
        let settled = self.segments().filter(|(_, segment)| segment.is_settled());
        let others = self.segments().filter(|(_, segment)| !segment.is_settled());
        for (id, segment) in settled.chain(others) {
            if bytes.saturating_add(need) <= self.limits.bytes_max {
                break;
            }
            bytes = bytes.saturating_sub(segment.bytes());
            dropped.add(id.severity, segment.pending());
            leaving.push(id);
        }
        // Counted before it is done: a crash in between must not hide a loss.
        self.count_dropped(&dropped);
        // A file that can not be removed is out of the way all the same, until the spool is opened anew.
        let mut outcome = Ok(());
        for id in leaving {
            outcome = outcome.and(self.forget(id));
        }
        outcome
    }

    fn count_dropped(&mut self, dropped: &BySeverity<u64>) {
        if dropped.total() > 0 {
            self.untold.add_all(dropped);
            self.totals.count(&mut *self.disk, |totals| totals.dropped.add_all(dropped));
        }
    }

    /// Removes a segment.
    pub(super) fn forget(&mut self, id: SegmentId) -> Result<(), SpoolError> {
        let chain = self.chains.get_mut(id.severity);
        chain.segments.remove(&id.seq);
        if chain.open == Some(id.seq) {
            chain.open = None;
        }
        self.remove_files(id)
    }

    /// Which bytes go where.
    fn lay_out(&mut self, alerts: &[Encoded]) -> Result<Vec<Piece>, SpoolError> {
        let mut pieces = Vec::new();
        for severity in Severity::ALL {
            let chain = self.chains.get(severity);
            let open = chain.open.and_then(|seq| Some((seq, chain.segments.get(&seq)?.len)));
            let mut piece = open.map(|(seq, at)| Piece {
                id: SegmentId { severity, seq },
                is_new: false,
                at,
                bytes: Vec::new(),
                places: Vec::new(),
            });
            for alert in alerts.iter().filter(|alert| alert.severity == severity) {
                let len = HEAD_BYTES + alert.json.len() as u64;
                let full = |piece: &Piece| piece.end() + len > self.limits.segment_bytes;
                if piece.as_ref().is_none_or(full) {
                    let id = SegmentId { severity, seq: self.next_seq };
                    self.next_seq += 1;
                    let bytes = HEADER.to_vec();
                    let new = Piece { id, is_new: true, at: 0, bytes, places: Vec::new() };
                    pieces.extend(piece.replace(new));
                }
                let Some(piece) = &mut piece else { continue };
                let offset = u32::try_from(piece.end()).ok();
                let written = record::write(&alert.json, &mut piece.bytes);
                let (Some(offset), Some((len, crc))) = (offset, written) else {
                    return Err(self.failed("", io::ErrorKind::FileTooLarge.into()));
                };
                piece.places.push(Place { offset, len, crc });
            }
            pieces.extend(piece);
        }
        pieces.retain(|piece| !piece.places.is_empty());
        Ok(pieces)
    }

    fn write(&mut self, pieces: &[Piece]) -> Result<(), SpoolError> {
        for Piece { id, is_new, at, bytes, .. } in pieces {
            let name = id.alerts();
            let written = if *is_new {
                self.disk.create(&name, bytes)
            } else {
                self.disk.write(&name, *at, bytes, true)
            };
            written.map_err(|error| self.failed(&name, error))?;
        }
        if pieces.iter().any(|piece| piece.is_new) {
            self.disk.sync_folder().map_err(|error| self.failed("", error))?;
        }
        Ok(())
    }

    /// Takes back what a failed write may have left, as far as the disk lets us, and never appends to
    /// these segments again: what a failed sync leaves of a file is not known.
    fn undo(&mut self, pieces: &[Piece]) {
        for Piece { id, is_new, at, .. } in pieces {
            let name = id.alerts();
            // What fails here is found again when the spool is opened: alerts that were given to us.
            if *is_new {
                drop(self.disk.remove(&name));
            } else {
                drop(self.disk.truncate(&name, *at));
            }
            self.chains.get_mut(id.severity).open = None;
        }
    }

    /// Counts what is on the disk as held.
    fn hold(&mut self, pieces: &[Piece]) {
        for piece in pieces {
            let Piece { id, places, .. } = piece;
            if let Some(segment) = self.segment_mut(*id) {
                segment.grow(piece.end(), places);
                continue;
            }
            let chain = self.chains.get_mut(id.severity);
            chain.segments.insert(id.seq, Segment::new(piece.end(), places));
            let Some(seq) = chain.open.replace(id.seq) else { continue };
            if let Some(closed) = chain.segments.get_mut(&seq) {
                closed.close();
            }
        }
    }
}
