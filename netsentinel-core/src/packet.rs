//! What a captured frame says: a view that borrows the bytes it was decoded from.

use std::fmt;
use std::net::IpAddr;

use bitflags::bitflags;

use crate::Timestamp;

/// One packet as the detectors see it: when it came and what decoding found in it.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'a> {
    /// When it is judged: its capture time, or the newest time seen where that is later.
    pub timestamp: Timestamp,
    /// Number of the frame in its capture, from 1.
    pub frame: u64,
    /// Length of the whole frame on the wire, in bytes.
    pub wire_len: u32,
    /// Whether the end of the frame was not captured.
    pub snapped: bool,
    /// Name of the interface, where the capture tells it.
    pub interface: Option<&'a str>,
    /// The headers and payload.
    pub headers: Headers<'a>,
}

/// The headers of one frame, from the innermost packet where it travels in a tunnel.
#[derive(Clone, Copy, Debug, Default)]
pub struct Headers<'a> {
    /// The innermost Ethernet header.
    pub ethernet: Option<Ethernet>,
    /// 802.1Q tags of that header, outermost first.
    pub vlan: Vlan,
    /// The tunnel that the packet travels in, with the addresses of its ends.
    pub tunnel: Option<Tunnel>,
    /// The network layer and all above it.
    pub network: Network<'a>,
}

/// Source and destination of an Ethernet frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ethernet {
    /// Who sent the frame.
    pub source: Mac,
    /// Whom it is for.
    pub destination: Mac,
}

/// A 48-bit hardware address, printed as `aa:bb:cc:dd:ee:ff`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mac(pub [u8; 6]);

impl Mac {
    /// All zero: no address.
    pub const ZERO: Self = Self([0; 6]);
    /// All ones: every station on the link.
    pub const BROADCAST: Self = Self([0xff; 6]);
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

impl fmt::Debug for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The VLAN identifiers of a frame: none, one, or the outer two of a stack.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Vlan {
    /// Identifiers from 0 to 4095, outermost first.
    pub ids: [Option<u16>; 2],
}

/// A tunnel around a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tunnel {
    /// Kind of the outermost tunnel.
    pub kind: TunnelKind,
    /// Source address of the outermost header.
    pub source: IpAddr,
    /// Destination address of the outermost header.
    pub destination: IpAddr,
    /// How many tunnels are nested, from 1.
    pub depth: u8,
}

/// The tunnels that are looked into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TunnelKind {
    /// IPv4 or IPv6 directly in IPv4 or IPv6 (IP-in-IP, 6in4, 4in6), or MPLS or Ethernet (EtherIP).
    IpInIp,
    /// Generic routing encapsulation.
    Gre,
    /// VXLAN, UDP port 4789.
    Vxlan,
    /// Geneve, UDP port 6081.
    Geneve,
    /// GTP-U, UDP port 2152.
    GtpU,
    /// Teredo, UDP port 3544.
    Teredo,
}

/// The network layer.
#[derive(Clone, Copy, Debug, Default)]
pub enum Network<'a> {
    /// An ARP packet for IPv4 over Ethernet.
    Arp(Arp),
    /// An IPv4 or IPv6 packet.
    Ip(Ip<'a>),
    /// Neither, or nothing that could be read.
    #[default]
    Other,
}

/// An ARP packet for IPv4 over Ethernet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arp {
    /// 1 request, 2 reply; others as assigned.
    pub operation: u16,
    /// The hardware address that the sender claims.
    pub sender_mac: Mac,
    /// The IPv4 address that the sender claims.
    pub sender_ip: std::net::Ipv4Addr,
    /// The hardware address of the target; zero in most requests.
    pub target_mac: Mac,
    /// The IPv4 address asked for or told.
    pub target_ip: std::net::Ipv4Addr,
}

/// An IPv4 or IPv6 packet.
#[derive(Clone, Copy, Debug)]
pub struct Ip<'a> {
    /// Source address.
    pub source: IpAddr,
    /// Destination address.
    pub destination: IpAddr,
    /// Protocol of the payload, behind extension headers; in a fragment, of what the datagram starts
    /// with.
    pub protocol: u8,
    /// Time to live, or hop limit.
    pub hop_limit: u8,
    /// Set where this is a fragment of a larger datagram.
    pub fragment: Option<Fragment<'a>>,
    /// What the packet carries.
    pub transport: Transport<'a>,
}

/// A piece of a fragmented datagram.
#[derive(Clone, Copy, Debug)]
pub struct Fragment<'a> {
    /// Identification, the same in all pieces.
    pub id: u32,
    /// Where the piece belongs in the payload of the datagram, in bytes; a multiple of 8.
    pub offset: u16,
    /// Whether more pieces follow.
    pub more: bool,
    /// The piece.
    pub data: &'a [u8],
}

