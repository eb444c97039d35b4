//! Query strings.

use std::fmt::Display;
use std::str::FromStr;
use std::time::Duration;

use netsentinel_core::{NotATime, Timestamp};

use crate::refusal::Refusal;

/// Parameters of a query string at most.
const PARAMETERS_MAX: usize = 100;
/// Bytes of one value at most.
const VALUE_BYTES_MAX: usize = 1024;

/// A query string's names and values, as they came.
pub(crate) type Pairs = Vec<(String, String)>;

/// Takes a query string apart: each parameter is asked for once, and what nobody asked for is an
/// error that tells what could have been given.
pub(crate) struct Query {
    left: Pairs,
    known: Vec<&'static str>,
    now: Timestamp,
}

impl Query {
    /// The parameters `pairs`; relative times are before `now`.
    pub(crate) fn new(pairs: Pairs, now: Timestamp) -> Result<Self, Refusal> {
        if pairs.len() > PARAMETERS_MAX {
            let message = format!("a query may have {PARAMETERS_MAX} parameters");
            return Err(Refusal::bad_request(message));
        }
        if let Some((name, _)) = pairs.iter().find(|(_, value)| value.len() > VALUE_BYTES_MAX) {
            let message = format!("{}: may have {VALUE_BYTES_MAX} bytes", shown(name));
            return Err(Refusal::bad_request(message));
        }
        Ok(Self { left: pairs, known: Vec::new(), now })
    }

    /// The time that relative times are before.
    pub(crate) fn now(&self) -> Timestamp {
        self.now
    }

    /// A parameter that may be given once; an empty one counts as absent.
    pub(crate) fn text(&mut self, name: &'static str) -> Result<Option<String>, Refusal> {
        let mut values = self.take(name);
        if values.len() > 1 {
            return Err(Refusal::bad_request(format!("{name}: give it once")));
        }
        Ok(values.pop().filter(|value| !value.is_empty()))
    }

