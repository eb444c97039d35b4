//! Counting across wraps, resets and reopened handles.

use ::pcap::Stat;

/// The counters of one interface since the capture began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counters {
    pub(super) handed: u64,
    pub(super) dropped_agent: u64,
    pub(super) dropped_kernel: u64,
    pub(super) dropped_interface: u64,
}

impl Counters {
    /// Packets that passed the filter, however they ended.
    pub(super) fn received(&self) -> u64 {
        self.handed + self.dropped_agent + self.dropped_kernel
    }

    /// Adds what a handle counted between two readings of its statistics.
    pub(super) fn add(&mut self, before: Stat, after: Stat) {
        self.dropped_kernel += grown(before.dropped, after.dropped);
        self.dropped_interface += grown(before.if_dropped, after.if_dropped);
    }
}

/// How far a counter of 32 bits has gone on, over its end if need be.
///
/// A step of more than half of its range in the second between two readings is no count but a
/// counter that was set back or never made sense, as some drivers' have been: it adds nothing.
fn grown(before: u32, after: u32) -> u64 {
    let step = after.wrapping_sub(before);
    if step > u32::MAX / 2 { 0 } else { u64::from(step) }
}

/// Before a handle has counted anything.
pub(super) const ZERO: Stat = Stat { received: 0, dropped: 0, if_dropped: 0 };

#[cfg(test)]
mod tests {
    use super::*;

    fn stat(dropped: u32, if_dropped: u32) -> Stat {
        Stat { received: 0, dropped, if_dropped }
    }

    #[test]
    fn counters_go_on_over_their_end() {
        let mut counters = Counters { handed: 5, dropped_agent: 1, ..Counters::default() };
        counters.add(ZERO, stat(7, 1));
        counters.add(stat(u32::MAX - 1, 1), stat(3, 1));
        assert_eq!((counters.dropped_kernel, counters.dropped_interface), (12, 1));
        assert_eq!(counters.received(), 18);
    }

    #[test]
    fn a_counter_set_back_or_absurd_adds_nothing() {
        let mut counters = Counters::default();
        counters.add(stat(0, 10), stat(0, 4));
        counters.add(stat(0, 4), stat(0, 4_294_967_290));
        counters.add(stat(0, 4_294_967_290), stat(0, 6));
        assert_eq!(counters.dropped_interface, 12);
    }
}
