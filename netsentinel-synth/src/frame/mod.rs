//! Whole frames, written layer by layer from the outside in.

mod dns;
mod fragment;
mod seal;
mod segment;
mod tunnel;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use netsentinel_core::{Arp, Mac};

pub use dns::{Answer, Dns};
pub use fragment::fragments;
pub use segment::{SYN_OPTIONS, Segment};

/// Layers with a length or checksum that one frame may have; enough for four tunnels.
pub const MAX_LAYERS: usize = 16;

/// A frame being written at the end of a buffer.
///
/// Call the layers from the outermost to the innermost; each tells the one before it what follows.
/// The method that writes the payload ([`tcp`](Self::tcp), [`udp`](Self::udp), [`arp`](Self::arp), …)
/// ends the frame: it sets all lengths and checksums and returns the frame's length in bytes.
/// The buffer is appended to, never cleared, so that it can be used again without allocation.
///
/// An IP packet longer than 65,535 bytes gets the length 0, as segments do that the network card is
/// left to cut up. Frames are not padded to Ethernet's 60 bytes, as a sender's own capture shows them.
///
/// ```
/// use netsentinel_core::{Mac, TcpFlags};
/// use netsentinel_synth::{Frame, Segment};
///
/// let mut buffer = Vec::new();
/// let (a, b) = (Mac([2, 0, 0, 0, 0, 1]), Mac([2, 0, 0, 0, 0, 2]));
/// let length = Frame::new(&mut buffer)
///     .ethernet(a, b)
///     .vlan(12)
///     .ipv4([10, 0, 0, 1].into(), [10, 0, 0, 2].into())
///     .tcp(Segment::new(50_000, 443, TcpFlags::SYN), b"");
/// assert_eq!(length, 14 + 4 + 20 + 20);
/// ```
///
/// Tunnels are layers too: `.ipv4(…).vxlan(7).ethernet(…).ipv4(…)`, `.ipv4(…).gre().ipv6(…)`,
/// and IP directly in IP needs no word of its own: `.ipv4(…).ipv6(…)` is 6in4.
#[derive(Debug)]
#[must_use = "a frame has no lengths and checksums until its payload is written"]
pub struct Frame<'a> {
    out: &'a mut Vec<u8>,
    start: usize,
    next: Next,
    layers: [Layer; MAX_LAYERS],
    depth: usize,
}

/// Where the layer written last tells what follows it.
#[derive(Clone, Copy, Debug)]
enum Next {
    /// Nowhere: what follows is settled.
    Nowhere,
    /// A two-byte EtherType at this offset.
    EtherType(usize),
    /// A one-byte IP protocol number at this offset.
    Protocol(usize),
}

/// A layer whose length or checksum is set at the end, with the offset of its header.
#[derive(Clone, Copy, Debug)]
enum Layer {
    Ipv4(usize),
    Ipv6(usize),
    Tcp(usize),
    Udp(usize),
    Icmp(usize),
    GtpU(usize),
}

impl<'a> Frame<'a> {
    /// A frame at the end of `out`; without [`ethernet`](Self::ethernet) it is raw IP.
    pub fn new(out: &'a mut Vec<u8>) -> Self {
        let start = out.len();
        Self { out, start, next: Next::Nowhere, layers: [Layer::Tcp(0); MAX_LAYERS], depth: 0 }
    }

    /// An Ethernet II header.
    pub fn ethernet(mut self, source: Mac, destination: Mac) -> Self {
        self.follows(0x6558, 143);
        self.out.extend_from_slice(&destination.0);
        self.out.extend_from_slice(&source.0);
        self.ether_type()
    }

    /// An 802.1Q tag with priority 0; of `id` the lower 12 bits count.
    pub fn vlan(self, id: u16) -> Self {
        self.tag(0x8100, id)
    }

    /// An 802.1ad service tag, the outer one of QinQ; of `id` the lower 12 bits count.
    pub fn service_vlan(self, id: u16) -> Self {
        self.tag(0x88a8, id)
    }

    /// An IPv4 header without options, time to live 64, "do not fragment" set.
    pub fn ipv4(mut self, source: Ipv4Addr, destination: Ipv4Addr) -> Self {
        self.follows(0x0800, 4);
        let at = self.layer(Layer::Ipv4);
        self.out.extend_from_slice(&[0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 0, 0, 0]);
        self.out.extend_from_slice(&source.octets());
        self.out.extend_from_slice(&destination.octets());
        self.next = Next::Protocol(at + 9);
        self
    }

    /// An IPv6 header, hop limit 64.
    pub fn ipv6(mut self, source: Ipv6Addr, destination: Ipv6Addr) -> Self {
        self.follows(0x86dd, 41);
        let at = self.layer(Layer::Ipv6);
        self.out.extend_from_slice(&[0x60, 0, 0, 0, 0, 0, 59, 64]);
        self.out.extend_from_slice(&source.octets());
        self.out.extend_from_slice(&destination.octets());
        self.next = Next::Protocol(at + 6);
        self
    }

    /// An IPv4 header where both addresses are IPv4, else an IPv6 header with mapped addresses.
    pub fn ip(self, source: IpAddr, destination: IpAddr) -> Self {
        match (source, destination) {
            (IpAddr::V4(source), IpAddr::V4(destination)) => self.ipv4(source, destination),
            (source, destination) => self.ipv6(mapped(source), mapped(destination)),
        }
    }

    /// Sets the time to live, or hop limit, of the IP header written last.
    pub fn hop_limit(self, hops: u8) -> Self {
        match self.layers[..self.depth].last() {
            Some(Layer::Ipv4(at)) => self.out[at + 8] = hops,
            Some(Layer::Ipv6(at)) => self.out[at + 7] = hops,
            _ => {}
        }
        self
    }

