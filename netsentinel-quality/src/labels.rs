//! What somebody has said is in each of some captures.

use std::collections::{BTreeSet, HashMap};

use netsentinel_core::text::shown;

use crate::csv::{self, Row};

/// The column that names the capture.
const PATH: &str = "path";
/// The column that says what is in it.
const LABELS: &str = "labels";

/// Captures and what is in them, in the order in which they are listed.
#[derive(Clone, Debug, Default)]
pub struct Labels {
    /// One for each row.
    pub captures: Vec<Labelled>,
}

/// A capture, and what somebody has said is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Labelled {
    /// The file as it was written: absolute, or from a folder that whoever judges must know.
    pub path: String,
    /// At least one.
    pub labels: BTreeSet<String>,
}

/// What is wrong with a table of labels, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LabelsError {
    /// It is not CSV.
    #[error("line {line}, column {column}: {what}")]
    Syntax {
        /// From 1.
        line: usize,
        /// In characters, from 1.
        column: usize,
        /// What stands there.
        what: &'static str,
    },
    /// The header lacks a column.
    #[error("line {line}: the header has no column `{name}`; it has: {found}")]
    NoColumn {
        /// The header's line; 1 for an empty file.
        line: usize,
        /// What is missing.
        name: &'static str,
        /// What is there.
        found: String,
    },
    /// A row has not as many fields as the header.
    #[error("line {line}: {found} fields, and the header has {expected}: quote what holds a comma")]
    Fields {
        /// Where the row begins.
        line: usize,
        /// Its fields.
        found: usize,
        /// Those of the header.
        expected: usize,
    },
    /// A field makes no sense.
    #[error("line {line}, column `{column}`: {what}")]
    Field {
        /// Where the row begins.
        line: usize,
        /// The column's name.
        column: &'static str,
        /// What is wrong.
        what: String,
    },
}

impl Labels {
    /// Reads CSV with a header that has at least the columns `path` and `labels`, in any order; labels are
    /// separated by `;`. Other columns, empty lines and lines that begin with `#` are ignored.
    ///
    /// # Errors
    ///
    /// When it is not such a table, or a capture is listed twice or without a label; tells the line.
    pub fn parse(text: &str) -> Result<Self, LabelsError> {
        let mut lines = HashMap::new();
        let mut captures = Vec::new();
        for [path, labels] in table(text, [PATH, LABELS])? {
            let labelled = Labelled { path: path.text()?, labels: labels.list()? };
            if let Some(first) = lines.insert(labelled.path.clone(), path.line) {
                return Err(path.wrong(format!("listed before, in line {first}")));
            }
            captures.push(labelled);
        }
        Ok(Self { captures })
    }
}

/// One field that is asked for.
pub(crate) struct Field {
    pub(crate) line: usize,
    column: &'static str,
    value: String,
}

impl Field {
    /// What it says, without the space around it.
    pub(crate) fn text(&self) -> Result<String, LabelsError> {
        match self.value.trim() {
            "" => Err(self.wrong("nothing is there".into())),
            text => Ok(text.to_owned()),
        }
    }

    /// The parts between semicolons; at least one.
    pub(crate) fn list(&self) -> Result<BTreeSet<String>, LabelsError> {
        let text = self.text()?;
        let parts = text.split(';').map(str::trim).filter(|part| !part.is_empty());
        let list: BTreeSet<_> = parts.map(str::to_owned).collect();
        if list.is_empty() {
            return Err(self.wrong("only semicolons are there".into()));
        }
        Ok(list)
    }

    pub(crate) fn wrong(&self, what: String) -> LabelsError {
        LabelsError::Field { line: self.line, column: self.column, what }
    }
}

/// The columns `names` of all rows of a table with a header.
pub(crate) fn table(text: &str, names: [&'static str; 2]) -> Result<Vec<[Field; 2]>, LabelsError> {
    let mut rows = csv::rows(text)?.into_iter();
    let header = rows.next().unwrap_or(Row { line: 1, fields: Vec::new() });
    let position = |name: &'static str| {
        header.fields.iter().position(|field| field.trim() == name).ok_or_else(|| {
            let found = shown(&header.fields.join(", ")).into_owned();
            LabelsError::NoColumn { line: header.line, name, found }
        })
    };
    let [first, second] = names;
    let (first_at, second_at) = (position(first)?, position(second)?);
    let expected = header.fields.len();
    let fields = rows.map(|Row { line, mut fields }| {
        if fields.len() != expected {
            return Err(LabelsError::Fields { line, found: fields.len(), expected });
        }
        let mut take = |at: usize| fields.get_mut(at).map(std::mem::take).unwrap_or_default();
        Ok([
            Field { line, column: first, value: take(first_at) },
            Field { line, column: second, value: take(second_at) },
        ])
    });
    fields.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_columns_and_their_order_do_not_matter() {
        let text =
            "# ours\nnote,labels,path\n\"a, b\", port_scan; evasion ;,a.pcap\n,benign,b/c.pcapng\n";
        let labels = Labels::parse(text).unwrap().captures;
        let told: Vec<_> = labels
            .iter()
            .map(|l| (l.path.as_str(), l.labels.iter().map(String::as_str).collect::<Vec<_>>()))
            .collect();
        assert_eq!(
            told,
            [("a.pcap", vec!["evasion", "port_scan"]), ("b/c.pcapng", vec!["benign"])]
        );
        assert!(Labels::parse("path,labels\n").unwrap().captures.is_empty());
    }

    #[test]
    fn what_is_wrong_is_told_with_line_and_column() {
        for (text, expected) in [
            ("", "line 1: the header has no column `path`; it has: "),
            ("# x\nfile,labels\n", "line 2: the header has no column `path`; it has: file, labels"),
            (
                "path,labels\na,b,c\n",
                "line 2: 3 fields, and the header has 2: quote what holds a comma",
            ),
            ("path,labels\n\na, \n", "line 3, column `labels`: nothing is there"),
            ("path,labels\n,benign\n", "line 2, column `path`: nothing is there"),
            ("path,labels\na,;;\n", "line 2, column `labels`: only semicolons are there"),
            ("path,labels\na,x\nb,x\na,y\n", "line 4, column `path`: listed before, in line 2"),
        ] {
            assert_eq!(Labels::parse(text).unwrap_err().to_string(), expected);
        }
    }
}
