//! GRE (RFC 2784, 2890), its version 1 of PPTP (RFC 2637), and ERSPAN inside it.

use crate::TunnelKind;
use crate::decode::cursor::Cursor;
use crate::decode::ethernet::{self, ether_type};
use crate::decode::malformed::{Layer, Reason};
use crate::decode::walk::Walk;
use crate::decode::{ip, ppp};

const CHECKSUM: u16 = 0x8000;
const ROUTING: u16 = 0x4000;
const KEY: u16 = 0x2000;
const SEQUENCE: u16 = 0x1000;
/// Of version 1 only.
const ACKNOWLEDGEMENT: u16 = 0x0080;
const VERSION: u16 = 0x0007;

/// ERSPAN types I and II.
const ERSPAN: u16 = 0x88be;
const ERSPAN_III: u16 = 0x22eb;
/// Web cache redirection, with four bytes before the packet from its version 2 on.
const WCCP: u16 = 0x883e;

/// A GRE packet, from its flags on.
pub(super) fn packet<'a>(walk: &mut Walk<'_, 'a>, at: Cursor<'a>) {
    let Some(&[f0, f1, p0, p1]) = at.head::<4>() else {
        return walk.cut(Layer::Gre, at);
    };
    let flags = u16::from_be_bytes([f0, f1]);
    let protocol = u16::from_be_bytes([p0, p1]);
    let version = flags & VERSION;
    match version {
        // Source routes were withdrawn before the protocol was a standard.
        0 if flags & ROUTING != 0 => return walk.fail(Layer::Gre, Reason::Unsupported, at),
        // Without a sequence number version 1 acknowledges and carries nothing.
        1 if protocol != ether_type::PPP || flags & SEQUENCE == 0 => return,
        0 | 1 => {}
        _ => return walk.fail(Layer::Gre, Reason::BadVersion, at),
    }
    let mut header_len = 4;
    for optional in [CHECKSUM, KEY, SEQUENCE] {
        header_len += if flags & optional != 0 { 4 } else { 0 };
    }
    if version == 1 && flags & ACKNOWLEDGEMENT != 0 {
        header_len += 4;
    }
    if header_len > at.len() {
        return walk.cut(Layer::Gre, at);
    }
    let body = at.skip(header_len);
    walk.enter(TunnelKind::Gre, Layer::Gre, at, |walk| match version {
        0 if protocol == ERSPAN && flags & SEQUENCE == 0 => ethernet::inner(walk, body),
        0 => payload(walk, protocol, body),
        _ => ppp::frame(walk, body),
    });
}

/// What version 0 carries.
fn payload<'a>(walk: &mut Walk<'_, 'a>, protocol: u16, at: Cursor<'a>) {
    match protocol {
        ether_type::BRIDGED_ETHERNET => ethernet::inner(walk, at),
        ERSPAN => erspan_ii(walk, at),
        ERSPAN_III => erspan_iii(walk, at),
        WCCP => match at.u8(0) {
            Some(first) if first >> 4 == 4 => ip::either(walk, at, Layer::Gre),
            _ => ip::either(walk, at.skip(4), Layer::Gre),
        },
        ethernet::MIN_ETHER_TYPE.. => ethernet::payload(walk, protocol, at),
        _ => {}
    }
}

/// ERSPAN type II: eight bytes of session before the frame.
fn erspan_ii<'a>(walk: &mut Walk<'_, 'a>, at: Cursor<'a>) {
    match at.head::<8>() {
        Some(_) => ethernet::inner(walk, at.skip(8)),
        None => walk.cut(Layer::Gre, at),
    }
}