/// The transport layer.
#[derive(Clone, Copy, Debug)]
pub enum Transport<'a> {
    /// TCP, with everything up to the window captured and room for its header.
    Tcp(Tcp<'a>),
    /// UDP.
    Udp(Udp<'a>),
    /// ICMP or ICMPv6, as [`Ip::protocol`] tells.
    Icmp(Icmp<'a>),
    /// Another protocol, a later fragment, or a header that was cut off.
    Other(&'a [u8]),
}

/// A TCP segment.
#[derive(Clone, Copy, Debug)]
pub struct Tcp<'a> {
    /// Source port.
    pub source_port: u16,
    /// Destination port.
    pub destination_port: u16,
    /// Sequence number.
    pub sequence: u32,
    /// Acknowledgement number.
    pub acknowledgement: u32,
    /// The flags.
    pub flags: TcpFlags,
    /// Receive window as sent, unscaled.
    pub window: u16,
    /// The options, unparsed.
    pub options: &'a [u8],
    /// What the segment carries, as far as it was captured.
    pub payload: &'a [u8],
}

bitflags! {
    /// TCP flags, as they stand in the header.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct TcpFlags: u8 {
        /// No more data from the sender.
        const FIN = 0x01;
        /// Synchronise sequence numbers.
        const SYN = 0x02;
        /// Reset the connection.
        const RST = 0x04;
        /// Push.
        const PSH = 0x08;
        /// The acknowledgement number counts.
        const ACK = 0x10;
        /// The urgent pointer counts.
        const URG = 0x20;
        /// ECN echo.
        const ECE = 0x40;
        /// Congestion window reduced.
        const CWR = 0x80;
    }
}

/// A UDP datagram.
#[derive(Clone, Copy, Debug)]
pub struct Udp<'a> {
    /// Source port.
    pub source_port: u16,
    /// Destination port.
    pub destination_port: u16,
    /// What the datagram carries, as far as it was captured.
    pub payload: &'a [u8],
}

/// An ICMP or ICMPv6 message.
#[derive(Clone, Copy, Debug)]
pub struct Icmp<'a> {
    /// Type.
    pub kind: u8,
    /// Code; 0 where it was cut off.
    pub code: u8,
    /// What follows the first four bytes (type, code, checksum).
    pub body: &'a [u8],
}

impl Packet<'_> {
    /// The IP packet, if this is one.
    pub fn ip(&self) -> Option<&Ip<'_>> {
        match &self.headers.network {
            Network::Ip(ip) => Some(ip),
            _ => None,
        }
    }

    /// The ARP packet, if this is one.
    pub fn arp(&self) -> Option<&Arp> {
        match &self.headers.network {
            Network::Arp(arp) => Some(arp),
            _ => None,
        }
    }
}

impl Ip<'_> {
    /// Source and destination port, where the protocol has them and they were captured.
    pub fn ports(&self) -> Option<(u16, u16)> {
        match self.transport {
            Transport::Tcp(tcp) => Some((tcp.source_port, tcp.destination_port)),
            Transport::Udp(udp) => Some((udp.source_port, udp.destination_port)),
            Transport::Icmp(_) | Transport::Other(_) => None,
        }
    }

    /// Whether no host can have the source: it is a multicast address or a reserved one (RFC 1112, 4; RFC 4291,
    /// 2.7), so that somebody forges it. Loopback and unspecified addresses are none of those.
    #[inline]
    pub const fn has_impossible_source(&self) -> bool {
        const MULTICAST: u8 = 224;
        match self.source {
            IpAddr::V4(source) => source.octets()[0] >= MULTICAST,
            IpAddr::V6(source) => source.is_multicast(),
        }
    }

    /// What the transport carries, as far as it was captured.
    pub fn payload(&self) -> &[u8] {
        match self.transport {
            Transport::Tcp(tcp) => tcp.payload,
            Transport::Udp(udp) => udp.payload,
            Transport::Icmp(icmp) => icmp.body,
            Transport::Other(bytes) => bytes,
        }
    }
}

impl serde::Serialize for Mac {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Mac {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Mac {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Mac".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "pattern": "^[0-9a-f]{2}(:[0-9a-f]{2}){5}$",
        })
    }
}

/// The text is no hardware address.
#[derive(Debug, thiserror::Error)]
#[error("not a hardware address: expected aa:bb:cc:dd:ee:ff")]
pub struct NotAMac;

impl std::str::FromStr for Mac {
    type Err = NotAMac;

    fn from_str(text: &str) -> Result<Self, NotAMac> {
        let mut parts = text.split(':').map(|part| match part.len() {
            2 => u8::from_str_radix(part, 16).map_err(|_| NotAMac),
            _ => Err(NotAMac),
        });
        let mut octets = [0; 6];
        for octet in &mut octets {
            *octet = parts.next().ok_or(NotAMac)??;
        }
        if parts.next().is_some() { Err(NotAMac) } else { Ok(Self(octets)) }
    }
}
