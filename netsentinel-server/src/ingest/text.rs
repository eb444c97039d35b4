//! Longest texts, and how they are cut.

use std::borrow::Cow;
use std::io::{self, Write};

use serde_json::{Map, Value, json};

/// Bytes of an alert's message at most.
pub(super) const MESSAGE_MAX: usize = 2048;
/// Bytes of a category at most.
pub(super) const CATEGORY_MAX: usize = 64;
/// Bytes of a detector's or rule's id, of a technique, of other short words at most.
pub(super) const WORD_MAX: usize = 64;
/// Bytes of a technique's or tactic's name at most.
pub(super) const TITLE_MAX: usize = 128;
/// Bytes of a machine's name at most, as DNS has it.
pub(super) const HOSTNAME_MAX: usize = 255;
/// Bytes of an address or domain that was asked about at most.
pub(super) const INDICATOR_MAX: usize = 255;
/// Bytes of what a provider of reputation tells at most.
pub(super) const DETAIL_MAX: usize = 512;
/// Verdicts of providers and lists in one alert at most; the worst come first.
pub(super) const VERDICTS_MAX: usize = 24;
/// Techniques of one alert at most.
pub(super) const TECHNIQUES_MAX: usize = 8;
/// Bytes of the evidence as JSON at most.
pub(super) const EVIDENCE_BYTES_MAX: usize = 32 * 1024;
/// How deep evidence may be nested.
pub(super) const EVIDENCE_DEPTH_MAX: usize = 8;

/// Cuts `text` to at most `max` bytes, between characters. Whether it did.
pub(super) fn cut(text: &mut String, max: usize) -> bool {
    let longer = text.len() > max;
    if longer {
        text.truncate(text.floor_char_boundary(max));
    }
    longer
}

/// The same for a text that may be borrowed.
pub(super) fn cut_cow(text: &mut Cow<'static, str>, max: usize) -> bool {
    text.len() > max && cut(text.to_mut(), max)
}

/// Puts a note in place of evidence that is too large or too deep, where the whole alert came in
/// `length` bytes. Whether it did.
pub(super) fn cut_evidence(evidence: &mut Map<String, Value>, length: usize) -> bool {
    let deep = evidence.values().any(|value| !is_shallow(value, EVIDENCE_DEPTH_MAX - 1));
    // Written anew it takes at most four times as much: `1e15` becomes `1000000000000000.0`.
    let may_be_large = length > EVIDENCE_BYTES_MAX / 4;
    let too_much = deep || (may_be_large && size(evidence) > EVIDENCE_BYTES_MAX);
    if too_much {
        evidence.clear();
        evidence.insert("truncated".into(), json!(true));
    }
    too_much
}

/// Whether nothing in `value` is nested deeper than `depth`.
fn is_shallow(value: &Value, depth: usize) -> bool {
    match value {
        Value::Array(items) => depth > 0 && items.iter().all(|item| is_shallow(item, depth - 1)),
        Value::Object(fields) => {
            depth > 0 && fields.values().all(|field| is_shallow(field, depth - 1))
        }
        _ => true,
    }
}

fn size(evidence: &Map<String, Value>) -> usize {
    let mut counter = Counter(0);
    match serde_json::to_writer(&mut counter, evidence) {
        Ok(()) => counter.0,
        Err(_) => usize::MAX,
    }
}

struct Counter(usize);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_between_characters() {
        let mut text = "äöü".to_owned();
        assert!(!cut(&mut text, 6));
        assert!(cut(&mut text, 5));
        assert_eq!(text, "äö");
        assert!(cut(&mut text, 1));
        assert_eq!(text, "");
    }

    #[test]
    fn evidence_that_is_too_much_becomes_a_note() {
        let object = |value: Value| value.as_object().unwrap().clone();
        let mut small = object(json!({"ports": [1, 2, 3], "deep": [[[[[[[1]]]]]]]}));
        assert!(!cut_evidence(&mut small, usize::MAX));
        let mut deep = object(json!({"deep": [[[[[[[[1]]]]]]]]}));
        assert!(cut_evidence(&mut deep, 0));
        assert_eq!(deep, object(json!({"truncated": true})));
        let mut large = object(json!({"text": "x".repeat(EVIDENCE_BYTES_MAX)}));
        assert!(cut_evidence(&mut large, usize::MAX));
    }
}
