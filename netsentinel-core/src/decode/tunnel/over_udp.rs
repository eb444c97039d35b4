//! Tunnels that a UDP port lets suppose.

use super::{gtp, overlay, teredo};
use crate::Udp;
use crate::decode::cursor::Cursor;
use crate::decode::walk::Walk;

const GTP_U: u16 = 2152;
const TEREDO: u16 = 3544;
const VXLAN: u16 = 4789;
const GENEVE: u16 = 6081;

/// Whether a datagram with these ports may be a tunnel's.
#[inline]
pub(in crate::decode) fn is_port(source: u16, destination: u16) -> bool {
    matches!(destination, GTP_U | TEREDO | VXLAN | GENEVE) || matches!(source, GTP_U | TEREDO)
}

/// Looks into the datagram just found, whose payload, not bounded by its length, is at `body`.
#[cold]
pub(in crate::decode) fn datagram<'a>(walk: &mut Walk<'_, 'a>, udp: Udp<'a>, body: Cursor<'a>) {
    // Bounded only where the UDP length cut something off: what a snap length cut stays missing.
    let body = if udp.payload.len() < body.len() { body.bounded(udp.payload.len()) } else { body };
    match (udp.source_port, udp.destination_port) {
        (_, VXLAN) => overlay::vxlan(walk, body),
        (_, GENEVE) => overlay::geneve(walk, body),
        (_, GTP_U) | (GTP_U, _) => gtp::packet(walk, body),
        (_, TEREDO) | (TEREDO, _) => teredo::packet(walk, body),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use crate::decode::decode;
    use crate::decode::testing::*;
    use crate::{LinkType, TunnelKind};

    #[track_caller]
    fn assert_carries_syn(ports: (u16, u16), kind: TunnelKind, parts: &[&[u8]]) {
        let packet = ipv4_in(7, 17, &udp(ports.0, ports.1, &parts.concat()));
        let decoded = decode_raw(&packet);
        assert_syn(&decoded);
        let tunnel = decoded.headers.tunnel.unwrap();
        assert_eq!((tunnel.kind, tunnel.source, tunnel.depth), (kind, v4(7, 1), 1));
        // However it is cut or damaged, it never is more than an ordinary datagram.
        for len in 0..packet.len() {
            decode(&snapped(LinkType::RAW, &packet[..len], packet.len()));
        }
    }

    #[track_caller]
    fn assert_ordinary(ports: (u16, u16), parts: &[&[u8]]) {
        let payload = parts.concat();
        let packet = ipv4_in(7, 17, &udp(ports.0, ports.1, &payload));
        let decoded = decode_raw(&packet);
        assert_eq!((decoded.malformed, decoded.headers.tunnel), (None, None));
        assert_eq!(decoded.headers.ethernet, None);
        assert_eq!(ip_of(&decoded).source, v4(7, 1));
        assert_eq!(udp_of(&decoded).payload, payload);
    }

    #[test]
    fn vxlan() {
        const HEADER: &[u8] = &[0x08, 0, 0, 0, 0, 0, 5, 0];
        let frame = ethernet(0x0800, &ipv4(6, &syn()));
        assert_carries_syn((9, 4789), TunnelKind::Vxlan, &[HEADER, &frame]);
        assert_ordinary((4789, 9), &[HEADER, &frame]);
        assert_ordinary((9, 4789), &[&[0; 8], &frame]);
        assert_ordinary((9, 4789), &[HEADER, &frame[..30]]);
        assert_ordinary((9, 4789), &[HEADER, &ethernet(0x88cc, &[0; 46])]);
    }

    #[test]
    fn geneve() {
        let (four, six) = (ipv4(6, &syn()), ipv6(6, &syn()));
        let frame = ethernet(0x86dd, &six);
        const KIND: TunnelKind = TunnelKind::Geneve;
        assert_carries_syn((9, 6081), KIND, &[&[0, 0, 0x65, 0x58, 0, 0, 1, 0], &frame]);
        assert_carries_syn((9, 6081), KIND, &[&[2, 0, 0x08, 0x00, 0, 0, 1, 0], &[9; 8], &four]);
        assert_carries_syn((9, 6081), KIND, &[&[0, 0, 0x86, 0xdd, 0, 0, 1, 0], &six]);
        assert_ordinary((9, 6081), &[&[0x40, 0, 0x65, 0x58, 0, 0, 1, 0], &frame]);
        assert_ordinary((9, 6081), &[&[63, 0, 0x65, 0x58, 0, 0, 1, 0], &frame]);
        assert_ordinary((9, 6081), &[&[0, 0, 0, 1, 0, 0, 1, 0], &frame]);
    }

    #[test]
    fn gtp_u() {
        let (four, six) = (ipv4(6, &syn()), ipv6(6, &syn()));
        const KIND: TunnelKind = TunnelKind::GtpU;
        assert_carries_syn((9, 2152), KIND, &[&[0x30, 255, 0, 40, 0, 0, 0, 1], &four]);
        assert_carries_syn((2152, 9), KIND, &[&[0x30, 255, 0, 60, 0, 0, 0, 1], &six]);
        let sequence = [0x32, 255, 0, 44, 0, 0, 0, 1, 0, 7, 0, 0];
        assert_carries_syn((9, 2152), KIND, &[&sequence, &four]);
        // Two extension headers, of four and of eight bytes.
        let extended = [0x34, 255, 0, 56, 0, 0, 0, 1, 0, 0, 0, 0x85];
        let extensions = [1, 0, 0, 0xc0, 2, 0, 0, 0, 0, 0, 0, 0];
        assert_carries_syn((9, 2152), KIND, &[&extended, &extensions, &four]);
        assert_ordinary((9, 2152), &[&extended, &[0, 0, 0, 0], &four]);
        assert_ordinary((9, 2152), &[&[0x30, 1, 0, 40, 0, 0, 0, 1], &four]);
        assert_ordinary((9, 2152), &[&[0x20, 255, 0, 40, 0, 0, 0, 1], &four]);
        assert_ordinary((9, 2152), &[&[0x50, 255, 0, 40, 0, 0, 0, 1], &four]);
        assert_ordinary((9, 2152), &[&[0x30, 255, 0, 10, 0, 0, 0, 1], &four]);
    }

    #[test]
    fn teredo() {
        let six = ipv6(6, &syn());
        const KIND: TunnelKind = TunnelKind::Teredo;
        let authentication = [0, 1, 2, 3, 8, 8, 7, 7, 7, 1, 2, 3, 4, 5, 6, 7, 8, 0];
        let origin = [0, 0, 0xff, 0xff, 1, 2, 3, 4];
        assert_carries_syn((9, 3544), KIND, &[&six]);
        assert_carries_syn((3544, 9), KIND, &[&origin, &six]);
        assert_carries_syn((9, 3544), KIND, &[&authentication, &origin, &six]);
        assert_ordinary((9, 3544), &[&ipv4(6, &syn())]);
        assert_ordinary((9, 3544), &[&six[..59]]);
        assert_ordinary((9, 3544), &[b"hello"]);
    }
}
