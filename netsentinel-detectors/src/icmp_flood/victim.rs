//! Many sources that ping one host.

use std::net::IpAddr;
use std::num::NonZeroUsize;

use netsentinel_core::alert::{Endpoint, Subject};
use netsentinel_core::window::{BoundedMap, Sketch};
use netsentinel_core::{Context, Finding, Timestamp, Usage};

use super::{MONITORS, Settings, VICTIM};
use crate::recent::Recent;

/// A monitor pings once a second, or twice.
const MONITOR_RATE: u64 = 2;
/// So many times the threshold is a flood before it can be told whether the sources are monitors.
const AT_ONCE: u64 = 5;
/// Sources are counted anew after so many requests.
const COUNTED_EVERY: u64 = 64;

/// Counts requests and their sources by the host that they are for.
pub(super) struct Victims {
    victims: BoundedMap<IpAddr, Victim>,
}

struct Victim {
    recent: Recent<1>,
    /// Requests and sources since then: a window, then anew.
    since: Timestamp,
    noted: u64,
    sources: Sketch,
    counted: u64,
    /// Whether they were monitors, once that could be told.
    monitored: Option<bool>,
}

impl Victims {
    pub(super) fn new(hosts: NonZeroUsize, s: &Settings) -> Self {
        Self { victims: BoundedMap::new(hosts, s.window.duration()) }
    }

    pub(super) fn reconfigure(&mut self, s: &Settings) {
        self.victims.set_idle_after(s.window.duration());
    }

    pub(super) fn on_request(
        &mut self,
        source: IpAddr,
        victim: IpAddr,
        s: &Settings,
        cx: &mut Context<'_>,
    ) {
        let now = cx.now();
        let known = self.victims.entry(victim, now, || Victim::new(now)).value;
        let count = known.note(source, now, s);
        let subject = Subject::host(victim);
        let base = s.victim_threshold.get();
        let reached = cx.reaches(&VICTIM, subject, base, count, None);
        let Some(reached) = reached.filter(|_| known.counted >= s.sources.get()) else { return };
        match known.is_monitored(now, s) {
            Some(true) if cx.spares(&MONITORS, &VICTIM, subject) => return,
            None if count < base.saturating_mul(AT_ONCE) => return,
            _ => {}
        }
        let finding = Finding {
            rule: &VICTIM,
            subject,
            reached,
            step: 1,
            source: Endpoint::default(),
            target: Endpoint::ip(victim),
            window: Some(s.window),
        };
        let sources = known.counted;
        cx.raise(finding, |report| {
            report
                .message(format_args!(
                    "{victim} got {count} echo requests within {} s from about {sources} sources",
                    finding.window_s(),
                ))
                .evidence("echo_requests", count)
                .evidence("sources", sources);
        });
    }

    pub(super) fn usage(&self) -> Usage {
        self.victims.usage()
    }
}

impl Victim {
    const fn new(now: Timestamp) -> Self {
        Self {
            recent: Recent::NONE,
            since: now,
            noted: 0,
            sources: Sketch::EMPTY,
            counted: 0,
            monitored: None,
        }
    }

    fn note(&mut self, source: IpAddr, now: Timestamp, s: &Settings) -> u64 {
        if now > self.since.after(s.window.duration()) {
            let Self { recent, counted, monitored, .. } = *self;
            *self = Self { recent, counted, monitored, ..Self::new(now) };
        }
        self.noted += 1;
        self.sources.add(&source);
        if self.noted.is_multiple_of(COUNTED_EVERY) {
            self.counted = self.sources.count();
        }
        self.recent.add(0, now, s.window)
    }

    /// Whether each source pings again, and not more often than a monitor. That takes more than half of a
    /// window to tell; before, what was told last holds.
    fn is_monitored(&mut self, now: Timestamp, s: &Settings) -> Option<bool> {
        let known_after = s.window.duration() * 3 / 5;
        if now >= self.since.after(known_after) {
            let most = self.counted.saturating_mul(MONITOR_RATE * s.window.get());
            self.monitored = Some(self.noted * 2 >= self.counted * 3 && self.noted <= most);
        }
        self.monitored
    }
}
