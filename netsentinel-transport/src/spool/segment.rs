//! A file of alerts of one severity, and what is known of it in memory.

use netsentinel_core::Severity;

use super::acks;
use super::record::Place;

/// What a segment begins with; the last byte is the format's version.
pub(super) const HEADER: &[u8; 8] = b"NSSPOOL\x01";

/// Which segment: its severity and a number that is higher than those of all made before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SegmentId {
    pub(super) severity: Severity,
    pub(super) seq: u64,
}

impl SegmentId {
    /// The file with the alerts.
    pub(super) fn alerts(self) -> String {
        format!("{}.alerts", self.stem())
    }

    /// The file with the acks.
    pub(super) fn acks(self) -> String {
        format!("{}.acks", self.stem())
    }

    fn stem(self) -> String {
        format!("{}-{:016x}", self.severity.name().to_lowercase(), self.seq)
    }

    /// The segment that a file belongs to, if it belongs to one.
    pub(super) fn of(name: &str) -> Option<Self> {
        let stem = name.strip_suffix(".alerts").or_else(|| name.strip_suffix(".acks"))?;
        let (severity, seq) = stem.split_once('-')?;
        let id = Self { severity: severity.parse().ok()?, seq: u64::from_str_radix(seq, 16).ok()? };
        // Only as we write it: no capitals, no sign, all digits.
        (id.stem() == stem).then_some(id)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Ready,
    InFlight,
    Settled,
}

/// One alert: 16 bytes.
#[derive(Clone, Copy, Debug)]
struct Record {
    place: Place,
    state: State,
}

const _: () = assert!(size_of::<Record>() == 16, "the docs promise 16 bytes an alert");

/// What is known of a segment in memory.
#[derive(Debug)]
pub(super) struct Segment {
    records: Vec<Record>,
    /// Bytes of the alerts' file.
    pub(super) len: u64,
    /// Bytes of the journal that are good.
    pub(super) acks_len: u64,
    pending: usize,
    ready: usize,
    /// No record before this one is ready.
    first_ready: usize,
}

impl Segment {
    /// A segment of `len` bytes that holds `places`, all of them ready.
    pub(super) fn new(len: u64, places: &[Place]) -> Self {
        let ready = |&place| Record { place, state: State::Ready };
        let records: Vec<_> = places.iter().map(ready).collect();
        let (pending, ready) = (records.len(), records.len());
        Self { records, len, acks_len: 0, pending, ready, first_ready: 0 }
    }

    /// Bytes that it takes, with room for an ack of each alert.
    pub(super) fn bytes(&self) -> u64 {
        self.len + self.acks_len + self.pending() * acks::ENTRY_BYTES
    }

    /// Alerts not answered for.
    pub(super) fn pending(&self) -> u64 {
        self.pending as u64
    }

    pub(super) fn is_settled(&self) -> bool {
        self.pending == 0
    }

    /// Adds records that are ready, up to `len`.
    pub(super) fn grow(&mut self, len: u64, places: &[Place]) {
        self.records.extend(places.iter().map(|&place| Record { place, state: State::Ready }));
        self.pending += places.len();
        self.ready += places.len();
        self.len = len;
    }

    /// Gives back memory for records to come: there will be none.
    pub(super) fn close(&mut self) {
        self.records.shrink_to_fit();
    }

    /// Where a record is.
    pub(super) fn place(&self, record: u32) -> Option<Place> {
        self.pending_record(record).map(|record| record.place)
    }

    /// Takes the oldest alert that is ready and for which `fits` holds with its length, into flight.
    pub(super) fn take(&mut self, fits: impl FnOnce(usize) -> bool) -> Option<(u32, Place)> {
        if self.ready == 0 {
            return None;
        }
        let ready = self.records.iter_mut().enumerate().skip(self.first_ready);
        let mut ready = ready.filter(|(_, record)| record.state == State::Ready);
        let (index, record) = ready.next()?;
        self.first_ready = index;
        if !fits(record.place.len as usize) {
            return None;
        }
        record.state = State::InFlight;
        self.ready -= 1;
        Some((u32::try_from(index).ok()?, record.place))
    }

    /// Makes an alert in flight ready again.
    pub(super) fn release(&mut self, record: u32) {
        let index = record as usize;
        let found = self.records.get_mut(index).filter(|found| found.state == State::InFlight);
        if let Some(found) = found {
            found.state = State::Ready;
            self.ready += 1;
            self.first_ready = self.first_ready.min(index);
        }
    }

    /// Makes all alerts in flight ready again.
    pub(super) fn release_all(&mut self) {
        for record in &mut self.records {
            if record.state == State::InFlight {
                record.state = State::Ready;
            }
        }
        self.ready = self.pending;
        self.first_ready = 0;
    }

    /// Settles an alert; where it is, unless it was settled before.
    pub(super) fn settle(&mut self, record: u32) -> Option<Place> {
        self.pending_record(record)?;
        let record = self.records.get_mut(record as usize)?;
        self.ready -= usize::from(record.state == State::Ready);
        self.pending -= 1;
        record.state = State::Settled;
        Some(record.place)
    }

    /// Settles what the entries of its journal name.
    pub(super) fn settle_acked(&mut self, entries: &[(u32, u32)]) {
        for &(offset, crc) in entries {
            let found = self.records.binary_search_by_key(&offset, |record| record.place.offset);
            let Ok(index) = found else { continue };
            let same = self.records.get(index).is_some_and(|record| record.place.crc == crc);
            if let (true, Ok(index)) = (same, u32::try_from(index)) {
                self.settle(index);
            }
        }
    }

    /// How many records there are, settled ones too.
    #[cfg(test)]
    pub(super) fn records(&self) -> usize {
        self.records.len()
    }

    fn pending_record(&self, record: u32) -> Option<&Record> {
        self.records.get(record as usize).filter(|record| record.state != State::Settled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back_only_as_they_are_written() {
        for severity in Severity::ALL {
            let id = SegmentId { severity, seq: 0x1f };
            assert_eq!(SegmentId::of(&id.alerts()), Some(id));
            assert_eq!(SegmentId::of(&id.acks()), Some(id));
        }
        for foreign in [
            "LOW-000000000000001f.acks",
            "low-1f.alerts",
            "low-+00000000000001f.alerts",
            "low-000000000000001f.tmp",
            "lost+found",
        ] {
            assert_eq!(SegmentId::of(foreign), None, "{foreign}");
        }
    }

    #[test]
    fn the_oldest_that_is_ready_goes_first() {
        let places = [8, 50, 90].map(|offset| Place { offset, len: 10, crc: offset });
        let mut segment = Segment::new(70, &places[..2]);
        segment.grow(110, &places[2..]);
        let take = |segment: &mut Segment| segment.take(|_| true).map(|(record, _)| record);
        assert_eq!((take(&mut segment), take(&mut segment)), (Some(0), Some(1)));
        segment.release(0);
        segment.release(0);
        assert_eq!((take(&mut segment), take(&mut segment)), (Some(0), Some(2)));
        assert_eq!(take(&mut segment), None);
        assert_eq!(segment.settle(1).map(|place| place.offset), Some(50));
        assert_eq!(segment.settle(1), None);
        segment.release_all();
        segment.settle_acked(&[(8, 8), (90, 7), (33, 33)]);
        assert_eq!((take(&mut segment), take(&mut segment)), (Some(2), None));
        assert_eq!(segment.pending(), 1);
    }
}
