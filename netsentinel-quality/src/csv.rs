//! Reading CSV as RFC 4180 has it, with comments, and telling where it is wrong.

use std::iter::Peekable;
use std::str::Chars;

use crate::LabelsError;

/// One record. No record is without fields.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// The line that it begins on, from 1.
    pub(crate) line: usize,
    pub(crate) fields: Vec<String>,
}

/// The records of a text: fields separated by commas, quoted by `"` where they hold a comma, a quote (doubled) or a
/// line break. Empty lines and lines that begin with `#` are no records.
///
/// # Errors
///
/// Where a quote stands where none may be, or is not closed.
pub(crate) fn rows(text: &str) -> Result<Vec<Row>, LabelsError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader { rest: text.chars().peekable(), line: 1, column: 1 };
    let mut rows = Vec::new();
    while let Some(&next) = reader.rest.peek() {
        match next {
            '\n' | '\r' => drop(reader.bump()),
            '#' => reader.skip_line(),
            _ => rows.push(Row { line: reader.line, fields: reader.record()? }),
        }
    }
    Ok(rows)
}

struct Reader<'t> {
    rest: Peekable<Chars<'t>>,
    /// Where the next character stands.
    line: usize,
    column: usize,
}

impl Reader<'_> {
    fn bump(&mut self) -> Option<char> {
        let next = self.rest.next()?;
        match next {
            '\n' => (self.line, self.column) = (self.line + 1, 1),
            _ => self.column += 1,
        }
        Some(next)
    }

    fn skip_line(&mut self) {
        while self.bump().is_some_and(|c| c != '\n') {}
    }

    /// A record, up to the end of its line.
    fn record(&mut self) -> Result<Vec<String>, LabelsError> {
        let mut fields = Vec::new();
        loop {
            fields.push(match self.rest.peek() {
                Some('"') => self.quoted()?,
                _ => self.plain()?,
            });
            if self.bump() != Some(',') {
                return Ok(fields);
            }
        }
    }

    fn plain(&mut self) -> Result<String, LabelsError> {
        let mut field = String::new();
        while let Some(&next) = self.rest.peek() {
            match next {
                ',' | '\n' => break,
                '"' => {
                    return Err(self.error("a quote within a field that does not begin with one"));
                }
                _ => field.extend(self.bump()),
            }
        }
        // What is left of a line break of two characters.
        field.truncate(field.trim_end_matches('\r').len());
        Ok(field)
    }

    fn quoted(&mut self) -> Result<String, LabelsError> {
        let unclosed = self.error("a quote that is not closed");
        self.bump();
        let mut field = String::new();
        loop {
            match self.bump() {
                Some('"') if self.rest.peek() == Some(&'"') => field.extend(self.bump()),
                Some('"') => break,
                Some(c) => field.push(c),
                None => return Err(unclosed),
            }
        }
        if self.rest.peek() == Some(&'\r') {
            self.bump();
        }
        match self.rest.peek() {
            None | Some(',' | '\n') => Ok(field),
            Some(_) => Err(self.error("text behind a closing quote")),
        }
    }

    fn error(&self, what: &'static str) -> LabelsError {
        LabelsError::Syntax { line: self.line, column: self.column, what }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(text: &str) -> Vec<Vec<String>> {
        rows(text).unwrap().into_iter().map(|row| row.fields).collect()
    }

    #[test]
    fn fields_are_read_as_they_are_written() {
        assert_eq!(fields("a,b\n1,2\n"), [["a", "b"], ["1", "2"]]);
        assert_eq!(fields("\u{feff}a,b\r\n1,2"), [["a", "b"], ["1", "2"]]);
        assert_eq!(fields("\"x, \"\"y\"\"\nz\",b\r\n"), [["x, \"y\"\nz", "b"]]);
        assert_eq!(fields(",\n\"\","), [["", ""], ["", ""]]);
        assert!(fields("").is_empty());
    }

    #[test]
    fn comments_and_empty_lines_are_no_records() {
        let rows = rows("# by hand, \"today\n\na,b\n\r\n#x\n1,#2\n").unwrap();
        let lines: Vec<_> = rows.iter().map(|row| (row.line, row.fields.join("|"))).collect();
        assert_eq!(lines, [(3, "a|b".to_owned()), (6, "1|#2".to_owned())]);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        for (text, place) in [
            ("a,b\n1,\"2\n3", "line 2, column 3: a quote that is not closed"),
            ("a\"b", "line 1, column 2: a quote within"),
            ("a\n\"b\"c", "line 2, column 4: text behind"),
        ] {
            let error = rows(text).unwrap_err().to_string();
            assert!(error.starts_with(place), "{error}");
        }
    }
}
