//! What a flow is known by in a table: a few numbers, which hash and compare fast.

use std::hash::{Hash, Hasher};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::FiveTuple;
use crate::Ip;

/// The two ends and the protocol of a flow without its direction: the same for packets both ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FlowKey {
    low: End,
    high: End,
    /// 1 for IPv6.
    version: u8,
    protocol: u8,
}

/// An address as a number, in two halves so that it needs no greater alignment, and a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct End {
    upper: u64,
    lower: u64,
    port: u16,
}

impl FlowKey {
    pub(super) fn of(ip: &Ip<'_>) -> Option<Self> {
        Self::with_direction(ip).map(|(key, _)| key)
    }

    /// The key, and whether the packet comes from its lower end.
    #[inline]
    pub(super) fn with_direction(ip: &Ip<'_>) -> Option<(Self, bool)> {
        let (source_port, destination_port) = ip.ports()?;
        let (from, to) = ((ip.source, source_port), (ip.destination, destination_port));
        Some(Self::between(from, to, ip.protocol))
    }

    /// The key of two ends of the same IP version, and whether `from` is the lower one.
    #[inline]
    pub(super) fn between(from: (IpAddr, u16), to: (IpAddr, u16), protocol: u8) -> (Self, bool) {
        let version = u8::from(from.0.is_ipv6());
        let (from, to) = (End::new(from), End::new(to));
        let from_low = from <= to;
        let (low, high) = if from_low { (from, to) } else { (to, from) };
        (Self { low, high, version, protocol }, from_low)
    }

    /// The five-tuple of a flow that the lower end has opened, or the other.
    pub(super) fn tuple(&self, low_opened: bool) -> FiveTuple {
        let (from, to) = if low_opened { (self.low, self.high) } else { (self.high, self.low) };
        FiveTuple {
            originator: from.address(self.version),
            originator_port: from.port,
            responder: to.address(self.version),
            responder_port: to.port,
            protocol: self.protocol,
        }
    }
}

impl Hash for FlowKey {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        let Self { low, high, version, protocol } = *self;
        let [version, protocol] = [version, protocol].map(u64::from);
        let ports = u64::from(low.port) << 16 | u64::from(high.port);
        state.write_u64(ports | protocol << 32 | version << 40);
        if version == 0 {
            state.write_u64(low.lower << 32 | high.lower);
        } else {
            for half in [low.upper, low.lower, high.upper, high.lower] {
                state.write_u64(half);
            }
        }
    }
}

impl End {
    #[inline]
    fn new((address, port): (IpAddr, u16)) -> Self {
        let (upper, lower) = match address {
            IpAddr::V4(address) => (0, address.to_bits().into()),
            IpAddr::V6(address) => ((address.to_bits() >> 64) as u64, address.to_bits() as u64),
        };
        Self { upper, lower, port }
    }

    fn address(self, version: u8) -> IpAddr {
        match version {
            0 => Ipv4Addr::from_bits(self.lower as u32).into(),
            _ => Ipv6Addr::from_bits(u128::from(self.upper) << 64 | u128::from(self.lower)).into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn both_directions_have_one_key_that_gives_the_tuple_back(
            a in any::<u128>(), b in any::<u128>(), ports in any::<(u16, u16)>(),
            six in any::<bool>(), protocol in any::<u8>(),
        ) {
            let address = |bits: u128| match six {
                true => IpAddr::V6(Ipv6Addr::from_bits(bits)),
                false => IpAddr::V4(Ipv4Addr::from_bits(bits as u32)),
            };
            let (from, to) = ((address(a), ports.0), (address(b), ports.1));
            let (key, from_low) = FlowKey::between(from, to, protocol);
            let (back, to_low) = FlowKey::between(to, from, protocol);
            prop_assert_eq!(key, back);
            prop_assert!(from_low != to_low || from == to);
            let tuple = FiveTuple {
                originator: from.0,
                originator_port: from.1,
                responder: to.0,
                responder_port: to.1,
                protocol,
            };
            prop_assert_eq!(key.tuple(from_low), tuple);
            let (other, _) = FlowKey::between((address(a ^ 1), ports.0), to, protocol);
            prop_assert_ne!(key, other);
        }
    }

    #[test]
    fn the_same_numbers_of_another_version_are_another_flow() {
        let four = |n: u8| (IpAddr::from([0, 0, 0, n]), 80);
        let six = |n: u8| (IpAddr::from(u128::from(n).to_be_bytes()), 80);
        let (four, _) = FlowKey::between(four(1), four(2), 6);
        let (six, _) = FlowKey::between(six(1), six(2), 6);
        assert_ne!(four, six);
    }
}
