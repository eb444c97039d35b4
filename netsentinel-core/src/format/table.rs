//! A line for people.

use crate::Alert;

pub(super) fn header() -> String {
    format!(
        "{:<24}  {:<8}  {:<17}  {:<22}  {:<22}  WHAT",
        "TIME", "SEVERITY", "CATEGORY", "SOURCE", "TARGET"
    )
}

pub(super) fn row(alert: &Alert) -> String {
    // What an update tells came to its end later than the alert. Only the closing one tells a total.
    let (time, mark) = match alert.update {
        0 => (alert.timestamp, ""),
        _ if alert.evidence.contains_key("repeats") => (alert.last_seen, "(total) "),
        _ => (alert.last_seen, "(worse) "),
    };
    // Hardware addresses count where there is no flow: in ARP.
    let source = match alert.source.mac {
        Some(mac) if alert.flow.is_none() => format!("{} {mac}", alert.source),
        _ => alert.source.to_string(),
    };
    let message = super::shown(&alert.message);
    format!(
        "{:<24}  {:<8}  {:<17}  {source:<22}  {:<22}  {mark}{message}",
        time.strftime("%Y-%m-%dT%H:%M:%S.%3fZ"),
        alert.severity,
        alert.category,
        alert.target.to_string(),
    )
}
