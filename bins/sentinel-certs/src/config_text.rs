//! Changes single keys of a configuration's text and leaves every other byte as it is: order,
//! indentation and keys that this program does not know survive.

use std::ops::Range;

use anyhow::{Result, bail};
use serde_json::Value;

/// Gives the top-level key `key` the text `value`; a key that is not there is added after `after`,
/// or at the end.
///
/// # Errors
///
/// When `text` is not one JSON object.
pub(crate) fn set(text: &str, key: &str, value: &str, after: &str) -> Result<String> {
    let members = members(text)?;
    let value = Value::from(value).to_string();
    let mut out = text.to_owned();
    let mut there = false;
    // From the back, so that what is still to be replaced stays where it is.
    for member in members.iter().rev().filter(|member| member.key == key) {
        out.replace_range(member.value.clone(), &value);
        there = true;
    }
    if there {
        return Ok(out);
    }
    let added = format!("{}: {value}", Value::from(key));
    match members.iter().rev().find(|member| member.key == after).or(members.last()) {
        Some(anchor) => {
            let before = text.get(..anchor.start).unwrap_or_default();
            let indent = before.rsplit_once('\n').map(|(_, indent)| indent);
            let gap = match indent.filter(|indent| indent.trim().is_empty()) {
                Some(indent) => format!("\n{indent}"),
                None => " ".into(),
            };
            out.insert_str(anchor.value.end, &format!(",{gap}{added}"));
        }
        None => {
            let inside = text.find('{').map_or(0, |brace| brace + 1);
            out.insert_str(inside, &added);
        }
    }
    Ok(out)
}

/// Takes the top-level key `key` out, with its comma.
///
/// # Errors
///
/// When `text` is not one JSON object.
pub(crate) fn remove(text: &str, key: &str) -> Result<String> {
    let mut out = text.to_owned();
    loop {
        let members = members(&out)?;
        let Some(at) = members.iter().position(|member| member.key == key) else { return Ok(out) };
        let Some(member) = members.get(at) else { return Ok(out) };
        let cut = match (at.checked_sub(1).and_then(|at| members.get(at)), members.get(at + 1)) {
            (Some(before), _) => before.value.end..member.value.end,
            (None, Some(next)) => member.start..next.start,
            (None, None) => member.start..member.value.end,
        };
        out.replace_range(cut, "");
    }
}

/// A key of the object, where it begins, and where its value stands.
struct Member {
    key: String,
    start: usize,
    value: Range<usize>,
}

fn members(text: &str) -> Result<Vec<Member>> {
    let json = text.trim_start_matches('\u{feff}');
    let Value::Object(_) = serde_json::from_str(json)? else {
        bail!("expected one JSON object of keys and values");
    };
    // From here on the text is known to be valid, which makes walking it simple.
    let bytes = text.as_bytes();
    let mut at = text.len() - json.len();
    at = skip(bytes, at, |byte| byte != b'{') + 1;
    let mut members = Vec::new();
    loop {
        let between = |byte: u8| byte.is_ascii_whitespace() || byte == b',' || byte == b':';
        at = skip(bytes, at, between);
        if bytes.get(at) != Some(&b'"') {
            return Ok(members);
        }
        let start = at;
        at = end_of_value(bytes, start);
        let key = serde_json::from_str(text.get(start..at).unwrap_or_default())?;
        let from = skip(bytes, at, between);
        at = end_of_value(bytes, from);
        members.push(Member { key, start, value: from..at });
    }
}

fn skip(bytes: &[u8], from: usize, passed: impl Fn(u8) -> bool) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    from + rest.iter().take_while(|byte| passed(**byte)).count()
}

/// Where the value that begins at `from` is over.
fn end_of_value(bytes: &[u8], from: usize) -> usize {
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for (at, &byte) in bytes.iter().enumerate().skip(from) {
        if quoted {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => quoted = false,
                _ => continue,
            }
            if !quoted && depth == 0 {
                return at + 1;
            }
            continue;
        }
        match byte {
            b'"' => quoted = true,
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth <= 1 => return at + depth,
            b'}' | b']' => depth -= 1,
            b',' if depth == 0 => return at,
            _ if depth == 0 && byte.is_ascii_whitespace() => return at,
            _ => {}
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"{
    "zone": {"api_key": "inner", "list": [1, "}", {"a": "\"]"}]},
    "api_key": "old\"}",
    "n": -1.5e3
}
"#;

    #[test]
    fn only_what_is_meant_changes() {
        let changed = set(TEXT, "api_key", "new", "").unwrap();
        assert_eq!(changed, TEXT.replace(r#""old\"}""#, r#""new""#));
        let added = set(&changed, "api_key_previous", "old", "api_key").unwrap();
        assert!(
            added.contains("\"new\",\n    \"api_key_previous\": \"old\",\n    \"n\""),
            "{added}"
        );
        assert_eq!(remove(&added, "api_key_previous").unwrap(), changed);
        assert_eq!(remove(TEXT, "none").unwrap(), TEXT);
        let without = remove(TEXT, "zone").unwrap();
        assert!(without.starts_with("{\n    \"api_key\""), "{without}");
        let last = remove(TEXT, "n").unwrap();
        assert!(last.ends_with("\"old\\\"}\"\n}\n"), "{last}");
    }

    #[test]
    fn texts_of_every_shape_are_taken() {
        for (text, expected) in [
            ("{}", r#"{"k": "v"}"#),
            ("\u{feff}{ }", "\u{feff}{\"k\": \"v\" }"),
            (r#"{"a":1}"#, r#"{"a":1, "k": "v"}"#),
            (r#"{"a":[]}"#, r#"{"a":[], "k": "v"}"#),
            (r#"{"k":null,"a":true}"#, r#"{"k":"v","a":true}"#),
            (r#"{"\u006b":{}}"#, r#"{"\u006b":"v"}"#),
            (r#"{"k":1,"k":2}"#, r#"{"k":"v","k":"v"}"#),
        ] {
            let changed = set(text, "k", "v", "").unwrap();
            assert_eq!(changed, expected);
            let removed = remove(&changed, "k").unwrap();
            let object: Value =
                serde_json::from_str(removed.trim_start_matches('\u{feff}')).unwrap();
            assert!(object.get("k").is_none(), "{removed}");
        }
        for wrong in ["", "[]", "{", "{} x", "\"k\""] {
            assert!(set(wrong, "k", "v", "").is_err(), "{wrong}");
            assert!(remove(wrong, "k").is_err(), "{wrong}");
        }
    }
}
