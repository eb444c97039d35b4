//! What reputation is asked about.

use std::convert::Infallible;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What reputation is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Indicator<'a> {
    /// An address.
    Ip(IpAddr),
    /// A domain name: lower case, printable ASCII, no final dot.
    Domain(&'a str),
}

/// `name` and all names above it, the longest first: what a verdict about any of them says of `name`.
pub(crate) fn with_parents(name: &str) -> impl Iterator<Item = &str> {
    let parents = name.match_indices('.').map(|(dot, _)| &name[dot + 1..]);
    std::iter::once(name).chain(parents)
}

impl Indicator<'_> {
    /// The same, kept.
    pub fn to_buf(self) -> IndicatorBuf {
        match self {
            Self::Ip(ip) => IndicatorBuf::Ip(ip),
            Self::Domain(name) => IndicatorBuf::Domain(name.into()),
        }
    }
}

impl fmt::Display for Indicator<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(ip) => ip.fmt(f),
            Self::Domain(name) => f.write_str(name),
        }
    }
}

/// An [`Indicator`] that owns its name. Written as its text, in JSON too.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", from = "String")]
pub enum IndicatorBuf {
    /// An address.
    Ip(IpAddr),
    /// A domain name in lower case, without a final dot.
    Domain(Box<str>),
}

impl IndicatorBuf {
    /// The same, borrowed.
    pub fn borrowed(&self) -> Indicator<'_> {
        match self {
            Self::Ip(ip) => Indicator::Ip(*ip),
            Self::Domain(name) => Indicator::Domain(name),
        }
    }
}

/// An address where it is one, else a name in lower case. Any text is taken: whether it is a name that
/// may be asked about is for whoever asks to judge.
impl FromStr for IndicatorBuf {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match text.parse() {
            Ok(ip) => Self::Ip(ip),
            Err(_) => Self::Domain(text.trim_end_matches('.').to_ascii_lowercase().into()),
        })
    }
}

impl From<String> for IndicatorBuf {
    fn from(text: String) -> Self {
        let Ok(indicator) = text.parse();
        indicator
    }
}

impl From<IndicatorBuf> for String {
    fn from(indicator: IndicatorBuf) -> Self {
        indicator.to_string()
    }
}

impl fmt::Display for IndicatorBuf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.borrowed().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_an_address_where_it_can_be() {
        for (text, shown) in [
            ("203.0.113.7", "203.0.113.7"),
            ("2001:DB8::1", "2001:db8::1"),
            ("A.Example.", "a.example"),
        ] {
            let Ok(indicator) = text.parse::<IndicatorBuf>();
            assert_eq!(indicator.to_string(), shown);
            assert_eq!(indicator.borrowed().to_buf(), indicator);
            let json = serde_json::to_string(&indicator).unwrap();
            assert_eq!(json, format!("\"{shown}\""));
            assert_eq!(serde_json::from_str::<IndicatorBuf>(&json).unwrap(), indicator);
        }
    }
}
