//! The five-tuple of a packet, and its Community ID.

use std::net::IpAddr;

use base64::Engine as _;
use serde::{Deserialize, Serialize};

use crate::{Ip, Transport};

/// The flow that a packet belongs to, in the direction in which the packet went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FlowId {
    /// `tcp`, `udp`, `icmp`, `icmpv6`, or the protocol's number.
    pub proto: String,
    /// Source address.
    pub source_ip: IpAddr,
    /// Source port; absent where the protocol has none or it was not captured.
    pub source_port: Option<u16>,
    /// Destination address.
    pub destination_ip: IpAddr,
    /// Destination port; absent where the protocol has none or it was not captured.
    pub destination_port: Option<u16>,
    /// Community ID, version 1, seed 0: the same for both directions, in every tool.
    pub community_id: String,
}

impl FlowId {
    /// The flow that `packet` belongs to.
    pub fn of(packet: &Ip<'_>) -> Self {
        let ports = packet.ports();
        Self {
            proto: match packet.protocol {
                1 => "icmp".into(),
                6 => "tcp".into(),
                17 => "udp".into(),
                58 => "icmpv6".into(),
                132 => "sctp".into(),
                other => other.to_string(),
            },
            source_ip: packet.source,
            source_port: ports.map(|(source, _)| source),
            destination_ip: packet.destination,
            destination_port: ports.map(|(_, destination)| destination),
            community_id: community_id(packet, 0),
        }
    }
}

/// The Community ID of `packet`'s flow, version 1.
///
/// As the [specification](https://github.com/corelight/community-id-spec) has it: ordered
/// endpoints; ICMP types stand in for ports, those that ask and answer paired.
pub fn community_id(packet: &Ip<'_>, seed: u16) -> String {
    const SCTP: u8 = 132;
    let (ports, one_way) = match packet.transport {
        Transport::Icmp(icmp) => {
            let (from, to, one_way) = icmp_ports(packet.protocol, icmp.kind, icmp.code);
            (Some((from, to)), one_way)
        }
        Transport::Other(bytes) if packet.protocol == SCTP && packet.fragment.is_none() => {
            (first_ports(bytes), false)
        }
        _ => (packet.ports(), false),
    };
    let (source_port, destination_port) = ports.unwrap_or_default();
    let mut from = (packet.source, source_port);
    let mut to = (packet.destination, destination_port);
    if !one_way && to < from {
        std::mem::swap(&mut from, &mut to);
    }
    let mut hash = sha1_smol::Sha1::new();
    hash.update(&seed.to_be_bytes());
    for ip in [from.0, to.0] {
        match ip {
            IpAddr::V4(ip) => hash.update(&ip.octets()),
            IpAddr::V6(ip) => hash.update(&ip.octets()),
        }
    }
    hash.update(&[packet.protocol, 0]);
    if ports.is_some() {
        hash.update(&from.1.to_be_bytes());
        hash.update(&to.1.to_be_bytes());
    }
    let digest = hash.digest().bytes();
    format!("1:{}", base64::engine::general_purpose::STANDARD.encode(digest))
}

fn first_ports(bytes: &[u8]) -> Option<(u16, u16)> {
    match *bytes {
        [a, b, c, d, ..] => Some((u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]))),
        _ => None,
    }
}

/// The ports that an ICMP message counts as, and whether it has no counterpart.
fn icmp_ports(protocol: u8, kind: u8, code: u8) -> (u16, u16, bool) {
    const V4: &[(u8, u8)] = &[(8, 0), (13, 14), (15, 16), (17, 18), (10, 9)];
    const V6: &[(u8, u8)] =
        &[(128, 129), (133, 134), (135, 136), (130, 131), (144, 145), (139, 140)];
    let pairs = if protocol == 58 { V6 } else { V4 };
    let counterpart = pairs.iter().find_map(|&(ask, answer)| match kind {
        _ if kind == ask => Some(answer),
        _ if kind == answer => Some(ask),
        _ => None,
    });
    match counterpart {
        Some(other) => (u16::from(kind), u16::from(other), false),
        None => (u16::from(kind), u16::from(code), true),
    }
}
