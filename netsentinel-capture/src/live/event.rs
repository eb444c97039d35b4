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
    /// Its rings, where it has several; the figures above are their sums.
    pub rings: Vec<RingReport>,
}

/// One ring of an interface. Counters run as those of the interface do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RingReport {
    /// Packets that the kernel gave to this ring, those that it dropped among them.
    pub received: u64,
    /// Packets that the kernel dropped because this ring's buffer was full.
    pub dropped_kernel: u64,
}

/// How an interface is, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reported {
    pub(super) state: InterfaceState,
    pub(super) reason: String,
}

impl Reported {
    /// Whether `new` is worth telling: another state, or another reason for not being up.
    pub(super) fn differs(&self, new: &Self) -> bool {
        self.state != new.state || (new.state != InterfaceState::Up && self.reason != new.reason)
    }
}

/// How an interface is by what its rings tell: as the worst of them, which is also the one to tell why.
pub(super) fn worst(rings: &[Reported]) -> Reported {
    let rank = |each: &&Reported| match each.state {
        InterfaceState::Gone => 0,
        InterfaceState::Down => 1,
        InterfaceState::Up => 2,
    };
    let none = Reported { state: InterfaceState::Gone, reason: String::new() };
    rings.iter().min_by_key(rank).cloned().unwrap_or(none)
}

impl InterfaceReport {
    /// Adds up the rings of one interface, whose state is known.
    pub(super) fn of_rings(rings: &[Self], told: &Reported) -> Option<Self> {
        let (first, rest) = rings.split_first()?;
        let ring = |ring: &Self| RingReport {
            received: ring.received,
            dropped_kernel: ring.dropped_kernel,
        };
        let mut sum = first.clone();
        sum.rings = rings.iter().map(ring).collect();
        (sum.state, sum.reason) = (told.state, told.reason.clone());
        for ring in rest {
            sum.received += ring.received;
            sum.handed += ring.handed;
            sum.dropped_kernel += ring.dropped_kernel;
            sum.dropped_agent += ring.dropped_agent;
            // All handles tell of the same interface.
            sum.dropped_interface = sum.dropped_interface.max(ring.dropped_interface);
            sum.link = sum.link.or(ring.link);
        }
        Some(sum)
    }
}
