//! IPv4.

use std::net::IpAddr;

use super::cursor::Cursor;
use super::ip;
use super::malformed::{Layer, Reason};
use super::walk::Walk;
use crate::{Fragment, Ip, Network, Transport};

/// Length of a header without options.
const MIN_HEADER: usize = 20;

/// An IPv4 packet.
///
/// The total length cuts off what pads a short Ethernet frame. Where it is 0, a network card was
/// to cut the packet into segments later, and all that was captured belongs to it.
pub(super) fn packet<'a>(walk: &mut Walk<'_, 'a>, at: Cursor<'a>) {
    let Some(header) = at.head::<MIN_HEADER>() else {
        return walk.cut(Layer::Ipv4, at);
    };
    if header[0] >> 4 != 4 {
        return walk.fail(Layer::Ipv4, Reason::BadVersion, at);
    }
    let header_len = usize::from(header[0] & 0x0f) * 4;
    let total_len = match u16::from_be_bytes([header[2], header[3]]) {
        0 => at.len().max(header_len),
        total_len => usize::from(total_len),
    };
    let protocol = header[9];
    let body = at.skip(header_len).bounded(total_len.saturating_sub(header_len));
    walk.found(Network::Ip(Ip {
        source: IpAddr::from([header[12], header[13], header[14], header[15]]),
        destination: IpAddr::from([header[16], header[17], header[18], header[19]]),
        protocol,
        hop_limit: header[8],
        fragment: None,
        transport: Transport::Other(body.bytes()),
    }));
    if header_len < MIN_HEADER || header_len > total_len || header_len > at.len() {
        return addresses_only(walk, at, header_len <= total_len);
    }
    if at.overrun_by(total_len) {
        walk.fail(Layer::Ipv4, Reason::BadLength, at);
    }
    let fragment = u16::from_be_bytes([header[6], header[7]]);
    if fragment & 0x3fff != 0 {
        let fragment = Fragment {
            id: u32::from(u16::from_be_bytes([header[4], header[5]])),
            offset: (fragment & 0x1fff) << 3,
            more: fragment & 0x2000 != 0,
            data: body.bytes(),
        };
        return ip::carry_fragment(walk, fragment, body);
    }
    ip::carry(walk, protocol, body);
}

