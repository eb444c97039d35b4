//! A full cache of verdicts to measure with.

use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use netsentinel_core::config::ReputationSettings;
use netsentinel_core::{IndicatorBuf, ProviderVerdict, RiskTier, Site, Timestamp};
use netsentinel_vt::feeds::FeedSet;
use netsentinel_vt::{Cache, Known, Lifetimes, Outcome, Scope};

/// The default of `reputation.cache_entries`.
pub const ENTRIES: u32 = 65_536;
/// Every eighth is a domain.
pub const DOMAIN_EACH: u32 = 8;

/// A full cache, and somebody to ask about all else.
pub fn known() -> Arc<Known> {
    let hour = Duration::from_secs(3_600);
    let lifetimes = Lifetimes { bad: hour, clean: hour, error: hour };
    let capacity = NonZeroUsize::MIN.saturating_add(ENTRIES as usize - 1);
    let cache = Cache::new(capacity, lifetimes);
    let now = Timestamp::from_nanos(0);
    for n in 0..ENTRIES {
        let indicator = match n % DOMAIN_EACH {
            0 => IndicatorBuf::Domain(domain(n).into()),
            _ => IndicatorBuf::Ip(address(n)),
        };
        let outcome = match n % 2 {
            0 => Outcome::Unknown,
            _ => Outcome::Known { verdicts: vec![verdict()], lasts: None },
        };
        cache.record("virustotal", &indicator, outcome, now);
    }
    let scope = Scope::new(&ReputationSettings::default(), &Site::default());
    let feeds = Arc::new(FeedSet::default());
    let known = Known::new(Arc::new(cache), feeds, scope, now, Arc::new(|| ()));
    known.set_asking(true, true);
    known
}

fn verdict() -> ProviderVerdict {
    let (provider, detail) = ("virustotal".to_owned(), "1 malicious".to_owned());
    ProviderVerdict { provider, tier: RiskTier::Medium, detail }
}

/// The address of the `n`th entry, where that is none of the domains.
pub fn address(n: u32) -> IpAddr {
    IpAddr::V4(Ipv4Addr::from_bits(0x0900_0000 + n))
}

/// The domain of the `n`th entry, where that is one.
pub fn domain(n: u32) -> String {
    format!("site-{n}.org")
}
