//! A TCP connection from handshake to teardown.

use std::time::Duration;

use netsentinel_core::{TcpFlags, Timestamp};

use crate::Segment;
use crate::frame::SYN_OPTIONS;
use crate::timeline::{Activity, Turn};

use super::Endpoint;

/// Payload of a full segment: Ethernet's 1500 bytes without the headers of IPv4 and TCP.
const SEGMENT_V4: u32 = 1460;
/// The same with IPv6.
const SEGMENT_V6: u32 = 1440;
/// A receiver acknowledges every second segment (RFC 9293).
const SEGMENTS_PER_ACK: u8 = 2;
/// How long a host on the site takes to answer.
const TURNAROUND: Duration = Duration::from_micros(120);

/// What is spoken over a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    Tls,
    Http,
    Ssh,
    Smb,
    Plain,
}

/// How a connection comes to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Both sides close it.
    Closed,
    /// The server refuses it with RST.
    Refused,
    /// The client never completes the handshake.
    HalfOpen,
    /// Nobody answers the client, which does not try again.
    Silent,
}

/// How much is said, and how fast.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) service: Service,
    /// How often client and server take turns.
    pub(crate) exchanges: u32,
    /// Bytes the client sends in each.
    pub(crate) up: u32,
    /// Bytes the server sends in each.
    pub(crate) down: u32,
    /// Pause between two exchanges.
    pub(crate) think: Duration,
    /// Time between two segments of one side.
    pub(crate) pace: Duration,
    /// Round-trip time to the server.
    pub(crate) rtt: Duration,
    pub(crate) ending: Ending,
}

impl Plan {
    /// One request and one answer, over 20 ms of distance.
    pub(crate) fn request(service: Service, up: u32, down: u32) -> Self {
        Self {
            service,
            exchanges: 1,
            up,
            down,
            think: Duration::from_millis(200),
            pace: Duration::from_micros(900),
            rtt: Duration::from_millis(20),
            ending: Ending::Closed,
        }
    }

    /// A connection attempt that is refused.
    pub(crate) fn refused() -> Self {
        let rtt = Duration::from_micros(300);
        Self { ending: Ending::Refused, rtt, ..Self::request(Service::Plain, 0, 0) }
    }

    /// A connection attempt that a filter drops.
    pub(crate) fn silent() -> Self {
        Self { ending: Ending::Silent, ..Self::request(Service::Plain, 0, 0) }
    }

    /// No fewer frames than the connection will have.
    pub(crate) fn frames(&self) -> u64 {
        let frames = |bytes: u32| {
            let segments = u64::from(bytes.div_ceil(SEGMENT_V6));
            segments + segments.div_ceil(u64::from(SEGMENTS_PER_ACK))
        };
        6 + u64::from(self.exchanges) * (frames(self.up) + frames(self.down))
    }

    /// No fewer bytes than one side will send on the wire; `up` tells which.
    pub(crate) fn bytes_sent(&self, up: bool) -> u64 {
        let payload = if up { self.up } else { self.down };
        self.frames() * 78 + u64::from(self.exchanges) * u64::from(payload)
    }
}

/// A connection under way.
pub(crate) struct Session {
    client: Endpoint,
    server: Endpoint,
    plan: Plan,
    step: Step,
    exchange: u32,
    client_next: u32,
    server_next: u32,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Syn,
    SynAck,
    Reset,
    HandshakeAck,
    Data { client: bool, left: u32, first: bool, unacked: u8 },
    DataAck { client: bool, left: u32 },
    Close,
    CloseBack,
    LastAck,
}

impl Session {
    /// A connection whose first frame is sent in its first turn; `number` is where both sequence
    /// numbers start.
    pub(crate) fn new(client: Endpoint, server: Endpoint, number: u32, plan: Plan) -> Self {
        let server_next = number.rotate_left(11);
        let (client_next, step) = (number, Step::Syn);
        Self { client, server, plan, step, exchange: 0, client_next, server_next }
    }

    fn send(&mut self, turn: &mut Turn<'_>, client: bool, flags: TcpFlags) {
        self.send_data(turn, client, flags, 0, 0);
    }

