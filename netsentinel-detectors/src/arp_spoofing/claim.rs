//! Who says that an address is at which hardware address: ARP and neighbour discovery alike.

use std::net::{IpAddr, Ipv6Addr};

use netsentinel_core::{Mac, Packet, Transport};

use super::neighbour::Message;

const ARP_REQUEST: u16 = 1;
const ARP_REPLY: u16 = 2;

/// A packet in which a station claims an address, or asks for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Claim {
    /// The address that is claimed; `None` where the sender has none yet.
    pub(super) address: Option<IpAddr>,
    /// Where it is said to be.
    pub(super) mac: Mac,
    pub(super) act: Act,
}

/// What the packet does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// Asks for an address.
    Asks(IpAddr),
    /// Tells everybody of its own.
    Announces,
    /// Answers somebody; `None` where the answer goes to nobody in particular.
    Answers(Option<IpAddr>),
}

impl Claim {
    /// What `packet` claims; `None` for ARP and neighbour discovery that claim and ask for nothing.
    pub(super) fn of(packet: &Packet<'_>) -> Option<Self> {
        match packet.arp() {
            Some(_) => Self::of_arp(packet),
            None => Self::of_neighbour(packet),
        }
    }

    fn of_arp(packet: &Packet<'_>) -> Option<Self> {
        let arp = packet.arp()?;
        let claims = !arp.sender_ip.is_unspecified();
        let act = match arp.operation {
            ARP_REQUEST | ARP_REPLY if arp.sender_ip == arp.target_ip => Act::Announces,
            ARP_REQUEST => Act::Asks(arp.target_ip.into()),
            ARP_REPLY => {
                let named = !arp.target_ip.is_unspecified();
                let broadcast = packet
                    .headers
                    .ethernet
                    .is_some_and(|ethernet| ethernet.destination == Mac::BROADCAST);
                Act::Answers((named && !broadcast).then_some(arp.target_ip.into()))
            }
            _ => return None,
        };
        if is_nobody(arp.sender_mac) {
            return None;
        }
        Some(Self { address: claims.then_some(arp.sender_ip.into()), mac: arp.sender_mac, act })
    }

    fn of_neighbour(packet: &Packet<'_>) -> Option<Self> {
        let ip = packet.ip()?;
        let Transport::Icmp(icmp) = ip.transport else { return None };
        let frame = packet.headers.ethernet.map(|ethernet| ethernet.source);
        let IpAddr::V6(source) = ip.source else { return None };
        let claim = match Message::of(ip, icmp)? {
            Message::Solicitation { target, link } => Self {
                address: (!source.is_unspecified()).then_some(source.into()),
                mac: link.or(frame)?,
                act: Act::Asks(target.into()),
            },
            Message::Advertisement { target, link, .. } => Self {
                address: Some(target.into()),
                mac: link.or(frame)?,
                act: match ip.destination {
                    IpAddr::V6(to) if is_multicast(to) => Act::Announces,
                    to => Act::Answers(Some(to)),
                },
            },
            Message::Router { link, .. } => {
                Self { address: Some(source.into()), mac: link.or(frame)?, act: Act::Announces }
            }
        };
        (!is_nobody(claim.mac)).then_some(claim)
    }
}

fn is_multicast(address: Ipv6Addr) -> bool {
    address.is_multicast()
}

fn is_nobody(mac: Mac) -> bool {
    mac == Mac::ZERO || mac == Mac::BROADCAST
}
