//! The thread of one ring: takes packets from the kernel and delivers them in blocks.

use std::io;
use std::slice;
use std::time::{Duration, Instant};

use super::block::{Block, LOOK};
use super::shared::{Shared, Task};
use crate::live::capture::CHECK;
use crate::live::tap::{Readiness, Tap};
use crate::live::wait::{Wait, Waker};
use crate::live::{InterfaceEvent, LiveError, LiveOptions};

/// Nanoseconds that a ring is left to itself for each byte of its buffer, after it was found empty: then it is
/// looked at a few hundred times a second and not for each of the kernel's blocks, and as much as that comes at
/// 16 Gbit/s fills it.
const REST_NANOS_A_BYTE: f64 = 0.5;
/// It rests no longer than this, well within what the others are held up by a quiet ring.
const REST_MAX: Duration = Duration::from_millis(5);

/// What the thread that judges wants of a ring's thread.
pub(super) type Order = Box<dyn FnOnce(&mut Lane) + Send>;

/// One ring of one interface.
pub(in crate::live) struct Lane {
    number: usize,
    pub(super) tap: Tap,
    pub(super) options: LiveOptions,
    wait: Wait,
    rest: Duration,
    events: Vec<InterfaceEvent>,
}

impl Lane {
    pub(super) fn new(number: usize, tap: Tap, options: LiveOptions) -> Result<Self, LiveError> {
        let wait = Wait::new().map_err(LiveError::Wait)?;
        let rest = f64::from(options.buffer_bytes) * REST_NANOS_A_BYTE / 1e9;
        let rest = Duration::from_secs_f64(rest).min(REST_MAX);
        Ok(Self { number, tap, options, wait, rest, events: Vec::new() })
    }

    /// Ends the wait for packets.
    pub(super) fn waker(&self) -> Waker {
        self.wait.waker()
    }

    /// Takes packets until it is told to stop.
    pub(super) fn run(mut self, shared: &Shared) {
        let end = End { number: self.number, shared };
        let failure = self.work(shared).err();
        end.shared.end(end.number, failure);
    }

    fn work(&mut self, shared: &Shared) -> io::Result<()> {
        let mut next_check = Instant::now();
        // Whether someone waits to hear that the ring is empty.
        let mut is_asked = false;
        loop {
            match shared.order(self.number) {
                None => return Ok(()),
                Some(Some(order)) => {
                    order(self);
                    continue;
                }
                Some(None) => {}
            }
            let now = Instant::now();
            if now >= next_check {
                next_check = now + CHECK;
                self.tap.check(&self.options, None, &mut self.events);
            }
            if !self.events.is_empty() {
                shared.happened(self.number, &mut self.events);
            }
            let left = next_check.saturating_duration_since(now);
            let timeout = if is_asked { Duration::ZERO } else { left };
            let woken = self.wait.wait(slice::from_mut(&mut self.tap), timeout)?;
            is_asked |= woken;
            match self.tap.readiness {
                Readiness::Quiet if timeout.is_zero() => {
                    shared.found_empty(self.number, now);
                    is_asked = woken;
                }
                Readiness::Quiet => {}
                Readiness::Packets | Readiness::Trouble => match shared.block(self.number) {
                    Task::Fill(block) => {
                        let empty = self.fill(block, shared);
                        is_asked &= !empty;
                        if empty && !is_asked {
                            is_asked = self.wait.wait(&mut [], self.rest)?;
                        }
                    }
                    Task::Obey => {}
                },
            }
        }
    }

    /// Fills a block with what there is, and delivers it. Tells whether the ring was found empty.
    fn fill(&mut self, mut block: Block, shared: &Shared) -> bool {
        let trouble = self.tap.readiness == Readiness::Trouble;
        // Numbers are given when the rings' packets are put into one order.
        let mut frames = 0;
        let (empty_at, failure) = loop {
            let looked_at = Instant::now();
            match self.tap.read(LOOK, &mut frames, &mut |record| block.push(record)) {
                Ok(true) if block.is_full() => break (None, None),
                Ok(true) => self.tap.readiness = Readiness::Packets,
                Ok(false) => break (Some(looked_at), None),
                Err(failure) => break (None, Some(failure)),
            }
        };
        block.read_at = Instant::now();
        shared.deliver(self.number, block, empty_at);
        if trouble || failure.is_some() {
            self.tap.check(&self.options, failure, &mut self.events);
        }
        empty_at.is_some()
    }
}

/// Tells that the thread has ended, even where it panics.
struct End<'a> {
    number: usize,
    shared: &'a Shared,
}

impl Drop for End<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let failure = io::Error::other("the thread of a ring has panicked");
            self.shared.end(self.number, Some(failure));
        }
    }
}
