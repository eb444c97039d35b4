//! Whole TCP sessions for tests, and what the tuned detectors say of them.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use netsentinel_core::{Mac, TcpFlags, Timestamp};
use netsentinel_synth::{Frame, Segment};

use crate::BUILTIN;
use crate::judged::Judged;

pub(crate) const CLIENT: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 66);
pub(crate) const SERVER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 10);
pub(crate) const OUTSIDER: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 66);

/// A wire under the eyes of the built-in detectors, profile `tuned`.
pub(crate) struct Trial {
    judged: Judged,
    now: Timestamp,
    port: u16,
}

/// Who says something in a session.
#[derive(Clone, Copy)]
pub(crate) enum Says<'a> {
    Client(&'a [u8]),
    Server(&'a [u8]),
}

impl Trial {
    pub(crate) fn new(config: &str) -> Self {
        let now = Timestamp::from_parts(1_767_225_600, 0);
        Self { judged: Judged::alone(config, BUILTIN), now, port: 40_000 }
    }

    pub(crate) fn pause(&mut self, millis: u64) {
        self.now = self.now.after(Duration::from_millis(millis));
    }

    fn push(&mut self, build: impl FnOnce(Frame<'_>) -> usize) {
        let mut data = Vec::new();
        let macs = [1, 2].map(|last| Mac([2, 0, 0, 0, 0, last]));
        build(Frame::new(&mut data).ethernet(macs[0], macs[1]));
        self.judged.see(self.now, &data);
    }

    pub(crate) fn segment(
        &mut self,
        (from, from_port): (Ipv4Addr, u16),
        (to, to_port): (Ipv4Addr, u16),
        flags: TcpFlags,
        (sequence, acknowledgement): (u32, u32),
        payload: &[u8],
    ) {
        let segment = Segment::new(from_port, to_port, flags).numbers(sequence, acknowledgement);
        self.push(|frame| frame.ip(IpAddr::V4(from), IpAddr::V4(to)).tcp(segment, payload));
    }

    pub(crate) fn datagram(
        &mut self,
        (from, from_port): (Ipv4Addr, u16),
        (to, to_port): (Ipv4Addr, u16),
        payload: &[u8],
    ) {
        self.push(|frame| {
            frame.ip(IpAddr::V4(from), IpAddr::V4(to)).udp(from_port, to_port, payload)
        });
    }

    /// A client port that was not used before.
    pub(crate) fn fresh_port(&mut self) -> u16 {
        self.port += 1;
        self.port
    }

    /// A whole connection: handshake, what is said, and the client's FIN.
    pub(crate) fn session(&mut self, client: Ipv4Addr, server: (Ipv4Addr, u16), said: &[Says<'_>]) {
        let client = (client, self.fresh_port());
        let (mut ours, mut theirs) = (1_000, 9_000);
        self.segment(client, server, TcpFlags::SYN, (ours, 0), b"");
        self.segment(server, client, TcpFlags::SYN | TcpFlags::ACK, (theirs, ours + 1), b"");
        (ours, theirs) = (ours + 1, theirs + 1);
        self.segment(client, server, TcpFlags::ACK, (ours, theirs), b"");
        let data = TcpFlags::ACK | TcpFlags::PSH;
        for says in said {
            match says {
                Says::Client(payload) => {
                    self.segment(client, server, data, (ours, theirs), payload);
                    ours += payload.len() as u32;
                }
                Says::Server(payload) => {
                    self.segment(server, client, data, (theirs, ours), payload);
                    theirs += payload.len() as u32;
                }
            }
        }
        self.segment(client, server, TcpFlags::FIN | TcpFlags::ACK, (ours, theirs), b"");
    }

    /// The rules by which `detector` raised alerts, in their order.
    pub(crate) fn raised(&self, detector: &str) -> Vec<&str> {
        let new = self.judged.raised().filter(|alert| alert.detector == detector);
        new.map(|alert| &*alert.rule).collect()
    }

    /// How often `guard` spared somebody from `rule`.
    pub(crate) fn spared(&self, rule: &str, guard: &str) -> u64 {
        self.judged.spared(rule, guard)
    }

    /// What the tables of a detector take.
    pub(crate) fn bytes(&self, detector: &str) -> usize {
        self.judged.stats().detectors[detector].usage.bytes
    }
}
