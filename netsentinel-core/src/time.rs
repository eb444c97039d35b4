//! Packet time: nanoseconds since the Unix epoch, handed in and never read from a clock.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A moment in packet time, in nanoseconds since 1970-01-01T00:00:00Z.
///
/// Covers the years 1678 to 2261; what a capture claims beyond that is clamped by
/// [`Timestamp::from_parts`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// Before every packet.
    pub const MIN: Self = Self(i64::MIN);

    /// The moment `nanos` nanoseconds after the epoch.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// The moment `secs` seconds and `nanos` nanoseconds after the epoch, clamped to the range.
    pub fn from_parts(secs: i64, nanos: i64) -> Self {
        let exact = i128::from(secs) * 1_000_000_000 + i128::from(nanos);
        Self(exact.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64)
    }

    /// Nanoseconds since the epoch.
    pub const fn as_nanos(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded towards the past.
    pub const fn as_secs(self) -> i64 {
        self.0.div_euclid(1_000_000_000)
    }

    /// Nanoseconds from `earlier` to here; 0 if `earlier` is later.
    pub const fn nanos_since(self, earlier: Self) -> u64 {
        if self.0 <= earlier.0 { 0 } else { self.0.abs_diff(earlier.0) }
    }

    /// This moment, `span` later, clamped to the range.
    pub fn after(self, span: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(span.as_nanos()).unwrap_or(i64::MAX)))
    }

    /// Formats the moment in UTC by a `strftime` pattern.
    pub fn strftime(self, pattern: &str) -> String {
        self.civil().strftime(pattern).to_string()
    }

    fn civil(self) -> jiff::Timestamp {
        // Every i64 of nanoseconds lies within jiff's range of years -9999 to 9999.
        jiff::Timestamp::from_nanosecond(i128::from(self.0)).unwrap_or_default()
    }
}

/// RFC 3339 in UTC with nanoseconds: `2026-11-21T09:50:00.000000001Z`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.9}", self.civil())
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Timestamp {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Timestamp".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "date-time" })
    }
}

/// The text is no time that a [`Timestamp`] can hold.
#[derive(Debug, thiserror::Error)]
#[error("not a time: expected RFC 3339 such as 2026-01-31T08:00:00Z, from 1678 to 2261")]
pub struct NotATime;

impl FromStr for Timestamp {
    type Err = NotATime;

    /// Reads RFC 3339, with `Z` or an offset.
    fn from_str(text: &str) -> Result<Self, NotATime> {
        let civil: jiff::Timestamp = text.parse().map_err(|_| NotATime)?;
        i64::try_from(civil.as_nanosecond()).map(Self).map_err(|_| NotATime)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_nanoseconds_in_utc() {
        let t = Timestamp::from_parts(1_763_718_600, 7);
        assert_eq!(t.to_string(), "2025-11-21T09:50:00.000000007Z");
        assert_eq!(Timestamp::from_nanos(-1).to_string(), "1969-12-31T23:59:59.999999999Z");
        assert_eq!(Timestamp::from_nanos(-1).as_secs(), -1);
    }

    #[test]
    fn the_ends_of_the_range_neither_panic_nor_wrap() {
        let end = Timestamp::from_parts(i64::MAX, 5);
        assert_eq!(end.as_nanos(), i64::MAX);
        assert_eq!(end.after(Duration::MAX), end);
        assert_eq!(end.nanos_since(Timestamp::MIN), u64::MAX);
        assert_eq!(Timestamp::MIN.nanos_since(end), 0);
        assert!(!Timestamp::MIN.to_string().is_empty());
    }
}
