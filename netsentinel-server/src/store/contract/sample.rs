//! Made-up alerts and agents.

use netsentinel_core::{Alert, Severity, Timestamp};
use netsentinel_transport::wire::AgentId;
use serde_json::json;

/// What the alerts of a test differ in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    pub(crate) id: u32,
    pub(crate) update: u32,
    pub(crate) seconds: i64,
    pub(crate) severity: Severity,
    pub(crate) detector: &'static str,
    pub(crate) source: &'static str,
}

impl Default for Sample {
    fn default() -> Self {
        let (detector, source) = ("port_scan", "198.51.100.7");
        Self { id: 0, update: 0, seconds: 0, severity: Severity::High, detector, source }
    }
}

/// The agent numbered `number`.
pub(crate) fn agent(number: u8) -> AgentId {
    AgentId::from_bytes([number; 16])
}

/// The moment `seconds` after a time in 2026.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_parts(1_780_000_000 + seconds, 5)
}

/// The alert that a sample describes, about as large as real ones are.
pub(crate) fn alert(sample: Sample) -> Alert {
    let Sample { id, update, seconds, severity, detector, source } = sample;
    let category = if detector == "port_scan" { "Port Scan" } else { "Brute Force" };
    let text = json!({
        "v": 1, "id": format!("{id:032x}"), "update": update, "timestamp": at(seconds),
        "detector": detector, "rule": format!("{detector}/vertical"), "signature": 1_000_001,
        "category": category, "severity": severity, "base_severity": "MEDIUM",
        "source": { "ip": source, "port": 40_000, "mac": "02:00:00:00:00:01", "internal": false },
        "target": { "ip": "192.0.2.10", "port": 443, "mac": null, "internal": true },
        "message": format!("{source} probed {} ports of 192.0.2.10 within 60 s ({id})", 15 + update),
        "count": 15 + update, "threshold": 15, "base_threshold": 15, "window_s": 60,
        "first_seen": at(seconds - 50), "last_seen": at(seconds),
        "evidence": { "ports": [21, 22, 23, 25, 80, 110, 143, 443, 445, 3306, 3389, 5432, 8080] },
        "reputation": null,
        "attack": [{ "technique": "T1046", "name": "Network Service Discovery",
                     "tactic": "Discovery" }],
        "flow": null, "frame": 4_711, "interface": "eth0",
        "agent": { "id": "0", "hostname": "Sensor-1", "os": "linux" }
    });
    serde_json::from_value(text).unwrap()
}
