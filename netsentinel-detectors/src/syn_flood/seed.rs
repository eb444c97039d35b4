//! The rule of profile `seed`: what one source attempts, at whomever.

use std::net::IpAddr;

use netsentinel_core::alert::{Endpoint, Subject};
use netsentinel_core::window::EventWindow;
use netsentinel_core::{Context, Finding, Indicator, Ip, Report, Setup, Timestamp, Usage};

use super::{SOURCE, Settings};

/// Counts the attempts to connect that each source makes.
pub(super) struct Seed {
    attempts: EventWindow<IpAddr>,
}

impl Seed {
    pub(super) fn new(settings: &Settings, setup: &Setup) -> Self {
        let (most, window) = (settings.threshold.non_zero(), settings.window.duration());
        Self { attempts: EventWindow::new(most, window, setup.limits) }
    }

    pub(super) fn reconfigure(&mut self, settings: &Settings) {
        self.attempts.reconfigure(settings.threshold.non_zero(), settings.window.duration());
    }

    pub(super) fn on_syn(&mut self, ip: &Ip<'_>, port: u16, s: &Settings, cx: &mut Context<'_>) {
        let now = cx.now();
        let count = self.attempts.add(ip.source, now);
        let subject = Subject::host(ip.source);
        let indicator = Some(Indicator::Ip(ip.source));
        let base = s.threshold.get();
        let Some(reached) = cx.reaches(&SOURCE, subject, base, count, indicator) else { return };
        let finding = Finding {
            rule: &SOURCE,
            subject,
            reached,
            step: 1,
            source: Endpoint::ip(ip.source),
            target: Endpoint::ip(ip.destination).port(port),
            window: Some(s.window),
        };
        cx.raise(finding, |report| self.tell(&finding, now, report));
    }

    pub(super) fn tell(&self, finding: &Finding<'_>, now: Timestamp, report: &mut Report) {
        let (source, count) = (finding.subject.owner(), finding.reached.count());
        report
            .message(format_args!(
                "{source} attempted {count} connections (SYN) within {} s, the last to {}",
                finding.window_s(),
                finding.target,
            ))
            .evidence("attempts", count)
            .first_seen(self.attempts.oldest(&source, now));
    }

    pub(super) fn usage(&self) -> Usage {
        self.attempts.usage()
    }
}
