//! Points in time as people write them.

use netsentinel_core::Timestamp;

/// Reads RFC 3339, or seconds since 1970 with an optional fraction.
pub(crate) fn parse(text: &str) -> Result<Timestamp, String> {
    text.parse().ok().or_else(|| epoch(text)).ok_or_else(|| {
        "use 2026-01-31T08:00:00Z, with an offset like +01:00, or seconds since 1970".to_owned()
    })
}

fn epoch(text: &str) -> Option<Timestamp> {
    let (seconds, nanos) = match text.split_once('.') {
        Some((seconds, fraction)) => (seconds, fraction_nanos(fraction)?),
        None => (text, 0),
    };
    Some(Timestamp::from_parts(i64::from(number(seconds)?), nanos))
}

fn fraction_nanos(digits: &str) -> Option<i64> {
    let count = u32::try_from(digits.len()).ok().filter(|count| (1..=9).contains(count))?;
    Some(i64::from(number(digits)?) * 10_i64.pow(9 - count))
}

/// Digits only: no sign and no blank.
fn number(digits: &str) -> Option<u32> {
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_offsets_fractions_and_epochs() {
        let time = Timestamp::from_parts(1_767_225_600, 500_000_000);
        for text in [
            "2026-01-01T00:00:00.5Z",
            "2026-01-01 01:30:00.5+01:30",
            "2025-12-31t19:00:00.50-05:00",
            "1767225600.5",
        ] {
            assert_eq!(parse(text), Ok(time), "{text}");
        }
    }

    #[test]
    fn refuses_the_rest() {
        for text in ["", ".", "x", "-5", "1.", "1.1234567890", "2026-02-29T00:00:00Z", "2026-01-01"]
        {
            assert!(parse(text).is_err(), "{text:?}");
        }
    }
}
