//! From captured bytes to [`Headers`]: a checked walk over borrowed bytes.
//!
//! [`decode`] and [`resume`] read any bytes whatever without panic or allocation, in time linear
//! in the headers. They tell what could be read and the first problem met; what follows a problem
//! is left out, what came before stays. An EtherType or IP protocol that is not known is no
//! problem: it is [`Network::Other`] or [`Transport::Other`].
//!
//! The innermost packet wins: what travels in a tunnel takes the place of the packet around it,
//! and [`Headers::tunnel`] keeps the addresses of the outermost. GRE and IP in IP are announced by
//! the header around them, so a defect inside is reported; tunnels over UDP are known by port
//! alone, so where no packet is found inside, the datagram is an ordinary one and not malformed.
//! The packet quoted in an ICMP error is not decoded. A fragment is not looked into beyond its own
//! transport header: that is for [`resume`], once its datagram is whole.

mod arp;
mod cursor;
mod ethernet;
mod extension;
mod ip;
mod ipv4;
mod ipv6;
mod link;
mod macsec;
mod malformed;
mod mpls;
mod ppp;
#[cfg(test)]
mod properties;
mod straight;
#[cfg(test)]
mod testing;
mod transport;
mod tunnel;
mod walk;

use self::cursor::Cursor;
use self::walk::Walk;
use crate::{Headers, Ip, LinkType, Network, Record, Transport};

pub use malformed::{DecodeCounters, Layer, Malformed, Reason};

/// Tunnels and pseudowires followed into each other. Real networks nest two or three.
const MAX_NESTING: u8 = 8;

/// VLAN and MACsec tags followed in one Ethernet frame; the first two of VLANs are kept.
const MAX_VLAN_TAGS: usize = 8;

/// Labels followed in one MPLS stack.
const MAX_MPLS_LABELS: usize = 16;

/// Extension headers followed in one IPv6 packet. Hosts set no limit, so that a lower one would
/// hide what they see: this is more than a frame of 1500 bytes holds.
const MAX_EXTENSION_HEADERS: usize = 192;

/// What could be read of a frame.
#[derive(Clone, Copy, Debug)]
pub struct Decoded<'a> {
    /// The headers, as far as they could be read.
    pub headers: Headers<'a>,
    /// The first problem met, if any.
    pub malformed: Option<Malformed>,
}

/// Decodes a captured frame.
#[inline]
pub fn decode<'a>(record: &Record<'a>) -> Decoded<'a> {
    let mut headers = Headers::default();
    let malformed = decode_into(record, &mut headers);
    Decoded { headers, malformed }
}

/// As [`decode`], into `headers`, which hold nothing yet: so that they are written where they stay.
#[inline(always)]
pub(crate) fn decode_into<'a>(record: &Record<'a>, headers: &mut Headers<'a>) -> Option<Malformed> {
    if record.link == LinkType::ETHERNET && straight::frame(record.data, headers).is_some() {
        return None;
    }
    let decoded = walk_through(record);
    *headers = decoded.headers;
    decoded.malformed
}

/// Decodes a captured frame of any kind.
#[inline(never)]
fn walk_through<'a>(record: &Record<'a>) -> Decoded<'a> {
    let mut decoded = Decoded { headers: Headers::default(), malformed: None };
    let frame = Cursor::of_frame(record.data, record.wire_len);
    link::frame(&mut Walk::new(&mut decoded), record.link, frame);
    decoded
}

