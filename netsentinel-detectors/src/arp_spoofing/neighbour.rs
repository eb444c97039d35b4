//! What neighbour discovery says (RFC 4861 §4): solicitations, advertisements, routers.

use std::net::Ipv6Addr;

use netsentinel_core::{Icmp, Ip, Mac};

const ICMPV6: u8 = 58;
const ROUTER_ADVERTISEMENT: u8 = 134;
const NEIGHBOUR_SOLICITATION: u8 = 135;
const NEIGHBOUR_ADVERTISEMENT: u8 = 136;
/// Hosts discard what may have come through a router (RFC 4861 §7.1).
const HOP_LIMIT: u8 = 255;
const SOURCE_LINK_ADDRESS: u8 = 1;
const TARGET_LINK_ADDRESS: u8 = 2;
/// What stands before the options of a router advertisement, behind type, code and checksum.
const ROUTER_HEADER_LEN: usize = 12;

/// A message of neighbour discovery that hosts would believe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Message {
    Solicitation { target: Ipv6Addr, link: Option<Mac> },
    Advertisement { target: Ipv6Addr, link: Option<Mac>, overrides: bool },
    Router { lifetime_s: u16, link: Option<Mac> },
}

impl Message {
    pub(super) fn of(ip: &Ip<'_>, icmp: Icmp<'_>) -> Option<Self> {
        if ip.protocol != ICMPV6 || ip.hop_limit != HOP_LIMIT || icmp.code != 0 {
            return None;
        }
        match icmp.kind {
            NEIGHBOUR_SOLICITATION => {
                let (_, target, options) = with_target(icmp.body)?;
                Some(Self::Solicitation { target, link: link(options, SOURCE_LINK_ADDRESS) })
            }
            NEIGHBOUR_ADVERTISEMENT => {
                let (flags, target, options) = with_target(icmp.body)?;
                Some(Self::Advertisement {
                    target,
                    link: link(options, TARGET_LINK_ADDRESS),
                    overrides: flags & 0x20 != 0,
                })
            }
            ROUTER_ADVERTISEMENT => {
                let (header, options) = icmp.body.split_first_chunk::<ROUTER_HEADER_LEN>()?;
                Some(Self::Router {
                    lifetime_s: u16::from_be_bytes([header[2], header[3]]),
                    link: link(options, SOURCE_LINK_ADDRESS),
                })
            }
            _ => None,
        }
    }
}

/// The flags, the target and the options of a solicitation or an advertisement.
fn with_target(body: &[u8]) -> Option<(u8, Ipv6Addr, &[u8])> {
    let (flags, rest) = body.split_first_chunk::<4>()?;
    let (target, options) = rest.split_first_chunk::<16>()?;
    Some((flags[0], Ipv6Addr::from(*target), options))
}

/// The hardware address in the first option of this kind.
fn link(mut options: &[u8], kind: u8) -> Option<Mac> {
    while let &[found, units, ..] = options {
        let (option, rest) = options.split_at_checked(usize::from(units) * 8)?;
        if found == kind {
            return option.get(2..)?.first_chunk().map(|octets| Mac(*octets));
        }
        if units == 0 {
            return None;
        }
        options = rest;
    }
    None
}

#[cfg(test)]
mod tests {
    use netsentinel_core::Transport;

    use super::*;

    fn ip(hop_limit: u8) -> Ip<'static> {
        Ip {
            source: Ipv6Addr::LOCALHOST.into(),
            destination: Ipv6Addr::LOCALHOST.into(),
            protocol: ICMPV6,
            hop_limit,
            fragment: None,
            transport: Transport::Other(&[]),
        }
    }

    fn advertisement() -> Vec<u8> {
        let mut body = vec![0x60, 0, 0, 0];
        body.extend([0xfe; 16]);
        body.extend([14, 1, 0, 0, 0, 0, 0, 0]);
        body.extend([TARGET_LINK_ADDRESS, 1, 2, 3, 4, 5, 6, 7]);
        body
    }

    #[test]
    fn an_advertisement_tells_its_target_and_where_it_is() {
        let body = advertisement();
        let icmp = Icmp { kind: NEIGHBOUR_ADVERTISEMENT, code: 0, body: &body };
        let told = Message::of(&ip(255), icmp);
        let expected = Message::Advertisement {
            target: Ipv6Addr::from([0xfe; 16]),
            link: Some(Mac([2, 3, 4, 5, 6, 7])),
            overrides: true,
        };
        assert_eq!(told, Some(expected));
        assert_eq!(Message::of(&ip(254), icmp), None, "it came through a router");
    }

    #[test]
    fn options_that_lie_end_the_search() {
        for cut in 0..advertisement().len() {
            let body = &advertisement()[..cut];
            let icmp = Icmp { kind: NEIGHBOUR_ADVERTISEMENT, code: 0, body };
            assert_eq!(Message::of(&ip(255), icmp).is_some(), cut >= 20, "{cut}");
        }
        assert_eq!(link(&[1, 0, 1, 1], 2), None);
        assert_eq!(link(&[1, 9, 1, 1], 1), None);
    }
}
