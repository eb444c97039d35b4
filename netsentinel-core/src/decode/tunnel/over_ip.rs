//! Tunnels that an IP protocol number announces.

use super::gre;
use crate::TunnelKind;
use crate::decode::cursor::Cursor;
use crate::decode::ip::protocol;
use crate::decode::malformed::{Layer, Reason};
use crate::decode::walk::Walk;
use crate::decode::{ethernet, ipv4, ipv6, mpls};

/// Looks into the payload of the packet just found, where `protocol` is that of a tunnel.
#[cold]
pub(in crate::decode) fn payload<'a>(walk: &mut Walk<'_, 'a>, protocol: u8, body: Cursor<'a>) {
    match protocol {
        protocol::GRE => gre::packet(walk, body),
        protocol::IPV4
        | protocol::IPV6
        | protocol::ETHERIP
        | protocol::ETHERNET
        | protocol::MPLS => {
            walk.enter(TunnelKind::IpInIp, Layer::IpInIp, body, |walk| match protocol {
                protocol::IPV4 => ipv4::packet(walk, body),
                protocol::IPV6 => ipv6::packet(walk, body),
                protocol::ETHERIP => etherip(walk, body),
                protocol::ETHERNET => ethernet::inner(walk, body),
                _ => mpls::stack(walk, body),
            });
        }
        _ => {}
    }
}

/// EtherIP: version 3 and twelve zero bits before the frame (RFC 3378).
fn etherip<'a>(walk: &mut Walk<'_, 'a>, at: Cursor<'a>) {
    match at.head::<2>() {
        Some([0x30, _]) => ethernet::inner(walk, at.skip(2)),
        Some(_) => walk.fail(Layer::IpInIp, Reason::BadVersion, at),
        None => walk.cut(Layer::IpInIp, at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Tunnel;
    use crate::decode::MAX_NESTING;
    use crate::decode::testing::*;

    #[test]
    fn the_innermost_packet_wins_and_the_outermost_addresses_stay() {
        for (protocol, inner) in [
            (4, ipv4_in(9, 6, &syn())),
            (41, ipv6(6, &syn())),
            (97, concat(&[&[0x30, 0], &ethernet(0x0800, &ipv4(6, &syn()))])),
            (143, ethernet(0x86dd, &ipv6(6, &syn()))),
            (137, concat(&[&[0, 1, 0x41, 64], &ipv4_in(9, 6, &syn())])),
        ] {
            let packet = ipv4_in(7, 4, &ipv4_in(8, protocol, &inner));
            let decoded = decode_raw(&packet);
            assert_syn(&decoded);
            assert_ne!(ip_of(&decoded).source, v4(8, 1));
            let tunnel = Tunnel {
                kind: TunnelKind::IpInIp,
                source: v4(7, 1),
                destination: v4(7, 2),
                depth: 2,
            };
            assert_eq!(decoded.headers.tunnel, Some(tunnel));
        }
    }

    #[test]
    fn garbage_inside_leaves_the_outer_packet() {
        for (protocol, inside, layer, reason) in [
            (4, &[0x65; 40][..], Layer::Ipv4, Reason::BadVersion),
            (41, &[0x60; 39], Layer::Ipv6, Reason::Short),
            (97, &[0x20; 40], Layer::IpInIp, Reason::BadVersion),
        ] {
            let packet = ipv4(protocol, inside);
            let decoded = decode_raw(&packet);
            assert_eq!(decoded.malformed, malformed(layer, reason, 20));
            assert_eq!((ip_of(&decoded).source, decoded.headers.tunnel), (v4(0, 1), None));
            assert_other(&decoded, inside.len());
        }
    }

    #[test]
    fn nesting_ends_at_the_limit_with_the_innermost_reached() {
        let nested = |tunnels: u8| {
            (0..tunnels).fold(ipv4_in(0, 6, &syn()), |inside, net| ipv4_in(net + 1, 4, &inside))
        };
        let deepest = nested(MAX_NESTING);
        assert_syn(&decode_raw(&deepest));
        assert_eq!(decode_raw(&deepest).headers.tunnel.unwrap().depth, MAX_NESTING);
        let deeper = nested(30);
        let decoded = decode_raw(&deeper);
        let offset = u32::from(MAX_NESTING + 1) * 20;
        assert_eq!(decoded.malformed, malformed(Layer::IpInIp, Reason::TooDeep, offset));
        assert_eq!(ip_of(&decoded).source, v4(30 - MAX_NESTING, 1));
        assert_eq!(decoded.headers.tunnel.unwrap().source, v4(30, 1));
    }
}
