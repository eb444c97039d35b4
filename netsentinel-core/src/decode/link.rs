//! The link layers a capture may start with.

use super::cursor::Cursor;
use super::malformed::{Layer, Reason};
use super::walk::Walk;
use super::{ethernet, ip, ipv4, ipv6, ppp};
use crate::{Ethernet, LinkType, Mac};

/// FDDI, with the addresses in the bit order of the ring.
const FDDI: LinkType = LinkType(10);
/// PPPoE without the Ethernet header.
const PPP_ETHER: LinkType = LinkType(51);
/// Cisco HDLC.
const CISCO_HDLC: LinkType = LinkType(104);

/// Link-layer address type of the Linux netlink monitor, whose protocol field is no EtherType.
const ARPHRD_NETLINK: u16 = 824;

/// Decodes a frame from its link layer on.
pub(super) fn frame<'a>(walk: &mut Walk<'_, 'a>, link: LinkType, at: Cursor<'a>) {
    match link {
        LinkType::ETHERNET => ethernet::frame(walk, at),
        LinkType::RAW | LinkType::RAW_BSD | LinkType::RAW_OPENBSD => {
            ip::either(walk, at, Layer::Link);
        }
        LinkType::IPV4 => ipv4::packet(walk, at),
        LinkType::IPV6 => ipv6::packet(walk, at),
        LinkType::LINUX_SLL => linux_sll(walk, at),
        LinkType::LINUX_SLL2 => linux_sll2(walk, at),
        LinkType::NULL => loopback(walk, at),
        LinkType::LOOP => loopback(walk, at),
        LinkType::PPP | LinkType::PPP_HDLC => ppp::hdlc(walk, at),
        PPP_ETHER => ppp::pppoe(walk, at),
        CISCO_HDLC => cisco_hdlc(walk, at),
        FDDI => fddi(walk, at),
        _ => walk.fail(Layer::Link, Reason::Unsupported, at),
    }
}

/// Linux cooked capture: packet type, address type, address length, address, protocol.
fn linux_sll<'a>(walk: &mut Walk<'_, 'a>, at: Cursor<'a>) {
    let Some(header) = at.head::<16>() else {
        return walk.cut(Layer::Link, at);
    };
    let address_type = u16::from_be_bytes([header[2], header[3]]);
    let protocol = u16::from_be_bytes([header[14], header[15]]);
    cooked(walk, address_type, protocol, at.skip(16));
}

/// Linux cooked capture, version 2: protocol, interface, address type, packet type, address.
fn linux_sll2<'a>(walk: &mut Walk<'_, 'a>, at: Cursor<'a>) {
    let Some(header) = at.head::<20>() else {
        return walk.cut(Layer::Link, at);
    };
    let protocol = u16::from_be_bytes([header[0], header[1]]);
    let address_type = u16::from_be_bytes([header[8], header[9]]);
    cooked(walk, address_type, protocol, at.skip(20));
}

fn cooked<'a>(walk: &mut Walk<'_, 'a>, address_type: u16, protocol: u16, body: Cursor<'a>) {
    /// What Linux writes for 802.2 frames.
    const LLC: u16 = 4;
    match protocol {
        _ if address_type == ARPHRD_NETLINK => {}
        LLC => ethernet::llc(walk, body),
        ethernet::MIN_ETHER_TYPE.. => ethernet::payload(walk, protocol, body),
        _ => {}
    }
}

/// BSD loopback: an address family in the byte order of the capturing host, or the network's.
fn loopback<'a>(walk: &mut Walk<'_, 'a>, at: Cursor<'a>) {
    let Some(header) = at.head::<4>() else {
        return walk.cut(Layer::Link, at);
    };
    let big_endian = u32::from_be_bytes(*header);
    // Families are small, so that only one order leaves the upper half empty.
    let family = if big_endian >> 16 == 0 { big_endian } else { big_endian.swap_bytes() };
    match family {
        2 => ipv4::packet(walk, at.skip(4)),
        // IPv6 on Linux, on NetBSD and OpenBSD, on FreeBSD, on macOS.
        10 | 24 | 28 | 30 => ipv6::packet(walk, at.skip(4)),
        _ => {}
    }
}

/// Cisco HDLC: address, control, EtherType.
pub(super) fn cisco_hdlc<'a>(walk: &mut Walk<'_, 'a>, at: Cursor<'a>) {
    match at.u16(2) {
        Some(ether_type) => ethernet::payload(walk, ether_type, at.skip(4)),
        None => walk.cut(Layer::Link, at),
    }
}

