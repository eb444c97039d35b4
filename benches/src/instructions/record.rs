//! What is on record, and what has grown since.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

use crate::callgrind::Count;
use crate::stages::PACKETS;

/// How much more a stage may take than is on record.
const GROWTH_MAX: f64 = 1.05;

/// Instructions a packet, and what they were counted with.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Record {
    pub(crate) compiler: String,
    /// As Rust calls it.
    pub(crate) architecture: String,
    /// Packets of each input.
    pub(crate) packets: u64,
    /// By input and stage.
    pub(crate) instructions: BTreeMap<String, BTreeMap<String, f64>>,
}

impl Record {
    pub(crate) fn new(compiler: String, counts: &[Count]) -> Self {
        let mut instructions = BTreeMap::<_, BTreeMap<_, _>>::new();
        for Count { input, stage, instructions: count } in counts {
            let tenths = (count * 10.0).round() / 10.0;
            instructions.entry(input.clone()).or_default().insert(stage.clone(), tenths);
        }
        let architecture = std::env::consts::ARCH.to_owned();
        Self { compiler, architecture, packets: PACKETS, instructions }
    }

    pub(crate) fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path)
            .with_context(|| format!("can not read the record {}", path.display()))?;
        serde_json::from_str(&text).with_context(|| format!("{} is no record", path.display()))
    }

    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self)? + "\n";
        fs::write(path, text)
            .with_context(|| format!("can not write the record {}", path.display()))
    }

    /// What `counted` is, as against this record.
    pub(crate) fn compare(&self, counted: &Self) -> Comparison {
        let mut comparison = Comparison::default();
        if self.architecture != counted.architecture || self.packets != counted.packets {
            comparison.other_kind = Some(format!(
                "on record are {} packets on {}, and these are {} on {}",
                self.packets, self.architecture, counted.packets, counted.architecture
            ));
            return comparison;
        }
        if self.compiler != counted.compiler {
            comparison.other_compiler =
                Some(format!("{}, and this is {}", self.compiler, counted.compiler));
        }
        for (input, stages) in &counted.instructions {
            for (stage, &now) in stages {
                let what = format!("{stage} on {input}");
                match self.get(input, stage) {
                    None => comparison.unknown.push(what),
                    Some(then) if now > then * GROWTH_MAX => {
                        comparison.grown.push((what, then, now));
                    }
                    Some(then) if now * GROWTH_MAX < then => comparison.shrunk += 1,
                    Some(_) => {}
                }
            }
        }
        for (input, stages) in &self.instructions {
            let gone = stages.keys().filter(|stage| counted.get(input, stage).is_none());
            comparison.gone.extend(gone.map(|stage| format!("{stage} on {input}")));
        }
        comparison
    }

    pub(crate) fn get(&self, input: &str, stage: &str) -> Option<f64> {
        self.instructions.get(input)?.get(stage).copied()
    }
}

/// How counts differ from the record.
#[derive(Debug, Default)]
pub(crate) struct Comparison {
    /// Why they can not be compared.
    other_kind: Option<String>,
    other_compiler: Option<String>,
    /// What has grown too much, from what to what.
    grown: Vec<(String, f64, f64)>,
    /// How many stages have become a good deal less.
    shrunk: usize,
    /// Stages that are not on record.
    unknown: Vec<String>,
    /// Stages on record that are not there any more.
    gone: Vec<String>,
}

impl Comparison {
    /// Whether a check fails: a stage has grown, or the record is of other stages.
    pub(crate) fn is_worse(&self) -> bool {
        !(self.grown.is_empty() && self.unknown.is_empty() && self.gone.is_empty())
    }
}

/// Some lines, and nothing else where all is as it was.
impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const ANEW: &str = "script/bench instructions --record";
        if let Some(kinds) = &self.other_kind {
            return writeln!(f, "NOT COMPARED: {kinds}");
        }
        if let Some(compilers) = &self.other_compiler {
            writeln!(f, "note: on record is {compilers}: what has changed may be the compiler's")?;
        }
        for (what, then, now) in &self.grown {
            let percent = (now / then - 1.0) * 100.0;
            writeln!(
                f,
                "GROWN: {what}: {then:.1} instructions a packet, now {now:.1} (+{percent:.1} %)"
            )?;
        }
        for what in &self.unknown {
            writeln!(f, "NOT ON RECORD: {what}")?;
        }
        for what in &self.gone {
            writeln!(f, "ON RECORD, BUT GONE: {what}")?;
        }
        if self.shrunk > 0 {
            let n = self.shrunk;
            writeln!(
                f,
                "note: stages that take less by more than 5 %: {n}; to keep it so: {ANEW}"
            )?;
        }
        if self.is_worse() {
            writeln!(
                f,
                "If that is meant, put it on record, and say in docs/performance.md why: {ANEW}"
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(counts: &[(&str, f64)]) -> Record {
        let count = |&(stage, instructions): &(&str, f64)| Count {
            input: "mixed".into(),
            stage: stage.into(),
            instructions,
        };
        Record::new("rustc 1".into(), &counts.iter().map(count).collect::<Vec<_>>())
    }

    #[test]
    fn five_percent_are_granted_and_no_more() {
        let known = record(&[("decode", 100.0), ("read", 50.0)]);
        let same = known.compare(&record(&[("decode", 105.0), ("read", 50.0)]));
        assert!(!same.is_worse());
        assert_eq!(same.to_string(), "");
        let grown = known.compare(&record(&[("decode", 105.2), ("read", 40.0)]));
        assert!(grown.is_worse());
        let text = grown.to_string();
        assert!(
            text.starts_with(
                "GROWN: decode on mixed: 100.0 instructions a packet, now 105.2 (+5.2 %)\n"
            ),
            "{text}"
        );
        assert!(text.contains("5 %: 1;") && text.contains("--record"), "{text}");
    }

    #[test]
    fn a_record_of_other_stages_fails_and_one_of_another_machine_does_not() {
        let known = record(&[("decode", 100.0), ("read", 50.0)]);
        let other = known.compare(&record(&[("decode", 100.0), ("walk", 50.0)]));
        assert!(other.is_worse());
        let text = other.to_string();
        assert!(text.contains("NOT ON RECORD: walk on mixed") && text.contains("GONE: read"));
        let mut elsewhere = record(&[("decode", 900.0)]);
        elsewhere.architecture = "elsewhere".into();
        let comparison = known.compare(&elsewhere);
        assert!(!comparison.is_worse() && comparison.to_string().starts_with("NOT COMPARED"));
        let mut newer = record(&[("decode", 100.0), ("read", 50.0)]);
        newer.compiler = "rustc 2".into();
        let comparison = known.compare(&newer);
        assert!(
            !comparison.is_worse()
                && comparison.to_string().contains("rustc 1, and this is rustc 2")
        );
    }

    #[test]
    fn a_record_is_written_and_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("record.json");
        let written = record(&[("decode", 100.04)]);
        written.write(&path).unwrap();
        let read = Record::read(&path).unwrap();
        assert_eq!(read.get("mixed", "decode"), Some(100.0));
        assert_eq!((read.compiler, read.packets), (written.compiler, PACKETS));
    }
}
