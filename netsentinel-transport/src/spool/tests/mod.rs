//! What the spool promises, on a disk that fails and loses power at any step.

mod crashes;
mod faulty_disk;
mod model;
mod plain;

use std::sync::LazyLock;

use netsentinel_core::{Alert, Severity};

use super::segment::SegmentId;
use super::{Spool, SpoolLimits};

/// A small spool, so that segments fill up quickly.
pub(super) fn limits(bytes_max: u64) -> SpoolLimits {
    SpoolLimits { bytes_max, segment_bytes: 4 << 10, ..SpoolLimits::new(bytes_max) }
}

/// The alert with the number `n`, whose message has `padding` bytes.
pub(crate) fn alert(n: u32, severity: Severity, padding: usize) -> Alert {
    static TEMPLATE: LazyLock<Alert> = LazyLock::new(template);
    let id = serde_json::from_value(format!("{n:032x}").into()).unwrap();
    Alert { id, severity, message: "x".repeat(padding), count: n.into(), ..TEMPLATE.clone() }
}

fn template() -> Alert {
    let text = serde_json::json!({
        "v": 1, "id": "", "update": 0, "timestamp": "2024-01-01T00:00:00Z",
        "detector": "port_scan", "rule": "port_scan/vertical", "signature": 1_000_001,
        "category": "Port Scan", "severity": "LOW", "base_severity": "LOW",
        "source": {}, "target": {}, "message": "", "count": 0,
        "threshold": 1, "base_threshold": 1, "window_s": 10,
        "first_seen": "2024-01-01T00:00:00Z", "last_seen": "2024-01-01T00:00:00Z",
        "evidence": {}, "reputation": null, "attack": [], "flow": null, "frame": 1,
        "interface": null, "agent": {"id": "a", "hostname": "h", "os": "linux"},
    });
    serde_json::from_value(text).unwrap()
}

/// The number of an alert.
pub(super) fn number(json: &[u8]) -> u32 {
    let text = std::str::from_utf8(json).unwrap();
    let (_, rest) = text.split_once(r#""count":"#).unwrap();
    rest.split_once(',').unwrap().0.parse().unwrap()
}

/// All that is pending as it is on the disk, the lowest severity first, the oldest first within it.
pub(super) fn pending(spool: &Spool) -> Vec<(Severity, Vec<u8>)> {
    let mut found = Vec::new();
    for (SegmentId { severity, seq }, segment) in spool.segments() {
        for record in 0.. {
            let Some(end) = segment.place(record) else {
                if segment.records() <= record as usize {
                    break;
                }
                continue;
            };
            let id = SegmentId { severity, seq };
            let read = spool.disk.read_ranges(&id.alerts(), &[end.alert()]).unwrap();
            found.push((severity, read.into_iter().next().unwrap().unwrap()));
        }
    }
    found
}