    /// Ends the frame with an ARP packet.
    pub fn arp(mut self, arp: &Arp) -> usize {
        self.follows(0x0806, 0);
        self.out.extend_from_slice(&[0, 1, 8, 0, 6, 4]);
        self.out.extend_from_slice(&arp.operation.to_be_bytes());
        self.out.extend_from_slice(&arp.sender_mac.0);
        self.out.extend_from_slice(&arp.sender_ip.octets());
        self.out.extend_from_slice(&arp.target_mac.0);
        self.out.extend_from_slice(&arp.target_ip.octets());
        self.seal()
    }

    /// Ends the frame with a TCP segment.
    pub fn tcp(self, segment: Segment<'_>, payload: &[u8]) -> usize {
        self.tcp_with(segment, |out| out.extend_from_slice(payload))
    }

    /// As [`tcp`](Self::tcp), with a payload that `write` appends in place.
    pub fn tcp_with(mut self, segment: Segment<'_>, write: impl FnOnce(&mut Vec<u8>)) -> usize {
        self.follows(0, 6);
        self.layer(Layer::Tcp);
        segment.write(self.out);
        write(self.out);
        self.seal()
    }

    /// Ends the frame with a UDP datagram.
    pub fn udp(self, source_port: u16, destination_port: u16, payload: &[u8]) -> usize {
        self.udp_with(source_port, destination_port, |out| out.extend_from_slice(payload))
    }

    /// As [`udp`](Self::udp), with a payload that `write` appends in place.
    pub fn udp_with(
        mut self,
        source_port: u16,
        destination_port: u16,
        write: impl FnOnce(&mut Vec<u8>),
    ) -> usize {
        self.udp_header(source_port, destination_port);
        write(self.out);
        self.seal()
    }

    /// Ends the frame with a DNS message over UDP.
    pub fn dns(self, source_port: u16, destination_port: u16, message: &Dns<'_>) -> usize {
        self.udp_with(source_port, destination_port, |out| message.write(out))
    }

    /// Ends the frame with an echo request: ICMP on IPv4, ICMPv6 on IPv6.
    pub fn echo_request(self, id: u16, sequence: u16, payload: &[u8]) -> usize {
        let kind = if self.is_ipv6() { 128 } else { 8 };
        self.icmp(kind, 0, echo_header(id, sequence), payload)
    }

    /// Ends the frame with an echo reply: ICMP on IPv4, ICMPv6 on IPv6.
    pub fn echo_reply(self, id: u16, sequence: u16, payload: &[u8]) -> usize {
        let kind = if self.is_ipv6() { 129 } else { 0 };
        self.icmp(kind, 0, echo_header(id, sequence), payload)
    }

    /// Ends the frame with any ICMP message, or ICMPv6 where the packet is IPv6.
    ///
    /// `rest` are the four bytes after the checksum.
    pub fn icmp(mut self, kind: u8, code: u8, rest: [u8; 4], payload: &[u8]) -> usize {
        let protocol = if self.is_ipv6() { 58 } else { 1 };
        self.follows(0, protocol);
        self.layer(Layer::Icmp);
        self.out.extend_from_slice(&[kind, code, 0, 0]);
        self.out.extend_from_slice(&rest);
        self.out.extend_from_slice(payload);
        self.seal()
    }

    /// Ends the frame with the bytes of any other IP protocol.
    pub fn protocol(mut self, number: u8, payload: &[u8]) -> usize {
        self.follows(0, number);
        self.out.extend_from_slice(payload);
        self.seal()
    }

    fn tag(mut self, tag_type: u16, id: u16) -> Self {
        self.follows(tag_type, 0);
        self.out.extend_from_slice(&(id & 0x0fff).to_be_bytes());
        self.ether_type()
    }

    fn ether_type(mut self) -> Self {
        self.next = Next::EtherType(self.out.len());
        self.out.extend_from_slice(&[0, 0]);
        self
    }

    fn udp_header(&mut self, source_port: u16, destination_port: u16) {
        self.follows(0, 17);
        self.layer(Layer::Udp);
        self.out.extend_from_slice(&source_port.to_be_bytes());
        self.out.extend_from_slice(&destination_port.to_be_bytes());
        self.out.extend_from_slice(&[0; 4]);
    }

    /// Tells the layer written last what comes now.
    fn follows(&mut self, ether_type: u16, protocol: u8) {
        match self.next {
            Next::Nowhere => {}
            Next::EtherType(at) => self.set_u16(at, ether_type),
            Next::Protocol(at) => self.out[at] = protocol,
        }
        self.next = Next::Nowhere;
    }

    /// Notes a layer that starts here, to be finished by `seal`, and returns where it starts.
    fn layer(&mut self, layer: impl Fn(usize) -> Layer) -> usize {
        assert!(self.depth < MAX_LAYERS, "a frame has at most {MAX_LAYERS} layers");
        let at = self.out.len();
        self.layers[self.depth] = layer(at);
        self.depth += 1;
        at
    }

    fn is_ipv6(&self) -> bool {
        matches!(self.layers[..self.depth].last(), Some(Layer::Ipv6(_)))
    }

    fn set_u16(&mut self, at: usize, value: u16) {
        self.out[at..at + 2].copy_from_slice(&value.to_be_bytes());
    }
}

fn mapped(address: IpAddr) -> Ipv6Addr {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped(),
        IpAddr::V6(address) => address,
    }
}

fn echo_header(id: u16, sequence: u16) -> [u8; 4] {
    let ([a, b], [c, d]) = (id.to_be_bytes(), sequence.to_be_bytes());
    [a, b, c, d]
}
