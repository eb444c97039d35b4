//! Frames, read back by an independent decoder: lengths and checksums must be right.
#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test may fail it")]

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use netsentinel_core::{Arp, Mac, TcpFlags};
use netsentinel_synth::frame::{Answer, SYN_OPTIONS, fragments};
use netsentinel_synth::{Dns, Frame, SCENARIOS, Segment};
use proptest::prelude::*;
use smoltcp::wire::{
    ArpPacket, ArpRepr, EthernetFrame, EthernetProtocol, Icmpv4Packet, Icmpv6Packet, IpAddress,
    IpProtocol, Ipv4Packet, Ipv6Packet, TcpPacket, UdpPacket,
};

const A: Mac = Mac([2, 0, 0, 0, 0, 1]);
const B: Mac = Mac([2, 0, 0, 0, 0, 2]);
const A4: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
const B4: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 9);
const A6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 1);
const B6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 9);

/// Checks every length and checksum of an Ethernet frame and all that it carries.
fn check_ethernet(frame: &[u8]) {
    let ethernet = EthernetFrame::new_checked(frame).unwrap();
    check_network(ethernet.ethertype(), ethernet.payload());
}

fn check_network(ether_type: EthernetProtocol, payload: &[u8]) {
    match ether_type {
        EthernetProtocol::Arp => {
            ArpRepr::parse(&ArpPacket::new_checked(payload).unwrap()).unwrap();
        }
        EthernetProtocol::Ipv4 | EthernetProtocol::Ipv6 => check_ip(payload),
        EthernetProtocol::Unknown(0x8100 | 0x88a8) => {
            let inner = u16::from_be_bytes([payload[2], payload[3]]);
            check_network(EthernetProtocol::from(inner), &payload[4..]);
        }
        EthernetProtocol::Unknown(0x6558) => check_ethernet(payload),
        other => panic!("EtherType {other}"),
    }
}

fn check_ip(bytes: &[u8]) {
    if bytes[0] >> 4 == 4 {
        let packet = Ipv4Packet::new_checked(bytes).unwrap();
        assert!(packet.verify_checksum());
        assert_eq!(usize::from(packet.total_len()), bytes.len());
        if !packet.more_frags() && packet.frag_offset() == 0 {
            let ends = (packet.src_addr().into(), packet.dst_addr().into());
            check_transport(packet.next_header(), ends, packet.payload());
        }
    } else {
        let packet = Ipv6Packet::new_checked(bytes).unwrap();
        assert_eq!(packet.total_len(), bytes.len());
        let ends = (packet.src_addr().into(), packet.dst_addr().into());
        check_transport(packet.next_header(), ends, packet.payload());
    }
}

fn check_transport(protocol: IpProtocol, (from, to): (IpAddress, IpAddress), bytes: &[u8]) {
    match protocol {
        IpProtocol::Tcp => {
            assert!(TcpPacket::new_checked(bytes).unwrap().verify_checksum(&from, &to));
        }
        IpProtocol::Udp => {
            let packet = UdpPacket::new_checked(bytes).unwrap();
            assert_eq!(usize::from(packet.len()), bytes.len());
            assert!(packet.checksum() != 0 && packet.verify_checksum(&from, &to));
            let inner = packet.payload();
            match packet.dst_port() {
                4789 => check_ethernet(&inner[8..]),
                6081 => {
                    let kind = u16::from_be_bytes([inner[2], inner[3]]);
                    check_network(EthernetProtocol::from(kind), &inner[8..]);
                }
                2152 => {
                    assert_eq!(
                        usize::from(u16::from_be_bytes([inner[2], inner[3]])),
                        inner.len() - 8
                    );
                    check_ip(&inner[8..]);
                }
                _ => {}
            }
        }
        IpProtocol::Icmp => assert!(Icmpv4Packet::new_checked(bytes).unwrap().verify_checksum()),
        IpProtocol::Icmpv6 => {
            let (IpAddress::Ipv6(from), IpAddress::Ipv6(to)) = (from, to) else {
                panic!("ICMPv6 over IPv4");
            };
            assert!(Icmpv6Packet::new_checked(bytes).unwrap().verify_checksum(&from, &to));
        }
        IpProtocol::Unknown(4 | 41) => check_ip(bytes),
        IpProtocol::Unknown(47) => {
            let kind = u16::from_be_bytes([bytes[2], bytes[3]]);
            check_network(EthernetProtocol::from(kind), &bytes[4..]);
        }
        IpProtocol::Ipv6Frag | IpProtocol::Unknown(132) => {}
        other => panic!("protocol {other}"),
    }
}

