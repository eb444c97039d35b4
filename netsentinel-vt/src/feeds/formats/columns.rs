//! Tables of comma-separated values whose header names the columns, in a comment or not.

/// Fields of a line at most.
const FIELDS_MAX: usize = 64;

/// Where the columns are that a reader wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Columns<const N: usize>([Option<usize>; N]);

impl<const N: usize> Columns<N> {
    /// Where `names` are if `line` is a header that has the first of them: commented out or not, in
    /// whatever case.
    pub(super) fn in_header(line: &str, names: [&str; N]) -> Option<Self> {
        let fields = fields(line.trim_start_matches(['#', ' ', '\t']));
        let place = |name: &str| fields.iter().position(|field| field.eq_ignore_ascii_case(name));
        let columns = names.map(place);
        let first = columns.first().copied().flatten();
        first.is_some().then_some(Self(columns))
    }

    /// What stands in those columns; empty where the line ends before, or there is no such column.
    pub(super) fn of<'f>(&self, fields: &'f [String]) -> [&'f str; N] {
        self.0.map(|place| place.and_then(|at| fields.get(at)).map_or("", String::as_str))
    }
}

/// The fields of a line: separated by commas, white space around them left out, in quotes or not; a quote
/// within quotes is doubled.
pub(super) fn fields(line: &str) -> Vec<String> {
    let mut fields = Vec::new();
    let mut rest = line.trim_start();
    loop {
        let (field, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted_field(quoted),
            None => {
                let (field, after) = rest.split_at(rest.find(',').unwrap_or(rest.len()));
                (field.trim_end().to_owned(), after)
            }
        };
        fields.push(field);
        match after.strip_prefix(',') {
            Some(more) if fields.len() < FIELDS_MAX => rest = more.trim_start(),
            _ => return fields,
        }
    }
}

/// The field after an opening quote, and what follows, from the next comma on.
fn quoted_field(text: &str) -> (String, &str) {
    let mut field = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('"') {
        field.push_str(before);
        let Some(again) = after.strip_prefix('"') else {
            let (_, after) = after.split_at(after.find(',').unwrap_or(after.len()));
            return (field, after);
        };
        field.push('"');
        rest = again;
    }
    field.push_str(rest);
    (field, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_as_csv_has_them_and_as_threatfox_has_them() {
        for (line, expected) in [
            ("a,b,,c", vec!["a", "b", "", "c"]),
            (r#""a", "b, c", "d""#, vec!["a", "b, c", "d"]),
            (r#""a ""b"" c",d"#, vec![r#"a "b" c"#, "d"]),
            (r#""open, and never closed"#, vec!["open, and never closed"]),
            (r#""a"b,c"#, vec!["a", "c"]),
            ("", vec![""]),
            (",", vec!["", ""]),
            (r#"""""#, vec![r#"""#]),
        ] {
            assert_eq!(fields(line), expected, "{line}");
        }
        assert_eq!(fields(&",".repeat(1000)).len(), FIELDS_MAX);
    }

    #[test]
    fn columns_are_found_by_name() {
        let names = ["ioc_value", "is_compromised"];
        let found = Columns::in_header(r#"# "ID", "IOC_Value", "x""#, names).unwrap();
        assert_eq!(found.of(&["1".into(), "v".into()]), ["v", ""]);
        assert_eq!(Columns::in_header("# a comment, with a comma", names), None);
    }
}
