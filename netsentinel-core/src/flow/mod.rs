//! Flows: who opened a conversation, with whom, and how much went each way.

mod attempts;
mod key;
mod table;

use std::net::IpAddr;

use crate::{TcpFlags, Timestamp};

pub use attempts::{Attempt, AttemptStep, Attempts};
use key::FlowKey;
pub use table::FlowTable;

/// A conversation between two endpoints.
#[derive(Clone, Copy, Debug)]
pub struct Flow {
    /// Who opened it, and with whom.
    pub tuple: FiveTuple,
    /// Time of the first packet.
    pub first_seen: Timestamp,
    /// Time of the last packet.
    pub last_seen: Timestamp,
    /// What the originator sent.
    pub from_originator: Traffic,
    /// What the responder sent.
    pub from_responder: Traffic,
    /// All TCP flags that the originator sent; empty for UDP.
    pub originator_flags: TcpFlags,
    /// All TCP flags that the responder sent; empty for UDP.
    pub responder_flags: TcpFlags,
    /// Why it ended; `None` while it goes on.
    pub end: Option<FlowEnd>,
}

/// The two ends and the protocol of a flow, as its first packet showed them.
///
/// The sender of the first packet seen is the originator, but for a flow first seen by its SYN-ACK:
/// that one is the responder's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FiveTuple {
    /// Who opened the flow.
    pub originator: IpAddr,
    /// The originator's port.
    pub originator_port: u16,
    /// With whom.
    pub responder: IpAddr,
    /// The responder's port.
    pub responder_port: u16,
    /// 6 for TCP, 17 for UDP.
    pub protocol: u8,
}

/// Packets and bytes in one direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Packets.
    pub packets: u64,
    /// Bytes on the wire, link layer included.
    pub bytes: u64,
    /// Bytes of payload captured above TCP or UDP.
    pub payload_bytes: u64,
}

/// Why a flow ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlowEnd {
    /// Both sides said FIN.
    Closed,
    /// One side said RST.
    Reset,
    /// Nothing was seen for longer than [`FlowTable::IDLE`].
    Idle,
    /// Its place in the table was needed for a newer flow.
    Evicted,
    /// The capture ended.
    CaptureEnd,
}