#[test]
fn every_layer_and_tunnel_has_right_lengths_and_checksums() {
    let syn = || Segment::new(50_000, 443, TcpFlags::SYN).numbers(7, 0).options(SYN_OPTIONS);
    let arp = Arp { operation: 1, sender_mac: A, sender_ip: A4, target_mac: B, target_ip: B4 };
    let answers = [Answer::Address(B4.into()), Answer::Address(B6.into())];
    let dns = Dns::response(9, "www.example.com", 1, &answers);
    type Ending<'e> = Box<dyn Fn(Frame<'_>) -> usize + 'e>;
    let v4: Vec<Ending<'_>> = vec![
        Box::new(|f| f.arp(&arp)),
        Box::new(|f| f.ipv4(A4, B4).tcp(syn(), b"odd")),
        Box::new(|f| f.ipv4(A4, B4).udp(1, 2, b"odd")),
        Box::new(|f| f.ipv4(A4, B4).dns(53, 3, &dns)),
        Box::new(|f| f.ipv4(A4, B4).hop_limit(3).echo_request(1, 2, b"abc")),
        Box::new(|f| f.ipv4(A4, B4).echo_reply(1, 2, b"abc")),
        Box::new(|f| f.ipv4(A4, B4).protocol(132, b"sctp")),
        Box::new(|f| f.ipv6(A6, B6).tcp(syn(), b"odd")),
        Box::new(|f| f.ipv6(A6, B6).udp(1, 2, b"")),
        Box::new(|f| f.ipv6(A6, B6).hop_limit(3).echo_request(1, 2, b"abc")),
        Box::new(|f| f.ipv6(A6, B6).icmp(135, 0, [0; 4], &A6.octets())),
        Box::new(|f| f.ipv4(A4, B4).ipv6(A6, B6).udp(1, 2, b"6in4")),
        Box::new(|f| f.ipv4(A4, B4).ipv4(B4, A4).tcp(syn(), b"ipip")),
        Box::new(|f| f.ipv4(A4, B4).gre().ipv6(A6, B6).udp(1, 2, b"gre")),
        Box::new(|f| f.ipv6(A6, B6).gre().ethernet(A, B).ipv4(A4, B4).tcp(syn(), b"")),
        Box::new(|f| f.ipv4(A4, B4).vxlan(7).ethernet(B, A).vlan(3).ipv4(A4, B4).udp(1, 2, b"x")),
        Box::new(|f| f.ipv6(A6, B6).geneve(7).ipv4(A4, B4).echo_request(1, 2, b"")),
        Box::new(|f| f.ipv4(A4, B4).geneve(7).ethernet(B, A).ipv6(A6, B6).udp(1, 2, b"x")),
        Box::new(|f| f.ipv4(A4, B4).gtp_u(7).ipv4(B4, A4).tcp(syn(), b"x")),
    ];
    let mut buffer = vec![0xee; 3];
    for (index, end) in v4.iter().enumerate() {
        for tags in 0..3 {
            buffer.truncate(3);
            let frame = Frame::new(&mut buffer).ethernet(A, B);
            let length = end(match tags {
                0 => frame,
                1 => frame.vlan(12),
                _ => frame.service_vlan(5).vlan(12),
            });
            assert_eq!((buffer.len(), &buffer[..3]), (3 + length, &[0xee; 3][..]), "case {index}");
            check_ethernet(&buffer[3..]);
        }
    }
}

