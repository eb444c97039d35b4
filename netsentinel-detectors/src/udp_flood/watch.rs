//! What comes to and from one host while it is watched.

use std::net::{IpAddr, Ipv6Addr};

use netsentinel_core::window::{HeavyHitters, Sketch};
use netsentinel_core::{Timestamp, Udp};

/// Bytes at the start of a datagram that tell whether it is like another.
const HEAD: usize = 32;
/// Sources are counted anew after so many datagrams.
const COUNTED_EVERY: u64 = 64;
/// Datagrams that sources, ports and heads are noted of.
const NOTED_MAX: u64 = 16_384;
/// The mean payload of a scan's datagrams is below this.
const SMALL: u64 = 128;

/// What was counted since the watch began.
pub(super) struct Watch {
    pub(super) victim: IpAddr,
    /// The same, to compare with.
    pub(super) number: u128,
    pub(super) since: Timestamp,
    /// Datagrams to the victim, and from it.
    pub(super) sent: u64,
    pub(super) answers: u64,
    bytes: u64,
    /// How many of them opened a flow.
    fresh: u64,
    noted: u64,
    sources: Sketch,
    sources_counted: u64,
    tops: HeavyHitters<u128, 4>,
    ports: HeavyHitters<u16, 4>,
    heads: HeavyHitters<u64, 4>,
}

impl Watch {
    pub(super) fn new(victim: IpAddr, since: Timestamp) -> Self {
        Self {
            victim,
            number: number(victim),
            since,
            sent: 0,
            answers: 0,
            bytes: 0,
            fresh: 0,
            noted: 0,
            sources: Sketch::EMPTY,
            sources_counted: 0,
            tops: HeavyHitters::new(),
            ports: HeavyHitters::new(),
            heads: HeavyHitters::new(),
        }
    }

    /// A datagram comes to the victim from the host of this [`number`], and opens a flow or not.
    pub(super) fn comes(&mut self, source: u128, udp: Udp<'_>, fresh: bool) {
        self.sent += 1;
        self.bytes += udp.payload.len() as u64;
        self.fresh += u64::from(fresh);
        if self.noted >= NOTED_MAX {
            return;
        }
        self.noted += 1;
        self.sources.add(&host(source));
        self.tops.add(source, 1);
        self.ports.add(udp.destination_port, 1);
        self.heads.add(digest(udp.payload), 1);
        if self.noted.is_multiple_of(COUNTED_EVERY) {
            self.sources_counted = self.sources.count();
        }
    }

    /// Whether at least one in ten is answered.
    pub(super) const fn is_answered(&self) -> bool {
        self.answers * 10 >= self.sent
    }

    /// Whether the datagrams are what no stream sends: half open a flow each, or nine in ten are alike.
    pub(super) fn is_no_stream(&self) -> bool {
        self.fresh * 2 >= self.sent || self.alike_percent() >= 90
    }

    /// Whether they are small and go to many ports.
    pub(super) fn is_scan(&self) -> bool {
        self.port().1 < 50 && self.bytes < SMALL * self.sent
    }

    pub(super) fn fresh_percent(&self) -> u64 {
        self.fresh * 100 / self.sent.max(1)
    }

    pub(super) fn alike_percent(&self) -> u64 {
        self.heads.top().map_or(0, |(_, count)| count * 100 / self.noted.max(1))
    }

    pub(super) fn mean_payload(&self) -> u64 {
        self.bytes / self.sent.max(1)
    }

    /// The port that most go to, and how many in a hundred.
    pub(super) fn port(&self) -> (u16, u64) {
        let (port, count) = self.ports.top().unwrap_or_default();
        (port, count * 100 / self.noted.max(1))
    }

    /// Who sends most, if anybody sends.
    pub(super) fn top_source(&self) -> Option<IpAddr> {
        self.tops.top().map(|(source, _)| host(source))
    }

    /// About how many sources there are, of the last multiple of 64 datagrams.
    pub(super) fn sources(&mut self) -> u64 {
        if self.sources_counted == 0 {
            self.sources_counted = self.sources.count();
        }
        self.sources_counted
    }
}

/// A host as a number, which compares fast: of IPv4 the address as IPv6 maps it.
pub(super) fn number(host: IpAddr) -> u128 {
    match host {
        IpAddr::V4(host) => host.to_ipv6_mapped().to_bits(),
        IpAddr::V6(host) => host.to_bits(),
    }
}

fn host(number: u128) -> IpAddr {
    IpAddr::V6(Ipv6Addr::from_bits(number)).to_canonical()
}

/// Of the head and the length: not to be trusted, but nobody gains by two that are alike.
fn digest(payload: &[u8]) -> u64 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let fold = |hash: u64, word: u64| (hash ^ word).wrapping_mul(FACTOR).rotate_left(29);
    let start = fold(0, payload.len() as u64);
    let head = payload.get(..HEAD).unwrap_or(payload);
    let (words, rest) = head.as_chunks::<8>();
    let hash = words.iter().fold(start, |hash, word| fold(hash, u64::from_le_bytes(*word)));
    rest.iter().fold(hash, |hash, byte| fold(hash, u64::from(*byte)))
}
