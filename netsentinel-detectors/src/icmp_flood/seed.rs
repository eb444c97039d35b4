//! The rule of profile `seed`: what one source asks, of whomever.

use std::net::IpAddr;

use netsentinel_core::alert::{Endpoint, Subject};
use netsentinel_core::window::EventWindow;
use netsentinel_core::{Context, Finding, Indicator, Ip, Packet, Report, Setup, Timestamp, Usage};

use super::{SOURCE, Settings};

/// Counts the echo requests that each source sends.
pub(super) struct Seed {
    requests: EventWindow<IpAddr>,
}

impl Seed {
    pub(super) fn new(settings: &Settings, setup: &Setup) -> Self {
        let (most, window) = (settings.threshold.non_zero(), settings.window.duration());
        Self { requests: EventWindow::new(most, window, setup.limits) }
    }

    pub(super) fn reconfigure(&mut self, settings: &Settings) {
        self.requests.reconfigure(settings.threshold.non_zero(), settings.window.duration());
    }

    pub(super) fn on_request(
        &mut self,
        packet: &Packet<'_>,
        ip: &Ip<'_>,
        s: &Settings,
        cx: &mut Context<'_>,
    ) {
        let now = cx.now();
        let count = self.requests.add(ip.source, now);
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
            target: Endpoint::ip(ip.destination),
            window: Some(s.window),
        };
        cx.raise(finding, |report| {
            self.tell(&finding, now, report);
            report.evidence("wire_len", packet.wire_len);
        });
    }

    pub(super) fn tell(&self, finding: &Finding<'_>, now: Timestamp, report: &mut Report) {
        let (source, count) = (finding.subject.owner(), finding.reached.count());
        report
            .message(format_args!(
                "{source} sent {count} echo requests within {} s, the last to {}",
                finding.window_s(),
                finding.target,
            ))
            .evidence("echo_requests", count)
            .first_seen(self.requests.oldest(&source, now));
    }

    pub(super) fn usage(&self) -> Usage {
        self.requests.usage()
    }
}