    /// A parameter of another type.
    pub(crate) fn parsed<T>(&mut self, name: &'static str) -> Result<Option<T>, Refusal>
    where
        T: FromStr<Err: Display>,
    {
        let Some(value) = self.text(name)? else { return Ok(None) };
        value.parse().map(Some).map_err(|error| refused(name, &value, error))
    }

    /// A parameter that may be given several times, or with commas.
    pub(crate) fn list<T>(&mut self, name: &'static str) -> Result<Vec<T>, Refusal>
    where
        T: FromStr<Err: Display>,
    {
        let values = self.take(name);
        let items = values.iter().flat_map(|value| value.split(','));
        let items = items.map(str::trim).filter(|item| !item.is_empty());
        items.map(|item| item.parse().map_err(|error| refused(name, item, error))).collect()
    }

    /// A parameter that may be given several times, each value as it came.
    pub(crate) fn all(&mut self, name: &'static str) -> Vec<String> {
        self.take(name)
    }

    /// A whole number within `range`.
    pub(crate) fn number(
        &mut self,
        name: &'static str,
        range: std::ops::RangeInclusive<u64>,
        default: u64,
    ) -> Result<u64, Refusal> {
        let Some(value) = self.text(name)? else { return Ok(default) };
        let (from, to) = (range.start(), range.end());
        value.parse().ok().filter(|number| range.contains(number)).ok_or_else(|| {
            refused(name, &value, format_args!("must be a whole number from {from} to {to}"))
        })
    }

    /// A moment: RFC 3339, or how long ago, such as `15m`, `24h`, `7d`.
    pub(crate) fn time(&mut self, name: &'static str) -> Result<Option<Timestamp>, Refusal> {
        let Some(value) = self.text(name)? else { return Ok(None) };
        moment(&value, self.now).map(Some).map_err(|_| {
            let expected = "expected a time such as 2026-01-31T08:00:00Z, or how long ago, such as \
                            90s, 15m, 24h, 7d or 2w";
            refused(name, &value, expected)
        })
    }

    /// Refuses parameters that nobody asked for.
    pub(crate) fn finish(self) -> Result<(), Refusal> {
        let Some((name, _)) = self.left.first() else { return Ok(()) };
        let name = shown(name);
        if self.known.is_empty() {
            return Err(Refusal::bad_request(format!("{name}: this path takes no parameters")));
        }
        let known = self.known.join(", ");
        Err(Refusal::bad_request(format!("{name}: no such parameter; there are {known}")))
    }

    fn take(&mut self, name: &'static str) -> Vec<String> {
        self.known.push(name);
        self.left.extract_if(.., |(given, _)| given == name).map(|(_, value)| value).collect()
    }
}

/// `text` as RFC 3339, or as how long before `now`.
fn moment(text: &str, now: Timestamp) -> Result<Timestamp, NotATime> {
    text.parse().or_else(|error| ago(text, now).ok_or(error))
}

fn ago(text: &str, now: Timestamp) -> Option<Timestamp> {
    let (index, unit) = text.char_indices().next_back()?;
    let seconds: u64 = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        'w' => 7 * 86_400,
        _ => return None,
    };
    let digits = text.get(..index)?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let span = Duration::from_secs(digits.parse::<u64>().ok()?.checked_mul(seconds)?);
    let nanos = i64::try_from(span.as_nanos()).ok()?;
    now.as_nanos().checked_sub(nanos).map(Timestamp::from_nanos)
}

fn refused(name: &str, value: &str, error: impl Display) -> Refusal {
    Refusal::bad_request(format!("{name}={}: {error}", shown(value)))
}

/// Names and values come back in messages: cut, and with nothing in them that could forge a line.
fn shown(text: &str) -> String {
    let cut: String = text.chars().take(64).collect();
    netsentinel_core::text::shown(&cut).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use netsentinel_core::Severity;

    const NOW: Timestamp = Timestamp::from_nanos(1_795_000_000_000_000_000);

    fn query(pairs: &[(&str, &str)]) -> Query {
        let own = |(name, value): &(&str, &str)| (String::from(*name), String::from(*value));
        Query::new(pairs.iter().map(own).collect(), NOW).unwrap()
    }

    fn message<T>(result: Result<T, Refusal>) -> String {
        result.map(|_| ()).unwrap_err().problem().message.clone()
    }

    #[test]
    fn times_are_absolute_or_relative() {
        let time = |text| query(&[("since", text)]).time("since");
        assert_eq!(
            time("15m").unwrap(),
            Some(Timestamp::from_nanos(NOW.as_nanos() - 900_000_000_000))
        );
        assert_eq!(time("2026-01-31T08:00:00Z").unwrap().unwrap().as_secs(), 1_769_846_400);
        assert_eq!(time("").unwrap(), None);
        for wrong in
            ["m", "-5m", "+5m", "5y", "99999999999999999999h", "300000000w", "1e3s", "ü", "15 m"]
        {
            assert!(message(time(wrong)).starts_with("since="), "{wrong}");
        }
    }

    #[test]
    fn lists_are_repeated_or_comma_separated() {
        let mut pairs =
            query(&[("severity", "low,high"), ("severity", "CRITICAL"), ("severity", "")]);
        let levels: Vec<Severity> = pairs.list("severity").unwrap();
        assert_eq!(levels, [Severity::Low, Severity::High, Severity::Critical]);
        let wrong = query(&[("severity", "low,worst")]).list::<Severity>("severity");
        assert!(message(wrong).starts_with("severity=worst: not a severity"));
    }

    #[test]
    fn numbers_stay_in_their_range() {
        let number = |text| query(&[("limit", text)]).number("limit", 1..=500, 100);
        assert_eq!(number("").unwrap(), 100);
        assert_eq!(number("500").unwrap(), 500);
        for wrong in ["0", "501", "-1", "99999999999999999999", "1.5", "ten"] {
            assert!(message(number(wrong)).contains("from 1 to 500"), "{wrong}");
        }
        let twice = query(&[("limit", "1"), ("limit", "2")]).number("limit", 1..=500, 100);
        assert_eq!(message(twice), "limit: give it once");
    }

    #[test]
    fn what_nobody_asked_for_is_refused_by_name() {
        let mut query = query(&[("limit", "5"), ("sevrity\n\u{1b}[31m", "low")]);
        query.number("limit", 1..=500, 100).unwrap();
        query.text("q").unwrap();
        let message = message(query.finish());
        assert_eq!(message, r"sevrity\x0a\x1b[31m: no such parameter; there are limit, q");
    }
}
