//! What must hold of headers and of text, whatever was read.

use netsentinel_core::format::Format;
use netsentinel_core::{Alert, Headers, Network, Transport};
use netsentinel_transport::wire::ItemAnswer;

/// Asserts that all that `headers` borrow lies within `bytes`.
pub fn check_slices(headers: &Headers<'_>, bytes: &[u8]) {
    let Network::Ip(ip) = &headers.network else { return };
    let options = match ip.transport {
        Transport::Tcp(tcp) => tcp.options,
        _ => &[],
    };
    let piece = ip.fragment.map_or(&[][..], |fragment| fragment.data);
    for slice in [ip.payload(), options, piece] {
        assert!(lies_within(slice, bytes), "{headers:?} borrows from elsewhere");
    }
}

/// Whether `slice` is a part of `bytes`; what is empty is part of anything.
pub fn lies_within(slice: &[u8], bytes: &[u8]) -> bool {
    let (inner, outer) = (slice.as_ptr_range(), bytes.as_ptr_range());
    slice.is_empty() || (outer.start <= inner.start && inner.end <= outer.end)
}

/// Asserts that `alert` forges nothing in any format, and reads back.
pub fn check_formats(alert: &Alert) {
    for format in Format::ALL {
        check_line(&format.line(alert));
    }
    let back: Alert = serde_json::from_str(&Format::Ndjson.line(alert)).expect("JSON of our own");
    assert_eq!(&back, alert);
}

/// Asserts that an answer of the server can be told: its reason is one line.
pub fn check_answer(answer: &ItemAnswer) {
    let json = serde_json::to_string(answer).expect("an answer is JSON");
    let back: ItemAnswer = serde_json::from_str(&json).expect("JSON of our own");
    assert_eq!(&back, answer);
}

/// Asserts that `alert`, raised by our own pipeline, forges nothing, reads back and makes sense.
pub fn check_alert(alert: &Alert) {
    check_formats(alert);
    assert!(alert.count >= alert.threshold, "{alert:?}");
    assert!(alert.first_seen <= alert.timestamp, "{alert:?}");
    assert!(alert.timestamp <= alert.last_seen, "{alert:?}");
}

/// Asserts that `text` is one line without control characters or marks that turn the direction.
pub fn check_line(text: &str) {
    let bad =
        |c: char| c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    assert!(!text.contains(bad), "{text:?}");
}
