//! What may be asked about at all.
//!
//! - `addresses`: which addresses are globally reachable
//! - `names`: which names are public

mod addresses;
mod names;

use std::net::IpAddr;

use netsentinel_core::config::{DomainScope, ReputationSettings};
use netsentinel_core::{Indicator, IndicatorBuf, Site};

pub(crate) use addresses::is_global_network;
use names::NameSet;

/// What may be asked about at all: addresses that are global and not of the site, names that are public.
///
/// An address that carries an IPv4 address (IPv4-mapped, 6to4, the well-known NAT64 prefix) is judged by
/// that one too. Names are judged by the Public Suffix List as of the build.
#[derive(Clone, Debug)]
pub struct Scope {
    site: Site,
    allowed_networks: Site,
    allowed_domains: NameSet,
    private_domains: NameSet,
    domains: DomainScope,
}

impl Scope {
    /// The scope of a site with these settings.
    pub fn new(settings: &ReputationSettings, site: &Site) -> Self {
        Self {
            site: site.clone(),
            allowed_networks: Site::new(settings.allow_networks.clone()),
            allowed_domains: NameSet::new(&settings.allow_domains),
            private_domains: NameSet::new(&settings.private_domains),
            domains: settings.domains,
        }
    }

    /// Whether `ip` may be told to anybody outside. Cheap enough for the packet path: does not allocate.
    pub fn may_ask_ip(&self, ip: IpAddr) -> bool {
        addresses::is_global(ip) && !within(&self.site, ip) && !within(&self.allowed_networks, ip)
    }

    /// Whether nothing is ever held against `indicator`: the configuration allows it, or the domain that it
    /// lies below. Does not allocate.
    pub fn allows(&self, indicator: Indicator<'_>) -> bool {
        match indicator {
            Indicator::Ip(ip) => within(&self.allowed_networks, ip),
            Indicator::Domain(name) => self.allowed_domains.holds(name),
        }
    }

    /// What is asked about where `indicator` was seen: the address itself, or the registered domain or the
    /// full name as configured; nothing where that must not be told to anybody.
    pub fn asked_about(&self, indicator: Indicator<'_>) -> Option<IndicatorBuf> {
        self.asked_borrowed(indicator).map(Indicator::to_buf)
    }

    /// [`asked_about`](Self::asked_about), borrowed from `indicator`: does not allocate.
    pub fn asked_borrowed<'a>(&self, indicator: Indicator<'a>) -> Option<Indicator<'a>> {
        match indicator {
            Indicator::Ip(ip) => self.may_ask_ip(ip).then_some(indicator),
            Indicator::Domain(name) => self.asked_name(name).map(Indicator::Domain),
        }
    }

    fn asked_name<'a>(&self, name: &'a str) -> Option<&'a str> {
        if self.private_domains.holds(name) || self.allowed_domains.holds(name) {
            return None;
        }
        let registered = names::registered(name)?;
        match self.domains {
            DomainScope::Registered => Some(registered),
            DomainScope::Full => names::is_host_name(name).then_some(name),
        }
    }
}

/// Whether `ip`, or the IPv4 address that it carries, lies within `networks`.
fn within(networks: &Site, ip: IpAddr) -> bool {
    networks.is_internal(ip)
        || addresses::carried(ip).is_some_and(|ip| networks.is_internal(IpAddr::V4(ip)))
}

#[cfg(test)]
pub(crate) mod tests;
