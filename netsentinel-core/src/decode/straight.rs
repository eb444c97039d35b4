//! The usual frame at the least cost: TCP or UDP in IPv4 in Ethernet II, captured whole.
//!
//! The [`walk`](super::walk) finds the same, but in several places that write to one result, which
//! then is copied out; here the result is written once, which takes half the time. That both agree
//! is a property test.

use std::net::IpAddr;

use super::Decoded;
use super::ethernet::ether_type;
use super::ip::protocol;
use super::tunnel::over_udp;
use crate::{Ethernet, Headers, Ip, Mac, Network, Tcp, TcpFlags, Transport, Udp, Vlan};

/// Version 4 and a header without options.
const PLAIN_IPV4: u8 = 0x45;

/// Decodes the Ethernet frame, if it is usual and sound in every respect; `None` says nothing.
#[inline(always)]
pub(super) fn frame(frame: &[u8]) -> Option<Decoded<'_>> {
    let (header, _) = frame.split_first_chunk::<34>()?;
    let &[d0, d1, d2, d3, d4, d5, s0, s1, s2, s3, s4, s5, t0, t1, ip @ ..] = header;
    let total_len = usize::from(u16::from_be_bytes([ip[2], ip[3]]));
    let fragment = u16::from_be_bytes([ip[6], ip[7]]) & 0x3fff;
    if u16::from_be_bytes([t0, t1]) != ether_type::IPV4 || ip[0] != PLAIN_IPV4 || fragment != 0 {
        return None;
    }
    let body = frame.get(34..14 + total_len)?;
    let transport = match ip[9] {
        protocol::TCP => Transport::Tcp(tcp(body)?),
        protocol::UDP => Transport::Udp(udp(body)?),
        _ => return None,
    };
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
    let headers = Headers {
        ethernet: Some(ethernet),
        vlan: Vlan { ids: [None; 2] },
        tunnel: None,
        network: Network::Ip(ip),
    };
    Some(Decoded { headers, malformed: None })
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
