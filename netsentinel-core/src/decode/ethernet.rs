//! Ethernet II and 802.3, with VLAN tags, 802.2 LLC and SNAP.

use super::cursor::Cursor;
use super::malformed::{Layer, Reason};
use super::walk::Walk;
use super::{MAX_VLAN_TAGS, arp, ipv4, ipv6, macsec, mpls, ppp};
use crate::{Ethernet, Mac, Vlan};

/// EtherTypes, as IEEE and IANA list them.
pub(super) mod ether_type {
    pub(in super::super) const IPV4: u16 = 0x0800;
    pub(in super::super) const ARP: u16 = 0x0806;
    pub(in super::super) const RARP: u16 = 0x8035;
    /// Ethernet in GRE and Geneve.
    pub(in super::super) const BRIDGED_ETHERNET: u16 = 0x6558;
    pub(in super::super) const VLAN: u16 = 0x8100;
    pub(in super::super) const PPP: u16 = 0x880b;
    pub(in super::super) const MPLS: u16 = 0x8847;
    pub(in super::super) const MPLS_MULTICAST: u16 = 0x8848;
    pub(in super::super) const PPPOE_SESSION: u16 = 0x8864;
    pub(in super::super) const PROVIDER_VLAN: u16 = 0x88a8;
    pub(in super::super) const MACSEC: u16 = 0x88e5;
    pub(in super::super) const IPV6: u16 = 0x86dd;
    /// Stacked tags as switches wrote them before 802.1ad.
    pub(in super::super) const OLD_STACKED_VLAN: u16 = 0x9100;
}

/// Below this the field behind the addresses is no EtherType; up to 1500 it is a length.
pub(super) const MIN_ETHER_TYPE: u16 = 0x0600;

/// A frame, from the destination address on.
pub(super) fn frame<'a>(walk: &mut Walk<'_, 'a>, at: Cursor<'a>) {
    let Some(&[d0, d1, d2, d3, d4, d5, s0, s1, s2, s3, s4, s5, t0, t1]) = at.head::<14>() else {
        return walk.cut(Layer::Ethernet, at);
    };
    walk.out.headers.ethernet = Some(Ethernet {
        source: Mac([s0, s1, s2, s3, s4, s5]),
        destination: Mac([d0, d1, d2, d3, d4, d5]),
    });
    let kind = u16::from_be_bytes([t0, t1]);
    payload(walk, kind, at.skip(14));
}

/// A frame in a tunnel or pseudowire. Its tags, or their absence, take the place of the outer.
pub(super) fn inner<'a>(walk: &mut Walk<'_, 'a>, at: Cursor<'a>) {
    walk.out.headers.vlan = Vlan::default();
    frame(walk, at);
}

/// What an EtherType, or a length in its place, announces.
pub(super) fn payload<'a>(walk: &mut Walk<'_, 'a>, kind: u16, body: Cursor<'a>) {
    tagged(walk, kind, body, 0);
}

/// The same behind `depth` tags.
pub(super) fn tagged<'a>(walk: &mut Walk<'_, 'a>, kind: u16, body: Cursor<'a>, depth: usize) {
    match kind {
        ether_type::IPV4 => ipv4::packet(walk, body),
        ether_type::IPV6 => ipv6::packet(walk, body),
        ether_type::ARP | ether_type::RARP => arp::packet(walk, body),
        ether_type::VLAN | ether_type::PROVIDER_VLAN | ether_type::OLD_STACKED_VLAN => {
            tags(walk, body, depth);
        }
        ether_type::MACSEC => macsec::tag(walk, body, depth),
        ether_type::MPLS | ether_type::MPLS_MULTICAST => mpls::stack(walk, body),
        ether_type::PPPOE_SESSION => ppp::pppoe(walk, body),
        ether_type::PPP => ppp::frame(walk, body),
        ether_type::BRIDGED_ETHERNET => {
            walk.suppose(None, Layer::Ethernet, body, |walk| inner(walk, body));
        }
        0..=1500 => llc(walk, body.bounded(usize::from(kind))),
        _ => {}
    }
}

/// VLAN tags, from the first one's identifier on, and what follows them.
fn tags<'a>(walk: &mut Walk<'_, 'a>, first: Cursor<'a>, depth: usize) {
    let mut at = first;
    for depth in depth..MAX_VLAN_TAGS {
        let Some(&[t0, t1, k0, k1]) = at.head::<4>() else {
            return walk.cut(Layer::Vlan, at);
        };
        let id = u16::from_be_bytes([t0, t1]) & 0x0fff;
        let ids = &mut walk.out.headers.vlan.ids;
        if let Some(free) = ids.iter_mut().find(|id| id.is_none()) {
            *free = Some(id);
        }
        at = at.skip(4);
        match u16::from_be_bytes([k0, k1]) {
            ether_type::VLAN | ether_type::PROVIDER_VLAN | ether_type::OLD_STACKED_VLAN => {}
            kind => return tagged(walk, kind, at, depth + 1),
        }
    }
    walk.fail(Layer::Vlan, Reason::TooDeep, at);
}

