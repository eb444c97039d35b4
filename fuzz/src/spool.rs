//! Files of a spool, as the target `spool` writes them.

/// Their names: segments of several severities with their journals, totals, dead letters, and files
/// that are no part of it.
pub const SPOOL_FILES: [&str; 10] = [
    "critical-0000000000000001.alerts",
    "high-0000000000000002.alerts",
    "high-0000000000000002.acks",
    "high-0000000000000003.alerts",
    "low-ffffffffffffffff.alerts",
    "low-ffffffffffffffff.acks",
    "medium-0000000000000004.acks",
    "totals.json",
    "dead-letters.ndjson",
    "high-0000000000000002.ALERTS",
];

/// Adds `text` in braces to `file`, as a whole record: length, CRC-32 over both, alert.
pub fn spool_record(text: &[u8], file: &mut Vec<u8>) {
    let alert = [b"{", text, b"}"].concat();
    let len = u32::try_from(alert.len()).expect("short").to_le_bytes();
    let mut crc = crc32fast::Hasher::new();
    crc.update(&len);
    crc.update(&alert);
    file.extend(len);
    file.extend(crc.finalize().to_le_bytes());
    file.extend(alert);
}
