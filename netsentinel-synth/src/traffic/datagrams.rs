//! Conversations over UDP.

use std::net::IpAddr;
use std::time::Duration;

use netsentinel_core::Timestamp;

use crate::Dns;
use crate::frame::Answer;
use crate::timeline::{Activity, Turn};

use super::{Endpoint, filler};

/// What is spoken.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// A query and its response; `address` is the answer.
    Dns { name: &'static str, address: IpAddr },
    /// A request for the time and its answer.
    Ntp,
    /// `down` full datagrams from the server, every tenth acknowledged.
    Quic { down: u32 },
}

/// A conversation that the client opens; the server never speaks first.
pub(crate) struct Exchange {
    client: Endpoint,
    server: Endpoint,
    kind: Kind,
    rtt: Duration,
    /// Frames sent.
    sent: u32,
}

impl Exchange {
    pub(crate) fn new(client: Endpoint, server: Endpoint, kind: Kind, rtt: Duration) -> Self {
        Self { client, server, kind, rtt, sent: 0 }
    }
}

impl Activity for Exchange {
    fn act(&mut self, turn: &mut Turn<'_>) -> Option<Timestamp> {
        let from_client = match self.kind {
            Kind::Dns { .. } | Kind::Ntp => self.sent == 0,
            Kind::Quic { .. } => self.sent.is_multiple_of(11),
        };
        let (from, to) =
            if from_client { (self.client, self.server) } else { (self.server, self.client) };
        let frame = from.host.frame_to(&to.host, turn.frame);
        let count = match self.kind {
            Kind::Dns { name, address } => {
                let qtype = if address.is_ipv4() { 1 } else { 28 };
                let (id, answers) = (self.client.port.swap_bytes(), [Answer::Address(address)]);
                let message = if from_client {
                    Dns::query(id, name, qtype)
                } else {
                    Dns::response(id, name, qtype, &answers)
                };
                frame.dns(from.port, to.port, &message);
                2
            }
            Kind::Ntp => {
                frame.udp(from.port, to.port, &ntp(from_client));
                2
            }
            Kind::Quic { down } => {
                let len = if from_client { 45 } else { 1252 };
                frame.udp_with(from.port, to.port, |out| {
                    // A short header: the fixed bit and what looks like a protected packet.
                    out.push(0x41);
                    out.extend_from_slice(filler(len));
                });
                1 + down
            }
        };
        self.sent += 1;
        let wait = if from_client { self.rtt } else { Duration::from_micros(700) };
        (self.sent < count).then(|| turn.now.after(wait))
    }
}

/// An NTP version 4 packet: a request of mode 3, or a stratum 2 server's answer.
fn ntp(client: bool) -> [u8; 48] {
    let mut packet = [0; 48];
    packet[0] = if client { 0x23 } else { 0x24 };
    packet[1] = if client { 0 } else { 2 };
    packet[2] = 6;
    packet[3] = 0xec;
    packet[40..].copy_from_slice(&[0xec, 0xff, 0, 0, 0x40, 0, 0, 0]);
    packet
}
