//! What is remembered of one indicator: a part for each who was asked.

use std::cmp::Reverse;
use std::collections::HashSet;

use netsentinel_core::text::shown;
use netsentinel_core::{ProviderVerdict, RiskTier, Timestamp};
use serde::{Deserialize, Serialize};

/// Who can have said something of one indicator; there are two providers, and servers for agents.
const PARTS_MAX: usize = 4;
/// Verdicts of one part; a server's answer holds those of all its lists.
const VERDICTS_MAX: usize = 24;
/// Bytes of a provider's name.
const NAME_LEN_MAX: usize = 64;
/// Bytes of a reason.
const DETAIL_LEN_MAX: usize = 160;

/// What was said of one indicator. Never changed, so that whoever reads needs no lock.
#[derive(Debug, PartialEq)]
pub(super) struct Entry {
    parts: Vec<Part>,
}

/// What one provider said. Without verdicts it holds nothing against the indicator, or there was no answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Part {
    pub(super) provider: String,
    pub(super) until: Timestamp,
    pub(super) verdicts: Vec<ProviderVerdict>,
}

impl Entry {
    /// The parts, in the order of their providers' names. What is too much or forges something is cut away:
    /// the least bad verdicts first, and the parts that end first.
    pub(super) fn new(mut parts: Vec<Part>) -> Self {
        for part in &mut parts {
            part.tidy();
        }
        parts.sort_by_key(|part| Reverse(part.until));
        let mut names = HashSet::new();
        parts.retain(|part| names.insert(part.provider.clone()));
        parts.truncate(PARTS_MAX);
        parts.sort_by(|a, b| a.provider.cmp(&b.provider));
        Self { parts }
    }

    pub(super) fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// What `provider` said, if it still counts.
    pub(super) fn part(&self, provider: &str, now: Timestamp) -> Option<&Part> {
        let name = text(provider, NAME_LEN_MAX);
        self.counting(now).find(|part| part.provider == name)
    }

    /// The parts that still count.
    pub(super) fn counting(&self, now: Timestamp) -> impl Iterator<Item = &Part> {
        self.parts.iter().filter(move |part| part.until > now)
    }

    /// When the first part stops counting.
    pub(super) fn first_end(&self) -> Timestamp {
        self.parts.iter().map(|part| part.until).min().unwrap_or(Timestamp::MIN)
    }

    /// The worst tier of what counts; `None` where nothing does.
    pub(super) fn tier(&self, now: Timestamp) -> Option<RiskTier> {
        self.counting(now)
            .map(|part| part.verdicts.first().map_or(RiskTier::Clean, |worst| worst.tier))
            .max()
    }

    /// All that counts, the worst first.
    pub(super) fn verdicts(&self, now: Timestamp) -> Vec<ProviderVerdict> {
        let parts = self.counting(now);
        let mut verdicts: Vec<_> = parts.flat_map(|part| part.verdicts.iter().cloned()).collect();
        verdicts.sort_by_key(|verdict| Reverse(verdict.tier));
        verdicts
    }
}

impl Part {
    pub(super) fn new(provider: &str, until: Timestamp, verdicts: Vec<ProviderVerdict>) -> Self {
        Self { provider: text(provider, NAME_LEN_MAX), until, verdicts }
    }

    fn tidy(&mut self) {
        self.provider = text(&self.provider, NAME_LEN_MAX);
        self.verdicts.retain(|verdict| verdict.tier > RiskTier::Clean);
        self.verdicts.sort_by_key(|verdict| Reverse(verdict.tier));
        self.verdicts.truncate(VERDICTS_MAX);
        for verdict in &mut self.verdicts {
            verdict.provider = text(&verdict.provider, NAME_LEN_MAX);
            verdict.detail = text(&verdict.detail, DETAIL_LEN_MAX);
        }
    }
}

/// `text` with nothing in it that could forge something, cut to `len_max` bytes. What it gives stays as it
/// is when given again.
fn text(text: &str, len_max: usize) -> String {
    let mut text = shown(text).into_owned();
    text.truncate(text.floor_char_boundary(len_max));
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::file::{LINE_LEN_MAX, line_of};

    fn part(provider: &str, until: i64, verdicts: Vec<ProviderVerdict>) -> Part {
        Part::new(provider, Timestamp::from_nanos(until), verdicts)
    }

    fn verdict(tier: RiskTier, detail: &str) -> ProviderVerdict {
        ProviderVerdict { provider: "p".repeat(100), tier, detail: detail.into() }
    }

    #[test]
    fn the_largest_entry_fits_a_line() {
        let long = "\"\\".repeat(1_000);
        let verdicts = vec![verdict(RiskTier::Critical, &long); 100];
        let parts = (0..20).map(|n| part(&format!("{n}{long}"), n, verdicts.clone()));
        let entry = Entry::new(parts.collect());
        assert_eq!(entry.parts.len(), PARTS_MAX);
        assert_eq!(entry.first_end(), Timestamp::from_nanos(16), "the first to end are given up");
        let Ok(indicator) = "a".repeat(253).parse();
        let line = line_of(&indicator, &entry).unwrap();
        assert!(line.len() <= LINE_LEN_MAX && line.len() > LINE_LEN_MAX / 2, "{}", line.len());
    }

    #[test]
    fn what_is_kept_forges_nothing_and_stays_as_it_is() {
        let hostile = "\u{1b}[2J\u{202e}ä\\".repeat(20);
        let verdicts = vec![
            verdict(RiskTier::Low, &hostile),
            verdict(RiskTier::Clean, ""),
            verdict(RiskTier::High, "5 malicious"),
        ];
        let entry = Entry::new(vec![part("one", 9, verdicts), part("one", 8, vec![])]);
        let tiers: Vec<_> = entry.parts[0].verdicts.iter().map(|verdict| verdict.tier).collect();
        assert_eq!((entry.parts.len(), &*tiers), (1, &[RiskTier::High, RiskTier::Low][..]));
        assert!(!entry.parts[0].verdicts[1].detail.contains(char::is_control));
        assert_eq!(Entry::new(entry.parts.clone()), entry);
    }

    #[test]
    fn counts_until_its_time_is_over() {
        let high = vec![verdict(RiskTier::High, "5 malicious")];
        let entry = Entry::new(vec![part("a", 10, high), part("b", 20, vec![])]);
        let tier = |now| entry.tier(Timestamp::from_nanos(now));
        assert_eq!(
            [tier(9), tier(10), tier(20)],
            [Some(RiskTier::High), Some(RiskTier::Clean), None]
        );
        assert!(entry.part("b", Timestamp::from_nanos(19)).is_some());
        assert!(entry.part("a", Timestamp::from_nanos(10)).is_none());
        assert_eq!(entry.verdicts(Timestamp::from_nanos(10)), []);
    }
}
