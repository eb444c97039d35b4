//! Properties over arbitrary and damaged frames, and agreement with smoltcp on sound ones.

use std::net::IpAddr;

use proptest::collection::vec;
use proptest::prelude::*;
use smoltcp::wire::{
    EthernetFrame, EthernetProtocol, IpProtocol, Ipv4Packet, Ipv6Packet, TcpPacket, UdpPacket,
};

use super::testing::*;
use super::{Decoded, decode, resume, straight, walk_through};
use crate::{Headers, LinkType, Network, TcpFlags, Transport};

const LINKS: [u32; 17] =
    [0, 1, 9, 10, 12, 14, 50, 51, 101, 104, 105, 108, 113, 228, 229, 276, 9999];

/// Sound frames of every protocol, to be damaged.
fn seeds() -> Vec<Vec<u8>> {
    let syn4 = ipv4(6, &syn());
    let frame = ethernet(0x0800, &syn4);
    let fragment = concat(&[&[17, 0, 0, 1, 0, 0, 0, 5], &udp(1, 2, &[0; 8])]);
    let chain = concat(&[&[60, 0, 0, 0, 0, 0, 0, 0], &[44, 0, 0, 0, 0, 0, 0, 0], &fragment]);
    let vxlan = udp(1, 4789, &concat(&[&[8, 0, 0, 0, 0, 0, 1, 0], &frame]));
    let geneve = udp(1, 6081, &concat(&[&[1, 0, 0x65, 0x58, 0, 0, 1, 0, 9, 9, 9, 9], &frame]));
    let extended = [0x34, 255, 0, 48, 0, 0, 0, 1, 0, 0, 0, 0x85, 1, 0, 0, 0];
    let gtp = udp(1, 2152, &concat(&[&extended, &syn4]));
    let teredo = udp(1, 3544, &concat(&[&[0, 0, 1, 2, 3, 4, 5, 6], &ipv6(6, &syn())]));
    let erspan = concat(&[&[0x10, 0, 0x22, 0xeb, 0, 0, 0, 1], &[0x20; 10], &[0, 0], &frame]);
    let pptp = concat(&[&[0x30, 1, 0x88, 0x0b, 0, 42, 0, 1, 0, 0, 0, 1, 0, 0x21], &syn4]);
    let nested = (0..10).fold(syn4.clone(), |inside, net| ipv4_in(net, 4, &inside));
    let label = [0, 1, 0x41, 64];
    let mut seeds = vec![
        ethernet(0x0800, &ipv4(17, &udp(53, 1000, b"payload"))),
        ethernet(0x0800, &ipv4(6, &tcp(1, 2, 0x18, b"payload"))),
        frame.clone(),
        ethernet(0x8100, &concat(&[&[0, 7, 0x88, 0xa8, 0, 8, 8, 0], &syn4])),
        ethernet(0x8847, &concat(&[&label, &[0; 4], &frame])),
        ethernet(0x8864, &concat(&[&[0x11, 0, 0, 1, 0, 42, 0, 0x21], &syn4])),
        ethernet(0x0806, &concat(&[&[0, 1, 8, 0, 6, 4, 0, 1], &[9; 20]])),
        ethernet(48, &concat(&[&[0xaa, 0xaa, 3, 0, 0, 0, 8, 0], &syn4])),
        ethernet(0x86dd, &ipv6(0, &chain)),
        ethernet(0x86dd, &ipv6(58, &[128; 12])),
        ethernet(0x86dd, &ipv6(6, &tcp(1, 2, 0x18, b"payload"))),
        ethernet(0x86dd, &ipv6(17, &udp(53, 1000, b"payload"))),
        concat(&[&[0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0], &syn4]),
        concat(&[&[0, 0, 0, 2], &syn4]),
        concat(&[&[0xff, 3, 0, 0x21], &syn4]),
        syn4,
    ];
    for (protocol, payload) in
        [(17, vxlan), (17, geneve), (17, gtp), (17, teredo), (47, erspan), (47, pptp), (4, nested)]
    {
        seeds.push(ethernet(0x0800, &ipv4(protocol, &payload)));
        seeds.push(ethernet(0x86dd, &ipv6(protocol, &payload)));
    }
    seeds
}

