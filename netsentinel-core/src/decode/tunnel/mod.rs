//! Packets in packets. Each file follows one kind of tunnel; none of them is on the straight path.

mod gre;
mod gtp;
pub(super) mod over_ip;
pub(super) mod over_udp;
mod overlay;
mod teredo;
