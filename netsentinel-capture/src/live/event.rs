//! What is told of the interfaces captured on.

use std::fmt;

use netsentinel_core::LinkType;

/// Whether an interface is captured on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InterfaceState {
    /// It is.
    Up,
    /// It is there, but down, without a carrier, or can not be opened; capture goes on when it can.
    Down,
    /// It is not there; capture goes on when it comes back.
    Gone,
}

impl fmt::Display for InterfaceState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::Gone => "gone",
        })
    }
}

/// A change of an interface, told once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InterfaceEvent {
    /// The interface's name.
    pub interface: String,
    /// What it is now.
    pub state: InterfaceState,
    /// Why, in a few words.
    pub reason: String,
}

/// One interface. Counters run since [`Live`](super::Live) was opened, across all times that the
/// interface was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InterfaceReport {
    /// Its name.
    pub name: String,
    /// Whether it is captured on.
    pub state: InterfaceState,
    /// Why it is in this state.
    pub reason: String,
    /// Packets that passed the filter: `handed + dropped_agent + dropped_kernel`, on every system.
    /// libpcap's own figure is not used, for what it counts differs between systems and interfaces.
    pub received: u64,
    /// Packets that were handed on.
    pub handed: u64,
    /// Packets that the kernel dropped because its buffer was full, as libpcap tells (`ps_drop`).
    pub dropped_kernel: u64,
    /// Packets that the interface or its driver dropped, as libpcap tells (`ps_ifdrop`); 0 where it
    /// does not know.
    pub dropped_interface: u64,
    /// Packets taken from the kernel that were not handed on, because their header contradicts itself.
    pub dropped_agent: u64,
    /// What packets start with; of the last time it was open.
    pub link: Option<LinkType>,
}
