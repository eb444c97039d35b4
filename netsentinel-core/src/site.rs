//! Which networks are ours.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

/// The internal networks of the place that is guarded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    networks: Vec<IpNet>,
    /// The same as numbers, for asking once a packet.
    v4: Vec<Masked<u32>>,
    v6: Vec<Masked<u128>>,
    /// What the first octet alone tells of an IPv4 address: most addresses need no more.
    octets: Box<[Octet; 256]>,
}

/// Where the IPv4 addresses with a certain first octet lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Octet {
    /// All within the site.
    Inside,
    /// All outside, and each that of a single host.
    Outside,
    /// The rest of the address tells.
    Either,
}

/// A network: the addresses that have `bits` where `mask` is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Masked<T> {
    bits: T,
    mask: T,
}

impl Site {
    /// A site made of `networks`.
    pub fn new(networks: Vec<IpNet>) -> Self {
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        for network in &networks {
            match network {
                IpNet::V4(network) => v4.push(Masked {
                    bits: network.network().to_bits(),
                    mask: network.netmask().to_bits(),
                }),
                IpNet::V6(network) => v6.push(Masked {
                    bits: network.network().to_bits(),
                    mask: network.netmask().to_bits(),
                }),
            }
        }
        let octets = Box::new(std::array::from_fn(|octet| Octet::of(octet as u32, &v4)));
        Self { networks, v4, v6, octets }
    }

    /// Whether `ip` lies within the site.
    #[inline]
    pub fn is_internal(&self, ip: IpAddr) -> bool {
        match ip {
            IpAddr::V4(ip) => match self.octet(ip) {
                Octet::Inside => true,
                Octet::Outside => false,
                Octet::Either => {
                    let ip = ip.to_bits();
                    self.v4.iter().any(|network| ip & network.mask == network.bits)
                }
            },
            IpAddr::V6(ip) => {
                let ip = ip.to_bits();
                self.v6.iter().any(|network| ip & network.mask == network.bits)
            }
        }
    }

    /// Whether `ip` is a single host outside the site: neither internal, multicast, broadcast,
    /// loopback nor unspecified.
    #[inline]
    pub fn is_external_unicast(&self, ip: IpAddr) -> bool {
        if let IpAddr::V4(ip) = ip
            && self.octet(ip) == Octet::Outside
        {
            return true;
        }
        let special = ip.is_multicast()
            || ip.is_loopback()
            || ip.is_unspecified()
            || ip == IpAddr::V4(Ipv4Addr::BROADCAST);
        !special && !self.is_internal(ip)
    }

    #[inline]
    fn octet(&self, ip: Ipv4Addr) -> Octet {
        self.octets[usize::from(ip.octets()[0])]
    }
}

impl Octet {
    fn of(octet: u32, networks: &[Masked<u32>]) -> Self {
        const FIRST: u32 = 0xff00_0000;
        let bits = octet << 24;
        // A network of one of the octet's addresses has in common with them what both are told by.
        let mut near = networks.iter().filter(|network| {
            let common = network.mask & FIRST;
            network.bits & common == bits & common
        });
        if near.clone().any(|network| network.mask & !FIRST == 0) {
            return Self::Inside;
        }
        let special = matches!(octet, 0 | 127 | 224..=239 | 255);
        if special || near.next().is_some() { Self::Either } else { Self::Outside }
    }
}

/// The private and link-local networks: RFC 1918, RFC 3927, RFC 4193 and RFC 4291.
impl Default for Site {
    fn default() -> Self {
        let v4 = |a, b, prefix| IpNet::new_assert(Ipv4Addr::new(a, b, 0, 0).into(), prefix);
        let v6 =
            |a, prefix| IpNet::new_assert(Ipv6Addr::new(a, 0, 0, 0, 0, 0, 0, 0).into(), prefix);
        Self::new(vec![
            v4(10, 0, 8),
            v4(172, 16, 12),
            v4(192, 168, 16),
            v4(169, 254, 16),
            v6(0xfc00, 7),
            v6(0xfe80, 10),
        ])
    }
}

impl AsRef<[IpNet]> for Site {
    fn as_ref(&self) -> &[IpNet] {
        &self.networks
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn contains_what_its_networks_contain(
            bits in any::<u128>(), near in any::<u8>(), prefix in 0_u8..=128, v4 in any::<bool>(),
        ) {
            let address = |bits: u128| match v4 {
                true => IpAddr::V4(Ipv4Addr::from_bits(bits as u32)),
                false => IpAddr::V6(Ipv6Addr::from_bits(bits)),
            };
            let prefix = if v4 { prefix % 33 } else { prefix };
            let network = IpNet::new_assert(address(bits), prefix);
            let site = Site::new(vec![network]);
            // Some address that differs in one bit.
            let other = address(bits ^ 1 << (near % 128));
            prop_assert!(site.is_internal(address(bits)));
            prop_assert_eq!(site.is_internal(other), network.contains(&other));
        }
    }

    #[test]
    fn networks_of_any_length_are_told_by_more_than_the_first_octet() {
        let networks = ["8.0.0.0/6", "20.30.0.0/16", "224.0.0.0/8", "127.0.0.0/9"];
        let site = Site::new(networks.map(|network| network.parse().unwrap()).to_vec());
        for (ip, internal, external) in [
            ("11.255.0.1", true, false),
            ("12.0.0.1", false, true),
            ("20.30.1.1", true, false),
            ("20.31.1.1", false, true),
            ("224.0.0.1", true, false),
            ("225.0.0.1", false, false),
            ("127.200.0.1", false, false),
            ("0.0.0.0", false, false),
            ("255.255.255.255", false, false),
        ] {
            let ip = ip.parse().unwrap();
            assert_eq!((site.is_internal(ip), site.is_external_unicast(ip)), (internal, external));
        }
    }

    #[test]
    fn tells_inside_from_outside_and_from_neither() {
        let site = Site::default();
        let judge = |ip: &str| {
            let ip = ip.parse().unwrap();
            (site.is_internal(ip), site.is_external_unicast(ip))
        };
        for inside in ["10.9.8.7", "172.31.0.1", "192.168.0.1", "169.254.1.1", "fd00::1", "fe80::1"]
        {
            assert_eq!(judge(inside), (true, false), "{inside}");
        }
        for outside in ["8.8.8.8", "172.32.0.1", "172.15.0.1", "2001:db8::1", "100.64.0.1"] {
            assert_eq!(judge(outside), (false, true), "{outside}");
        }
        for neither in ["224.0.0.1", "255.255.255.255", "127.0.0.1", "0.0.0.0", "ff02::1", "::"] {
            assert_eq!(judge(neither), (false, false), "{neither}");
        }
    }
}