/// Decodes the payload of a datagram that was put together from its fragments.
///
/// `fragment` are the headers of any of the fragments, as [`decode`] gave them, and `datagram` the
/// bytes that follow the IP header (for IPv6: the fragment header). The result has the link layer,
/// tunnel and addresses of `fragment`, and transport and inner tunnels from `datagram`. Its
/// [`Ip::fragment`] is `None` unless a packet in a tunnel is itself a fragment. Offsets of a
/// problem count from the start of `datagram`.
pub fn resume<'a>(fragment: &Headers<'_>, datagram: &'a [u8]) -> Decoded<'a> {
    let headers = Headers {
        ethernet: fragment.ethernet,
        vlan: fragment.vlan,
        tunnel: fragment.tunnel,
        network: Network::Other,
    };
    let mut decoded = Decoded { headers, malformed: None };
    if let Network::Ip(ip) = fragment.network {
        let mut walk = Walk::new(&mut decoded);
        walk.found(Network::Ip(Ip {
            source: ip.source,
            destination: ip.destination,
            protocol: ip.protocol,
            hop_limit: ip.hop_limit,
            fragment: None,
            transport: Transport::Other(datagram),
        }));
        let whole = Cursor::of_datagram(datagram);
        extension::follow(&mut walk, ip.protocol, whole, extension::Whole::Yes);
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::testing::*;
    use super::*;
    use crate::{TunnelKind, Udp};

    /// The fragments of an IPv4 packet, with `size` bytes of payload each.
    fn fragments(packet: &[u8], size: usize) -> Vec<Vec<u8>> {
        let (header, payload) = packet.split_at(20);
        let count = payload.len().div_ceil(size);
        let pieces = payload.chunks(size).enumerate();
        pieces
            .map(|(index, piece)| {
                let mut fragment = concat(&[header, piece]);
                let total_len = u16::try_from(fragment.len()).unwrap();
                let more = if index + 1 < count { 0x2000 } else { 0 };
                let offset = u16::try_from(index * size / 8).unwrap();
                fragment[2..4].copy_from_slice(&total_len.to_be_bytes());
                fragment[6..8].copy_from_slice(&(more | offset).to_be_bytes());
                fragment
            })
            .collect()
    }

    #[test]
    fn resume_sees_the_whole_datagram() {
        let datagram = udp(53, 1000, &[9; 100]);
        let packet = ipv4(17, &datagram);
        for fragment in fragments(&packet, 24) {
            let frame = ethernet(0x8100, &concat(&[&[0, 7, 8, 0], &fragment]));
            let piece = decode_frame(&frame);
            assert!(ip_of(&piece).fragment.is_some());
            let whole = resume(&piece.headers, &datagram);
            assert_eq!(whole.malformed, None);
            assert_eq!(whole.headers.ethernet, piece.headers.ethernet);
            assert_eq!(whole.headers.vlan.ids, [Some(7), None]);
            assert_eq!(ip_of(&whole).destination, v4(0, 2));
            assert!(ip_of(&whole).fragment.is_none());
            assert_eq!(udp_of(&whole).payload, [9; 100]);
        }
    }

    #[test]
    fn a_fragmented_tunnel_is_looked_into_when_whole() {
        let inner = ethernet(0x0800, &ipv4_in(9, 6, &syn()));
        let datagram = udp(1, 4789, &concat(&[&[8, 0, 0, 0, 0, 0, 1, 0], &inner]));
        let packet = ipv4_in(7, 17, &datagram);
        let pieces = fragments(&packet, 40);
        let first = decode_raw(&pieces[0]);
        assert!(matches!(ip_of(&first).transport, Transport::Udp(Udp { source_port: 1, .. })));
        assert_eq!(first.headers.tunnel, None);
        let whole = resume(&first.headers, &datagram);
        assert_syn(&whole);
        assert_eq!(ip_of(&whole).source, v4(9, 1));
        let tunnel = whole.headers.tunnel.unwrap();
        assert_eq!((tunnel.kind, tunnel.source), (TunnelKind::Vxlan, v4(7, 1)));
    }

    #[test]
    fn a_fragment_in_a_tunnel_keeps_the_tunnel() {
        let datagram = udp(53, 1000, &[9; 100]);
        for fragment in fragments(&ipv4_in(9, 17, &datagram), 48) {
            let packet = ipv4_in(7, 4, &fragment);
            let piece = decode_raw(&packet);
            let whole = resume(&piece.headers, &datagram);
            assert_eq!(udp_of(&whole).payload.len(), 100);
            assert_eq!(whole.headers.tunnel, piece.headers.tunnel);
            assert_eq!(whole.headers.tunnel.unwrap().depth, 1);
        }
    }

    #[test]
    fn resume_goes_on_counting_tunnels() {
        let nested = (0..20).fold(ipv4(6, &syn()), |inside, net| ipv4_in(net, 4, &inside));
        let mut piece = fragments(&nested, 40).remove(0);
        for net in 20..24 {
            piece = ipv4_in(net, 4, &piece);
        }
        let piece = decode_raw(&piece);
        assert_eq!(piece.headers.tunnel.unwrap().depth, 4);
        let whole = resume(&piece.headers, &nested[20..]);
        assert_eq!(whole.headers.tunnel.unwrap().depth, MAX_NESTING);
        assert_eq!(whole.malformed.unwrap().reason, Reason::TooDeep);
    }

    #[test]
    fn fragments_do_not_nest() {
        let datagram = concat(&[&[17, 0, 0, 1, 0, 0, 0, 5], &udp(1, 2, &[0; 8])]);
        let packet = ipv6(44, &concat(&[&[44, 0, 0, 1, 0, 0, 0, 4], &datagram]));
        let piece = decode_raw(&packet);
        let whole = resume(&piece.headers, &datagram);
        assert_eq!(whole.malformed, malformed(Layer::Ipv6Extension, Reason::TooDeep, 0));
        assert!(ip_of(&whole).fragment.is_none());
    }

    #[test]
    fn resume_without_an_ip_packet_finds_nothing() {
        let whole = resume(&Headers::default(), &[0x45; 40]);
        assert!(matches!(whole.headers.network, Network::Other));
        assert_eq!(whole.malformed, None);
    }
}
