//! Patterns of STIX 2.1, those that are a choice of values: `[ipv4-addr:value = '192.0.2.7' OR …] OR […]`.

/// Values of a pattern at most.
const VALUES_MAX: usize = 4_096;

/// What a pattern names.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// An address or a network.
    Network(String),
    /// A domain name.
    Name(String),
}

/// The addresses, networks and names each of which alone matches `pattern`. `None` where there are none, or
/// where it says anything but a choice: with `AND`, `NOT` or `FOLLOWEDBY` no value alone matches.
pub(super) fn values(pattern: &str) -> Option<Vec<Value>> {
    let mut reader = Reader { rest: pattern, values: Vec::new() };
    loop {
        reader.observation()?;
        if reader.rest.trim_start().is_empty() {
            break;
        }
        reader.word("OR")?;
    }
    let values = reader.values;
    (!values.is_empty()).then_some(values)
}

struct Reader<'p> {
    rest: &'p str,
    values: Vec<Value>,
}

impl<'p> Reader<'p> {
    /// `[comparison OR comparison …]`, also with brackets around comparisons.
    fn observation(&mut self) -> Option<()> {
        self.symbol('[')?;
        // Brackets around a choice, within a choice, change nothing but must match.
        let mut open = 0_usize;
        loop {
            while self.symbol('(').is_some() {
                open += 1;
            }
            self.comparison()?;
            while open > 0 && self.symbol(')').is_some() {
                open -= 1;
            }
            if self.symbol(']').is_some() {
                return (open == 0).then_some(());
            }
            self.word("OR")?;
        }
    }

    /// `path = 'value'` or `path ISSUBSET 'network'`.
    fn comparison(&mut self) -> Option<()> {
        let path = self.path()?;
        let subset = self.symbol('=').is_none();
        if subset {
            self.word("ISSUBSET")?;
        }
        let value = self.text()?;
        let value = match path {
            "ipv4-addr:value" | "ipv6-addr:value" => Value::Network(value),
            "domain-name:value" if !subset => Value::Name(value),
            // Another kind, which is one choice more and takes nothing from the others.
            _ => return Some(()),
        };
        self.values.push(value);
        (self.values.len() <= VALUES_MAX).then_some(())
    }

    /// A path of an object, whose parts may be in quotes: `file:hashes.'SHA-256'`.
    fn path(&mut self) -> Option<&'p str> {
        let text = self.rest.trim_start();
        let mut quoted = false;
        let end = text.find(|c: char| {
            quoted ^= c == '\'';
            !quoted && (c.is_whitespace() || matches!(c, '=' | '!' | '<' | '>' | '(' | ')' | ']'))
        })?;
        let (path, rest) = text.split_at(end);
        self.rest = rest;
        path.contains(':').then_some(path)
    }

    /// A text in single quotes, in which a backslash escapes.
    fn text(&mut self) -> Option<String> {
        let mut chars = self.rest.trim_start().strip_prefix('\'')?.chars();
        let mut text = String::new();
        loop {
            match chars.next()? {
                '\'' => break,
                '\\' => text.push(chars.next()?),
                c => text.push(c),
            }
        }
        self.rest = chars.as_str();
        Some(text)
    }

    fn symbol(&mut self, symbol: char) -> Option<()> {
        self.rest = self.rest.trim_start().strip_prefix(symbol)?;
        Some(())
    }

    /// A word with something else after it than a letter.
    fn word(&mut self, word: &str) -> Option<()> {
        let rest = self.rest.trim_start().strip_prefix(word)?;
        if rest.starts_with(|c: char| c.is_alphanumeric()) {
            return None;
        }
        self.rest = rest;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn network(text: &str) -> Value {
        Value::Network(text.into())
    }

    #[test]
    fn a_choice_gives_all_its_values() {
        let name = |text: &str| Value::Name(text.into());
        for (pattern, expected) in [
            ("[ipv4-addr:value = '192.0.2.7']", vec![network("192.0.2.7")]),
            ("[ipv4-addr:value='192.0.2.0/24']", vec![network("192.0.2.0/24")]),
            ("[ipv4-addr:value ISSUBSET '192.0.2.0/24']", vec![network("192.0.2.0/24")]),
            (
                " [ domain-name:value = 'a.example' OR ipv6-addr:value = '2001:db8::7' ] ",
                vec![name("a.example"), network("2001:db8::7")],
            ),
            (
                "[domain-name:value = 'a.example'] OR [domain-name:value = 'b.example']",
                vec![name("a.example"), name("b.example")],
            ),
            (
                "[(domain-name:value = 'a.example' OR domain-name:value = 'b.example')]",
                vec![name("a.example"), name("b.example")],
            ),
            ("[file:hashes.'SHA-256' = 'ab' OR domain-name:value = 'it\\'s']", vec![name("it's")]),
        ] {
            assert_eq!(values(pattern), Some(expected), "{pattern}");
        }
    }

    #[test]
    fn everything_else_is_left() {
        for pattern in [
            "",
            "[",
            "[]",
            "[ipv4-addr:value = '192.0.2.7'",
            "[ipv4-addr:value = '192.0.2.7]",
            "[ipv4-addr:value != '192.0.2.7']",
            "[ipv4-addr:value = '192.0.2.7' AND network-traffic:dst_port = 443]",
            "[ipv4-addr:value = '192.0.2.7' OR (domain-name:value = 'a.example']",
            "[ipv4-addr:value = '192.0.2.7'] FOLLOWEDBY [domain-name:value = 'a.example']",
            "[ipv4-addr:value = '192.0.2.7'] WITHIN 5 SECONDS",
            "[ipv4-addr:value NOT = '192.0.2.7']",
            "[domain-name:value LIKE '%.example']",
            "[domain-name:value ISSUBSET 'a.example']",
            "[ipv4-addr:value IN ('192.0.2.7')]",
            "[file:name = 'x']",
            "[ipv4-addr:value = '192.0.2.7' ORdomain-name:value = 'a.example']",
        ] {
            assert_eq!(values(pattern), None, "{pattern}");
        }
    }

    proptest! {
        #[test]
        fn no_pattern_makes_it_panic(pattern in "[\\[\\]()'\\\\=a-z:. ORISUBET]{0,60}") {
            let _ = values(&pattern);
        }
    }
}
