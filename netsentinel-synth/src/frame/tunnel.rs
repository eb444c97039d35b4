//! Layers that carry another packet.

use super::{Frame, Layer, Next};

/// Source port of the UDP tunnels, where real ones put a hash of the inner flow.
const TUNNEL_SOURCE_PORT: u16 = 51_966;

impl Frame<'_> {
    /// A GRE header (RFC 2784) without options; IP or Ethernet may follow.
    pub fn gre(mut self) -> Self {
        self.follows(0, 47);
        self.out.extend_from_slice(&[0; 4]);
        self.next = Next::EtherType(self.out.len() - 2);
        self
    }

    /// UDP to port 4789 and a VXLAN header (RFC 7348); Ethernet must follow.
    ///
    /// Of `vni` the lower 24 bits count.
    pub fn vxlan(mut self, vni: u32) -> Self {
        self.udp_header(TUNNEL_SOURCE_PORT, 4789);
        self.out.extend_from_slice(&[0x08, 0, 0, 0]);
        self.out.extend_from_slice(&(vni << 8).to_be_bytes());
        self
    }

    /// UDP to port 6081 and a Geneve header (RFC 8926) without options; IP or Ethernet may follow.
    ///
    /// Of `vni` the lower 24 bits count.
    pub fn geneve(mut self, vni: u32) -> Self {
        self.udp_header(TUNNEL_SOURCE_PORT, 6081);
        self.out.extend_from_slice(&[0; 4]);
        self.next = Next::EtherType(self.out.len() - 2);
        self.out.extend_from_slice(&(vni << 8).to_be_bytes());
        self
    }

    /// UDP to port 2152 and a GTP-U header (3GPP TS 29.281) without options; IP must follow.
    pub fn gtp_u(mut self, tunnel_id: u32) -> Self {
        self.udp_header(2152, 2152);
        self.layer(Layer::GtpU);
        self.out.extend_from_slice(&[0x30, 0xff, 0, 0]);
        self.out.extend_from_slice(&tunnel_id.to_be_bytes());
        self
    }
}
