//! PPP, on a line, in a PPPoE session or in a tunnel.

use super::cursor::Cursor;
use super::malformed::{Layer, Reason};
use super::walk::Walk;
use super::{ipv4, ipv6, link, mpls};

/// A PPPoE session packet: version and type, code, session, length, then PPP.
pub(super) fn pppoe<'a>(walk: &mut Walk<'_, 'a>, at: Cursor<'a>) {
    let Some(&[version_type, code, _, _, l0, l1]) = at.head::<6>() else {
        return walk.cut(Layer::Pppoe, at);
    };
    if version_type != 0x11 {
        return walk.fail(Layer::Pppoe, Reason::BadVersion, at);
    }
    // Other codes are of the discovery stage and carry no packet.
    if code != 0 {
        return;
    }
    let length = usize::from(u16::from_be_bytes([l0, l1]));
    let body = at.skip(6);
    if body.overrun_by(length) {
        walk.fail(Layer::Pppoe, Reason::BadLength, at);
    }
    protocol(walk, body.bounded(length));
}

/// PPP as a capture or line gives it: HDLC address and control may be there, or Cisco's.
pub(super) fn hdlc<'a>(walk: &mut Walk<'_, 'a>, at: Cursor<'a>) {
    match at.head::<2>() {
        // Cisco HDLC on the same kind of line, unicast and multicast.
        Some([0x0f | 0x8f, 0]) => link::cisco_hdlc(walk, at),
        _ => frame(walk, at),
    }
}

/// PPP with or without address and control, which a link may have agreed to leave out.
pub(super) fn frame<'a>(walk: &mut Walk<'_, 'a>, at: Cursor<'a>) {
    match at.head::<2>() {
        Some([0xff, 0x03]) => protocol(walk, at.skip(2)),
        _ => protocol(walk, at),
    }
}

/// The protocol field, of one byte where that is odd and else of two, and what it announces.
fn protocol<'a>(walk: &mut Walk<'_, 'a>, at: Cursor<'a>) {
    let (protocol, body) = match (at.u8(0), at.u16(0)) {
        (Some(short), _) if short & 1 == 1 => (u16::from(short), at.skip(1)),
        (_, Some(long)) => (long, at.skip(2)),
        _ => return walk.cut(Layer::Ppp, at),
    };
    match protocol {
        0x0021 => ipv4::packet(walk, body),
        0x0057 => ipv6::packet(walk, body),
        0x0281 | 0x0283 => mpls::stack(walk, body),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Network;
    use crate::decode::testing::*;

    fn session(header: [u8; 6], inside: &[u8]) -> Vec<u8> {
        ethernet(0x8864, &concat(&[&header, inside]))
    }

    #[test]
    fn a_session_packet_is_cut_to_its_length() {
        let packet = concat(&[&[0, 0x21], &ipv4(17, &udp(1, 2, b"four"))]);
        let padded = concat(&[&packet, &[0; 12]]);
        let frame = session([0x11, 0, 0, 1, 0, u8::try_from(packet.len()).unwrap()], &padded);
        let decoded = decode_frame(&frame);
        assert_eq!(decoded.malformed, None);
        assert_eq!(udp_of(&decoded).payload, b"four");
        assert_syn(&decode_frame(&session([0x11, 0, 0, 1, 0, 61], &{
            concat(&[&[0x57], &ipv6(6, &syn())])
        })));
    }

    #[test]
    fn lies_are_told() {
        let packet = concat(&[&[0, 0x21], &ipv4(6, &syn())]);
        let version = session([0x21, 0, 0, 1, 0, 42], &packet);
        let version = decode_frame(&version).malformed;
        assert_eq!(version, malformed(Layer::Pppoe, Reason::BadVersion, 14));
        let long = session([0x11, 0, 0, 1, 0, 43], &packet);
        let long = decode_frame(&long);
        assert_eq!(long.malformed, malformed(Layer::Pppoe, Reason::BadLength, 14));
        assert_eq!(tcp_of(&long).destination_port, 80);
        let empty = decode_frame(&session([0x11, 0, 0, 1, 0, 0], &[])).malformed;
        assert_eq!(empty, malformed(Layer::Ppp, Reason::Short, 20));
    }

    #[test]
    fn control_protocols_and_discovery_are_no_packets() {
        for frame in [
            session([0x11, 0, 0, 1, 0, 4], &[0xc0, 0x21, 1, 1]),
            session([0x11, 0xa7, 0, 1, 0, 0], &[]),
        ] {
            let decoded = decode_frame(&frame);
            assert!(matches!(decoded.headers.network, Network::Other));
            assert_eq!(decoded.malformed, None);
        }
    }
}
