//! Which addresses are globally reachable, by IANA's registries of special-purpose addresses (RFC 6890 and what
//! updates it). Whoever is asked about, and whatever a list names, is judged by these.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// What is special within IPv4. Stricter than the registries where nobody is to be asked about anyway:
/// 192.0.0.0/24 counts as a whole, and so do the relays of 192.88.99.0/24. The last but one is multicast.
const V4: [Ipv4Net; 15] = [
    v4([0, 0, 0, 0], 8),
    v4([10, 0, 0, 0], 8),
    v4([100, 64, 0, 0], 10),
    v4([127, 0, 0, 0], 8),
    v4([169, 254, 0, 0], 16),
    v4([172, 16, 0, 0], 12),
    v4([192, 0, 0, 0], 24),
    v4([192, 0, 2, 0], 24),
    v4([192, 88, 99, 0], 24),
    v4([192, 168, 0, 0], 16),
    v4([198, 18, 0, 0], 15),
    v4([198, 51, 100, 0], 24),
    v4([203, 0, 113, 0], 24),
    v4([224, 0, 0, 0], 4),
    v4([240, 0, 0, 0], 4),
];
/// All of IPv6 that is handed out.
const V6_GLOBAL: Ipv6Net = v6(0x2000, 0, 3);
/// What is special within that: protocol assignments with Teredo, benchmarks and ORCHID; documentation; 6to4,
/// whose addresses carry others; documentation.
const V6: [Ipv6Net; 4] =
    [v6(0x2001, 0, 23), v6(0x2001, 0xdb8, 32), v6(0x2002, 0, 16), v6(0x3fff, 0, 20)];

/// Whether a packet may reach `ip` from anywhere, and it names a single host or service. What carries an IPv4
/// address is judged by that one.
pub(super) fn is_global(ip: IpAddr) -> bool {
    is_global_network(carried(ip).map_or(ip, IpAddr::V4).into())
}

/// Whether all addresses of `network` are global. None are that carry others.
pub(crate) fn is_global_network(network: IpNet) -> bool {
    match network {
        IpNet::V4(network) => {
            !V4.iter().any(|special| special.contains(&network) || network.contains(special))
        }
        IpNet::V6(network) => {
            V6_GLOBAL.contains(&network)
                && !V6.iter().any(|special| special.contains(&network) || network.contains(special))
        }
    }
}

/// The IPv4 address that an IPv6 address carries: IPv4-mapped, 6to4, or below the well-known prefix of NAT64.
pub(super) fn carried(ip: IpAddr) -> Option<Ipv4Addr> {
    let IpAddr::V6(ip) = ip else { return None };
    let of = |high: u16, low: u16| Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low));
    match ip.segments() {
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            Some(of(high, low))
        }
        [0x2002, high, low, ..] => Some(of(high, low)),
        _ => None,
    }
}

const fn v4([a, b, c, d]: [u8; 4], prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6(first: u16, second: u16, prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(first, second, 0, 0, 0, 0, 0, 0), prefix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_networks_are_not_global_nor_what_holds_one() {
        let global = |text: &str| is_global_network(text.parse().unwrap());
        for text in [
            "10.1.2.3/32",
            "192.168.0.0/24",
            "100.64.0.0/10",
            "100.0.0.0/8",
            "255.255.255.255/32",
            "224.0.0.1/32",
            "192.0.2.7/32",
            "192.0.0.0/9",
            "::1/128",
            "fe80::/64",
            "fc00::/7",
            "ff02::1/128",
            "2001:db8::1/128",
            "2001::/16",
            "2002:102:304::/48",
            "64:ff9b::1/128",
            "::ffff:8.8.8.8/128",
        ] {
            assert!(!global(text), "{text}");
        }
        for text in ["8.8.8.8/32", "45.0.0.0/8", "192.1.0.0/16", "2606:4700::/32", "2a00::/16"] {
            assert!(global(text), "{text}");
        }
    }
}
