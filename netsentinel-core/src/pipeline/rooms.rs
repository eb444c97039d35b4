//! How large each table becomes: as its key or constant says, or all of them by one limit of memory.

use std::num::NonZeroUsize;

use super::episodes::EPISODES_MAX;
use super::reassembly::{BLOCKS_MAX, BLOCKS_PER_DATAGRAM, DATAGRAMS_MAX};
use super::waiting::{WAITING_ADDRESSES_MAX, WAITING_DOMAINS_MAX};
use crate::config::PipelineSettings;

/// Entries of each table. The default sizes have the proportions that a limit keeps.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rooms {
    pub(super) hosts: NonZeroUsize,
    pub(super) flows: NonZeroUsize,
    pub(super) episodes: NonZeroUsize,
    pub(super) datagrams: NonZeroUsize,
    pub(super) blocks: usize,
    pub(super) waiting_addresses: NonZeroUsize,
    pub(super) waiting_domains: NonZeroUsize,
}

impl Rooms {
    /// The fewest hosts that tables are made for.
    pub(super) const HOSTS_MIN: usize = 16;
    /// The most: as many as `max_hosts` may be.
    pub(super) const HOSTS_MAX: usize = 1 << 20;

    /// As the keys say.
    pub(super) fn of(settings: &PipelineSettings) -> Self {
        let flows = settings.max_flows.get();
        Self { flows, ..Self::for_hosts(settings.max_hosts.get(), Self::HOSTS_MAX) }
    }

    /// In proportion to `hosts`.
    pub(super) fn scaled(hosts: usize) -> Self {
        let hosts = at_least_one(hosts);
        Self::for_hosts(hosts, hosts.get())
    }

    /// Tables of hosts for `hosts`, the others as many of `scale` as they are by default, at most.
    fn for_hosts(hosts: NonZeroUsize, scale: usize) -> Self {
        let part = |most: usize, of: usize| at_least_one((scale / of).min(most));
        Self {
            hosts,
            flows: at_least_one((2 * scale).min(Self::HOSTS_MAX)),
            episodes: part(EPISODES_MAX, 8),
            datagrams: part(DATAGRAMS_MAX, 64),
            // One datagram of the largest size has room.
            blocks: (scale / 8).clamp(BLOCKS_PER_DATAGRAM, BLOCKS_MAX),
            waiting_addresses: part(WAITING_ADDRESSES_MAX, 32),
            waiting_domains: part(WAITING_DOMAINS_MAX, 64),
        }
    }

    /// The largest rooms for which `bytes`, told how much memory rooms take, is within `limit`. Where
    /// there are none, the least that rooms can take.
    ///
    /// # Errors
    ///
    /// Those of `bytes`.
    pub(super) fn within<E>(
        limit: usize,
        mut bytes: impl FnMut(Self) -> Result<usize, E>,
    ) -> Result<Result<Self, usize>, E> {
        let least = bytes(Self::scaled(Self::HOSTS_MIN))?;
        if least > limit {
            return Ok(Err(least));
        }
        let (mut fits, mut step) = (Self::HOSTS_MIN, Self::HOSTS_MIN);
        // Doubles while it fits, then halves the rest, to about one part in 64.
        while fits < Self::HOSTS_MAX && bytes(Self::scaled(2 * fits))? <= limit {
            fits *= 2;
            step = fits;
        }
        let finest = (fits / 64).max(1);
        while step > finest && fits < Self::HOSTS_MAX {
            step /= 2;
            if bytes(Self::scaled(fits + step))? <= limit {
                fits += step;
            }
        }
        Ok(Ok(Self::scaled(fits)))
    }
}

fn at_least_one(entries: usize) -> NonZeroUsize {
    NonZeroUsize::new(entries).unwrap_or(NonZeroUsize::MIN)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    #[test]
    fn the_defaults_have_the_proportions_that_a_limit_keeps() {
        let [keys, limit] = [Rooms::of(&PipelineSettings::default()), Rooms::scaled(65_536)];
        assert_eq!(format!("{keys:?}"), format!("{limit:?}"));
    }

    #[test]
    fn rooms_fill_the_limit_and_stay_within_it() {
        // Tables grow by steps, and some of them not at all.
        let bytes =
            |rooms: Rooms| 10_000 + 100 * rooms.hosts.get() + rooms.hosts.get().next_power_of_two();
        for limit in [20_000, 100_000, 1_000_000, 77_777_777] {
            let rooms = Rooms::within(limit, |rooms| Ok::<_, Infallible>(bytes(rooms)));
            let Ok(Ok(rooms)) = rooms else { panic!("{limit} is enough") };
            assert!(bytes(rooms) <= limit && bytes(rooms) > limit / 10 * 9, "{limit}: {rooms:?}");
        }
        let too_little = Rooms::within(11_615, |rooms| Ok::<_, Infallible>(bytes(rooms)));
        assert_eq!(too_little.unwrap().unwrap_err(), 11_616);
    }
}