#[test]
fn an_address_pair_picks_the_version_and_no_link_layer_is_raw_ip() {
    let mut buffer = Vec::new();
    let length = Frame::new(&mut buffer).ip(A4.into(), B4.into()).udp(1, 2, b"");
    assert_eq!((length, buffer[0]), (28, 0x45));
    check_ip(&buffer);
    buffer.clear();
    Frame::new(&mut buffer).ip(IpAddr::V4(A4), IpAddr::V6(B6)).udp(1, 2, b"");
    assert_eq!(Ipv6Packet::new_checked(&buffer[..]).unwrap().src_addr(), A4.to_ipv6_mapped());
    check_ip(&buffer);
}

#[test]
fn scenarios_send_nothing_but_right_frames() {
    for entry in SCENARIOS {
        let options = netsentinel_synth::Options {
            snaplen: Some(65_535),
            packets: Some(4_000),
            ..Default::default()
        };
        for packet in entry.run(&options).unwrap() {
            assert_eq!(packet.wire_len as usize, packet.data.len());
            assert!(packet.data.len() <= 1514, "{}", entry.name);
            check_ethernet(&packet.data);
        }
    }
}

proptest! {
    #[test]
    fn any_payload_is_summed_rightly(
        payload in prop::collection::vec(any::<u8>(), 0..1500),
        ports in any::<(u16, u16)>(),
        flags in any::<u8>(),
        options in prop::collection::vec(Just(1u8), 0..50),
    ) {
        let mut buffer = Vec::new();
        // Ports of tunnels would make the checker look for what is not there.
        let port = if matches!(ports.1, 4789 | 6081 | 2152) { 1 } else { ports.1 };
        Frame::new(&mut buffer).ethernet(A, B).ipv6(A6, B6).udp(ports.0, port, &payload);
        check_ethernet(&buffer);
        buffer.clear();
        let segment =
            Segment::new(ports.0, ports.1, TcpFlags::from_bits_retain(flags)).options(&options);
        Frame::new(&mut buffer).ethernet(A, B).ipv4(A4, B4).tcp(segment, &payload);
        let packet = TcpPacket::new_checked(&buffer[34..]).unwrap();
        prop_assert!(packet.verify_checksum(&A4.into(), &B4.into()));
        prop_assert_eq!(packet.payload(), &payload[..]);
    }

    #[test]
    fn fragments_join_to_the_datagram(len in 0..3000usize, size in 0..1600usize, v6: bool, tag: bool) {
        let payload: Vec<u8> = (0..len).map(|i| i as u8).collect();
        let mut frame = Vec::new();
        let link = Frame::new(&mut frame).ethernet(A, B);
        let link = if tag { link.vlan(9) } else { link };
        let network = if v6 { link.ipv6(A6, B6) } else { link.ipv4(A4, B4) };
        network.udp(7, 8, &payload);
        let ip = if tag { 18 } else { 14 };
        let pieces = fragments(&frame, size, 0x77);
        let mut joined = Vec::new();
        for (index, piece) in pieces.iter().enumerate() {
            let more = index + 1 < pieces.len();
            check_network(if v6 { EthernetProtocol::Ipv6 } else { EthernetProtocol::Ipv4 }, &piece[ip..]);
            if pieces.len() > 1 {
                let (offset, flagged, data) = if v6 {
                    let word = u16::from_be_bytes([piece[ip + 42], piece[ip + 43]]);
                    prop_assert_eq!((piece[ip + 6], piece[ip + 40]), (44, 17));
                    (word & !7, word & 1 == 1, &piece[ip + 48..])
                } else {
                    let packet = Ipv4Packet::new_checked(&piece[ip..]).unwrap();
                    prop_assert_eq!(packet.ident(), 0x77);
                    (packet.frag_offset(), packet.more_frags(), &piece[ip + 20..])
                };
                prop_assert_eq!((usize::from(offset), flagged), (joined.len(), more));
                joined.extend_from_slice(data);
            }
        }
        if pieces.len() > 1 {
            prop_assert_eq!(&joined[..], &frame[ip + if v6 { 40 } else { 20 }..]);
        } else {
            prop_assert_eq!(&pieces[0], &frame);
        }
    }
}

#[test]
fn what_can_not_be_cut_comes_back_whole() {
    for frame in [&b""[..], b"short", &[0x81, 0].repeat(40), &[0xff; 60]] {
        assert_eq!(fragments(frame, 8, 1), [frame]);
    }
}