/// ERSPAN type III: twelve bytes, eight more where the last bit says so, then a frame or a packet.
fn erspan_iii<'a>(walk: &mut Walk<'_, 'a>, at: Cursor<'a>) {
    let Some(header) = at.head::<12>() else {
        return walk.cut(Layer::Gre, at);
    };
    let body = at.skip(if header[11] & 1 == 1 { 20 } else { 12 });
    match (header[10] >> 2) & 0x1f {
        0 => ethernet::inner(walk, body),
        2 => ip::either(walk, body, Layer::Gre),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::testing::*;

    fn gre(flags: u16, protocol: u16, rest: &[&[u8]]) -> Vec<u8> {
        let header = [flags, protocol].map(u16::to_be_bytes).concat();
        ipv4_in(7, 47, &concat(&[&header, &rest.concat()]))
    }

    #[track_caller]
    fn assert_carries_syn(packet: &[u8]) {
        let decoded = decode_raw(packet);
        assert_syn(&decoded);
        let tunnel = decoded.headers.tunnel.unwrap();
        assert_eq!((tunnel.kind, tunnel.source, tunnel.depth), (TunnelKind::Gre, v4(7, 1), 1));
    }

    #[test]
    fn every_payload_is_followed() {
        let (four, six) = (ipv4(6, &syn()), ipv6(6, &syn()));
        let frame = ethernet(0x0800, &four);
        assert_carries_syn(&gre(0, 0x0800, &[&four]));
        assert_carries_syn(&gre(0, 0x86dd, &[&six]));
        assert_carries_syn(&gre(0x8000, 0x0800, &[&[9; 4], &four]));
        assert_carries_syn(&gre(0xb000, 0x0800, &[&[9; 12], &four]));
        assert_carries_syn(&gre(0x2000, 0x6558, &[&[9; 4], &frame]));
        assert_carries_syn(&gre(0, 0x8847, &[&[0, 1, 0x41, 64], &four]));
        assert_carries_syn(&gre(0, 0x88be, &[&frame]));
        assert_carries_syn(&gre(0x1000, 0x88be, &[&[9; 4], &[0x10; 8], &frame]));
        assert_carries_syn(&gre(0x1000, 0x22eb, &[&[9; 4], &[0x20; 10], &[0, 0], &frame]));
        assert_carries_syn(&gre(0x1000, 0x22eb, &[&[9; 4], &[0x20; 10], &[0, 1], &[7; 8], &frame]));
        assert_carries_syn(&gre(0x1000, 0x22eb, &[&[9; 4], &[0x20; 10], &[8, 0], &six]));
        assert_carries_syn(&gre(0, 0x883e, &[&four]));
        assert_carries_syn(&gre(0, 0x883e, &[&[0; 4], &four]));
        let ppp = [0xff, 3, 0, 0x21];
        assert_carries_syn(&gre(0x3001, 0x880b, &[&[0, 44, 0, 1], &[9; 4], &ppp, &four]));
        assert_carries_syn(&gre(0x3081, 0x880b, &[&[0, 43, 0, 1], &[9; 8], &[0x21], &four]));
    }

    #[test]
    fn what_carries_no_packet_is_not_malformed() {
        for packet in [
            gre(0x2081, 0x880b, &[&[0, 0, 0, 1], &[9; 4]]),
            gre(0, 0, &[]),
            gre(0, 0x2000, &[&[1; 30]]),
            gre(0x1000, 0x88be, &[&[9; 4], &[0x10; 8], &ethernet(0x88cc, &[0; 46])]),
        ] {
            let decoded = decode_raw(&packet);
            assert_eq!((decoded.malformed, decoded.headers.tunnel), (None, None));
            assert_other(&decoded, packet.len() - 20);
        }
    }

    #[test]
    fn defects_are_told() {
        for (packet, layer, reason, offset) in [
            (gre(2, 0x0800, &[&[0x45; 40]]), Layer::Gre, Reason::BadVersion, 20),
            (gre(0x4000, 0x0800, &[&[0x45; 40]]), Layer::Gre, Reason::Unsupported, 20),
            (gre(0xb000, 0x0800, &[&[9; 11]]), Layer::Gre, Reason::Short, 20),
            (gre(0x1000, 0x88be, &[&[9; 4], &[0x10; 7]]), Layer::Gre, Reason::Short, 28),
            (gre(0, 0x0800, &[&[0x55; 40]]), Layer::Ipv4, Reason::BadVersion, 24),
        ] {
            let decoded = decode_raw(&packet);
            assert_eq!(decoded.malformed, malformed(layer, reason, offset));
            assert_eq!((ip_of(&decoded).source, decoded.headers.tunnel), (v4(7, 1), None));
            assert_other(&decoded, packet.len() - 20);
        }
    }
}
