//! The same packets as a pcapng file.

use netsentinel_core::Record;

/// One section with one interface of Ethernet and microseconds, and a block for each of `records`.
pub(crate) fn file<'a>(records: impl Iterator<Item = Record<'a>>) -> Vec<u8> {
    const SECTION: [u32; 7] = [0x0a0d_0d0a, 28, 0x1a2b_3c4d, 1, u32::MAX, u32::MAX, 28];
    const INTERFACE: [u32; 5] = [1, 20, 1, 0, 20];
    const ENHANCED_PACKET: u32 = 6;
    const AROUND: usize = 32;
    let mut file = Vec::new();
    let put = |file: &mut Vec<u8>, numbers: &[u32]| {
        numbers.iter().for_each(|number| file.extend(number.to_le_bytes()));
    };
    put(&mut file, &SECTION);
    put(&mut file, &INTERFACE);
    for record in records {
        let (captured, padded) = (record.data.len(), record.data.len().next_multiple_of(4));
        let block = (AROUND + padded) as u32;
        let micros = record.timestamp.as_nanos() / 1_000;
        let (high, low) = ((micros >> 32) as u32, micros as u32);
        put(&mut file, &[ENHANCED_PACKET, block, 0, high, low, captured as u32, record.wire_len]);
        file.extend(record.data);
        file.resize(file.len() + padded - captured, 0);
        put(&mut file, &[block]);
    }
    file
}
