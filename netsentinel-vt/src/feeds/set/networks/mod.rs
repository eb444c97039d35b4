//! The networks of all lists.

mod bits;
mod ranges;

use std::net::IpAddr;
use std::sync::Arc;

use ipnet::{IpNet, Ipv4Net};

use super::FEEDS_MAX;
pub(super) use bits::AddressBits;
use bits::Bits;
use ranges::Ranges;

/// The networks of all lists.
#[derive(Debug, Default)]
pub(super) struct Networks {
    v4: Ranges<u32>,
    v6: Ranges<u128>,
    lists: [Arc<ListNetworks>; FEEDS_MAX],
}

/// The networks of one list, shorter than a whole address.
#[derive(Debug, Default, PartialEq)]
pub(super) struct ListNetworks {
    v4: Vec<Network<u32>>,
    v6: Vec<Network<u128>>,
}

/// A network: its first address, and bits of its prefix.
type Network<A> = (A, u8);

/// The bits of an address.
pub(super) fn bits_of(address: IpAddr) -> AddressBits {
    match address {
        IpAddr::V4(address) => AddressBits::V4(address.into()),
        IpAddr::V6(address) => AddressBits::V6(address.into()),
    }
}

/// The network without bits behind its prefix; as IPv4, where it lies in what is mapped into IPv6.
pub(super) fn unmapped(network: IpNet) -> IpNet {
    const MAPPED_BITS: u8 = 96;
    let network = network.trunc();
    let IpNet::V6(v6) = network else { return network };
    let v4 = v6.addr().to_ipv4_mapped().zip(v6.prefix_len().checked_sub(MAPPED_BITS));
    v4.and_then(|(address, prefix)| Ipv4Net::new(address, prefix).ok()).map_or(network, IpNet::V4)
}

impl Networks {
    /// The lists that hold a network with this address, a bit each.
    pub(super) fn lists_holding(&self, address: AddressBits) -> u16 {
        match address {
            AddressBits::V4(address) => self.v4.lists_holding(address),
            AddressBits::V6(address) => self.v6.lists_holding(address),
        }
    }

    /// The smallest network of one list that has this address.
    pub(super) fn smallest(&self, place: usize, address: AddressBits) -> Option<IpNet> {
        let list = self.lists.get(place)?;
        let network = match address {
            AddressBits::V4(address) => {
                let (first, prefix) = smallest(&list.v4, address)?;
                IpNet::new(IpAddr::V4(first.into()), prefix)
            }
            AddressBits::V6(address) => {
                let (first, prefix) = smallest(&list.v6, address)?;
                IpNet::new(IpAddr::V6(first.into()), prefix)
            }
        };
        network.ok()
    }

    /// How many networks all lists but one have together.
    pub(super) fn len_without(&self, place: usize) -> usize {
        let others = self.lists.iter().enumerate().filter(|(other, _)| *other != place);
        others.map(|(_, list)| list.len()).sum()
    }

    /// The same with other networks of one list; nothing where they are what they were.
    pub(super) fn with(&self, place: usize, networks: ListNetworks) -> Option<Self> {
        let mut lists = self.lists.clone();
        let list = lists.get_mut(place)?;
        if **list == networks {
            return None;
        }
        *list = Arc::new(networks);
        let v4 = Ranges::new(lists.each_ref().map(|list| list.v4.as_slice()));
        let v6 = Ranges::new(lists.each_ref().map(|list| list.v6.as_slice()));
        Some(Self { v4, v6, lists })
    }

    /// Bytes that they take.
    pub(super) fn bytes(&self) -> usize {
        let lists: usize = self.lists.iter().map(|list| list.bytes()).sum();
        size_of::<Self>() + self.v4.bytes() + self.v6.bytes() + lists
    }
}

impl ListNetworks {
    pub(super) fn push(&mut self, first: AddressBits, prefix: u8) {
        match first {
            AddressBits::V4(first) => self.v4.push((first, prefix)),
            AddressBits::V6(first) => self.v6.push((first, prefix)),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.v4.len() + self.v6.len()
    }

    /// In order, each once, in no more memory than needed: as a set keeps them.
    pub(super) fn sorted(mut self) -> Self {
        tidy(&mut self.v4);
        tidy(&mut self.v6);
        self
    }

    fn bytes(&self) -> usize {
        size_of::<Self>() + size_of_val(&*self.v4) + size_of_val(&*self.v6)
    }
}

fn tidy<A: Ord + Copy>(networks: &mut Vec<Network<A>>) {
    networks.sort_unstable();
    networks.dedup();
    networks.shrink_to_fit();
}

/// The smallest of these networks, which are in order, that has this address.
fn smallest<A: Bits>(networks: &[Network<A>], address: A) -> Option<Network<A>> {
    let around = (0..A::WIDTH).rev().map(|prefix| (address.first(prefix), prefix));
    around.into_iter().find(|network| networks.binary_search(network).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_mapped_into_ipv6_is_ipv4() {
        let of = |text: &str| unmapped(text.parse().unwrap()).to_string();
        assert_eq!(of("::ffff:192.0.2.77/120"), "192.0.2.0/24");
        assert_eq!(of("::ffff:192.0.2.77/128"), "192.0.2.77/32");
        assert_eq!(of("::ffff:0.0.0.0/96"), "0.0.0.0/0");
        assert_eq!(of("::ffff:0.0.0.0/95"), "::fffe:0:0/95");
        assert_eq!(of("2001:db8::1/32"), "2001:db8::/32");
        assert_eq!(of("198.51.100.9/24"), "198.51.100.0/24");
    }

    #[test]
    fn the_smallest_network_is_named() {
        let mut list = ListNetworks::default();
        for text in ["10.0.0.0/8", "10.1.0.0/16", "10.1.0.0/24", "0.0.0.0/0", "::/0", "10.1.0.0/16"]
        {
            let network: IpNet = text.parse().unwrap();
            list.push(bits_of(network.addr()), network.prefix_len());
        }
        let networks = Networks::default().with(3, list.sorted()).unwrap();
        let named = |text: &str| {
            let network = networks.smallest(3, bits_of(text.parse().unwrap()));
            network.map(|network| network.to_string())
        };
        assert_eq!(named("10.1.0.7").as_deref(), Some("10.1.0.0/24"));
        assert_eq!(named("10.1.1.7").as_deref(), Some("10.1.0.0/16"));
        assert_eq!(named("10.255.255.255").as_deref(), Some("10.0.0.0/8"));
        assert_eq!(named("255.255.255.255").as_deref(), Some("0.0.0.0/0"));
        assert_eq!(named("2001:db8::1").as_deref(), Some("::/0"));
        assert_eq!(networks.smallest(2, bits_of("10.1.0.7".parse().unwrap())), None);
        assert_eq!((networks.len_without(3), networks.len_without(0)), (0, 5));
    }
}
