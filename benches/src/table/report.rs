//! The table, and the same as JSON.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value, json};

use crate::measure::{Measured, Row};

/// The head of the table, in Markdown.
pub(crate) const HEADER: &str = "\
| input | packets | what | seconds | M packets/s | Gbit/s | ratio to the walk | memory, MB |
|---|---|---|---|---|---|---|---|
";

/// The rows of one capture.
pub(crate) fn rows(input: &Measured) -> String {
    let mut text = String::new();
    for row in &input.rows {
        let rates = Rates::new(input, row);
        let memory = row.memory.map_or("-".into(), |bytes| format!("{:.1}", bytes as f64 / 1e6));
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "| {} | {} | {} | {:.3} | {:.2} | {:.1} | {:.2} | {memory} |",
            input.name,
            input.packets,
            row.what,
            row.time.as_secs_f64(),
            rates.packets / 1e6,
            rates.bits / 1e9,
            rates.to_walk,
        );
    }
    text
}

/// All numbers, unrounded.
pub(crate) fn document(inputs: &[Measured]) -> Value {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let input = |input: &Measured| {
        let row = |row: &Row| {
            let rates = Rates::new(input, row);
            json!({
                "what": row.what,
                "seconds": row.time.as_secs_f64(),
                "packets_per_second": rates.packets,
                "bits_per_second": rates.bits,
                "ratio_to_walk": rates.to_walk,
                "memory_bytes": row.memory,
            })
        };
        json!({
            "input": input.name,
            "packets": input.packets,
            "wire_bytes": input.wire_bytes,
            "rows": input.rows.iter().map(row).collect::<Vec<_>>(),
        })
    };
    json!({ "cores": cores, "inputs": inputs.iter().map(input).collect::<Vec<_>>() })
}

/// What a row comes to.
struct Rates {
    /// A second.
    packets: f64,
    /// A second, on the wire.
    bits: f64,
    to_walk: f64,
}

impl Rates {
    fn new(input: &Measured, row: &Row) -> Self {
        let seconds = row.time.as_secs_f64();
        let walk = input.rows.first().map_or(Duration::ZERO, |row| row.time);
        Self {
            packets: input.packets as f64 / seconds,
            bits: input.wire_bytes as f64 * 8.0 / seconds,
            to_walk: walk.as_secs_f64() / seconds,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_told_against_the_first_row() {
        let row = |what, millis| Row {
            what,
            time: Duration::from_millis(millis),
            memory: Some(1_500_000),
        };
        let input = Measured {
            name: "mixed".into(),
            packets: 1_000_000,
            wire_bytes: 125_000_000,
            rows: vec![row("bare walk", 100), row("rest", 400)],
        };
        let text = rows(&input);
        let last = text.lines().last();
        assert_eq!(last, Some("| mixed | 1000000 | rest | 0.400 | 2.50 | 2.5 | 0.25 | 1.5 |"));
        assert_eq!(document(&[input])["inputs"][0]["rows"][0]["ratio_to_walk"], 1.0);
    }
}
