//! Capturing on several interfaces in one thread.

use std::time::{Duration, Instant};

use netsentinel_core::Record;

use super::interfaces::ANY;
use super::tap::{Readiness, Tap};
use super::wait::{Wait, Waker};
use super::{InterfaceEvent, InterfaceReport, LiveError, LiveOptions};

/// How often interfaces are looked at, and those that are away tried again.
const CHECK: Duration = Duration::from_secs(1);

/// A capture under way on one or several interfaces.
///
/// It has no thread of its own: packets come in the thread that calls [`turn`](Self::turn), which may
/// be another than the one that opened it. A packet on a quiet interface is handed on within 50 ms,
/// for that long the kernel gathers; what is gathered in the interface's buffer while nobody calls is
/// kept until the buffer is full.
pub struct Live {
    options: LiveOptions,
    taps: Vec<Tap>,
    wait: Wait,
    /// Packets handed on: the number of the last one.
    frames: u64,
    /// Whether the last turn left packets where they were.
    more: bool,
    next_check: Instant,
    /// Events not told yet.
    events: Vec<InterfaceEvent>,
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

impl Live {
    /// Opens all interfaces. Needs root or `CAP_NET_RAW`, and so does opening one again that went
    /// away.
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
        let wait = Wait::new().map_err(LiveError::Wait)?;
        let mut events = Vec::new();
        let taps = options.interfaces.iter().map(|name| Tap::open(name, &options, &mut events));
        let taps = taps.collect::<Result<_, _>>()?;
        let next_check = Instant::now();
        Ok(Self { options, taps, wait, frames: 0, more: false, next_check, events })
    }

    /// Waits for packets, at most for `timeout`, and hands on those that are there, numbered from 1
    /// across all interfaces; each is lent for the call of `hand` only. Returns when a packet, an
    /// event or a waker ended the wait, or once a second, or when the time is over; so that the
    /// caller can let the pipeline's time go on when nothing comes. Where handles can not be polled,
    /// as on Windows, it returns after 10 ms at the latest.
    ///
    /// No more than a few thousand packets of each interface are handed on in one turn. Packets of
    /// different interfaces may come out of order by as much as the kernel gathers.
    ///
    /// # Errors
    ///
    /// When the system can not wait. An interface that fails is no error but an event, and that all
    /// of them are away is none either.
    pub fn turn(
        &mut self,
        timeout: Duration,
        hand: &mut impl FnMut(&Record<'_>),
    ) -> Result<Turn, LiveError> {
        let now = Instant::now();
        if now >= self.next_check {
            self.next_check = now + CHECK;
            for tap in &mut self.taps {
                tap.check(&self.options, None, &mut self.events);
            }
        }
        let at_once = self.more || !self.events.is_empty();
        let until_check = self.next_check.saturating_duration_since(now);
        let timeout = if at_once { Duration::ZERO } else { timeout.min(until_check) };
        let woken = self.wait.wait(&mut self.taps, timeout).map_err(LiveError::Wait)?;

        let before = self.frames;
        self.more = false;
        for tap in &mut self.taps {
            let trouble = tap.readiness == Readiness::Trouble;
            let read = tap.read(&mut self.frames, hand);
            self.more |= matches!(read, Ok(true));
            if trouble || read.is_err() {
                tap.check(&self.options, read.err(), &mut self.events);
            }
        }
        let events = std::mem::take(&mut self.events);
        Ok(Turn { handed: self.frames - before, events, woken })
    }

    /// Something by which another thread ends the wait at once.
    pub fn waker(&self) -> Waker {
        self.wait.waker()
    }

    /// Puts another filter in the place of the one before, on all interfaces and for the times they
    /// are opened again; an empty one lets all packets pass. Packets that wait go through both
    /// filters, and some may pass unseen in the microseconds that the kernel takes for the change.
    ///
    /// # Errors
    ///
    /// When the filter is wrong for one of the interfaces: then all keep the one before.
    pub fn set_filter(&mut self, filter: &str) -> Result<(), LiveError> {
        self.taps.iter().try_for_each(|tap| tap.check_filter(filter))?;
        let failed = self.taps.iter_mut().try_for_each(|tap| tap.set_filter(filter)).err();
        if let Some(error) = failed {
            for tap in &mut self.taps {
                // It was in use a moment ago. What fails even so is told with the error.
                let _ = tap.set_filter(&self.options.filter);
            }
            return Err(error);
        }
        filter.clone_into(&mut self.options.filter);
        Ok(())
    }

    /// The filter in use.
    pub fn filter(&self) -> &str {
        &self.options.filter
    }

    /// How each interface is, in the order they were named.
    pub fn reports(&mut self) -> Vec<InterfaceReport> {
        self.taps.iter_mut().map(Tap::report).collect()
    }

    /// Packets handed on so far, on all interfaces.
    pub fn handed(&self) -> u64 {
        self.frames
    }
}
