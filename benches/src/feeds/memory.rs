//! The memory of this process, where the system tells.

use std::fs;

/// Bytes that are resident.
pub(crate) fn resident() -> Option<u64> {
    field("VmRSS:")
}

/// Bytes that were resident at most since [`reset_peak`].
pub(crate) fn peak() -> Option<u64> {
    field("VmHWM:")
}

/// Begins to look for the peak anew. Where that can not be done, the peak is that of the whole run.
pub(crate) fn reset_peak() {
    let _ = fs::write("/proc/self/clear_refs", "5");
}

/// `bytes` in MB, or a dash.
pub(crate) fn megabytes(bytes: Option<u64>) -> String {
    bytes.map_or("-".into(), |bytes| format!("{:.1} MB", bytes as f64 / 1e6))
}

fn field(name: &str) -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib * 1024)
}
