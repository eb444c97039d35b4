//! Which workers need which record.

use super::classify;
use super::share::{Ends, Owners};
use crate::{Interest, LinkType, Record, decode};

/// The workers that need a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Route {
    /// The worker that judges the source, if that is all that needs the record there.
    source: u16,
    /// The worker that judges the destination, likewise.
    destination: u16,
    /// The kinds that its packet is of, unless everybody needs it.
    pub(super) kinds: Interest,
    /// Whether packet time enters a new second with it, which all workers are told.
    pub(super) begins_second: bool,
}

/// No worker needs this end.
const NOBODY: u16 = u16::MAX;
/// All workers need the record.
const EVERYBODY: u16 = u16::MAX - 1;

/// What of a record is a worker's part.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    /// Its number among the records of the batch.
    pub(super) record: u32,
    pub(super) work: Work,
}

/// What a worker has to do.
#[derive(Clone, Copy, Debug)]
pub(super) enum Work {
    /// To judge these ends of a packet of these kinds.
    Judge(Interest, Ends),
    /// To look of which kinds it is, and whose.
    Look,
    /// To see that a new second has begun.
    Time,
}

impl Route {
    /// The workers that judge its source and its destination, or a number that none has; `None` if all
    /// must look.
    #[inline(always)]
    pub(super) fn owners(&self) -> Option<(u16, u16)> {
        (self.source != EVERYBODY).then_some((self.source, self.destination))
    }
}

/// Tells by a glance at a frame which workers need it.
///
/// The glance is the one that decoding takes first too: it tells a TCP segment or UDP datagram in plain
/// Ethernet and IP, whole and sound, in no tunnel. Of any other frame all workers take a look.
pub(super) struct Router {
    owners: Owners,
    needs: Needs,
}

/// The kinds of packet for which the owner of an end needs a packet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Needs {
    pub(super) source: Interest,
    pub(super) destination: Interest,
    /// Those for which everybody does.
    pub(super) all: Interest,
}

impl Router {
    pub(super) fn new(owners: Owners, needs: Needs) -> Self {
        Self { owners, needs }
    }

    /// For whom `record` is.
    #[inline(always)]
    pub(super) fn route(&self, record: &Record<'_>, begins_second: bool) -> Route {
        let plain = match record.link {
            LinkType::ETHERNET => decode::plain(record.data),
            _ => None,
        };
        let Some(ip) = plain else {
            let kinds = Interest::empty();
            return Route { source: EVERYBODY, destination: EVERYBODY, kinds, begins_second };
        };
        let kinds = classify::ip_kinds(&ip);
        if kinds.intersects(self.needs.all) {
            return Route { source: EVERYBODY, destination: EVERYBODY, kinds, begins_second };
        }
        let owner = |host, needs| match kinds.intersects(needs) {
            true => self.owners.of(host),
            false => NOBODY,
        };
        Route {
            source: owner(ip.source, self.needs.source),
            destination: owner(ip.destination, self.needs.destination),
            kinds,
            begins_second,
        }
    }
}
