//! Two runs side by side, in ratios of ratios: what the machine did to both drops out.

use std::fmt::Write as _;

use crate::document::Document;

/// A line for each row that both runs have.
pub(crate) fn text(a: &Document, b: &Document) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    for (name, run) in [("A", a), ("B", b)] {
        let Document { commit, cores, cpu, compiler, .. } = run;
        let _ = writeln!(text, "{name}: {commit}, {cores} cores of {cpu}, {compiler}");
    }
    if (&a.cpu, a.cores) != (&b.cpu, b.cores) {
        text += "note: not the same machine, so that ratios differ for other reasons, too\n";
    }
    text += "\n| input | what | of the first walk, A | B | B / A | memory, MB, A | B |\n|---|---|---|---|---|---|---|\n";
    let megabytes = |bytes: Option<u64>| match bytes {
        Some(bytes) => format!("{:.1}", bytes as f64 / 1e6),
        None => "-".into(),
    };
    let mut only_once = 0;
    for input in &a.inputs {
        if b.inputs.iter().any(|b| b.input == input.input && b.packets != input.packets) {
            let _ = writeln!(text, "note: {} has another number of packets in B", input.input);
        }
        for row in &input.rows {
            let Some(ours) = row.rates else { continue };
            let Some((other, theirs)) = b.row(&input.input, &row.what) else {
                only_once += 1;
                continue;
            };
            let (before, after) = (ours.ratio_to_first_walk, theirs.ratio_to_first_walk);
            let _ = writeln!(
                text,
                "| {} | {} | {before:.3} | {after:.3} | {:.2} | {} | {} |",
                input.input,
                row.what,
                after / before,
                megabytes(row.memory_bytes),
                megabytes(other.memory_bytes)
            );
        }
    }
    if only_once > 0 {
        let _ = writeln!(text, "\nrows of A that B has not measured: {only_once}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::tests::run;

    #[test]
    fn ratios_are_divided_and_what_differs_is_told() {
        let a = run(&["mixed", "flood"], &[("rest", 400, 10), ("gone", 400, 1)]);
        let mut b = run(&["mixed"], &[("rest", 200, 20)]);
        b.cpu = "another".into();
        b.inputs[0].packets = 5;
        let text = text(&a, &b);
        assert!(
            text.contains("\n| mixed | rest | 0.250 | 0.500 | 2.00 | 10.0 | 20.0 |\n"),
            "{text}"
        );
        assert!(text.contains("not the same machine") && text.contains("mixed has another number"));
        assert!(text.ends_with("\nrows of A that B has not measured: 4\n"), "{text}");
    }
}