/// 802.2: IP directly, or SNAP with an EtherType; other service access points are not read.
pub(super) fn llc<'a>(walk: &mut Walk<'_, 'a>, at: Cursor<'a>) {
    const SNAP: u8 = 0xaa;
    const IP: u8 = 0x06;
    const UNNUMBERED: u8 = 0x03;
    let Some(&[destination, source, control]) = at.head::<3>() else {
        return walk.cut(Layer::Ethernet, at);
    };
    match (destination, source, control) {
        (SNAP, SNAP, UNNUMBERED) => match at.head::<8>() {
            // Without an organisation the last two bytes are an EtherType, never a length.
            Some(&[_, _, _, 0, 0, 0, k0, k1]) => {
                let kind = u16::from_be_bytes([k0, k1]);
                if kind >= MIN_ETHER_TYPE {
                    payload(walk, kind, at.skip(8));
                }
            }
            Some(_) => {}
            None => walk.cut(Layer::Ethernet, at),
        },
        (IP, IP, UNNUMBERED) => ipv4::packet(walk, at.skip(3)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Network;
    use crate::decode::testing::*;

    #[test]
    fn ethernet_ii_tells_who_and_what() {
        let frame = ethernet(ether_type::IPV4, &ipv4(6, &syn()));
        let decoded = decode_frame(&frame);
        assert_syn(&decoded);
        let ethernet = decoded.headers.ethernet.unwrap();
        assert_eq!(ethernet.source, Mac(SOURCE_MAC));
        assert_eq!(ethernet.destination, Mac(DESTINATION_MAC));
        assert_eq!(decoded.headers.vlan, Vlan::default());
    }

    #[test]
    fn an_unknown_type_is_not_malformed() {
        let frame = ethernet(0x88cc, &[0; 46]);
        let decoded = decode_frame(&frame);
        assert!(matches!(decoded.headers.network, Network::Other));
        assert!(decoded.headers.ethernet.is_some());
        assert_eq!(decoded.malformed, None);
    }

    #[test]
    fn snap_and_plain_llc_carry_ip() {
        let packet = ipv4(6, &syn());
        for prefix in [&[0xaa, 0xaa, 3, 0, 0, 0, 8, 0][..], &[6, 6, 3]] {
            let length = u16::try_from(prefix.len() + packet.len()).unwrap();
            let frame = ethernet(length, &concat(&[prefix, &packet, &[0; 9]]));
            assert_syn(&decode_frame(&frame));
        }
        let spanning_tree = ethernet(38, &[0x42, 0x42, 3, 0, 0, 0, 0, 0]);
        assert_eq!(decode_frame(&spanning_tree).malformed, None);
        let short = ethernet(2, &[0x42, 0x42, 3]);
        assert_eq!(decode_frame(&short).malformed, malformed(Layer::Ethernet, Reason::Short, 14));
    }

    #[test]
    fn the_outer_two_tags_are_kept() {
        let tagged = |tags: &[(u16, u16)]| {
            let mut frame = ethernet(tags[0].0, &[]);
            for (index, (_, id)) in tags.iter().enumerate() {
                let next = tags.get(index + 1).map_or(ether_type::IPV4, |tag| tag.0);
                frame.extend((id | 0xe000).to_be_bytes());
                frame.extend(next.to_be_bytes());
            }
            frame.extend(ipv4(6, &syn()));
            frame
        };
        let one = tagged(&[(0x8100, 7)]);
        assert_syn(&decode_frame(&one));
        assert_eq!(decode_frame(&one).headers.vlan.ids, [Some(7), None]);
        let three = tagged(&[(0x88a8, 1), (0x9100, 0), (0x8100, 4095)]);
        assert_syn(&decode_frame(&three));
        assert_eq!(decode_frame(&three).headers.vlan.ids, [Some(1), Some(0)]);
        assert_syn(&decode_frame(&tagged(&[(0x8100, 5); MAX_VLAN_TAGS - 1])));
        let deep = tagged(&[(0x8100, 5); MAX_VLAN_TAGS + 1]);
        let deep = decode_frame(&deep).malformed.unwrap();
        assert_eq!((deep.layer, deep.reason), (Layer::Vlan, Reason::TooDeep));
    }

    #[test]
    fn a_cut_header_is_told_from_a_short_one() {
        let frame = ethernet(ether_type::VLAN, &[0, 1]);
        let short = decode_frame(&frame);
        assert_eq!(short.malformed, malformed(Layer::Vlan, Reason::Short, 14));
        let snapped = super::super::decode(&snapped(crate::LinkType::ETHERNET, &frame[..13], 60));
        assert_eq!(snapped.malformed, malformed(Layer::Ethernet, Reason::Snapped, 0));
        assert!(snapped.headers.ethernet.is_none());
    }
}
