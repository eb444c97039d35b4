//! IPv6 extension headers, and the authentication header that IPv4 may have too.

use super::MAX_EXTENSION_HEADERS;
use super::cursor::Cursor;
use super::ip::{self, protocol};
use super::malformed::{Layer, Reason};
use super::walk::Walk;
use crate::{Fragment, Transport};

/// Whether the bytes are known to be the whole packet.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Whole {
    /// Put together from fragments, or IPv4: a fragment header has no place any more.
    Yes,
    /// A fragment header may come.
    Unknown,
}

/// Follows the extension headers of the packet just found, from `protocol` at `first` on, then
/// decodes the payload.
pub(super) fn follow<'a>(walk: &mut Walk<'_, 'a>, protocol: u8, first: Cursor<'a>, whole: Whole) {
    let in_ipv6 = walk.ip().is_some_and(|ip| ip.source.is_ipv6());
    let (mut protocol, mut at) = (protocol, first);
    for _ in 0..MAX_EXTENSION_HEADERS {
        let Some(kind) = Kind::of(protocol, in_ipv6) else {
            return ip::carry(walk, protocol, at);
        };
        if kind == Kind::Fragment && whole == Whole::Yes {
            return walk.fail(Layer::Ipv6Extension, Reason::TooDeep, at);
        }
        let header = at.head::<2>();
        let Some((next, length)) = header.map(|&[next, length]| (next, kind.length(length))) else {
            return walk.cut(Layer::Ipv6Extension, at);
        };
        if length > at.len() {
            return walk.cut(Layer::Ipv6Extension, at);
        }
        let body = at.skip(length);
        if let Some(ip) = walk.ip() {
            ip.protocol = next;
            ip.transport = Transport::Other(body.bytes());
        }
        if kind == Kind::Fragment
            && let Some(fragment) = fragment(at, body)
        {
            return ip::carry_fragment(walk, fragment, body);
        }
        (protocol, at) = (next, body);
    }
    match Kind::of(protocol, in_ipv6) {
        Some(_) => walk.fail(Layer::Ipv6Extension, Reason::TooDeep, at),
        None => ip::carry(walk, protocol, at),
    }
}

/// The fragment whose header is at `at`; `None` where it is the whole datagram (RFC 6946).
fn fragment<'a>(at: Cursor<'a>, body: Cursor<'a>) -> Option<Fragment<'a>> {
    let &[_, _, o0, o1, i0, i1, i2, i3] = at.head::<8>()?;
    let field = u16::from_be_bytes([o0, o1]);
    let (offset, more) = (field & 0xfff8, field & 1 == 1);
    let id = u32::from_be_bytes([i0, i1, i2, i3]);
    (offset != 0 || more).then_some(Fragment { id, offset, more, data: body.bytes() })
}

/// The kinds of extension header, by how they tell their length.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Options,
    Authentication,
    Fragment,
}

impl Kind {
    /// The kind that `protocol` announces, `None` where it is no extension header.
    fn of(protocol: u8, in_ipv6: bool) -> Option<Self> {
        match protocol {
            protocol::AUTHENTICATION => Some(Self::Authentication),
            _ if !in_ipv6 => None,
            protocol::HOP_BY_HOP
            | protocol::ROUTING
            | protocol::DESTINATION_OPTIONS
            | protocol::MOBILITY
            | protocol::HOST_IDENTITY
            | protocol::SHIM6 => Some(Self::Options),
            protocol::FRAGMENT => Some(Self::Fragment),
            _ => None,
        }
    }

