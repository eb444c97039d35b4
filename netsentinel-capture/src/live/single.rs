//! Capturing by one ring an interface, all of them in one thread and without a copy.

use std::time::{Duration, Instant};

use netsentinel_core::Record;

use super::capture::{CHECK, Turn};
use super::tap::{Readiness, Tap};
use super::wait::{Wait, Waker};
use super::{InterfaceEvent, InterfaceReport, LiveError, LiveOptions};

/// The most packets read from an interface before the others have their turn.
const BATCH: usize = 2048;

/// One ring an interface.
pub(super) struct Single {
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

impl Single {
    /// Opens all interfaces.
    pub(super) fn open(options: LiveOptions) -> Result<Self, LiveError> {
        let wait = Wait::new().map_err(LiveError::Wait)?;
        let mut events = Vec::new();
        let taps =
            options.interfaces.iter().map(|name| Tap::open(name, &options, None, &mut events));
        let taps = taps.collect::<Result<_, _>>()?;
        let next_check = Instant::now();
        Ok(Self { options, taps, wait, frames: 0, more: false, next_check, events })
    }

    /// As [`Live::turn`](super::Live::turn).
    pub(super) fn turn(
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
            let read = tap.read(BATCH, &mut self.frames, hand);
            self.more |= matches!(read, Ok(true));
            if trouble || read.is_err() {
                tap.check(&self.options, read.err(), &mut self.events);
            }
        }
        let events = std::mem::take(&mut self.events);
        Ok(Turn { handed: self.frames - before, events, woken })
    }

    pub(super) fn waker(&self) -> Waker {
        self.wait.waker()
    }

    /// As [`Live::set_filter`](super::Live::set_filter).
    pub(super) fn set_filter(&mut self, filter: &str) -> Result<(), LiveError> {
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

    pub(super) fn filter(&self) -> &str {
        &self.options.filter
    }

    pub(super) fn reports(&mut self) -> Vec<InterfaceReport> {
        self.taps.iter_mut().map(Tap::report).collect()
    }

    pub(super) fn handed(&self) -> u64 {
        self.frames
    }
}
