//! TCP, UDP, ICMP and ICMPv6.

use super::cursor::{Cursor, Missing};
use super::malformed::{Layer, Reason};
use super::tunnel::over_udp;
use super::walk::Walk;
use crate::{Icmp, Tcp, TcpFlags, Transport, Udp};

/// Length of a TCP header without options.
const TCP_HEADER: usize = 20;
/// The part of a TCP header that ends with the window: with less, nothing is made of a segment.
const TCP_UP_TO_WINDOW: usize = 16;
/// Length of a UDP header.
const UDP_HEADER: usize = 8;

/// A TCP segment; something else where its flags and window are not there, or where its own word
/// leaves no room for its header: every host throws such a segment away.
pub(super) fn tcp<'a>(walk: &mut Walk<'_, 'a>, at: Cursor<'a>) {
    let Some(header) = at.head::<TCP_HEADER>() else {
        return tcp_cut(walk, at);
    };
    let header_len = data_offset(header[12]);
    if header_len < TCP_HEADER {
        return walk.fail(Layer::Tcp, Reason::BadLength, at);
    }
    let (options, payload) = match at.bytes().get(TCP_HEADER..header_len) {
        Some(options) => (options, at.skip(header_len).bytes()),
        None => (cut_options(walk, at), &[][..]),
    };
    walk.carries(Transport::Tcp(Tcp {
        source_port: u16::from_be_bytes([header[0], header[1]]),
        destination_port: u16::from_be_bytes([header[2], header[3]]),
        sequence: u32::from_be_bytes([header[4], header[5], header[6], header[7]]),
        acknowledgement: u32::from_be_bytes([header[8], header[9], header[10], header[11]]),
        flags: TcpFlags::from_bits_retain(header[13]),
        window: u16::from_be_bytes([header[14], header[15]]),
        options,
        payload,
    }));
}

/// A TCP header that ends before its fixed part does.
#[cold]
fn tcp_cut<'a>(walk: &mut Walk<'_, 'a>, at: Cursor<'a>) {
    walk.cut(Layer::Tcp, at);
    let Some(header) = at.head::<TCP_UP_TO_WINDOW>() else { return };
    if data_offset(header[12]) < TCP_HEADER {
        return;
    }
    walk.carries(Transport::Tcp(Tcp {
        source_port: u16::from_be_bytes([header[0], header[1]]),
        destination_port: u16::from_be_bytes([header[2], header[3]]),
        sequence: u32::from_be_bytes([header[4], header[5], header[6], header[7]]),
        acknowledgement: u32::from_be_bytes([header[8], header[9], header[10], header[11]]),
        flags: TcpFlags::from_bits_retain(header[13]),
        window: u16::from_be_bytes([header[14], header[15]]),
        options: &[],
        payload: &[],
    }));
}

/// Length of a TCP header, in bytes, as it tells itself.
fn data_offset(byte: u8) -> usize {
    usize::from(byte >> 4) * 4
}

/// The options there are, of a header that is longer than the segment.
#[cold]
fn cut_options<'a>(walk: &mut Walk<'_, 'a>, at: Cursor<'a>) -> &'a [u8] {
    match at.missing() {
        Missing::Nowhere => walk.fail(Layer::Tcp, Reason::BadLength, at),
        Missing::Snapped | Missing::LaterFragment => walk.cut(Layer::Tcp, at),
    }
    at.skip(TCP_HEADER).bytes()
}

/// A UDP datagram, and what is in it where its ports are those of a tunnel.
pub(super) fn udp<'a>(walk: &mut Walk<'_, 'a>, at: Cursor<'a>) {
    if let Some(udp) = udp_header(walk, at)
        && over_udp::is_port(udp.source_port, udp.destination_port)
    {
        over_udp::datagram(walk, udp, at.skip(UDP_HEADER));
    }
}

/// A UDP datagram; something else where its ports are not there.
///
/// A length beyond what is there is usual in first fragments and snapped frames, and 0 in
/// jumbograms and offloaded segments. `None` where the header is not whole.
pub(super) fn udp_header<'a>(walk: &mut Walk<'_, 'a>, at: Cursor<'a>) -> Option<Udp<'a>> {
    let Some(header) = at.head::<UDP_HEADER>() else {
        udp_cut(walk, at);
        return None;
    };
    let payload = match usize::from(u16::from_be_bytes([header[4], header[5]])) {
        0 => at.skip(UDP_HEADER).bytes(),
        length @ UDP_HEADER.. => at.skip(UDP_HEADER).bounded(length - UDP_HEADER).bytes(),
        _ => {
            walk.fail(Layer::Udp, Reason::BadLength, at);
            &[]
        }
    };
    let source_port = u16::from_be_bytes([header[0], header[1]]);
    let destination_port = u16::from_be_bytes([header[2], header[3]]);
    let udp = Udp { source_port, destination_port, payload };
    walk.carries(Transport::Udp(udp));
    Some(udp)
}

#[cold]
fn udp_cut<'a>(walk: &mut Walk<'_, 'a>, at: Cursor<'a>) {
    walk.cut(Layer::Udp, at);
    if let Some(&[s0, s1, d0, d1]) = at.head::<4>() {
        walk.carries(Transport::Udp(Udp {
            source_port: u16::from_be_bytes([s0, s1]),
            destination_port: u16::from_be_bytes([d0, d1]),
            payload: &[],
        }));
    }
}

/// An ICMP or ICMPv6 message; something else where its type is not there.
pub(super) fn icmp<'a>(walk: &mut Walk<'_, 'a>, at: Cursor<'a>) {
    if at.len() < 4 {
        walk.cut(Layer::Icmp, at);
    }
    if let Some(kind) = at.u8(0) {
        let code = at.u8(1).unwrap_or(0);
        walk.carries(Transport::Icmp(Icmp { kind, code, body: at.skip(4).bytes() }));
    }
}

