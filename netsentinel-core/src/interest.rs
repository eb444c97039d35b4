//! What kinds of packet a detector asks to see.

use bitflags::bitflags;

bitflags! {
    /// The kinds of packet a detector asks to see, or the kinds that one packet is of.
    ///
    /// The pipeline hands a packet to a detector when the two sets share a kind, so a detector
    /// never pays for traffic that it does not judge.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Interest: u32 {
        /// Every ARP packet.
        const ARP = 1 << 0;
        /// Every IPv4 and IPv6 packet, fragments included, once a captured frame.
        const IP = 1 << 1;
        /// Every TCP segment whose flags were captured.
        const TCP = 1 << 2;
        /// A TCP segment with SYN and none of ACK, RST and FIN: an attempt to connect.
        const SYN = 1 << 3;
        /// Every UDP datagram.
        const UDP = 1 << 4;
        /// Every ICMP and ICMPv6 message.
        const ICMP = 1 << 5;
        /// An ICMP or ICMPv6 echo request.
        const ECHO_REQUEST = 1 << 6;
        /// A packet that probes a port: SYN with none of ACK, RST and FIN; none of SYN, ACK and
        /// RST; or the first packet of a UDP flow.
        const PROBE = 1 << 7;
        /// A unicast DNS message, over UDP or TCP (mDNS and LLMNR are not meant).
        const DNS = 1 << 8;
        /// An mDNS or LLMNR message.
        const LOCAL_DNS = 1 << 9;
        /// Not a packet: the flow table is kept, and `on_flow_end` called.
        const FLOW = 1 << 10;
        /// A TCP segment with SYN and ACK and neither RST nor FIN: a connection is accepted.
        const SYN_ACK = 1 << 11;
        /// A TCP segment with RST.
        const RST = 1 << 12;
        /// A TCP segment with FIN and neither SYN nor RST.
        const FIN = 1 << 13;
        /// A TCP segment that carries data.
        const TCP_DATA = 1 << 14;
        /// An ICMP or ICMPv6 error: what it quotes is told by [`Ip::quoted`](crate::Ip::quoted).
        const ICMP_ERROR = 1 << 15;
        /// A message of neighbour discovery: ICMPv6 types 133 to 137.
        const NEIGHBOUR = 1 << 16;
        /// A packet that opens an attempt or tells what becomes of one; the table of attempts is kept,
        /// for TCP too, and [`Context::attempt`](crate::Context::attempt) tells the step.
        const ATTEMPT = 1 << 17;
        /// The same of UDP alone, at a smaller price: a datagram that opens an attempt or tells what becomes of
        /// one. Errors that refuse one are not told, and no table is kept for TCP.
        const UDP_ATTEMPT = 1 << 21;
        /// A SYN whose source address no host can have ([`Ip::has_impossible_source`](crate::Ip::has_impossible_source)).
        /// Of several workers each sees all of them.
        const FORGED_SYN = 1 << 22;
        /// A later fragment of an ICMP or ICMPv6 message; the first is [`ICMP`](Self::ICMP).
        const ICMP_FRAGMENT = 1 << 20;
    }
}
