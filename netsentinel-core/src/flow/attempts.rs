//! Which UDP packet is the first of its flow.

use std::num::NonZeroUsize;
use std::time::Duration;

use super::FlowKey;
use crate::window::BoundedMap;
use crate::{Ip, Timestamp, Usage};

/// Remembers the UDP flows that have been seen.
///
/// A flow is remembered for as long as there is room, not until some timeout: the late answer of a
/// server, or the next packet of a quiet conversation, opens no new flow. When room is needed, flows
/// quiet the longest are forgotten first.
pub struct UdpAttempts {
    seen: BoundedMap<FlowKey, ()>,
}

impl UdpAttempts {
    /// A flow forgotten after this long a silence does not count as an eviction.
    const IDLE: Duration = Duration::from_secs(300);

    /// Room for `max_flows` flows.
    pub fn new(max_flows: NonZeroUsize) -> Self {
        Self { seen: BoundedMap::new(max_flows, Self::IDLE) }
    }

    /// Whether `packet` is the first of its flow, in either direction.
    pub fn is_first(&mut self, packet: &Ip<'_>, now: Timestamp) -> bool {
        let Some(key) = FlowKey::of(packet) else { return false };
        self.seen.entry(key, now, || ()).inserted
    }

    /// How full it is.
    pub fn usage(&self) -> Usage {
        self.seen.usage()
    }
}
