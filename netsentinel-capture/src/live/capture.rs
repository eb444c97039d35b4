//! Capturing on several interfaces, by one ring each or by several.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use netsentinel_core::Record;

use super::interfaces::ANY;
use super::rings::{Rings, Shared};
use super::single::Single;
use super::{InterfaceEvent, InterfaceReport, LiveError, LiveOptions, wait};

/// How often interfaces are looked at, and those that are away tried again.
pub(super) const CHECK: Duration = Duration::from_secs(1);

/// A capture under way on one or several interfaces.
///
/// With one ring an interface it has no thread of its own: packets come in the thread that calls
/// [`turn`](Self::turn), which may be another than the one that opened it. A packet on a quiet interface is
/// handed on within 50 ms, for that long the kernel gathers; what is gathered in the interface's buffer while
/// nobody calls is kept until the buffer is full.
///
/// With several rings each has a thread, which begins with the first turn and ends when this is dropped. It
/// takes packets from the kernel into memory of its own, as much as the kernel's buffer, and
/// [`turn`](Self::turn) hands them on in the order in which they were captured, on all rings and interfaces.
pub struct Live {
    capturing: Capturing,
    refused: Option<LiveError>,
}

enum Capturing {
    Single(Single),
    Rings(Box<Rings>),
}

/// What happened in a turn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Turn {
    /// Packets handed on.
    pub handed: u64,
    /// Interfaces that changed.
    pub events: Vec<InterfaceEvent>,
    /// Whether a [`Waker`] was used.
    pub woken: bool,
}

/// Ends the wait of a capturing thread at once, from any other; a wait that is not yet begun ends as
/// soon as it is.
#[derive(Clone)]
pub struct Waker(Whom);

#[derive(Clone)]
enum Whom {
    Single(wait::Waker),
    Rings(Arc<Shared>),
}

impl Waker {
    /// Ends the wait under way, or the next one.
    pub fn wake(&self) {
        match &self.0 {
            Whom::Single(waker) => waker.wake(),
            Whom::Rings(shared) => shared.wake(),
        }
    }
}

impl Live {
    /// Opens all interfaces. Needs root or `CAP_NET_RAW`, and so does opening one again that went
    /// away.
    ///
    /// Where the system does not share an interface among several rings, there is one for each, and
    /// [`refused`](Self::refused) says why.
    ///
    /// # Errors
    ///
    /// When no interface is named, one does not exist or can not be opened, or the filter is wrong.
    /// An interface that is there but down is no error: the first turn tells it, and capture begins
    /// when it is up.
    pub fn open(mut options: LiveOptions) -> Result<Self, LiveError> {
        let mut names: Vec<String> = Vec::with_capacity(options.interfaces.len());
        for name in options.interfaces {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        options.interfaces = names;
        match &options.interfaces[..] {
            [] => return Err(LiveError::NoInterface),
            [_] => {}
            several if several.iter().any(|name| name == ANY) => {
                return Err(LiveError::AnyAndOthers);
            }
            _ => {}
        }
        let refused = match options.rings {
            NonZeroUsize::MIN => None,
            _ => match Rings::open(&options) {
                Ok(rings) => {
                    return Ok(Self {
                        capturing: Capturing::Rings(Box::new(rings)),
                        refused: None,
                    });
                }
                Err(refused @ LiveError::FanOut { .. }) => Some(refused),
                Err(error) => return Err(error),
            },
        };
        Ok(Self { capturing: Capturing::Single(Single::open(options)?), refused })
    }

    /// Waits for packets, at most for `timeout`, and hands on those that are there, numbered from 1
    /// across all interfaces; each is lent for the call of `hand` only. Returns when a packet, an
    /// event or a waker ended the wait, or when the time is over, and with one ring once a second; so that
    /// the caller can let the pipeline's time go on when nothing comes. Where handles can not be polled,
    /// as on Windows, it returns after 10 ms at the latest.
    ///
    /// No more than a few thousand packets of each interface are handed on in one turn. With one ring, packets
    /// of different interfaces may come out of order by as much as the kernel gathers. With several, all are
    /// in order, but for one that the kernel shows more than 40 ms after it came; and they come that much
    /// later where a ring is quiet.
    ///
    /// # Errors
    ///
    /// When the system can not wait, or gives no thread. An interface that fails is no error but an event, and
    /// that all of them are away is none either.
    pub fn turn(
        &mut self,
        timeout: Duration,
        hand: &mut impl FnMut(&Record<'_>),
    ) -> Result<Turn, LiveError> {
        match &mut self.capturing {
            Capturing::Single(single) => single.turn(timeout, hand),
            Capturing::Rings(rings) => rings.turn(timeout, hand),
        }
    }

    /// Something by which another thread ends the wait at once.
    pub fn waker(&self) -> Waker {
        Waker(match &self.capturing {
            Capturing::Single(single) => Whom::Single(single.waker()),
            Capturing::Rings(rings) => Whom::Rings(Arc::clone(rings.shared())),
        })
    }

    /// Puts another filter in the place of the one before, on all interfaces and for the times they
    /// are opened again; an empty one lets all packets pass. Packets that wait go through both
    /// filters, but for those that several rings have taken from the kernel; and some may pass unseen in the
    /// microseconds that the kernel takes for the change.
    ///
    /// # Errors
    ///
    /// When the filter is wrong for one of the interfaces: then all keep the one before.
    pub fn set_filter(&mut self, filter: &str) -> Result<(), LiveError> {
        match &mut self.capturing {
            Capturing::Single(single) => single.set_filter(filter),
            Capturing::Rings(rings) => rings.set_filter(filter),
        }
    }

    /// The filter in use.
    pub fn filter(&self) -> &str {
        match &self.capturing {
            Capturing::Single(single) => single.filter(),
            Capturing::Rings(rings) => rings.filter(),
        }
    }

    /// How each interface is, in the order they were named.
    pub fn reports(&mut self) -> Vec<InterfaceReport> {
        match &mut self.capturing {
            Capturing::Single(single) => single.reports(),
            Capturing::Rings(rings) => rings.reports(),
        }
    }

    /// Packets handed on so far, on all interfaces.
    pub fn handed(&self) -> u64 {
        match &self.capturing {
            Capturing::Single(single) => single.handed(),
            Capturing::Rings(rings) => rings.handed(),
        }
    }

    /// How many rings each interface has.
    pub fn rings(&self) -> NonZeroUsize {
        match &self.capturing {
            Capturing::Single(_) => NonZeroUsize::MIN,
            Capturing::Rings(rings) => rings.rings(),
        }
    }

    /// Why there is one ring, if more were asked for.
    pub fn refused(&self) -> Option<&LiveError> {
        self.refused.as_ref()
    }
}
