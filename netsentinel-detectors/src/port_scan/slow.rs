//! Few tries in a long time: `port_scan/slow`.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use netsentinel_core::alert::{Endpoint, Subject};
use netsentinel_core::window::{Tally, TallyWindow};
use netsentinel_core::{Context, Finding, Indicator, Limits, Timestamp, Usage};

use super::contact::{Contact, Shape, add, tag};
use super::rules::SLOW;
use super::settings::Settings;
use super::techniques;
use super::told::Told;

/// What has failed for each source, by host and by port.
pub(super) struct Slow {
    failures: TallyWindow<Axis, Counts>,
}

/// What the tries of a source have in common.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Axis {
    source: IpAddr,
    protocol: u8,
    along: Along,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Along {
    /// Ports of a host.
    Host(IpAddr),
    /// Internal hosts by port.
    Port(u16),
}

/// Ports or hosts by whether they failed when they were tried last.
#[derive(Clone, Copy, Default)]
struct Counts {
    failed: u32,
    answered: u32,
}

impl Tally for Counts {
    type Item = bool;

    fn count(&mut self, failed: bool, _: bool, by: i32) {
        add(&mut self.failed, failed, by);
        add(&mut self.answered, !failed, by);
    }
}

impl Slow {
    pub(super) fn new(settings: &Settings, limits: Limits) -> Self {
        let window = settings.slow_window.duration();
        Self { failures: TallyWindow::new(most(settings), window, Duration::ZERO, limits) }
    }

    pub(super) fn reconfigure(&mut self, settings: &Settings) {
        self.failures.reconfigure(most(settings), settings.slow_window.duration());
    }

    /// `contact` of `source` has failed: refused, or silent for long enough.
    pub(super) fn fail(
        &mut self,
        settings: &Settings,
        source: IpAddr,
        contact: &Contact,
        told: &mut Told,
        cx: &mut Context<'_>,
    ) {
        let Contact { victim, port, protocol, .. } = *contact;
        if contact.shape != Shape::Plain {
            return;
        }
        let of_host = Axis { source, protocol, along: Along::Host(victim) };
        self.note(settings, of_host, u32::from(port), contact, told, cx);
        if cx.site().is_internal(victim) {
            let of_port = Axis { source, protocol, along: Along::Port(port) };
            self.note(settings, of_port, tag(victim), contact, told, cx);
        }
    }

    /// `contact` of `source` was answered: that counts where others have failed.
    pub(super) fn answer(&mut self, source: IpAddr, contact: &Contact, now: Timestamp) {
        let Contact { victim, port, protocol, .. } = *contact;
        for (along, what) in
            [(Along::Host(victim), u32::from(port)), (Along::Port(port), tag(victim))]
        {
            let axis = Axis { source, protocol, along };
            if self.failures.oldest(&axis, now).is_some() {
                self.failures.note(axis, what, now, now, |_| false);
            }
        }
    }

    fn note(
        &mut self,
        settings: &Settings,
        axis: Axis,
        what: u32,
        contact: &Contact,
        told: &mut Told,
        cx: &mut Context<'_>,
    ) {
        let now = cx.now();
        let last = self.failures.dated(&axis, now).find(|&(.., failed)| failed);
        if last.is_some_and(|(last, ..)| last.after(spacing(settings)) > now) {
            return;
        }
        let seen = self.failures.note(axis, what, now, now, |_| true);
        let base = settings.slow_threshold.get();
        let Counts { failed, answered } = seen.tally;
        let count = failed.saturating_sub(answered).into();
        let Axis { source, along, .. } = axis;
        let (subject, target) = match along {
            Along::Host(victim) => (Subject::pair(source, victim), Endpoint::ip(victim)),
            Along::Port(_) => (Subject::host(source), Endpoint::ip(contact.victim)),
        };
        let indicator = Some(Indicator::Ip(source));
        let Some(reached) = cx.reaches(&SLOW, subject, base, count, indicator) else { return };
        let first = self.failures.oldest(&axis, now);
        let finding = Finding {
            rule: &SLOW,
            subject,
            reached,
            step: u64::from(!seen.known),
            source: Endpoint::ip(source),
            target: target.port(contact.port),
            window: Some(settings.slow_window),
        };
        let internal = cx.site().is_internal(source);
        told.tell(&finding, cx, |report| {
            let what = match along {
                Along::Host(_) => "ports of one host",
                Along::Port(_) => "hosts on one port",
            };
            report
                .message(format_args!(
                    "{source} failed on {count} {what} within {} s, the last {}",
                    finding.window_s(),
                    finding.target,
                ))
                .first_seen(first)
                .attack(techniques(internal))
                .evidence("failed", failed);
        });
    }

    pub(super) fn usage(&self) -> Usage {
        self.failures.usage()
    }
}

/// What comes faster is for other rules: one in so long would make a vertical scan.
fn spacing(settings: &Settings) -> Duration {
    let ports = u32::try_from(settings.threshold.get()).unwrap_or(u32::MAX).max(1);
    settings.window.duration() / ports
}

/// Enough for the threshold, were half of the tries answered.
fn most(settings: &Settings) -> NonZeroU32 {
    settings.slow_threshold.non_zero().saturating_mul(const { NonZeroU32::new(2).unwrap() })
}
