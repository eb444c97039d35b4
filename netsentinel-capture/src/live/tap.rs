//! One interface that is to be captured on, through all its ups and downs.

use std::sync::Arc;

use ::pcap::{Active, Capture};
use netsentinel_core::{LinkType, Record};

use super::counters::Counters;
use super::event::Reported;
use super::fanout::Group;
use super::handle::{Handle, check_filter_closed};
use super::interfaces::names;
use super::presence::{Presence, look};
use super::{InterfaceEvent, InterfaceReport, InterfaceState, LiveError, LiveOptions};

/// How often in a row, a second apart, a handle may drop packets and deliver none before it is
/// opened anew. Some drivers stop delivering and say nothing else.
const MAX_STALLS: u8 = 3;

/// How often in a row a handle may signal an error without an effect before it is opened anew: else
/// it would end every wait at once, for ever.
const MAX_TROUBLES: u8 = 20;

/// Why an interface is gone.
const NOT_THERE: &str = "is not there any more";

/// What the wait for packets found on an interface.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Readiness {
    #[default]
    Quiet,
    Packets,
    Trouble,
}

/// An interface, open or not.
pub(super) struct Tap {
    name: String,
    handle: Option<Handle>,
    /// Those that the interface is shared with; nobody where this is its only ring.
    group: Option<Arc<Group>>,
    state: InterfaceState,
    reason: String,
    link: Option<LinkType>,
    counters: Counters,
    /// What the counters were at the last check, and how often the handle was found stalled since.
    checked: Counters,
    stalls: u8,
    troubles: u8,
    pub(super) readiness: Readiness,
}

impl Tap {
    /// Opens the interface. One that is there but down is no error, and tried again later.
    pub(super) fn open(
        name: &str,
        options: &LiveOptions,
        group: Option<Arc<Group>>,
        events: &mut Vec<InterfaceEvent>,
    ) -> Result<Self, LiveError> {
        let mut tap = Self {
            name: name.to_owned(),
            handle: None,
            group,
            state: InterfaceState::Up,
            reason: "is captured on".into(),
            link: None,
            counters: Counters::default(),
            checked: Counters::default(),
            stalls: 0,
            troubles: 0,
            readiness: Readiness::Quiet,
        };
        let presence = look(name);
        let index = match presence {
            Presence::Missing => {
                return Err(LiveError::Missing { name: name.into(), there: names() });
            }
            Presence::Up { index } | Presence::Down { index, .. } => index,
        };
        match (Handle::open(name, index, options, tap.group.as_deref()), presence) {
            (Ok(handle), _) => tap.take(handle),
            (Err(LiveError::Open { .. }), Presence::Down { reason, .. }) => {
                check_filter_closed(name, None, &options.filter)?;
                tap.turn_to(InterfaceState::Down, reason, events);
            }
            (Err(error), _) => return Err(error),
        }
        Ok(tap)
    }

    pub(super) fn capture(&self) -> Option<&Capture<Active>> {
        self.handle.as_ref().map(|handle| &handle.capture)
    }

