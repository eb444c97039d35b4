//! Verdicts that have come since somebody last asked.

use std::collections::HashSet;
use std::net::IpAddr;

use super::indicator::with_parents;
use super::{Indicator, IndicatorBuf};

/// Verdicts that have come: what was counted for their endpoints is to be judged anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrived {
    /// About these.
    Of(Vec<IndicatorBuf>),
    /// About more than can be named, as when a list was loaded.
    Any,
}

impl Arrived {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Of(indicators) if indicators.is_empty())
    }

    /// The same, to look things up in.
    pub(crate) fn indexed(&self) -> IndexedArrived<'_> {
        let Self::Of(indicators) = self else { return IndexedArrived::Any };
        let (mut addresses, mut domains) = (HashSet::new(), HashSet::new());
        for indicator in indicators {
            match indicator {
                IndicatorBuf::Ip(ip) => drop(addresses.insert(*ip)),
                IndicatorBuf::Domain(name) => drop(domains.insert(&**name)),
            }
        }
        IndexedArrived::Of { addresses, domains }
    }
}

/// Verdicts that have come, to look things up in.
pub(crate) enum IndexedArrived<'a> {
    Any,
    Of { addresses: HashSet<IpAddr>, domains: HashSet<&'a str> },
}

impl IndexedArrived<'_> {
    /// Whether one of them says something of `indicator`: one about it, or about a name above it, since
    /// verdicts are about registered domains.
    pub(crate) fn concerns(&self, indicator: Indicator<'_>) -> bool {
        match (self, indicator) {
            (Self::Any, _) => true,
            (Self::Of { addresses, .. }, Indicator::Ip(ip)) => addresses.contains(&ip),
            (Self::Of { domains, .. }, Indicator::Domain(name)) => {
                !domains.is_empty() && with_parents(name).any(|name| domains.contains(name))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_on_a_domain_concerns_the_names_below_it() {
        let of = |text: &str| IndicatorBuf::from(text.to_owned());
        let arrived = Arrived::Of(vec![of("bad.example"), of("203.0.113.7")]);
        let concerns = |text: &str| arrived.indexed().concerns(of(text).borrowed());
        for (text, concerned) in [
            ("bad.example", true),
            ("a.b.bad.example", true),
            ("notbad.example", false),
            ("example", false),
            ("203.0.113.7", true),
            ("203.0.113.8", false),
        ] {
            assert_eq!(concerns(text), concerned, "{text}");
            assert!(Arrived::Any.indexed().concerns(of(text).borrowed()));
        }
        assert!(Arrived::Of(Vec::new()).is_empty() && !Arrived::Any.is_empty());
    }
}