/// Decodes, checks what holds for every result, and resumes with `datagram`.
fn check(link: LinkType, data: &[u8], wire_len: usize, datagram: &[u8]) {
    let record = snapped(link, data, wire_len);
    let decoded = decode(&record);
    check_result(&decoded, data);
    let mut headers = Headers::default();
    if link == LinkType::ETHERNET {
        let expected = match straight::frame(data, &mut headers) {
            Some(()) => walk_through(&record),
            None => Decoded { headers: Headers::default(), malformed: None },
        };
        let decoded = Decoded { headers, malformed: None };
        assert_eq!(format!("{decoded:?}"), format!("{expected:?}"));
    }
    let resumed = resume(&decoded.headers, datagram);
    check_result(&resumed, datagram);
}

fn check_result(decoded: &Decoded<'_>, data: &[u8]) {
    if let Some(malformed) = decoded.malformed {
        assert!(malformed.offset as usize <= data.len());
    }
    let range = data.as_ptr_range();
    let inside = |bytes: &[u8]| {
        let own = bytes.as_ptr_range();
        assert!(bytes.is_empty() || (range.start <= own.start && own.end <= range.end));
    };
    if let Some(tunnel) = decoded.headers.tunnel {
        assert!((1..=super::MAX_NESTING).contains(&tunnel.depth));
    }
    let Network::Ip(ip) = decoded.headers.network else { return };
    if let Some(fragment) = ip.fragment {
        inside(fragment.data);
        assert_eq!(fragment.offset % 8, 0);
        assert!(fragment.offset > 0 || fragment.more);
        assert!(fragment.offset == 0 || matches!(ip.transport, Transport::Other(_)));
    }
    match ip.transport {
        Transport::Tcp(tcp) => {
            inside(tcp.options);
            inside(tcp.payload);
        }
        Transport::Udp(udp) => inside(udp.payload),
        Transport::Icmp(icmp) => inside(icmp.body),
        Transport::Other(bytes) => inside(bytes),
    }
}

