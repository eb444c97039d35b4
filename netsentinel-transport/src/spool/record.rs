//! Alerts as records in a segment: length, CRC-32 over length and alert, alert.

/// Bytes before the alert.
pub(super) const HEAD_BYTES: u64 = 8;
/// Bytes of an alert at most, whatever the limits say; a longer one is taken for damage.
pub(super) const ALERT_BYTES_MAX: usize = 1 << 20;

/// Where a record is and what it must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Of its head within the segment.
    pub(super) offset: u32,
    /// Bytes of the alert.
    pub(super) len: u32,
    /// Over length and alert.
    pub(super) crc: u32,
}

impl Place {
    /// Where the alert itself is.
    pub(super) fn alert(&self) -> (u64, usize) {
        (u64::from(self.offset) + HEAD_BYTES, self.len as usize)
    }

    /// Whether `alert` is what was written here.
    pub(super) fn holds(&self, alert: &[u8]) -> bool {
        checksum(self.len, alert) == self.crc
    }
}

/// Adds `alert` to `segment`; its CRC.
pub(super) fn write(alert: &[u8], segment: &mut Vec<u8>) -> Option<(u32, u32)> {
    let len = u32::try_from(alert.len()).ok().filter(|_| alert.len() <= ALERT_BYTES_MAX)?;
    let crc = checksum(len, alert);
    segment.extend_from_slice(&len.to_le_bytes());
    segment.extend_from_slice(&crc.to_le_bytes());
    segment.extend_from_slice(alert);
    Some((len, crc))
}

/// What is in a segment.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Scan {
    /// The records that are whole.
    pub(super) records: Vec<Place>,
    /// Where the last one ends.
    pub(super) end: usize,
    /// Bytes before that end which belong to no record.
    pub(super) gaps: usize,
}

/// Finds the whole records from `from` on.
///
/// After a bad one the search goes on byte by byte. It finds no record that is not one: within JSON there
/// is no zero byte, and every length has one.
pub(super) fn scan(segment: &[u8], from: usize) -> Scan {
    let mut scan = Scan { end: from, ..Scan::default() };
    let mut at = from;
    while at < segment.len() {
        let Some((place, end)) = record_at(segment, at) else {
            at += 1;
            continue;
        };
        scan.gaps += at - scan.end;
        scan.end = end;
        scan.records.push(place);
        at = end;
    }
    scan
}

fn record_at(segment: &[u8], at: usize) -> Option<(Place, usize)> {
    let (len, rest) = segment.get(at..)?.split_first_chunk()?;
    let (crc, rest) = rest.split_first_chunk()?;
    let (len, crc) = (u32::from_le_bytes(*len), u32::from_le_bytes(*crc));
    let alert = rest.get(..len as usize).filter(|alert| alert.len() <= ALERT_BYTES_MAX)?;
    // Cheap tests first: random bytes seldom pass them.
    let braced = alert.first() == Some(&b'{') && alert.last() == Some(&b'}');
    let place = Place { offset: u32::try_from(at).ok()?, len, crc };
    let end = at + HEAD_BYTES as usize + alert.len();
    (braced && place.holds(alert)).then_some((place, end))
}

/// Over the length too, so that zeros are no record.
fn checksum(len: u32, alert: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&len.to_le_bytes());
    hasher.update(alert);
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment() -> (Vec<u8>, Vec<usize>) {
        let (mut bytes, mut ends) = (Vec::new(), Vec::new());
        for alert in [r#"{"a":1}"#, r#"{"b":"two"}"#, "{}"] {
            write(alert.as_bytes(), &mut bytes).unwrap();
            ends.push(bytes.len());
        }
        (bytes, ends)
    }

    #[test]
    fn every_torn_tail_is_told_apart() {
        let (bytes, ends) = segment();
        for cut in 0..=bytes.len() {
            let found = scan(&bytes[..cut], 0);
            let whole = ends.iter().filter(|end| **end <= cut).count();
            assert_eq!(found.records.len(), whole);
            assert_eq!((found.end, found.gaps), (ends[..whole].last().copied().unwrap_or(0), 0));
        }
    }

    #[test]
    fn damage_costs_only_the_record_that_it_hits() {
        let (bytes, ends) = segment();
        for at in 0..bytes.len() {
            for flip in [1, 0x80, 0xff] {
                let mut damaged = bytes.clone();
                damaged[at] ^= flip;
                let hit = ends.iter().filter(|end| **end <= at).count();
                let found: Vec<_> = scan(&damaged, 0).records.iter().map(|r| r.offset).collect();
                let starts = std::iter::once(0).chain(ends.iter().copied()).take(3);
                let others = starts.enumerate().filter(|(record, _)| *record != hit);
                let expected: Vec<_> = others.map(|(_, start)| start as u32).collect();
                assert_eq!(found, expected, "byte {at}");
            }
        }
    }

    #[test]
    fn zeros_and_what_is_too_long_are_no_records() {
        assert_eq!(scan(&[0; 4096], 0).records, []);
        assert_eq!(write(&vec![b' '; ALERT_BYTES_MAX + 1], &mut Vec::new()), None);
    }
}