/// A header whose lengths contradict each other or whose options are cut off.
#[cold]
fn addresses_only<'a>(walk: &mut Walk<'_, 'a>, at: Cursor<'a>, fits_total: bool) {
    walk.carries(Transport::Other(&[]));
    let header_len = at.u8(0).map_or(0, |first| usize::from(first & 0x0f) * 4);
    if fits_total && header_len > at.len() {
        walk.cut(Layer::Ipv4, at);
    } else {
        walk.fail(Layer::Ipv4, Reason::BadLength, at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LinkType;
    use crate::decode::decode;
    use crate::decode::testing::*;

    fn with(index: usize, value: u8, mut packet: Vec<u8>) -> Vec<u8> {
        packet[index] = value;
        packet
    }

    #[test]
    fn options_are_skipped_and_padding_is_cut() {
        let mut packet = ipv4(6, &concat(&[&[1; 8], &syn()]));
        packet[0] = 0x47;
        let padded = concat(&[&packet, &[0xff; 6]]);
        let decoded = decode_raw(&padded);
        assert_syn(&decoded);
        assert_eq!(tcp_of(&decoded).payload, b"");
        let ip = ip_of(&decoded);
        assert_eq!((ip.source, ip.destination), (v4(0, 1), v4(0, 2)));
        assert_eq!((ip.protocol, ip.hop_limit), (6, 64));
    }

    #[test]
    fn an_offloaded_segment_has_length_0() {
        let packet = ipv4(6, &tcp(1, 2, 0x10, b"segment"));
        let packet = with(3, 0, with(2, 0, packet));
        let decoded = decode_raw(&packet);
        assert_eq!(decoded.malformed, None);
        assert_eq!(tcp_of(&decoded).payload, b"segment");
    }

    #[test]
    fn contradicting_lengths_leave_the_addresses() {
        let packet = ipv4(6, &syn());
        for lie in [with(0, 0x44, packet.clone()), with(3, 19, packet.clone())] {
            let decoded = decode_raw(&lie);
            assert_eq!(decoded.malformed, malformed(Layer::Ipv4, Reason::BadLength, 0));
            assert_eq!(ip_of(&decoded).source, v4(0, 1));
            assert_other(&decoded, 0);
        }
        let options_beyond = with(0, 0x4f, packet.clone());
        let decoded = decode_raw(&options_beyond);
        assert_eq!(decoded.malformed, malformed(Layer::Ipv4, Reason::BadLength, 0));
        assert_other(&decoded, 0);
        let beyond = with(3, 100, packet.clone());
        let decoded = decode_raw(&beyond);
        assert_eq!(decoded.malformed, malformed(Layer::Ipv4, Reason::BadLength, 0));
        assert_eq!(tcp_of(&decoded).destination_port, 80);
        let version = with(0, 0x65, packet);
        let frame = ethernet(0x0800, &version);
        let decoded = decode_frame(&frame).malformed;
        assert_eq!(decoded, malformed(Layer::Ipv4, Reason::BadVersion, 14));
    }

    #[test]
    fn a_snapped_packet_keeps_what_was_captured() {
        let packet = ipv4(6, &tcp(1024, 80, 2, &[7; 100]));
        let whole = packet.len();
        let decoded = decode(&snapped(LinkType::RAW, &packet[..60], whole));
        assert_syn(&decoded);
        assert_eq!(tcp_of(&decoded).payload, [7; 20]);
        let decoded = decode(&snapped(LinkType::RAW, &packet[..20], whole));
        assert_eq!(decoded.malformed, malformed(Layer::Tcp, Reason::Snapped, 20));
        assert_eq!(ip_of(&decoded).destination, v4(0, 2));
        let decoded = decode(&snapped(LinkType::RAW, &packet[..19], whole));
        assert_eq!(decoded.malformed, malformed(Layer::Ipv4, Reason::Snapped, 0));
        let options_cut = with(0, 0x4f, packet);
        let decoded = decode(&snapped(LinkType::RAW, &options_cut[..40], whole));
        assert_eq!(decoded.malformed, malformed(Layer::Ipv4, Reason::Snapped, 0));
        assert_eq!(ip_of(&decoded).destination, v4(0, 2));
    }

    #[test]
    fn fragments_show_their_place() {
        let first = with(6, 0x20, ipv4(17, &udp(53, 1000, &[5; 64])[..16]));
        let decoded = decode_raw(&first);
        assert_eq!(decoded.malformed, None);
        assert_eq!(udp_of(&decoded).destination_port, 1000);
        let fragment = ip_of(&decoded).fragment.unwrap();
        assert_eq!((fragment.id, fragment.offset, fragment.more), (7, 0, true));
        assert_eq!(fragment.data.len(), 16);
        let last = with(7, 2, ipv4(17, &[5; 56]));
        let decoded = decode_raw(&last);
        let fragment = ip_of(&decoded).fragment.unwrap();
        assert_eq!((fragment.offset, fragment.more, fragment.data.len()), (16, false, 56));
        assert_other(&decoded, 56);
        let farthest = with(6, 0x3f, with(7, 0xff, ipv4(17, &[])));
        assert_eq!(ip_of(&decode_raw(&farthest)).fragment.unwrap().offset, 65528);
        let dont_fragment = with(6, 0x40, ipv4(6, &syn()));
        assert!(ip_of(&decode_raw(&dont_fragment)).fragment.is_none());
    }

    #[test]
    fn a_first_fragment_may_miss_the_rest_of_its_header() {
        for (protocol, piece) in
            [(6, &syn()[..8]), (6, &syn()[..14]), (17, &[0, 1, 0, 2]), (1, &[8])]
        {
            let packet = with(6, 0x20, ipv4(protocol, piece));
            assert_eq!(decode_raw(&packet).malformed, None, "{protocol}");
        }
    }

    #[test]
    fn an_unknown_protocol_is_not_malformed() {
        let packet = ipv4(132, &[1, 2, 3]);
        let decoded = decode_raw(&packet);
        assert_eq!(decoded.malformed, None);
        assert_other(&decoded, 3);
    }
}
