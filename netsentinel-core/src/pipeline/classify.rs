//! Of which kinds a packet is.

use crate::dns::{DNS_PORT, LOCAL_DNS_PORTS, Message};
use crate::quoted;
use crate::{Icmp, Interest, Ip, Network, Packet, TcpFlags, Transport, Udp};

const ICMP: u8 = 1;
const ICMP_V6: u8 = 58;
const ECHO_REQUEST_V4: u8 = 8;
const ECHO_REQUEST_V6: u8 = 128;
/// Router solicitation to redirect (RFC 4861 §4).
const NEIGHBOUR_TYPES: std::ops::RangeInclusive<u8> = 133..=137;

/// The kinds that `packet` is of by itself. A fragment is of the kinds that it shows to the full: a
/// message that goes on in the next one is left for the whole datagram. Whether a UDP packet is the
/// first of its flow, and so a [`Interest::PROBE`], is not seen in the packet.
#[inline(always)]
pub(super) fn kinds(packet: &Packet<'_>) -> Interest {
    match &packet.headers.network {
        Network::Arp(_) => Interest::ARP,
        Network::Ip(ip) => ip_kinds(ip),
        Network::Other => Interest::empty(),
    }
}

#[inline(always)]
fn ip_kinds(ip: &Ip<'_>) -> Interest {
    Interest::IP | transport_kinds(ip)
}

#[inline(always)]
fn transport_kinds(ip: &Ip<'_>) -> Interest {
    match ip.transport {
        Transport::Tcp(tcp) => {
            let mut kinds = Interest::TCP | tcp_kinds(tcp.flags);
            if kinds.contains(Interest::SYN) && ip.has_impossible_source() {
                kinds |= Interest::FORGED_SYN;
            }
            // A segment in pieces has no place in the stream until it is whole.
            if !tcp.payload.is_empty() && ip.fragment.is_none() {
                kinds |= Interest::TCP_DATA;
                if tcp.source_port == DNS_PORT || tcp.destination_port == DNS_PORT {
                    kinds |= Interest::DNS;
                }
            }
            kinds
        }
        Transport::Udp(udp) if ip.fragment.is_some() && !shows_questions(udp) => Interest::UDP,
        Transport::Udp(udp) => Interest::UDP | dns_kinds(udp.source_port, udp.destination_port),
        Transport::Icmp(icmp) => Interest::ICMP | icmp_kinds(ip.protocol, icmp),
        Transport::Other(_) if ip.fragment.is_some() && matches!(ip.protocol, ICMP | ICMP_V6) => {
            Interest::ICMP_FRAGMENT
        }
        Transport::Other(_) => Interest::empty(),
    }
}

fn tcp_kinds(flags: TcpFlags) -> Interest {
    let opening = TcpFlags::SYN | TcpFlags::ACK | TcpFlags::RST | TcpFlags::FIN;
    if flags & opening == TcpFlags::SYN {
        Interest::SYN | Interest::PROBE
    } else if flags.contains(TcpFlags::RST) {
        Interest::RST
    } else if flags & opening == TcpFlags::SYN | TcpFlags::ACK {
        Interest::SYN_ACK
    } else if !flags.intersects(TcpFlags::SYN) {
        let fin = if flags.contains(TcpFlags::FIN) { Interest::FIN } else { Interest::empty() };
        let probe = if flags.contains(TcpFlags::ACK) { Interest::empty() } else { Interest::PROBE };
        fin | probe
    } else {
        Interest::empty()
    }
}

/// DNS goes before the local kinds, as the lower port decides where both would do.
fn dns_kinds(source_port: u16, destination_port: u16) -> Interest {
    let either = |port: u16| source_port == port || destination_port == port;
    if either(DNS_PORT) {
        Interest::DNS
    } else if LOCAL_DNS_PORTS.into_iter().any(either) {
        Interest::LOCAL_DNS
    } else {
        Interest::empty()
    }
}

fn shows_questions(udp: Udp<'_>) -> bool {
    Message::parse(udp.payload).is_some_and(|message| message.has_all_questions())
}