#[test]
fn seeds_are_sound_and_may_be_cut_anywhere() {
    for seed in seeds() {
        for len in 0..=seed.len() {
            for link in LINKS {
                check(LinkType(link), &seed[..len], seed.len(), &seed[..len]);
                check(LinkType(link), &seed[..len], len, &seed[len..]);
            }
        }
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(
        link in prop::sample::select(&LINKS[..]),
        data in vec(any::<u8>(), 0..200),
        wire_len in 0_usize..300,
    ) {
        check(LinkType(link), &data, wire_len, &data);
    }

    #[test]
    fn damaged_frames_never_panic(
        link in prop::sample::select(vec![1_u32, 1, 1, 1, 113, 0, 9, 101]),
        seed in prop::sample::select(seeds()),
        damage in vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
        snapped in any::<bool>(),
    ) {
        let mut frame = seed;
        for (place, value) in damage {
            let place = place.index(frame.len());
            frame[place] = value;
        }
        check(LinkType(link), &frame, frame.len(), &frame[14..]);
        let cut = cut.index(frame.len());
        check(LinkType(link), &frame[..cut], if snapped { frame.len() } else { cut }, &frame);
    }

    #[test]
    fn sound_frames_read_as_smoltcp_reads_them(
        six in any::<bool>(),
        is_tcp in any::<bool>(),
        macs in any::<[u8; 12]>(),
        addresses in any::<[u8; 32]>(),
        hop_limit in any::<u8>(),
        ports in any::<[u16; 2]>(),
        flags in any::<u8>(),
        options in 0_usize..=10,
        payload in vec(any::<u8>(), 0..64),
        padding in 0_usize..20,
    ) {
        prop_assume!(ports.iter().all(|port| ![2152, 3544, 4789, 6081].contains(port)));
        let segment = if is_tcp {
            let mut segment = tcp(ports[0], ports[1], flags, &vec![1; options * 4]);
            segment[12] = u8::try_from(5 + options).unwrap() << 4;
            concat(&[&segment, &payload])
        } else {
            udp(ports[0], ports[1], &payload)
        };
        let protocol = if is_tcp { 6 } else { 17 };
        let (kind, mut packet) = if six {
            (0x86dd, ipv6(protocol, &segment))
        } else {
            (0x0800, ipv4(protocol, &segment))
        };
        if six {
            packet[7] = hop_limit;
            packet[8..40].copy_from_slice(&addresses);
        } else {
            packet[8] = hop_limit;
            packet[12..20].copy_from_slice(&addresses[..8]);
        }
        let mut frame = ethernet(kind, &concat(&[&packet, &vec![0xee; padding]]));
        frame[..12].copy_from_slice(&macs);
        let decoded = decode_frame(&frame);
        prop_assert_eq!(decoded.malformed, None);
        prop_assert!(straight::frame(&frame, &mut Headers::default()).is_some());
        check(LinkType::ETHERNET, &frame, frame.len(), &segment);
        agrees_with_smoltcp(&decoded, &frame);
    }
}

fn agrees_with_smoltcp(decoded: &Decoded<'_>, frame: &[u8]) {
    let theirs = EthernetFrame::new_checked(frame).unwrap();
    let ours = decoded.headers.ethernet.unwrap();
    assert_eq!(ours.source.0, theirs.src_addr().0);
    assert_eq!(ours.destination.0, theirs.dst_addr().0);
    let ip = ip_of(decoded);
    let (protocol, body) = if theirs.ethertype() == EthernetProtocol::Ipv4 {
        let packet = Ipv4Packet::new_checked(theirs.payload()).unwrap();
        assert_eq!(ip.source, IpAddr::V4(packet.src_addr()));
        assert_eq!(ip.destination, IpAddr::V4(packet.dst_addr()));
        assert_eq!(ip.hop_limit, packet.hop_limit());
        (packet.next_header(), packet.payload().to_vec())
    } else {
        let packet = Ipv6Packet::new_checked(theirs.payload()).unwrap();
        assert_eq!(ip.source, IpAddr::V6(packet.src_addr()));
        assert_eq!(ip.destination, IpAddr::V6(packet.dst_addr()));
        assert_eq!(ip.hop_limit, packet.hop_limit());
        (packet.next_header(), packet.payload().to_vec())
    };
    assert_eq!(ip.protocol, u8::from(protocol));
    if protocol == IpProtocol::Tcp {
        let theirs = TcpPacket::new_checked(&body[..]).unwrap();
        let ours = tcp_of(decoded);
        assert_eq!(
            (ours.source_port, ours.destination_port),
            (theirs.src_port(), theirs.dst_port())
        );
        assert_eq!(ours.sequence.cast_signed(), theirs.seq_number().0);
        assert_eq!(ours.acknowledgement.cast_signed(), theirs.ack_number().0);
        assert_eq!(ours.flags.contains(TcpFlags::SYN), theirs.syn());
        assert_eq!(ours.flags.contains(TcpFlags::ACK), theirs.ack());
        assert_eq!(ours.flags.contains(TcpFlags::FIN), theirs.fin());
        assert_eq!(ours.flags.contains(TcpFlags::RST), theirs.rst());
        assert_eq!(ours.window, theirs.window_len());
        assert_eq!(ours.options, theirs.options());
        assert_eq!(ours.payload, theirs.payload());
    } else {
        let theirs = UdpPacket::new_checked(&body[..]).unwrap();
        let ours = udp_of(decoded);
        assert_eq!(
            (ours.source_port, ours.destination_port),
            (theirs.src_port(), theirs.dst_port())
        );
        assert_eq!(ours.payload, theirs.payload());
    }
}
