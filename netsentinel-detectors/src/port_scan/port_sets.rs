//! All ports that a source has probed, once it is known for a scanner.

use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::time::Duration;

use netsentinel_core::window::BoundedMap;
use netsentinel_core::{Timestamp, Usage};

/// Scanners followed at once: 2 MiB. Of more, those quiet the longest are begun anew.
const SCANNERS_MAX: NonZeroUsize = NonZeroUsize::new(256).unwrap();
/// A scanner quiet for longer may be forgotten.
const IDLE: Duration = Duration::from_secs(600);
const WORDS: usize = (u16::MAX as usize + 1) / u64::BITS as usize;

/// A set of ports for each of a few sources.
pub(super) struct PortSets {
    sets: BoundedMap<IpAddr, Ports>,
}

struct Ports([u64; WORDS]);

impl PortSets {
    pub(super) fn new() -> Self {
        Self { sets: BoundedMap::new(SCANNERS_MAX, IDLE) }
    }

    /// Adds `port` to what `source` has probed; whether it was not there yet.
    pub(super) fn insert(&mut self, source: IpAddr, port: u16, now: Timestamp) -> bool {
        self.sets.entry(source, now, || Ports([0; WORDS])).value.insert(port)
    }

    /// Begins the set of `source` anew, with `ports` in it.
    pub(super) fn restart(
        &mut self,
        source: IpAddr,
        ports: impl Iterator<Item = u16>,
        now: Timestamp,
    ) {
        let set = self.sets.entry(source, now, || Ports([0; WORDS])).value;
        set.0.fill(0);
        for port in ports {
            set.insert(port);
        }
    }

    /// How full it is. The sets only count on, so one begun anew is no eviction of the detector's.
    pub(super) fn bytes(&self) -> Usage {
        Usage { bytes: self.sets.usage().bytes, ..Usage::default() }
    }
}

impl Ports {
    fn insert(&mut self, port: u16) -> bool {
        let (word, bit) = (usize::from(port) / 64, 1_u64 << (port % 64));
        let fresh = self.0[word] & bit == 0;
        self.0[word] |= bit;
        fresh
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_new_once_until_the_set_begins_anew() {
        let (mut sets, source) = (PortSets::new(), IpAddr::from([10, 0, 0, 1]));
        let now = Timestamp::from_nanos(0);
        for port in [0, 63, 64, 65_535] {
            assert!(sets.insert(source, port, now));
            assert!(!sets.insert(source, port, now));
        }
        sets.restart(source, [1, 2].into_iter(), now);
        assert!(sets.insert(source, 0, now));
        assert!(!sets.insert(source, 2, now));
    }
}