/// An IPv4 echo request counts once its identifier is there, as Wireshark's does; an IPv6 one by its
/// type alone.
fn icmp_kinds(protocol: u8, icmp: Icmp<'_>) -> Interest {
    const IDENTIFIER_LEN: usize = 2;
    let is_echo_request = if protocol == ICMP {
        icmp.kind == ECHO_REQUEST_V4 && icmp.body.len() >= IDENTIFIER_LEN
    } else {
        icmp.kind == ECHO_REQUEST_V6
    };
    if is_echo_request {
        Interest::ECHO_REQUEST
    } else if quoted::is_error(protocol, icmp.kind) {
        Interest::ICMP_ERROR
    } else if protocol != ICMP && NEIGHBOUR_TYPES.contains(&icmp.kind) {
        Interest::NEIGHBOUR
    } else {
        Interest::empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_all_flag_combinations_only_openings_are_probes() {
        for bits in 0..=255 {
            let flags = TcpFlags::from_bits_retain(bits);
            let [fin, syn, rst, ack] = [0x01, 0x02, 0x04, 0x10].map(|flag| bits & flag != 0);
            let syn_only = syn && !ack && !rst && !fin;
            let kinds = tcp_kinds(flags);
            assert_eq!(kinds.contains(Interest::SYN), syn_only, "{bits:#x}");
            let probe = syn_only || (!syn && !ack && !rst);
            assert_eq!(kinds.contains(Interest::PROBE), probe, "{bits:#x}");
            assert_eq!(kinds.contains(Interest::RST), rst, "{bits:#x}");
            let syn_ack = syn && ack && !rst && !fin;
            assert_eq!(kinds.contains(Interest::SYN_ACK), syn_ack, "{bits:#x}");
            assert_eq!(kinds.contains(Interest::FIN), fin && !syn && !rst, "{bits:#x}");
        }
    }

    #[test]
    fn an_attempt_from_where_no_host_can_be_is_forged() {
        let kinds = |source: [u8; 4], flags| {
            let tcp = crate::Tcp {
                source_port: 1,
                destination_port: 2,
                sequence: 0,
                acknowledgement: 0,
                flags,
                window: 0,
                options: &[],
                payload: &[],
            };
            ip_kinds(&Ip {
                source: source.into(),
                destination: [10, 0, 0, 1].into(),
                protocol: 6,
                hop_limit: 64,
                fragment: None,
                transport: Transport::Tcp(tcp),
            })
        };
        for (source, forged) in [
            ([224, 0, 0, 1], true),
            ([255; 4], true),
            ([223, 255, 255, 255], false),
            ([127, 0, 0, 1], false),
        ] {
            assert_eq!(kinds(source, TcpFlags::SYN).contains(Interest::FORGED_SYN), forged);
            assert!(!kinds(source, TcpFlags::SYN | TcpFlags::ACK).contains(Interest::FORGED_SYN));
        }
    }

    #[test]
    fn echo_requests_are_told_by_protocol_and_need_an_identifier() {
        let kinds = |protocol, kind, body| icmp_kinds(protocol, Icmp { kind, code: 0, body });
        for (protocol, kind, body, expected) in [
            (1, 8, &[0, 7][..], true),
            (1, 8, &[0], false),
            (1, 128, &[0, 7], false),
            (58, 128, &[], true),
            (58, 8, &[0, 7], false),
            (1, 0, &[0, 7], false),
            (1, 3, &[0, 7], false),
        ] {
            let is_echo_request = kinds(protocol, kind, body) == Interest::ECHO_REQUEST;
            assert_eq!(is_echo_request, expected, "{protocol} {kind} {body:?}");
        }
    }

    #[test]
    fn errors_and_neighbour_discovery_are_told_by_type() {
        let kinds = |protocol, kind| icmp_kinds(protocol, Icmp { kind, code: 0, body: &[] });
        for (protocol, kind, expected) in [
            (1, 3, Interest::ICMP_ERROR),
            (1, 11, Interest::ICMP_ERROR),
            (58, 1, Interest::ICMP_ERROR),
            (58, 3, Interest::ICMP_ERROR),
            (58, 133, Interest::NEIGHBOUR),
            (58, 137, Interest::NEIGHBOUR),
            (1, 133, Interest::empty()),
            (58, 11, Interest::empty()),
        ] {
            assert_eq!(kinds(protocol, kind), expected, "{protocol} {kind}");
        }
    }

    #[test]
    fn mdns_and_llmnr_are_told_from_dns() {
        assert_eq!(dns_kinds(40_000, 53), Interest::DNS);
        assert_eq!(dns_kinds(53, 5353), Interest::DNS);
        assert_eq!(dns_kinds(5353, 5353), Interest::LOCAL_DNS);
        assert_eq!(dns_kinds(60_000, 5355), Interest::LOCAL_DNS);
        assert_eq!(dns_kinds(60_000, 443), Interest::empty());
    }
}
