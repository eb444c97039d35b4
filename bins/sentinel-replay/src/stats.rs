//! What a replay tells at its end.

use std::io::{self, Write as _};
use std::time::Duration;

use netsentinel_core::Severity;
use netsentinel_core::pipeline::Stats;
use serde::Serialize;

/// `--stats`: what was seen in one or more captures replayed as one.
#[derive(Debug, Serialize)]
pub(crate) struct Report<'a> {
    pub(crate) captures: &'a [String],
    pub(crate) seconds: f64,
    pub(crate) packets_per_second: f64,
    #[serde(flatten)]
    pub(crate) stats: Stats,
}

impl<'a> Report<'a> {
    pub(crate) fn new(captures: &'a [String], took: Duration, stats: Stats) -> Self {
        let seconds = took.as_secs_f64();
        let packets_per_second = stats.packets as f64 / seconds.max(f64::EPSILON);
        Self { captures, seconds, packets_per_second, stats }
    }
}

/// Prints a report to standard error, as one JSON object.
///
/// # Errors
///
/// When standard error can not be written.
pub(crate) fn print(report: &Report<'_>) -> io::Result<()> {
    let json = serde_json::to_string(report)?;
    writeln!(io::stderr().lock(), "{json}")
}

/// The last line for people: what was read, and what was found.
pub(crate) fn summary(
    captures: usize,
    packets: u64,
    bytes: u64,
    took: Duration,
    counts: &[u64; Severity::ALL.len()],
) -> String {
    let found: Vec<String> = Severity::ALL
        .iter()
        .zip(counts)
        .rev()
        .filter(|(_, count)| **count > 0)
        .map(|(severity, count)| format!("{count} {severity}"))
        .collect();
    let alerts: u64 = counts.iter().sum();
    let plural = |n: u64| if n == 1 { "" } else { "s" };
    let list = if found.is_empty() { String::new() } else { format!(" ({})", found.join(", ")) };
    format!(
        "{captures} capture{}, {packets} packet{}, {bytes} bytes on the wire in {:.3} s: \
         {alerts} alert{}{list}",
        plural(captures as u64),
        plural(packets),
        took.as_secs_f64(),
        plural(alerts),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_counts_in_words() {
        let took = Duration::from_millis(1500);
        assert_eq!(
            summary(1, 2, 120, took, &[0, 1, 0, 2]),
            "1 capture, 2 packets, 120 bytes on the wire in 1.500 s: \
             3 alerts (2 CRITICAL, 1 MEDIUM)"
        );
        assert!(summary(2, 1, 60, took, &[0; 4]).ends_with(": 0 alerts"));
    }
}