/// FDDI: frame control, destination, source, then 802.2 where the frame is of that kind.
fn fddi<'a>(walk: &mut Walk<'_, 'a>, at: Cursor<'a>) {
    let Some(&[control, d0, d1, d2, d3, d4, d5, s0, s1, s2, s3, s4, s5]) = at.head::<13>() else {
        return walk.cut(Layer::Link, at);
    };
    walk.out.headers.ethernet = Some(Ethernet {
        source: Mac([s0, s1, s2, s3, s4, s5].map(u8::reverse_bits)),
        destination: Mac([d0, d1, d2, d3, d4, d5].map(u8::reverse_bits)),
    });
    if control & 0xf0 == 0x50 {
        ethernet::llc(walk, at.skip(13));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Network;
    use crate::decode::decode;
    use crate::decode::testing::*;

    fn assert_finds_syn(link: LinkType, prefix: &[u8], packet: &[u8]) {
        let frame = concat(&[prefix, packet]);
        assert_syn(&decode(&record(link, &frame)));
        for len in 0..prefix.len() {
            let cut = decode(&snapped(link, &frame[..len], frame.len()));
            assert!(matches!(cut.headers.network, Network::Other), "{link:?} {len}");
            // The first byte of HDLC framing alone looks like a protocol field of one byte.
            if cut.malformed.is_none() {
                assert_eq!((len, prefix[0] & 1), (1, 1));
            }
        }
    }

    #[test]
    fn every_link_type_is_read() {
        let (four, six) = (ipv4(6, &syn()), ipv6(6, &syn()));
        for raw in [LinkType::RAW, LinkType::RAW_BSD, LinkType::RAW_OPENBSD] {
            assert_finds_syn(raw, &[], &four);
            assert_finds_syn(raw, &[], &six);
        }
        assert_finds_syn(LinkType::IPV4, &[], &four);
        assert_finds_syn(LinkType::IPV6, &[], &six);
        assert_finds_syn(LinkType::NULL, &2_u32.to_be_bytes(), &four);
        assert_finds_syn(LinkType::NULL, &2_u32.to_le_bytes(), &four);
        assert_finds_syn(LinkType::LOOP, &2_u32.to_be_bytes(), &four);
        for family in [10_u32, 24, 28, 30] {
            assert_finds_syn(LinkType::NULL, &family.to_be_bytes(), &six);
            assert_finds_syn(LinkType::NULL, &family.to_le_bytes(), &six);
            assert_finds_syn(LinkType::LOOP, &family.to_be_bytes(), &six);
        }
        let sll = [0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0];
        assert_finds_syn(LinkType::LINUX_SLL, &sll, &four);
        let sll2 = [0x86, 0xdd, 0, 0, 0, 0, 0, 3, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0];
        assert_finds_syn(LinkType::LINUX_SLL2, &sll2, &six);
        for ppp in [LinkType::PPP, LinkType::PPP_HDLC] {
            assert_finds_syn(ppp, &[0xff, 3, 0, 0x21], &four);
            assert_finds_syn(ppp, &[0, 0x57], &six);
            assert_finds_syn(ppp, &[0x21], &four);
            assert_finds_syn(ppp, &[0x0f, 0, 8, 0], &four);
        }
        assert_finds_syn(CISCO_HDLC, &[0x0f, 0, 0x86, 0xdd], &six);
        let session = [0x11, 0, 0, 1, 0, 42, 0, 0x21];
        assert_finds_syn(PPP_ETHER, &session, &four);
        let fddi = [0x50, 0x40, 0, 0, 0, 0, 0x40, 0x40, 0, 0, 0, 0, 0x80];
        let snap = [0xaa, 0xaa, 3, 0, 0, 0, 8, 0];
        assert_finds_syn(FDDI, &concat(&[&fddi, &snap]), &four);
    }

    #[test]
    fn fddi_addresses_are_turned_round() {
        let frame = [0x50, 0x40, 0, 0, 0, 0, 0x40, 0x40, 0, 0, 0, 0, 0x80, 0xe0, 0xe0, 3];
        let ethernet = decode(&record(FDDI, &frame)).headers.ethernet.unwrap();
        assert_eq!(ethernet.source, Mac(SOURCE_MAC));
        assert_eq!(ethernet.destination, Mac(DESTINATION_MAC));
    }

    #[test]
    fn an_unknown_link_type_is_unsupported() {
        let decoded = decode(&record(LinkType(105), &[0x45; 60]));
        assert_eq!(decoded.malformed, malformed(Layer::Link, Reason::Unsupported, 0));
    }

    #[test]
    fn what_is_not_ip_is_not_malformed() {
        for (link, frame) in [
            (LinkType::NULL, &[0, 0, 0, 9, 1, 2][..]),
            (LinkType::PPP, &[0xff, 3, 0xc0, 0x21, 1, 1]),
            // Netlink: the protocol field is a netlink family.
            (LinkType::LINUX_SLL, &[0, 4, 3, 0x38, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 1]),
            (LinkType::LINUX_SLL, &[0, 4, 1, 0x18, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 12, 1]),
        ] {
            assert_eq!(decode(&record(link, frame)).malformed, None, "{link:?}");
        }
        let neither = decode_raw(&[0x55; 40]).malformed;
        assert_eq!(neither, malformed(Layer::Link, Reason::BadVersion, 0));
    }
}