    /// Hands on what is waiting, at most about `limit` packets, and tells whether more may be. After a
    /// failure, [`check`](Self::check) is to be told of it.
    pub(super) fn read(
        &mut self,
        limit: usize,
        frames: &mut u64,
        hand: &mut impl FnMut(&Record<'_>),
    ) -> Result<bool, String> {
        let readiness = std::mem::take(&mut self.readiness);
        let Some(handle) = self.handle.as_mut().filter(|_| readiness != Readiness::Quiet) else {
            return Ok(false);
        };
        let before = self.counters.handed;
        let more = handle.read(&self.name, limit, frames, &mut self.counters, hand)?;
        let nothing = readiness == Readiness::Trouble && self.counters.handed == before;
        self.troubles = if nothing { self.troubles.saturating_add(1) } else { 0 };
        if self.troubles >= MAX_TROUBLES {
            return Err("signals an error and does not tell which".into());
        }
        Ok(more)
    }

    /// Compares the handle with what the system says of the interface: opens, closes, tells.
    ///
    /// `failure` is what libpcap said, where reading has just failed.
    ///
    /// A handle on Linux outlives that the interface is taken down, and goes on without a gap when
    /// it is up again; so it is only closed when libpcap fails or the interface is another.
    pub(super) fn check(
        &mut self,
        options: &LiveOptions,
        failure: Option<String>,
        events: &mut Vec<InterfaceEvent>,
    ) {
        self.count();
        if self.is_stalled() {
            self.close();
            let reason = "dropped packets and delivered none: opened anew";
            self.turn_to(InterfaceState::Down, reason, events);
        }
        let presence = look(&self.name);
        let mut failure = failure;
        if self.handle.as_ref().is_some_and(|handle| presence.is_another(handle.index)) {
            self.close();
            self.turn_to(InterfaceState::Gone, NOT_THERE, events);
            // That explains it.
            failure = None;
        }
        if failure.is_some() {
            self.close();
        }
        match (presence, failure) {
            (Presence::Missing, _) => self.turn_to(InterfaceState::Gone, NOT_THERE, events),
            (Presence::Down { reason, .. }, _) => {
                self.turn_to(InterfaceState::Down, reason, events);
            }
            // Not opened at once, so that what fails each time does so once a second.
            (Presence::Up { .. }, Some(failure)) => {
                self.turn_to(InterfaceState::Down, &failure, events);
            }
            (Presence::Up { .. }, None) if self.handle.is_some() => {
                self.turn_to(InterfaceState::Up, "is up again", events);
            }
            (Presence::Up { index }, None) => match self.open_again(index, options) {
                Ok(handle) => {
                    self.take(handle);
                    self.turn_to(InterfaceState::Up, "is captured on again", events);
                }
                Err(error) => self.turn_to(InterfaceState::Down, &error.to_string(), events),
            },
        }
    }

    /// Compiles a filter for this interface.
    pub(super) fn check_filter(&self, filter: &str) -> Result<(), LiveError> {
        match &self.handle {
            Some(handle) => handle.check_filter(&self.name, filter),
            None => check_filter_closed(&self.name, self.link, filter),
        }
    }

    /// Sets a filter on the handle, if there is one.
    pub(super) fn set_filter(&mut self, filter: &str) -> Result<(), LiveError> {
        match &mut self.handle {
            Some(handle) => handle.set_filter(&self.name, filter),
            None => Ok(()),
        }
    }

    pub(super) fn report(&mut self) -> InterfaceReport {
        self.count();
        InterfaceReport {
            name: self.name.clone(),
            state: self.state,
            reason: self.reason.clone(),
            received: self.counters.received(),
            handed: self.counters.handed,
            dropped_kernel: self.counters.dropped_kernel,
            dropped_interface: self.counters.dropped_interface,
            dropped_agent: self.counters.dropped_agent,
            link: self.link,
            rings: Vec::new(),
        }
    }

    /// How the interface is.
    pub(super) fn reported(&self) -> Reported {
        Reported { state: self.state, reason: self.reason.clone() }
    }

    fn open_again(&self, index: u32, options: &LiveOptions) -> Result<Handle, LiveError> {
        Handle::open(&self.name, index, options, self.group.as_deref())
    }

    fn take(&mut self, handle: Handle) {
        self.link = Some(handle.link);
        self.handle = Some(handle);
        (self.checked, self.stalls, self.troubles) = (self.counters, 0, 0);
    }

    fn close(&mut self) {
        self.count();
        self.handle = None;
    }

    fn count(&mut self) {
        if let Some(handle) = &mut self.handle {
            handle.count(&mut self.counters);
        }
    }

    fn is_stalled(&mut self) -> bool {
        let stalls = self.counters.handed == self.checked.handed
            && self.counters.dropped_kernel > self.checked.dropped_kernel;
        self.stalls = if stalls { self.stalls + 1 } else { 0 };
        self.checked = self.counters;
        self.handle.is_some() && self.stalls >= MAX_STALLS
    }

    /// Notes the state, and tells it if it is another; the same state for another reason is told
    /// too, but not that one stays up.
    fn turn_to(&mut self, state: InterfaceState, reason: &str, events: &mut Vec<InterfaceEvent>) {
        let same = self.state == state && (state == InterfaceState::Up || self.reason == reason);
        if same {
            return;
        }
        self.state = state;
        reason.clone_into(&mut self.reason);
        events.push(InterfaceEvent { interface: self.name.clone(), state, reason: reason.into() });
    }
}
