//! How long somebody wants to be left alone.

use std::time::{Duration, SystemTime};

use jiff::fmt::rfc2822::DateTimeParser;
use reqwest::header::{DATE, HeaderMap, HeaderName, RETRY_AFTER};

/// The longest wait that is obeyed. Whoever asks for more is asked again after it.
pub(crate) const WAIT_MAX: Duration = Duration::from_secs(24 * 60 * 60);
/// The shortest.
const WAIT_MIN: Duration = Duration::from_secs(1);

const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// What `Retry-After` says, in seconds or as a date (RFC 9110, 10.2.3): from a second to a day. `None`
/// where there is none, or it makes no sense.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Some(seconds) = whole(text) {
        return Some(bounded(seconds.into()));
    }
    Some(bounded(i128::from(date(text)?) - i128::from(now(headers))))
}

/// What `X-RateLimit-Reset` says, in seconds since the epoch: from a second to a day.
pub(crate) fn until_reset(headers: &HeaderMap) -> Option<Duration> {
    let reset = whole(headers.get(RESET)?.to_str().ok()?.trim())?;
    Some(bounded(i128::from(reset) - i128::from(now(headers))))
}

/// A whole number; what does not fit in 64 bits is the greatest.
fn whole(digits: &str) -> Option<u64> {
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().unwrap_or(u64::MAX))
}

fn bounded(seconds: i128) -> Duration {
    let seconds = u64::try_from(seconds.max(0)).unwrap_or(u64::MAX);
    Duration::from_secs(seconds).clamp(WAIT_MIN, WAIT_MAX)
}

/// The time as the answer has it, so that the two clocks need not agree; else ours.
fn now(headers: &HeaderMap) -> i64 {
    headers.get(DATE).and_then(|value| date(value.to_str().ok()?)).unwrap_or_else(|| {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
    })
}

/// Seconds since the epoch of a date as HTTP writes it: `Sun, 06 Nov 1994 08:49:37 GMT`.
fn date(text: &str) -> Option<i64> {
    let parser = DateTimeParser::new().relaxed_weekday(true);
    Some(parser.parse_timestamp(text).ok()?.as_second())
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    const DAY: u64 = 24 * 60 * 60;

    fn headers(name: HeaderName, value: &'static str) -> HeaderMap {
        let date = HeaderValue::from_static("Sun, 06 Nov 1994 08:49:37 GMT");
        HeaderMap::from_iter([(DATE, date), (name, HeaderValue::from_static(value))])
    }

    #[test]
    fn retry_after_is_seconds_or_a_date_and_a_day_at_most() {
        for (text, wait) in [
            ("120", Some(120)),
            (" 7 ", Some(7)),
            ("0", Some(1)),
            ("99999999999", Some(DAY)),
            ("99999999999999999999999999", Some(DAY)),
            ("Sun, 06 Nov 1994 08:51:37 GMT", Some(120)),
            ("Sun, 06 Nov 1994 08:00:00 GMT", Some(1)),
            ("Fri, 31 Dec 9998 23:59:59 GMT", Some(DAY)),
            ("-5", None),
            ("1e9", None),
            ("soon", None),
            ("", None),
        ] {
            let got = retry_after(&headers(RETRY_AFTER, text));
            assert_eq!(got.map(|wait| wait.as_secs()), wait, "{text}");
        }
        assert_eq!(retry_after(&HeaderMap::new()), None);
    }

    #[test]
    fn a_reset_is_a_moment() {
        for (text, wait) in
            [("784111877", Some(100)), ("1", Some(1)), ("99999999999", Some(DAY)), ("x", None)]
        {
            let got = until_reset(&headers(RESET, text));
            assert_eq!(got.map(|wait| wait.as_secs()), wait, "{text}");
        }
    }
}
