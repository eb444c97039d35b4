//! The counts as a table: a line a stage, a column an input.

use std::fmt::Write as _;

use netsentinel_benches::INPUTS;
use netsentinel_detectors::BUILTIN;

use crate::record::Record;

/// In the order in which a packet comes to them.
fn stages() -> impl Iterator<Item = &'static str> {
    let detectors = BUILTIN.iter().map(|registration| registration.descriptor().id);
    ["read", "read, pcapng", "decode", "no detector"]
        .into_iter()
        .chain(detectors)
        .chain(["all detectors", "all detectors, seed"])
}

/// Instructions a packet.
pub(crate) fn plain(counted: &Record) -> String {
    table(|input, stage| counted.get(input, stage).map_or("-".into(), |now| format!("{now:.0}")))
}

/// Instructions a packet, and in brackets how that differs from the record, where it does by one percent or more.
pub(crate) fn against(known: &Record, counted: &Record) -> String {
    table(|input, stage| {
        let (then, now) = (known.get(input, stage), counted.get(input, stage));
        let Some(now) = now else { return "-".into() };
        let percent = then.map_or(0.0, |then| (now / then - 1.0) * 100.0);
        match percent.abs() >= 1.0 {
            true => format!("{now:.0} ({percent:+.1} %)"),
            false => format!("{now:.0}"),
        }
    })
}

fn table(cell: impl Fn(&str, &str) -> String) -> String {
    let mut text = format!("| instructions a packet | {} |\n", INPUTS.join(" | "));
    text += &format!("|---|{}\n", "---|".repeat(INPUTS.len()));
    for stage in stages() {
        // Writing to a string does not fail.
        let _ = write!(text, "| {stage} |");
        for input in INPUTS {
            let _ = write!(text, " {} |", cell(input, stage));
        }
        text += "\n";
    }
    text
}
