//! Reputation handed in as a table: for tests, for replays, for lists of one's own.

use std::collections::HashMap;
use std::net::IpAddr;

use serde::Deserialize;

use super::indicator::with_parents;
use super::{Indicator, Reputation, RiskTier};
use crate::text::printable;

/// A fixed table of indicators and their tiers.
///
/// Written as a JSON object, with the tier alone or with its reason; a domain also stands for all
/// names below it:
///
/// ```
/// use netsentinel_core::{Indicator, KnownReputation, Reputation, RiskTier};
///
/// let known = KnownReputation::from_json(
///     r#"{ "203.0.113.7": "HIGH", "bad.example": { "tier": "CRITICAL", "detail": "11 malicious" } }"#,
/// )?;
/// assert_eq!(known.tier(Indicator::Ip("203.0.113.7".parse()?)), RiskTier::High);
/// assert_eq!(known.tier(Indicator::Domain("x.bad.example")), RiskTier::Critical);
/// assert_eq!(known.tier(Indicator::Domain("notbad.example")), RiskTier::Clean);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct KnownReputation {
    addresses: HashMap<IpAddr, Verdict>,
    domains: HashMap<String, Verdict>,
}

#[derive(Clone, Debug)]
struct Verdict {
    tier: RiskTier,
    detail: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Entry {
    Tier(String),
    Full {
        tier: String,
        #[serde(default)]
        detail: Option<String>,
    },
}

/// Why a reputation table can not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReputationError {
    /// The text is not a JSON object of indicators.
    #[error("not a JSON object of indicator and tier: {0}")]
    Json(#[source] serde_json::Error),
    /// The value of one indicator is no tier.
    #[error(
        "{indicator}: expected CLEAN, LOW, MEDIUM, HIGH or CRITICAL, alone or as \
         {{\"tier\": …, \"detail\": …}}"
    )]
    Tier {
        /// The key in the table.
        indicator: String,
    },
    /// A key is neither an address nor a domain name.
    #[error("{indicator}: neither an IP address nor a domain name")]
    Indicator {
        /// The key in the table.
        indicator: String,
    },
}

impl KnownReputation {
    /// Reads a table from JSON text.
    ///
    /// # Errors
    ///
    /// When the text is no JSON object, a key no indicator, or a value no tier.
    pub fn from_json(text: &str) -> Result<Self, ReputationError> {
        let entries: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(text).map_err(ReputationError::Json)?;
        let mut known = Self::default();
        for (indicator, value) in entries {
            let wrong = || ReputationError::Tier { indicator: printable(indicator.as_bytes()) };
            let (tier, detail) = match Entry::deserialize(value).map_err(|_| wrong())? {
                Entry::Tier(tier) => (tier, None),
                Entry::Full { tier, detail } => (tier, detail),
            };
            let tier = tier_named(&tier).ok_or_else(wrong)?;
            let detail = detail.map(|detail| printable(detail.as_bytes()));
            known.insert(&indicator, Verdict { tier, detail })?;
        }
        Ok(known)
    }

    /// How many indicators the table holds.
    pub fn len(&self) -> usize {
        self.addresses.len() + self.domains.len()
    }

    /// Whether the table is empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn insert(&mut self, indicator: &str, verdict: Verdict) -> Result<(), ReputationError> {
        if let Ok(address) = indicator.parse() {
            self.addresses.insert(address, verdict);
            return Ok(());
        }
        let domain = indicator.trim_end_matches('.').to_ascii_lowercase();
        let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        if domain.is_empty() || !domain.bytes().all(fits) {
            let indicator = printable(indicator.as_bytes());
            return Err(ReputationError::Indicator { indicator });
        }
        self.domains.insert(domain, verdict);
        Ok(())
    }

    fn verdict(&self, indicator: Indicator<'_>) -> Option<&Verdict> {
        match indicator {
            Indicator::Ip(ip) => self.addresses.get(&ip),
            Indicator::Domain(_) if self.domains.is_empty() => None,
            Indicator::Domain(name) => with_parents(name).find_map(|name| self.domains.get(name)),
        }
    }
}

/// The tier of that name, in whatever case.
fn tier_named(name: &str) -> Option<RiskTier> {
    RiskTier::ALL.into_iter().find(|tier| tier.name().eq_ignore_ascii_case(name))
}

impl Reputation for KnownReputation {
    fn tier(&self, indicator: Indicator<'_>) -> RiskTier {
        self.verdict(indicator).map_or(RiskTier::Clean, |verdict| verdict.tier)
    }

    fn detail(&self, indicator: Indicator<'_>) -> Option<String> {
        self.verdict(indicator)?.detail.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_it_can_not_use_and_names_it() {
        let error = |text| KnownReputation::from_json(text).unwrap_err().to_string();
        assert!(error("[1]").starts_with("not a JSON object"));
        assert!(error(r#"{"10.0.0.1": "EVIL"}"#).starts_with("10.0.0.1: expected CLEAN"));
        assert!(error(r#"{"a b": "LOW"}"#).contains("neither an IP address nor a domain"));
        assert!(error(r#"{"\u001b[2J": "LOW"}"#).starts_with(r"\x1b[2J: neither"));
    }

    #[test]
    fn the_longest_name_wins() {
        let table = r#"{"example": "low", "a.example.": "HIGH"}"#;
        let known = KnownReputation::from_json(table).unwrap();
        assert_eq!(known.tier(Indicator::Domain("x.a.example")), RiskTier::High);
        assert_eq!(known.tier(Indicator::Domain("b.example")), RiskTier::Low);
        assert_eq!(known.len(), 2);
    }
}