#[cfg(test)]
mod tests {
    use super::{Layer, Reason, TcpFlags, Transport};
    use crate::LinkType;
    use crate::decode::testing::*;
    use crate::decode::{Decoded, decode};

    fn cut(packet: &[u8], transport_len: usize) -> Decoded<'_> {
        decode(&snapped(LinkType::RAW, &packet[..20 + transport_len], packet.len()))
    }

    #[test]
    fn tcp_fields_and_options_are_read() {
        let mut segment = concat(&[&tcp(1, 2, 0xff, &[]), &[2, 4, 5, 0xb4], b"data"]);
        segment[12] = 0x60;
        let packet = ipv4(6, &segment);
        let tcp = tcp_of(&decode_raw(&packet));
        assert_eq!((tcp.source_port, tcp.destination_port), (1, 2));
        assert_eq!((tcp.sequence, tcp.acknowledgement), (1, 2));
        assert_eq!((tcp.flags, tcp.window), (TcpFlags::all(), 0x1020));
        assert_eq!((tcp.options, tcp.payload), (&[2, 4, 5, 0xb4][..], &b"data"[..]));
    }

    #[test]
    fn tcp_needs_its_flags_and_window() {
        let packet = ipv4(6, &tcp(1024, 80, 0x12, &[0; 40]));
        for len in 16..20 {
            let decoded = cut(&packet, len);
            assert_eq!(decoded.malformed, malformed(Layer::Tcp, Reason::Snapped, 20));
            let tcp = tcp_of(&decoded);
            assert_eq!(tcp.flags, TcpFlags::SYN | TcpFlags::ACK);
            assert_eq!(tcp.window, 0x1020);
        }
        assert_other(&cut(&packet, 15), 15);
        assert_eq!(cut(&packet, 20).malformed, None);
    }

    #[test]
    fn a_data_offset_that_lies_leaves_no_segment_or_no_payload() {
        let with_offset = |offset| {
            let mut segment = tcp(1024, 80, 2, b"payload");
            segment[12] = offset;
            ipv4(6, &segment)
        };
        for offset in [0x00, 0x40] {
            let packet = with_offset(offset);
            assert_other(&decode_raw(&packet), 27);
            let expected = malformed(Layer::Tcp, Reason::BadLength, 20);
            assert_eq!(decode_raw(&packet).malformed, expected);
            assert_other(&cut(&packet, 18), 18);
        }
        let long = with_offset(0xf0);
        assert_eq!(decode_raw(&long).malformed, malformed(Layer::Tcp, Reason::BadLength, 20));
        assert_eq!(tcp_of(&decode_raw(&long)).payload, b"");
        let mut segment = tcp(1024, 80, 2, &[1; 40]);
        segment[12] = 0xf0;
        let packet = ipv4(6, &segment);
        let decoded = cut(&packet, 30);
        assert_eq!(decoded.malformed, malformed(Layer::Tcp, Reason::Snapped, 20));
        assert_eq!(tcp_of(&decoded).options, [1; 10]);
    }

    #[test]
    fn udp_is_bounded_by_its_length() {
        let with_length = |length: u8| {
            let mut datagram = udp(53, 1000, b"payload");
            datagram[5] = length;
            ipv4(17, &datagram)
        };
        for (length, payload) in [(12, &b"payl"[..]), (0, b"payload"), (200, b"payload"), (8, b"")]
        {
            let packet = with_length(length);
            let decoded = decode_raw(&packet);
            assert_eq!((udp_of(&decoded).payload, decoded.malformed), (payload, None));
        }
        let packet = with_length(7);
        let decoded = decode_raw(&packet);
        assert_eq!(decoded.malformed, malformed(Layer::Udp, Reason::BadLength, 20));
        assert_eq!((udp_of(&decoded).source_port, udp_of(&decoded).payload), (53, &[][..]));
    }

    #[test]
    fn udp_needs_its_ports() {
        let packet = ipv4(17, &udp(53, 1000, b"payload"));
        for len in 4..8 {
            let decoded = cut(&packet, len);
            assert_eq!(decoded.malformed, malformed(Layer::Udp, Reason::Snapped, 20));
            assert_eq!(udp_of(&decoded).destination_port, 1000);
        }
        assert_other(&cut(&packet, 3), 3);
    }

    #[test]
    fn icmp_needs_its_type() {
        let packet = ipv4(1, &[8, 3, 0xaa, 0xaa, 1, 2]);
        let icmp = |len| match ip_of(&cut(&packet, len)).transport {
            Transport::Icmp(icmp) => Some((icmp.kind, icmp.code, icmp.body.len())),
            _ => None,
        };
        assert_eq!(
            [6, 4, 2, 1, 0].map(icmp),
            [Some((8, 3, 2)), Some((8, 3, 0)), Some((8, 3, 0)), Some((8, 0, 0)), None]
        );
        let six = ipv6(58, &[128, 0, 0, 0]);
        assert!(matches!(ip_of(&decode_raw(&six)).transport, Transport::Icmp(_)));
        let misplaced = ipv4(58, &[128, 0, 0, 0]);
        assert_other(&decode_raw(&misplaced), 4);
    }

    #[test]
    fn a_packet_quoted_in_an_error_is_not_decoded() {
        let quoted = concat(&[&[3, 3, 0, 0, 0, 0, 0, 0], &ipv4_in(9, 17, &udp(1, 2, &[]))]);
        let packet = ipv4(1, &quoted);
        let decoded = decode_raw(&packet);
        assert_eq!(ip_of(&decoded).source, v4(0, 1));
        assert_eq!(decoded.headers.tunnel, None);
    }
}