    /// Sends a segment with about `len` bytes; `total` as in [`Service::write`].
    fn send_data(
        &mut self,
        turn: &mut Turn<'_>,
        client: bool,
        flags: TcpFlags,
        total: u32,
        len: u32,
    ) {
        let (from, to, sequence, ack) = if client {
            (self.client, self.server, self.client_next, self.server_next)
        } else {
            (self.server, self.client, self.server_next, self.client_next)
        };
        let ack = if flags.contains(TcpFlags::ACK) { ack } else { 0 };
        let mut segment = Segment::new(from.port, to.port, flags).numbers(sequence, ack);
        if flags.contains(TcpFlags::SYN) {
            segment = segment.options(SYN_OPTIONS);
        }
        let mut sent = 0;
        from.host.frame_to(&to.host, turn.frame).tcp_with(segment, |out| {
            let before = out.len();
            if len > 0 {
                let (service, count) = (self.plan.service, self.exchange);
                service.write(client, count, total as usize, len as usize, out);
            }
            sent = (out.len() - before) as u32;
        });
        if flags.intersects(TcpFlags::SYN | TcpFlags::FIN) {
            sent += 1;
        }
        let next = if client { &mut self.client_next } else { &mut self.server_next };
        *next = next.wrapping_add(sent);
    }

    /// What comes when one side has said all it had to say in this exchange.
    fn after_message(&mut self, client: bool) -> (Step, Duration) {
        if client && self.plan.down > 0 {
            let left = self.plan.down;
            return (Step::Data { client: false, left, first: true, unacked: 0 }, TURNAROUND);
        }
        self.exchange += 1;
        if self.exchange < self.plan.exchanges {
            return (self.next_exchange(), self.plan.think);
        }
        (Step::Close, TURNAROUND)
    }

    fn next_exchange(&self) -> Step {
        match self.plan {
            Plan { exchanges: 0, .. } | Plan { up: 0, down: 0, .. } => Step::Close,
            Plan { up: 0, down, .. } => {
                Step::Data { client: false, left: down, first: true, unacked: 0 }
            }
            Plan { up, .. } => Step::Data { client: true, left: up, first: true, unacked: 0 },
        }
    }

    fn data(&mut self, turn: &mut Turn<'_>, client: bool, left: u32, first: bool) -> u32 {
        let full = if self.client.host.ip.is_ipv4() { SEGMENT_V4 } else { SEGMENT_V6 };
        let len = left.min(full);
        let flags = TcpFlags::ACK | TcpFlags::PSH;
        self.send_data(turn, client, flags, if first { left } else { 0 }, len);
        left - len
    }
}

impl Activity for Session {
    fn act(&mut self, turn: &mut Turn<'_>) -> Option<Timestamp> {
        const ACK: TcpFlags = TcpFlags::ACK;
        let rtt = self.plan.rtt;
        let (next, wait) = match self.step {
            Step::Syn => {
                self.send(turn, true, TcpFlags::SYN);
                let next = match self.plan.ending {
                    Ending::Refused => Step::Reset,
                    Ending::Silent => return None,
                    Ending::Closed | Ending::HalfOpen => Step::SynAck,
                };
                (next, rtt)
            }
            Step::Reset => {
                self.send(turn, false, TcpFlags::RST | ACK);
                return None;
            }
            Step::SynAck => {
                self.send(turn, false, TcpFlags::SYN | ACK);
                if self.plan.ending == Ending::HalfOpen {
                    return None;
                }
                (Step::HandshakeAck, TURNAROUND)
            }
            Step::HandshakeAck => {
                self.send(turn, true, ACK);
                (self.next_exchange(), TURNAROUND)
            }
            Step::Data { client, left, first, unacked } => {
                let left = self.data(turn, client, left, first);
                if left == 0 || unacked + 1 == SEGMENTS_PER_ACK {
                    (Step::DataAck { client, left }, if client { rtt } else { TURNAROUND })
                } else {
                    let unacked = unacked + 1;
                    (Step::Data { client, left, first: false, unacked }, self.plan.pace)
                }
            }
            Step::DataAck { client, left } => {
                self.send(turn, !client, ACK);
                if left == 0 {
                    self.after_message(client)
                } else {
                    (Step::Data { client, left, first: false, unacked: 0 }, self.plan.pace)
                }
            }
            Step::Close => {
                self.send(turn, true, TcpFlags::FIN | ACK);
                (Step::CloseBack, rtt)
            }
            Step::CloseBack => {
                self.send(turn, false, TcpFlags::FIN | ACK);
                (Step::LastAck, TURNAROUND)
            }
            Step::LastAck => {
                self.send(turn, true, ACK);
                return None;
            }
        };
        self.step = next;
        Some(turn.now.after(wait))
    }
}
