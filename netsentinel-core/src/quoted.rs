//! The packet that an ICMP error quotes: what the error is about.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::{Ip, Transport};

const ICMP: u8 = 1;
/// What stands between an ICMP header's checksum and the quoted packet.
const UNUSED_LEN: usize = 4;
const IPV6_HEADER_LEN: usize = 40;

/// The addresses, protocol and ports of a packet that an ICMP error quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quoted {
    /// Who sent the packet that could not be delivered.
    pub source: IpAddr,
    /// Whom it was for.
    pub destination: IpAddr,
    /// Its protocol; behind no extension header.
    pub protocol: u8,
    /// Source and destination port, where the protocol is TCP or UDP and they were quoted.
    pub ports: Option<(u16, u16)>,
}

/// Whether an ICMP (`protocol` 1) or ICMPv6 message of this type is an error: unreachable, source
/// quench, time exceeded, parameter problem, packet too big.
pub(crate) const fn is_error(protocol: u8, kind: u8) -> bool {
    match protocol {
        ICMP => matches!(kind, 3 | 4 | 11 | 12),
        _ => matches!(kind, 1..=4),
    }
}

impl Ip<'_> {
    /// What this ICMP error quotes; `None` where it is none, or quotes less than the addresses. A quoted
    /// fragment has ports only where it is the first.
    pub fn quoted(&self) -> Option<Quoted> {
        let Transport::Icmp(icmp) = self.transport else { return None };
        if !is_error(self.protocol, icmp.kind) {
            return None;
        }
        let packet = icmp.body.get(UNUSED_LEN..)?;
        if self.protocol == ICMP { quoted_v4(packet) } else { quoted_v6(packet) }
    }
}

fn quoted_v4(packet: &[u8]) -> Option<Quoted> {
    let header = packet.first_chunk::<20>()?;
    let header_len = usize::from(header[0] & 0xf) * 4;
    if header[0] >> 4 != 4 || header_len < header.len() {
        return None;
    }
    let address =
        |at: usize| Ipv4Addr::new(header[at], header[at + 1], header[at + 2], header[at + 3]);
    let first = u16::from_be_bytes([header[6], header[7]]) & 0x1fff == 0;
    Some(Quoted {
        source: address(12).into(),
        destination: address(16).into(),
        protocol: header[9],
        ports: packet.get(header_len..).filter(|_| first).and_then(|rest| ports(header[9], rest)),
    })
}

fn quoted_v6(packet: &[u8]) -> Option<Quoted> {
    let (header, rest) = packet.split_first_chunk::<IPV6_HEADER_LEN>()?;
    if header[0] >> 4 != 6 {
        return None;
    }
    let address = |at: usize| {
        let octets = header.get(at..)?.first_chunk::<16>()?;
        Some(IpAddr::from(Ipv6Addr::from(*octets)))
    };
    let protocol = header[6];
    Some(Quoted {
        source: address(8)?,
        destination: address(24)?,
        protocol,
        ports: ports(protocol, rest),
    })
}

fn ports(protocol: u8, segment: &[u8]) -> Option<(u16, u16)> {
    let &[a, b, c, d] = segment.first_chunk()?;
    let ports = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
    matches!(protocol, 6 | 17).then_some(ports)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Icmp;

    fn error<'a>(protocol: u8, kind: u8, body: &'a [u8]) -> Ip<'a> {
        Ip {
            source: [192, 0, 2, 1].into(),
            destination: [192, 0, 2, 2].into(),
            protocol,
            hop_limit: 64,
            fragment: None,
            transport: Transport::Icmp(Icmp { kind, code: 3, body }),
        }
    }

    fn quoted_udp() -> Vec<u8> {
        let mut body = vec![0; 4];
        body.extend([0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
        body.extend([0x9c, 0x40, 0, 53, 0, 8, 0, 0]);
        body
    }

    #[test]
    fn an_unreachable_port_is_told_with_its_ends() {
        let body = quoted_udp();
        let quoted = error(1, 3, &body).quoted().unwrap();
        assert_eq!(quoted.source, IpAddr::from([10, 0, 0, 1]));
        assert_eq!(quoted.destination, IpAddr::from([10, 0, 0, 2]));
        assert_eq!((quoted.protocol, quoted.ports), (17, Some((40_000, 53))));
        assert_eq!(error(1, 8, &body).quoted(), None, "an echo request quotes nothing");
    }

    #[test]
    fn what_is_cut_off_is_not_made_up() {
        let body = quoted_udp();
        for length in 0..body.len() {
            let quoted = error(1, 3, &body[..length]).quoted();
            assert_eq!(quoted.is_some(), length >= 24, "{length}");
            assert_eq!(quoted.and_then(|q| q.ports).is_some(), length >= 28, "{length}");
        }
        let mut later_fragment = body;
        later_fragment[4 + 7] = 1;
        assert_eq!(error(1, 3, &later_fragment).quoted().unwrap().ports, None);
    }

    #[test]
    fn ipv6_is_read_too() {
        let mut body = vec![0; 4];
        body.extend([0x60, 0, 0, 0, 0, 8, 17, 64]);
        body.extend([0x20; 16]);
        body.extend([0x30; 16]);
        body.extend([0, 7, 0, 9]);
        let quoted = error(58, 1, &body).quoted().unwrap();
        assert_eq!(quoted.ports, Some((7, 9)));
        assert_eq!(quoted.destination, IpAddr::from([0x30; 16]));
        assert_eq!(error(58, 1, &body[..43]).quoted(), None);
    }
}
