//! The flows that go on now.

use std::num::NonZeroUsize;
use std::time::Duration;

use super::{FiveTuple, Flow, FlowEnd, FlowKey, Traffic};
use crate::window::BoundedMap;
use crate::{Packet, TcpFlags, Timestamp, Transport, Usage};

/// Follows TCP and UDP flows from their first packet to their last.
pub struct FlowTable {
    flows: BoundedMap<FlowKey, Flow>,
}

impl FlowTable {
    /// A flow ends when nothing was seen of it for longer than this.
    pub const IDLE: Duration = Duration::from_secs(300);

    /// Room for `max_flows` flows.
    pub fn new(max_flows: NonZeroUsize) -> Self {
        Self { flows: BoundedMap::new(max_flows, Self::IDLE) }
    }

    /// Adds `packet` to its flow, which is told as it stands now; and a flow that had to end for
    /// want of room. A packet without ports belongs to none.
    pub fn observe(&mut self, packet: &Packet<'_>) -> (Option<Flow>, Option<Flow>) {
        let Some(ip) = packet.ip() else { return (None, None) };
        let Some(key) = FlowKey::of(ip) else { return (None, None) };
        let now = packet.timestamp;
        if let Some(flow) = self.flows.touch(&key, now) {
            flow.add(packet);
            return (Some(*flow), None);
        }
        let Some(mut flow) = Flow::opened_by(packet) else { return (None, None) };
        flow.add(packet);
        let evicted = self.flows.entry(key, now, || flow).evicted;
        (Some(flow), evicted.map(|(_, flow)| flow.ended(FlowEnd::Evicted)))
    }

    /// Takes out the flow that `packet` has just ended, if it has.
    pub fn take_ended(&mut self, packet: &Packet<'_>) -> Option<Flow> {
        let ip = packet.ip()?;
        let Transport::Tcp(tcp) = ip.transport else { return None };
        if !tcp.flags.intersects(TcpFlags::RST | TcpFlags::FIN) {
            return None;
        }
        let key = FlowKey::of(ip)?;
        let flow = self.flows.get(&key)?;
        let both_fin = (flow.originator_flags & flow.responder_flags).contains(TcpFlags::FIN);
        let end = match tcp.flags.contains(TcpFlags::RST) {
            true => FlowEnd::Reset,
            false if both_fin => FlowEnd::Closed,
            false => return None,
        };
        self.flows.remove(&key).map(|flow| flow.ended(end))
    }

    /// Takes out a flow that has been quiet for too long.
    pub fn pop_idle(&mut self, now: Timestamp) -> Option<Flow> {
        self.flows.pop_idle(now).map(|(_, flow)| flow.ended(FlowEnd::Idle))
    }

    /// Takes out the flow quiet the longest, at the end of the capture.
    pub fn pop_last(&mut self) -> Option<Flow> {
        self.flows.pop_oldest().map(|(_, flow)| flow.ended(FlowEnd::CaptureEnd))
    }

    /// How full it is.
    pub fn usage(&self) -> Usage {
        self.flows.usage()
    }
}

impl Flow {
    /// A segment that answers or ends, and carries nothing, opens none: what it belongs to is over,
    /// or began before the capture.
    fn opened_by(packet: &Packet<'_>) -> Option<Self> {
        let ip = packet.ip()?;
        if let Transport::Tcp(tcp) = ip.transport
            && tcp.payload.is_empty()
            && tcp.flags.intersects(TcpFlags::ACK | TcpFlags::RST)
            && !tcp.flags.contains(TcpFlags::SYN)
        {
            return None;
        }
        let (source_port, destination_port) = ip.ports()?;
        let answers = match ip.transport {
            Transport::Tcp(tcp) => tcp.flags.contains(TcpFlags::SYN | TcpFlags::ACK),
            _ => false,
        };
        let (from, to) = ((ip.source, source_port), (ip.destination, destination_port));
        let ((originator, originator_port), (responder, responder_port)) =
            if answers { (to, from) } else { (from, to) };
        Some(Self {
            tuple: FiveTuple {
                originator,
                originator_port,
                responder,
                responder_port,
                protocol: ip.protocol,
            },
            first_seen: packet.timestamp,
            last_seen: packet.timestamp,
            from_originator: Traffic::default(),
            from_responder: Traffic::default(),
            originator_flags: TcpFlags::empty(),
            responder_flags: TcpFlags::empty(),
            end: None,
        })
    }

    fn add(&mut self, packet: &Packet<'_>) {
        let Some(ip) = packet.ip() else { return };
        let Some((source_port, _)) = ip.ports() else { return };
        let outbound =
            (ip.source, source_port) == (self.tuple.originator, self.tuple.originator_port);
        let (traffic, flags) = if outbound {
            (&mut self.from_originator, &mut self.originator_flags)
        } else {
            (&mut self.from_responder, &mut self.responder_flags)
        };
        traffic.packets += 1;
        traffic.bytes += u64::from(packet.wire_len);
        traffic.payload_bytes += ip.payload().len() as u64;
        if let Transport::Tcp(tcp) = ip.transport {
            *flags |= tcp.flags;
        }
        self.last_seen = packet.timestamp;
    }

    fn ended(self, end: FlowEnd) -> Self {
        Self { end: Some(end), ..self }
    }
}
