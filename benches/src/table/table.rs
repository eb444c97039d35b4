//! The table, in Markdown.

use std::fmt::Write as _;

use crate::document::{Document, Input, Row};

/// The table, and what is missing in it.
pub(crate) fn text(document: &Document) -> String {
    let first = document.inputs.first().map_or("", |first| &first.input);
    let mut text = format!(
        "| input | packets | what | seconds | M packets/s | Gbit/s | of its walk | of the walk on {first} | memory, MB |\n\
         |---|---|---|---|---|---|---|---|---|\n"
    );
    for input in &document.inputs {
        for row in &input.rows {
            text += &line(input, row);
        }
    }
    for name in &document.missing {
        // Writing to a string does not fail.
        let _ = write!(text, "\n{name} is MISSING: it is not installed, and was not measured");
    }
    if !document.missing.is_empty() {
        text += "\n";
    }
    text
}

fn line(input: &Input, row: &Row) -> String {
    let memory = row.memory_bytes.map_or("-".into(), |bytes| format!("{:.1}", bytes as f64 / 1e6));
    let rates = match row.rates {
        Some(rates) => format!(
            "{:.3} | {:.2} | {:.1} | {:.2} | {:.2}",
            rates.seconds,
            rates.packets_per_second / 1e6,
            rates.bits_per_second / 1e9,
            rates.ratio_to_walk,
            rates.ratio_to_first_walk
        ),
        None => format!("{} | - | - | - | -", row.note.as_deref().unwrap_or("-")),
    };
    format!("| {} | {} | {} | {rates} | {memory} |\n", input.input, row.packets, row.what)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::tests::run;

    #[test]
    fn a_line_a_row_and_a_word_on_what_is_missing() {
        let mut document = run(&["mixed"], &[("rest", 400, 1), ("slow", 900, 2)]);
        let slow = &mut document.inputs[0].rows[2];
        (slow.rates, slow.note) = (None, Some("STOPPED".into()));
        let text = text(&document);
        let lines: Vec<_> = text.lines().skip(3).collect();
        assert_eq!(
            lines,
            [
                "| mixed | 1000000 | rest | 0.400 | 2.50 | 2.5 | 0.25 | 0.25 | 1.0 |",
                "| mixed | 1000000 | slow | STOPPED | - | - | - | - | 2.0 |",
                "",
                "suricata is MISSING: it is not installed, and was not measured",
            ]
        );
    }
}
