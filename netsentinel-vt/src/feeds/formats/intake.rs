//! Where readers hand in what they find: screens it, counts it, hands it on.

use std::net::IpAddr;

use ipnet::IpNet;

use super::{FormatError, Screen, Skip, screen};

/// Indicators of a list at most. The largest public lists have about one million.
pub const INDICATORS_MAX: u64 = 4_000_000;

/// What a list holds against somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry<'a> {
    /// An address, as a network of one, or a network.
    Network(IpNet),
    /// A domain, lower case, without a final dot.
    Domain(&'a str),
}

/// What came of reading a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parsed {
    /// Indicators that were handed on, the same one each time.
    pub indicators: u64,
    /// Lines and items that do not count.
    pub skipped: u64,
    by_reason: [u64; Skip::COUNT],
}

impl Parsed {
    /// How many do not count for that reason.
    pub fn skipped_for(&self, skip: Skip) -> u64 {
        self.by_reason.get(skip as usize).copied().unwrap_or_default()
    }

    /// Why items do not count, the most frequent reason first, with how many.
    pub fn reasons(&self) -> Vec<(Skip, u64)> {
        let mut reasons: Vec<_> = Skip::ALL
            .into_iter()
            .map(|skip| (skip, self.skipped_for(skip)))
            .filter(|(_, count)| *count > 0)
            .collect();
        reasons.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        reasons
    }
}

/// Where readers hand in what they find.
pub(super) struct Intake<'a> {
    screen: &'a Screen,
    each: &'a mut dyn FnMut(Entry<'_>),
    parsed: Parsed,
    /// Indicators that may still come.
    left: u64,
    /// The name being judged.
    name: String,
}

impl<'a> Intake<'a> {
    pub(super) fn new(screen: &'a Screen, each: &'a mut dyn FnMut(Entry<'_>)) -> Self {
        Self { screen, each, parsed: Parsed::default(), left: INDICATORS_MAX, name: String::new() }
    }

    pub(super) fn parsed(&self) -> Parsed {
        self.parsed
    }

    /// An address, a network or a name.
    pub(super) fn any(&mut self, text: &str) -> Result<(), FormatError> {
        if self.try_network(text)? { Ok(()) } else { self.name(text) }
    }

    /// An address or a network.
    pub(super) fn network_in(&mut self, text: &str) -> Result<(), FormatError> {
        if !self.try_network(text)? {
            self.skip(Skip::Malformed);
        }
        Ok(())
    }

    /// An address.
    pub(super) fn address_in(&mut self, text: &str) -> Result<(), FormatError> {
        match screen::address(text) {
            Some(ip) => self.address(ip),
            None => {
                self.skip(Skip::Malformed);
                Ok(())
            }
        }
    }

    pub(super) fn address(&mut self, ip: IpAddr) -> Result<(), FormatError> {
        self.network(ip.into())
    }

    pub(super) fn network(&mut self, network: IpNet) -> Result<(), FormatError> {
        match self.screen.network(network) {
            Ok(network) => self.take(Entry::Network(network)),
            Err(skip) => {
                self.skip(skip);
                Ok(())
            }
        }
    }

    pub(super) fn name(&mut self, text: &str) -> Result<(), FormatError> {
        let mut name = std::mem::take(&mut self.name);
        let taken = match self.screen.name(text, &mut name) {
            Ok(name) => self.take(Entry::Domain(name)),
            Err(skip) => {
                self.skip(skip);
                Ok(())
            }
        };
        self.name = name;
        taken
    }

    pub(super) fn skip(&mut self, skip: Skip) {
        self.parsed.skipped += 1;
        if let Some(count) = self.parsed.by_reason.get_mut(skip as usize) {
            *count += 1;
        }
    }

    /// Whether `text` was an address or a network.
    fn try_network(&mut self, text: &str) -> Result<bool, FormatError> {
        if let Some(ip) = screen::address(text) {
            self.address(ip)?;
        } else if let Ok(network) = text.parse() {
            self.network(network)?;
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    fn take(&mut self, entry: Entry<'_>) -> Result<(), FormatError> {
        self.left = self.left.checked_sub(1).ok_or(FormatError::TooMany)?;
        self.parsed.indicators += 1;
        (self.each)(entry);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use netsentinel_core::Site;
    use netsentinel_core::config::ReputationSettings;

    use super::*;
    use crate::Scope;

    #[test]
    fn takes_no_more_than_it_may() {
        let scope = Scope::new(&ReputationSettings::default(), &Site::new(Vec::new()));
        let (screen, mut taken) = (Screen::new(scope), 0);
        let mut each = |_: Entry<'_>| taken += 1;
        let mut intake = Intake::new(&screen, &mut each);
        intake.left = 2;
        intake.any("localhost").unwrap();
        intake.any("a.example").unwrap();
        intake.any("45.95.11.0/24").unwrap();
        assert!(matches!(intake.any("b.example"), Err(FormatError::TooMany)));
        assert_eq!((intake.parsed().indicators, intake.parsed().skipped), (2, 1));
        assert_eq!(taken, 2);
    }
}