    /// Length of the header in bytes, from its length field.
    fn length(self, field: u8) -> usize {
        match self {
            Self::Options => (usize::from(field) + 1) * 8,
            Self::Authentication => (usize::from(field) + 2) * 4,
            Self::Fragment => 8,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::testing::*;

    /// A header of the options kind, of `8 * (1 + more)` bytes.
    fn options(next: u8, more: u8) -> Vec<u8> {
        let mut header = vec![0; 8 * (1 + usize::from(more))];
        header[..2].copy_from_slice(&[next, more]);
        header
    }

    fn fragment(next: u8, field: u16) -> Vec<u8> {
        concat(&[&[next, 0], &field.to_be_bytes(), &[0xde, 0xad, 0xbe, 0xef]])
    }

    #[test]
    fn all_kinds_are_followed() {
        let chain = concat(&[
            &options(43, 0),
            &options(60, 2),
            &options(51, 1),
            // An authentication header counts words of four bytes.
            &[135, 4],
            &[0; 22],
            &options(139, 0),
            &options(140, 0),
            &options(6, 0),
            &syn(),
        ]);
        let packet = ipv6(0, &chain);
        let decoded = decode_raw(&packet);
        assert_syn(&decoded);
        assert_eq!(ip_of(&decoded).protocol, 6);
    }

    #[test]
    fn ipv4_has_the_authentication_header_only() {
        let header = [6, 4, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
        let packet = ipv4(51, &concat(&[&header, &syn()]));
        assert_syn(&decode_raw(&packet));
        let packet = ipv4(60, &concat(&[&options(6, 0), &syn()]));
        assert_other(&decode_raw(&packet), 28);
    }

    #[test]
    fn fragments_show_their_place() {
        let first = ipv6(60, &concat(&[&options(44, 0), &fragment(17, 1), &udp(1, 2, &[3; 16])]));
        let decoded = decode_raw(&first);
        assert_eq!(udp_of(&decoded).payload, [3; 16]);
        let piece = ip_of(&decoded).fragment.unwrap();
        assert_eq!((piece.id, piece.offset, piece.more), (0xdead_beef, 0, true));
        assert_eq!(piece.data.len(), 24);
        let last = ipv6(44, &concat(&[&fragment(17, 24), &[3; 9]]));
        let decoded = decode_raw(&last);
        let piece = ip_of(&decoded).fragment.unwrap();
        assert_eq!((piece.offset, piece.more, piece.data.len()), (24, false, 9));
        assert_other(&decoded, 9);
        assert_eq!(ip_of(&decoded).protocol, 17);
    }

    #[test]
    fn a_whole_datagram_with_a_fragment_header_is_no_fragment() {
        let packet = ipv6(44, &concat(&[&fragment(6, 0), &syn()]));
        let decoded = decode_raw(&packet);
        assert_syn(&decoded);
        assert!(ip_of(&decoded).fragment.is_none());
    }

    #[test]
    fn headers_behind_a_fragment_wait_for_the_datagram() {
        let datagram = concat(&[&options(6, 0), &syn()]);
        let packet = ipv6(44, &concat(&[&fragment(60, 1), &datagram[..24]]));
        let decoded = decode_raw(&packet);
        assert_eq!(ip_of(&decoded).protocol, 60);
        assert_other(&decoded, 24);
        assert_syn(&crate::decode::resume(&decoded.headers, &datagram));
    }

    #[test]
    fn a_chain_ends_with_the_packet_or_the_limit() {
        let cut = ipv6(60, &options(6, 3)[..16]);
        let decoded = decode_raw(&cut);
        assert_eq!(decoded.malformed, malformed(Layer::Ipv6Extension, Reason::Short, 40));
        assert_eq!((ip_of(&decoded).protocol, ip_of(&decoded).source.is_ipv6()), (60, true));
        let longest = options(60, 0).repeat(MAX_EXTENSION_HEADERS - 1);
        let packet = ipv6(60, &concat(&[&longest, &options(6, 0), &syn()]));
        assert_syn(&decode_raw(&packet));
        let packet = ipv6(60, &concat(&[&longest, &options(60, 0), &options(6, 0), &syn()]));
        let reason = decode_raw(&packet).malformed.unwrap().reason;
        assert_eq!(reason, Reason::TooDeep);
        let nothing = ipv6(60, &options(59, 0));
        assert_eq!(decode_raw(&nothing).malformed, None);
        assert_other(&decode_raw(&nothing), 0);
    }
}
