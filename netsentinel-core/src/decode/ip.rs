//! What IPv4 and IPv6 have in common: the payload.

use super::cursor::Cursor;
use super::malformed::{Layer, Reason};
use super::walk::Walk;
use super::{extension, ipv4, ipv6, transport, tunnel};
use crate::Fragment;

/// Protocol numbers, as IANA lists them.
pub(super) mod protocol {
    pub(in super::super) const HOP_BY_HOP: u8 = 0;
    pub(in super::super) const ICMP: u8 = 1;
    pub(in super::super) const IPV4: u8 = 4;
    pub(in super::super) const TCP: u8 = 6;
    pub(in super::super) const UDP: u8 = 17;
    pub(in super::super) const IPV6: u8 = 41;
    pub(in super::super) const ROUTING: u8 = 43;
    pub(in super::super) const FRAGMENT: u8 = 44;
    pub(in super::super) const GRE: u8 = 47;
    pub(in super::super) const AUTHENTICATION: u8 = 51;
    pub(in super::super) const ICMPV6: u8 = 58;
    pub(in super::super) const DESTINATION_OPTIONS: u8 = 60;
    pub(in super::super) const ETHERIP: u8 = 97;
    pub(in super::super) const MOBILITY: u8 = 135;
    pub(in super::super) const MPLS: u8 = 137;
    pub(in super::super) const HOST_IDENTITY: u8 = 139;
    pub(in super::super) const SHIM6: u8 = 140;
    /// Ethernet directly in IP, as SRv6 carries it.
    pub(in super::super) const ETHERNET: u8 = 143;
}

/// An IPv4 or IPv6 packet, as its first nibble tells. `layer` is blamed where it is neither.
pub(super) fn either<'a>(walk: &mut Walk<'_, 'a>, at: Cursor<'a>, layer: Layer) {
    match at.u8(0).map(|first| first >> 4) {
        Some(4) => ipv4::packet(walk, at),
        Some(6) => ipv6::packet(walk, at),
        Some(_) => walk.fail(layer, Reason::BadVersion, at),
        None => walk.cut(layer, at),
    }
}

/// Decodes what the packet just found carries: `body`, of `protocol`. It is no fragment.
pub(super) fn carry<'a>(walk: &mut Walk<'_, 'a>, protocol: u8, body: Cursor<'a>) {
    match protocol {
        protocol::TCP => transport::tcp(walk, body),
        protocol::UDP => transport::udp(walk, body),
        _ => carry_other(walk, protocol, body),
    }
}

fn carry_other<'a>(walk: &mut Walk<'_, 'a>, protocol: u8, body: Cursor<'a>) {
    let in_ipv6 = walk.ip().is_some_and(|ip| ip.source.is_ipv6());
    match protocol {
        protocol::ICMP => transport::icmp(walk, body),
        protocol::ICMPV6 if in_ipv6 => transport::icmp(walk, body),
        // IPv6 has followed its extension headers before it came here.
        protocol::AUTHENTICATION if !in_ipv6 => {
            extension::follow(walk, protocol, body, extension::Whole::Yes);
        }
        _ => tunnel::over_ip::payload(walk, protocol, body),
    }
}

/// Decodes a fragment, the packet just found: the transport of a first one, nothing of others.
///
/// Neither tunnels nor extension headers are looked into, so that [`crate::Ip::protocol`] tells
/// what the datagram starts with once it is whole.
pub(super) fn carry_fragment<'a>(
    walk: &mut Walk<'_, 'a>,
    fragment: Fragment<'a>,
    body: Cursor<'a>,
) {
    let Some(ip) = walk.ip() else { return };
    ip.fragment = Some(fragment);
    let (protocol, in_ipv6) = (ip.protocol, ip.source.is_ipv6());
    if fragment.offset > 0 {
        return;
    }
    let body = body.first_fragment();
    match protocol {
        protocol::TCP => transport::tcp(walk, body),
        protocol::UDP => {
            transport::udp_header(walk, body);
        }
        protocol::ICMP => transport::icmp(walk, body),
        protocol::ICMPV6 if in_ipv6 => transport::icmp(walk, body),
        _ => {}
    }
}
