//! ARP and RARP for IPv4 over Ethernet.

use std::net::Ipv4Addr;

use smoltcp::wire::{ArpHardware, ArpPacket};

use super::cursor::Cursor;
use super::ethernet::ether_type;
use super::malformed::Layer;
use super::walk::Walk;
use crate::{Arp, Mac, Network};

/// Hardware type of IEEE 802 networks, used like Ethernet's by some hosts.
const IEEE_802: u16 = 6;

/// An ARP packet. For other hardware or protocols it is [`Network::Other`] and not malformed.
pub(super) fn packet<'a>(walk: &mut Walk<'_, 'a>, at: Cursor<'a>) {
    let Ok(packet) = ArpPacket::new_checked(at.bytes()) else {
        return walk.cut(Layer::Arp, at);
    };
    let ethernet =
        matches!(packet.hardware_type(), ArpHardware::Ethernet | ArpHardware::Unknown(IEEE_802));
    if !ethernet || u16::from(packet.protocol_type()) != ether_type::IPV4 {
        return;
    }
    let sender = (packet.source_hardware_addr(), packet.source_protocol_addr());
    let target = (packet.target_hardware_addr(), packet.target_protocol_addr());
    let (Some((sender_mac, sender_ip)), Some((target_mac, target_ip))) =
        (addresses(sender), addresses(target))
    else {
        return;
    };
    let operation = packet.operation().into();
    walk.found(Network::Arp(Arp { operation, sender_mac, sender_ip, target_mac, target_ip }));
}

/// The addresses, where they have the lengths of Ethernet and IPv4.
fn addresses((hardware, protocol): (&[u8], &[u8])) -> Option<(Mac, Ipv4Addr)> {
    let mac: [u8; 6] = hardware.try_into().ok()?;
    let ip: [u8; 4] = protocol.try_into().ok()?;
    Some((Mac(mac), Ipv4Addr::from(ip)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LinkType;
    use crate::decode::testing::*;
    use crate::decode::{Reason, decode};

    const REQUEST: [u8; 28] =
        [0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 10, 0, 0, 2];

    fn arp_of(network: Network<'_>) -> Arp {
        match network {
            Network::Arp(arp) => arp,
            other => panic!("no ARP packet but {other:?}"),
        }
    }

    #[test]
    fn all_fields_are_read() {
        let expected = Arp {
            operation: 1,
            sender_mac: Mac(SOURCE_MAC),
            sender_ip: Ipv4Addr::new(10, 0, 0, 1),
            target_mac: Mac::ZERO,
            target_ip: Ipv4Addr::new(10, 0, 0, 2),
        };
        for kind in [0x0806, 0x8035] {
            let frame = ethernet(kind, &concat(&[&REQUEST, &[0; 18]]));
            let decoded = decode_frame(&frame);
            assert_eq!(arp_of(decoded.headers.network), expected);
            assert_eq!(decoded.malformed, None);
        }
        let sll = concat(&[&[0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 6], &REQUEST]);
        let decoded = decode(&record(LinkType::LINUX_SLL, &sll));
        assert_eq!(arp_of(decoded.headers.network), expected);
    }

    #[test]
    fn unassigned_operations_are_kept() {
        let mut packet = REQUEST;
        packet[6..8].copy_from_slice(&[0xbe, 0xef]);
        let frame = ethernet(0x0806, &packet);
        assert_eq!(arp_of(decode_frame(&frame).headers.network).operation, 0xbeef);
    }

    #[test]
    fn other_hardware_and_protocols_are_something_else() {
        for (index, value) in [(1, 32), (2, 0x86), (4, 8), (5, 16), (4, 0), (5, 0)] {
            let mut packet = concat(&[&REQUEST, &[0; 64]]);
            packet[index] = value;
            let frame = ethernet(0x0806, &packet);
            let decoded = decode_frame(&frame);
            assert!(matches!(decoded.headers.network, Network::Other), "{index} {value}");
            assert_eq!(decoded.malformed, None);
        }
    }

    #[test]
    fn a_cut_packet_is_malformed() {
        let frame = ethernet(0x0806, &REQUEST);
        let short = decode_frame(&frame[..41]).malformed;
        assert_eq!(short, malformed(Layer::Arp, Reason::Short, 14));
        let cut = decode(&snapped(LinkType::ETHERNET, &frame[..41], 60)).malformed;
        assert_eq!(cut, malformed(Layer::Arp, Reason::Snapped, 14));
    }
}
