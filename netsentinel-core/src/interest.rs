//! What kinds of packet a detector asks to see.

use bitflags::bitflags;

bitflags! {
    /// The kinds of packet a detector asks to see, or the kinds that one packet is of.
    ///
    /// The pipeline hands a packet to a detector when the two sets share a kind, so a detector
    /// never pays for traffic that it does not judge.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Interest: u16 {
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
    }
}
