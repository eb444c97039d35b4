//! The engine of NetSentinel: packets in, exact alerts out.
#![forbid(unsafe_code)]

pub mod decode;
pub mod dns;
pub mod flow;
mod interest;
mod packet;
mod source;
pub mod text;
mod time;
mod usage;
pub mod window;

pub use flow::Flow;
pub use interest::Interest;
pub use packet::{
    Arp, Ethernet, Fragment, Headers, Icmp, Ip, Mac, Network, NotAMac, Packet, Tcp, TcpFlags,
    Transport, Tunnel, TunnelKind, Udp, Vlan,
};
pub use source::{LinkType, Record, Source};
pub use time::{NotATime, Timestamp};
pub use usage::{Limits, Usage};
