//! The journal of a segment: which of its alerts the server has answered for.

use super::record::Place;

/// Bytes of an entry: the record's offset, the record's CRC, and a CRC over both and the segment.
pub(super) const ENTRY_BYTES: u64 = 12;

/// Adds an entry for the record at `place` of the segment `seq`.
///
/// It names the record's CRC too: should the record be lost with the power and another one be written in its
/// place, the entry does not count for that one.
pub(super) fn write(seq: u64, place: &Place, journal: &mut Vec<u8>) {
    journal.extend_from_slice(&place.offset.to_le_bytes());
    journal.extend_from_slice(&place.crc.to_le_bytes());
    journal.extend_from_slice(&checksum(seq, place.offset, place.crc).to_le_bytes());
}

/// The entries of a journal as offset and CRC, up to the first that is not whole: what comes after it is
/// sent again.
pub(super) fn read(seq: u64, journal: &[u8]) -> Vec<(u32, u32)> {
    let (entries, _) = journal.as_chunks::<{ ENTRY_BYTES as usize }>();
    let entries = entries.iter().map_while(|entry| {
        let (offset, rest) = entry.split_first_chunk()?;
        let (crc, sum) = rest.split_first_chunk()?;
        let (offset, crc) = (u32::from_le_bytes(*offset), u32::from_le_bytes(*crc));
        (sum == checksum(seq, offset, crc).to_le_bytes()).then_some((offset, crc))
    });
    entries.collect()
}

fn checksum(seq: u64, offset: u32, crc: u32) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&seq.to_le_bytes());
    hasher.update(&offset.to_le_bytes());
    hasher.update(&crc.to_le_bytes());
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_or_foreign_entry_ends_the_journal() {
        let mut journal = Vec::new();
        for offset in [8, 90] {
            write(7, &Place { offset, len: 10, crc: 0xabcd }, &mut journal);
        }
        assert_eq!(read(7, &journal), [(8, 0xabcd), (90, 0xabcd)]);
        assert_eq!(read(8, &journal), []);
        assert_eq!(read(7, &journal[..23]), [(8, 0xabcd)]);
        journal[3] ^= 1;
        assert_eq!(read(7, &journal), []);
    }
}
