//! Hand-made frames for the tests of this module.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{Decoded, Layer, Malformed, Reason, decode};
use crate::{Ip, LinkType, Network, Record, Tcp, Timestamp, Transport, Udp};

pub(super) const SOURCE_MAC: [u8; 6] = [2, 0, 0, 0, 0, 1];
pub(super) const DESTINATION_MAC: [u8; 6] = [2, 0, 0, 0, 0, 2];

/// The record of a frame that was captured whole.
pub(super) fn record(link: LinkType, data: &[u8]) -> Record<'_> {
    snapped(link, data, data.len())
}

/// The record of a frame of `wire_len` bytes.
pub(super) fn snapped(link: LinkType, data: &[u8], wire_len: usize) -> Record<'_> {
    let wire_len = u32::try_from(wire_len).unwrap();
    let timestamp = Timestamp::from_nanos(0);
    Record { frame: 1, timestamp, link, wire_len, data, interface: None }
}

/// Decodes an Ethernet frame that was captured whole.
pub(super) fn decode_frame(data: &[u8]) -> Decoded<'_> {
    decode(&record(LinkType::ETHERNET, data))
}

/// Decodes a raw IP packet that was captured whole.
pub(super) fn decode_raw(data: &[u8]) -> Decoded<'_> {
    decode(&record(LinkType::RAW, data))
}

pub(super) fn malformed(layer: Layer, reason: Reason, offset: u32) -> Option<Malformed> {
    Some(Malformed { layer, reason, offset })
}

pub(super) fn concat(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

pub(super) fn ethernet(kind: u16, payload: &[u8]) -> Vec<u8> {
    concat(&[&DESTINATION_MAC, &SOURCE_MAC, &kind.to_be_bytes(), payload])
}

/// From 10.0.`net`.1 to 10.0.`net`.2.
pub(super) fn ipv4_in(net: u8, protocol: u8, payload: &[u8]) -> Vec<u8> {
    let total_len = u16::try_from(20 + payload.len()).unwrap().to_be_bytes();
    let [l0, l1] = total_len;
    let header = [0x45, 0, l0, l1, 0, 7, 0, 0, 64, protocol, 0, 0, 10, 0, net, 1, 10, 0, net, 2];
    concat(&[&header, payload])
}

/// From 10.0.0.1 to 10.0.0.2.
pub(super) fn ipv4(protocol: u8, payload: &[u8]) -> Vec<u8> {
    ipv4_in(0, protocol, payload)
}

/// From fd00::1 to fd00::2.
pub(super) fn ipv6(next_header: u8, payload: &[u8]) -> Vec<u8> {
    let [l0, l1] = u16::try_from(payload.len()).unwrap().to_be_bytes();
    let addresses = [v6(1).octets(), v6(2).octets()].concat();
    concat(&[&[0x60, 0, 0, 0, l0, l1, next_header, 64], &addresses, payload])
}

pub(super) fn v4(net: u8, host: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(10, 0, net, host))
}

pub(super) fn v6(host: u16) -> Ipv6Addr {
    Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, host)
}

pub(super) fn udp(source: u16, destination: u16, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(8 + payload.len()).unwrap();
    let fields = [source, destination, length, 0].map(u16::to_be_bytes).concat();
    concat(&[&fields, payload])
}

pub(super) fn tcp(source: u16, destination: u16, flags: u8, payload: &[u8]) -> Vec<u8> {
    let ports = [source, destination].map(u16::to_be_bytes).concat();
    let rest = [0, 0, 0, 1, 0, 0, 0, 2, 0x50, flags, 0x10, 0x20, 0, 0, 0, 0];
    concat(&[&ports, &rest, payload])
}

/// A SYN from port 1024 to port 80.
pub(super) fn syn() -> Vec<u8> {
    tcp(1024, 80, 0x02, &[])
}

pub(super) fn ip_of<'a>(decoded: &Decoded<'a>) -> Ip<'a> {
    match decoded.headers.network {
        Network::Ip(ip) => ip,
        other => panic!("no IP packet but {other:?}"),
    }
}

pub(super) fn tcp_of<'a>(decoded: &Decoded<'a>) -> Tcp<'a> {
    match ip_of(decoded).transport {
        Transport::Tcp(tcp) => tcp,
        other => panic!("no TCP segment but {other:?}"),
    }
}

pub(super) fn udp_of<'a>(decoded: &Decoded<'a>) -> Udp<'a> {
    match ip_of(decoded).transport {
        Transport::Udp(udp) => udp,
        other => panic!("no UDP datagram but {other:?}"),
    }
}

/// Asserts that a SYN to port 80 was found and nothing is wrong.
#[track_caller]
pub(super) fn assert_syn(decoded: &Decoded<'_>) {
    let tcp = tcp_of(decoded);
    assert_eq!((tcp.source_port, tcp.destination_port), (1024, 80));
    assert_eq!(tcp.flags, crate::TcpFlags::SYN);
    assert_eq!(decoded.malformed, None);
}

/// Asserts that the transport is something else, of `len` bytes.
#[track_caller]
pub(super) fn assert_other(decoded: &Decoded<'_>, len: usize) {
    match ip_of(decoded).transport {
        Transport::Other(bytes) => assert_eq!(bytes.len(), len),
        other => panic!("not expected: {other:?}"),
    }
}
