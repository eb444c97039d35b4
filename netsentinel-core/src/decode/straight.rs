//! The usual frame at the least cost: TCP or UDP in IP in Ethernet II, captured whole.
//!
//! The [`walk`](super::walk) finds the same, but in several places that write to one result, which
//! then is copied out; here the result is written once, which takes half the time. That both agree
//! is a property test.

use std::net::IpAddr;

use super::ethernet::ether_type;
use super::ip::protocol;
use super::tunnel::over_udp;
use crate::{Ethernet, Headers, Ip, Mac, Network, Tcp, TcpFlags, Transport, Udp, Vlan};

/// Version 4 and a header without options.
const PLAIN_IPV4: u8 = 0x45;

/// Decodes the Ethernet frame, if it is usual and sound in every respect; `None` says nothing, and has
/// written nothing.
#[inline(always)]
pub(super) fn frame<'a>(frame: &'a [u8], into: &mut Headers<'a>) -> Option<()> {
    let (header, _) = frame.split_first_chunk::<34>()?;
    let &[d0, d1, d2, d3, d4, d5, s0, s1, s2, s3, s4, s5, t0, t1, ip @ ..] = header;
    let total_len = usize::from(u16::from_be_bytes([ip[2], ip[3]]));
    let fragment = u16::from_be_bytes([ip[6], ip[7]]) & 0x3fff;
    if u16::from_be_bytes([t0, t1]) != ether_type::IPV4 || ip[0] != PLAIN_IPV4 || fragment != 0 {
        return if u16::from_be_bytes([t0, t1]) == ether_type::IPV6 {
            ipv6(frame, into)
        } else {
            None
        };
    }
    let body = frame.get(34..14 + total_len)?;
    let transport = carried(ip[9], body)?;
    let ethernet = Ethernet {
        source: Mac([s0, s1, s2, s3, s4, s5]),
        destination: Mac([d0, d1, d2, d3, d4, d5]),
    };
    let ip = Ip {
        source: IpAddr::from([ip[12], ip[13], ip[14], ip[15]]),
        destination: IpAddr::from([ip[16], ip[17], ip[18], ip[19]]),
        protocol: ip[9],
        hop_limit: ip[8],
        fragment: None,
        transport,
    };
    *into = Headers {
        ethernet: Some(ethernet),
        vlan: Vlan { ids: [None; 2] },
        tunnel: None,
        network: Network::Ip(ip),
    };
    Some(())
}

/// The same for IPv6 without extension headers.
#[inline(never)]
fn ipv6<'a>(frame: &'a [u8], into: &mut Headers<'a>) -> Option<()> {
    let (header, _) = frame.split_first_chunk::<54>()?;
    let &[d0, d1, d2, d3, d4, d5, s0, s1, s2, s3, s4, s5, _, _, ip @ ..] = header;
    if ip[0] >> 4 != 6 {
        return None;
    }
    let payload_len = usize::from(u16::from_be_bytes([ip[4], ip[5]]));
    let transport = carried(ip[6], frame.get(54..54 + payload_len)?)?;
    let address = |at: &[u8; 16]| IpAddr::from(*at);
    let ethernet = Ethernet {
        source: Mac([s0, s1, s2, s3, s4, s5]),
        destination: Mac([d0, d1, d2, d3, d4, d5]),
    };
    let ip = Ip {
        source: address(ip[8..].first_chunk()?),
        destination: address(ip[24..].first_chunk()?),
        protocol: ip[6],
        hop_limit: ip[7],
        fragment: None,
        transport,
    };
    *into = Headers {
        ethernet: Some(ethernet),
        vlan: Vlan { ids: [None; 2] },
        tunnel: None,
        network: Network::Ip(ip),
    };
    Some(())
}

#[inline(always)]
fn carried(protocol: u8, body: &[u8]) -> Option<Transport<'_>> {
    match protocol {
        protocol::TCP => Some(Transport::Tcp(tcp(body)?)),
        protocol::UDP => Some(Transport::Udp(udp(body)?)),
        _ => None,
    }
}

#[inline(always)]
fn tcp(segment: &[u8]) -> Option<Tcp<'_>> {
    let header = segment.first_chunk::<20>()?;
    let header_len = usize::from(header[12] >> 4) * 4;
    Some(Tcp {
        source_port: u16::from_be_bytes([header[0], header[1]]),
        destination_port: u16::from_be_bytes([header[2], header[3]]),
        sequence: u32::from_be_bytes([header[4], header[5], header[6], header[7]]),
        acknowledgement: u32::from_be_bytes([header[8], header[9], header[10], header[11]]),
        flags: TcpFlags::from_bits_retain(header[13]),
        window: u16::from_be_bytes([header[14], header[15]]),
        options: segment.get(20..header_len)?,
        payload: segment.get(header_len..)?,
    })
}

#[inline(always)]
fn udp(datagram: &[u8]) -> Option<Udp<'_>> {
    let header = datagram.first_chunk::<8>()?;
    let length = usize::from(u16::from_be_bytes([header[4], header[5]]));
    let source_port = u16::from_be_bytes([header[0], header[1]]);
    let destination_port = u16::from_be_bytes([header[2], header[3]]);
    if over_udp::is_port(source_port, destination_port) {
        return None;
    }
    Some(Udp { source_port, destination_port, payload: datagram.get(8..length)? })
}
