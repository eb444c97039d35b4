//! Which workers need which record.

use super::classify;
use super::share::{Ends, Owners};
use crate::detector::Party;
use crate::{Interest, LinkType, Record, decode};

/// The workers that need a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Route {
    /// The worker that judges the source, if that is all that needs the record there.
    source: u16,
    /// The worker that judges the destination, likewise.
    destination: u16,
    /// Whether packet time enters a new second with it, which all workers are told.
    pub(super) begins_second: bool,
}

/// No worker needs this end.
const NOBODY: u16 = u16::MAX;
/// All workers need the record.
const EVERYBODY: u16 = u16::MAX - 1;

/// What of a record is a worker's part.
#[derive(Clone, Copy, Debug)]
pub(super) enum Part {
    /// To judge it for these of its ends.
    Judged(Ends),
    /// To look whose it is.
    Looked,
    /// To see that a new second has begun.
    Time,
}

impl Route {
    /// The part of `worker`; `None` if the record is nothing to it.
    #[inline]
    pub(super) fn part(self, worker: u16) -> Option<Part> {
        let ends = Ends::new(self.source == worker, self.destination == worker);
        if ends.include(Party::Either) {
            Some(Part::Judged(ends))
        } else if self.source == EVERYBODY {
            Some(Part::Looked)
        } else {
            self.begins_second.then_some(Part::Time)
        }
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
            return Route { source: EVERYBODY, destination: EVERYBODY, begins_second };
        };
        let kinds = classify::ip_kinds(&ip);
        let owner = |host, needs| match kinds.intersects(needs) {
            true => self.owners.of(host),
            false => NOBODY,
        };
        Route {
            source: owner(ip.source, self.needs.source),
            destination: owner(ip.destination, self.needs.destination),
            begins_second,
        }
    }
}
