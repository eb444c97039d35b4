//! The fixed header of IPv6.

use std::net::{IpAddr, Ipv6Addr};

use super::cursor::Cursor;
use super::extension;
use super::ip::{self, protocol};
use super::malformed::{Layer, Reason};
use super::walk::Walk;
use crate::{Ip, Network, Transport};

/// Length of the fixed header.
const HEADER: usize = 40;

/// An IPv6 packet.
///
/// The payload length cuts off what pads a short Ethernet frame. Where it is 0 and hop-by-hop
/// options follow, or more than a length field can tell, the packet is a jumbogram, or was to be cut
/// into segments by a network card, and all that was captured belongs to it.
pub(super) fn packet<'a>(walk: &mut Walk<'_, 'a>, at: Cursor<'a>) {
    let Some(header) = at.head::<HEADER>() else {
        return walk.cut(Layer::Ipv6, at);
    };
    if header[0] >> 4 != 6 {
        return walk.fail(Layer::Ipv6, Reason::BadVersion, at);
    }
    let [source, destination] = addresses(header);
    let next_header = header[6];
    let mut body = at.skip(HEADER);
    let payload_len = usize::from(u16::from_be_bytes([header[4], header[5]]));
    let jumbo = next_header == protocol::HOP_BY_HOP || body.exceeds(usize::from(u16::MAX));
    if payload_len != 0 || !jumbo {
        if body.overrun_by(payload_len) {
            walk.fail(Layer::Ipv6, Reason::BadLength, at);
        }
        body = body.bounded(payload_len);
    }
    walk.found(Network::Ip(Ip {
        source,
        destination,
        protocol: next_header,
        hop_limit: header[7],
        fragment: None,
        transport: Transport::Other(body.bytes()),
    }));
    match next_header {
        protocol::TCP | protocol::UDP => ip::carry(walk, next_header, body),
        _ => extension::follow(walk, next_header, body, extension::Whole::Unknown),
    }
}

fn addresses(header: &[u8; HEADER]) -> [IpAddr; 2] {
    let (mut source, mut destination) = ([0; 16], [0; 16]);
    source.copy_from_slice(&header[8..24]);
    destination.copy_from_slice(&header[24..40]);
    [IpAddr::V6(Ipv6Addr::from(source)), IpAddr::V6(Ipv6Addr::from(destination))]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LinkType;
    use crate::decode::decode;
    use crate::decode::testing::*;

    #[test]
    fn the_fixed_header_is_read() {
        let frame = ethernet(0x86dd, &concat(&[&ipv6(6, &syn()), &[0xff; 9]]));
        let decoded = decode_frame(&frame);
        assert_syn(&decoded);
        let ip = ip_of(&decoded);
        assert_eq!((ip.source, ip.destination), (IpAddr::V6(v6(1)), IpAddr::V6(v6(2))));
        assert_eq!((ip.protocol, ip.hop_limit), (6, 64));
        assert_eq!(tcp_of(&decoded).payload, b"");
    }

    #[test]
    fn a_jumbogram_has_length_0() {
        let options = [17, 0, 0xc2, 4, 0, 1, 0, 0];
        let mut packet = ipv6(0, &concat(&[&options, &udp(1, 2, b"jumbo")]));
        packet[4..6].copy_from_slice(&[0, 0]);
        let decoded = decode_raw(&packet);
        assert_eq!(decoded.malformed, None);
        assert_eq!(udp_of(&decoded).payload, b"jumbo");
        // Without hop-by-hop options nothing is there but padding.
        let empty = concat(&[&ipv6(6, &[]), &[0; 20]]);
        assert_eq!(decode_raw(&empty).malformed, malformed(Layer::Tcp, Reason::Short, 40));
    }

    #[test]
    fn lies_are_told() {
        let mut packet = ipv6(6, &syn());
        packet[5] = 200;
        let decoded = decode_raw(&packet);
        assert_eq!(decoded.malformed, malformed(Layer::Ipv6, Reason::BadLength, 0));
        assert_eq!(tcp_of(&decoded).destination_port, 80);
        let cut = decode(&snapped(LinkType::RAW, &packet[..39], packet.len())).malformed;
        assert_eq!(cut, malformed(Layer::Ipv6, Reason::Snapped, 0));
        let version = decode(&record(LinkType::IPV6, &[0x45; 60])).malformed;
        assert_eq!(version, malformed(Layer::Ipv6, Reason::BadVersion, 0));
    }
}
