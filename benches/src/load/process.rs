//! The memory of another process.

use std::fs;

/// Bytes of `pid` that are resident, where the system tells.
pub(crate) fn resident(pid: Option<u32>) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{}/status", pid?)).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib * 1024)
}

/// `bytes` in MB, or a dash.
pub(crate) fn megabytes(bytes: Option<u64>) -> String {
    bytes.map_or("-".into(), |bytes| format!("{:.1} MB", bytes as f64 / 1e6))
}
