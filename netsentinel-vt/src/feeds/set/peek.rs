//! How the lists are looked through while others change them.

use std::cmp::Reverse;
use std::sync::atomic::Ordering;

use netsentinel_core::text::printable;
use netsentinel_core::{Indicator, ProviderVerdict};

use super::counting::Active;
use super::keys::Keys;
use super::networks::bits_of;
use super::snapshot::Snapshot;
use super::{FEEDS_MAX, FeedId, FeedSet};

/// How often a peek looks again when something was taken away meanwhile. Whatever takes something away
/// goes through all that there is, so a second look is rare and a third next to impossible.
const LOOKS_MAX: usize = 4;

impl FeedSet {
    /// What `read` makes of the lists, or its default where no list counts.
    ///
    /// A look goes from one word to the next, so by itself it could miss what moves from a word that it has yet
    /// to read to one that it has read already, as from a domain to its parent; or it could read what
    /// one list holds, having read the tier of another that had its place before. In both cases something
    /// was taken away meanwhile.
    pub(super) fn look<T: Default>(&self, read: impl Fn(&Snapshot, Active) -> T) -> T {
        let mut found = T::default();
        for _ in 0..LOOKS_MAX {
            let removals = self.removals.load(Ordering::Acquire);
            let active = self.counting.now();
            if active.is_empty() {
                return T::default();
            }
            found = read(&self.current.load(), active);
            if self.removals.load(Ordering::Acquire) == removals {
                break;
            }
        }
        found
    }
}

/// Which of `lists` hold it, the worst first.
pub(super) fn verdicts(
    snapshot: &Snapshot,
    keys: &Keys,
    lists: u16,
    indicator: Indicator<'_>,
) -> Vec<ProviderVerdict> {
    let mut verdicts: Vec<_> = (0..FEEDS_MAX as u8)
        .map(FeedId)
        .filter(|feed| lists & feed.bit() != 0)
        .filter_map(|feed| {
            let list = snapshot.list(feed.place())?;
            let detail = detail(snapshot, keys, feed, indicator)?;
            Some(ProviderVerdict { provider: list.name.to_string(), tier: list.tier, detail })
        })
        .collect();
    verdicts.sort_by_key(|verdict| Reverse(verdict.tier));
    verdicts
}

/// How the list holds it, if it does.
fn detail(
    snapshot: &Snapshot,
    keys: &Keys,
    feed: FeedId,
    indicator: Indicator<'_>,
) -> Option<String> {
    match indicator {
        Indicator::Ip(address) => {
            let address = address.to_canonical();
            if snapshot.lists_at(keys.address(address)) & feed.bit() != 0 {
                return Some("listed".into());
            }
            let network = snapshot.networks.smallest(feed.place(), bits_of(address))?;
            Some(format!("listed as {network}"))
        }
        Indicator::Domain(name) => {
            let held = |key| snapshot.lists_at(key) & feed.bit() != 0;
            let (start, _) = keys.suffixes(name).filter(|(_, key)| held(*key)).last()?;
            match start {
                0 => Some("listed".into()),
                _ => Some(format!("listed as {}", printable(name.get(start..)?.as_bytes()))),
            }
        }
    }
}
