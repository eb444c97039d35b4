//! The table of `docs/performance.md` that tells what each structure takes at its limits.

use std::fmt::Write as _;

use netsentinel_core::Usage;
use netsentinel_core::pipeline::Stats;
use netsentinel_tests::replay::{PROFILES, builtin};
use netsentinel_tests::shared::root;

const BEGIN: &str = "<!-- What follows is made by a test: UPDATE_DOCS=1 cargo test -p netsentinel-tests --test docs -->\n";
const END: &str = "<!-- Until here. -->\n";

/// The page with the table as it is now.
pub(crate) fn page() -> String {
    let page = std::fs::read_to_string(root().join("docs/performance.md")).unwrap();
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    format!("{before}{BEGIN}{}{END}{after}", table())
}

fn table() -> String {
    let stats = |settings: &str| builtin(&format!("{{{settings}}}")).stats();
    let defaults = stats("");
    let limited = stats(r#""memory_limit": 64"#);
    let mut text = String::from(
        "\n| structure | entries by default | MB | entries under a limit of 64 MiB | MB |\n\
         |---|---|---|---|---|\n",
    );
    for ((name, usage), (_, under)) in structures(&defaults).into_iter().zip(structures(&limited)) {
        writeln!(text, "| {name} | {} | {} |", cells(usage), cells(under)).unwrap();
    }
    let [all, under] = [&defaults, &limited].map(|stats| megabytes(stats.memory.bytes));
    writeln!(text, "| all | | {all} | | {under} |\n").unwrap();
    for profile in PROFILES {
        let bytes = stats(&format!(r#""profile": "{profile}""#)).memory.bytes;
        writeln!(text, "Profile `{profile}` takes {} MB by default.", megabytes(bytes)).unwrap();
    }
    text.push('\n');
    text
}

/// The tables of the engine and of the detectors.
fn structures(stats: &Stats) -> Vec<(String, Usage)> {
    let own = stats.tables.iter().map(|(name, usage)| (format!("`{name}`"), *usage));
    let of_detectors = stats.detectors.iter().flat_map(|(id, detector)| {
        let tables = detector.tables.iter();
        tables.map(move |(name, usage)| (format!("`{id}`: {name}"), *usage))
    });
    own.chain(of_detectors).collect()
}

fn cells(usage: Usage) -> String {
    format!("{} | {}", usage.max_keys, megabytes(usage.bytes))
}

fn megabytes(bytes: usize) -> String {
    format!("{:.2}", bytes as f64 / 1e6)
}
