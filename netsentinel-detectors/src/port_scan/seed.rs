//! The rule of profile `seed`: distinct ports by source, whoever answers.

use std::net::IpAddr;

use netsentinel_core::alert::{Endpoint, Subject};
use netsentinel_core::window::DistinctWindow;
use netsentinel_core::{Context, Finding, Indicator, Limits, Packet, Report, Timestamp, Usage};

use super::port_sets::PortSets;
use super::rules::VERTICAL;
use super::settings::Settings;
use super::{LISTED_MAX, techniques};

/// Counts the distinct ports that each source probes.
pub(super) struct Seed {
    settings: Settings,
    ports: DistinctWindow<IpAddr, u16>,
    /// What scanners have probed since their alert, for the total.
    probed: PortSets,
}

impl Seed {
    pub(super) fn new(settings: Settings, limits: Limits) -> Self {
        let (most, window) = (settings.threshold.non_zero(), settings.window.duration());
        Self { ports: DistinctWindow::new(most, window, limits), probed: PortSets::new(), settings }
    }

    pub(super) fn reconfigure(&mut self, settings: Settings) {
        self.ports.reconfigure(settings.threshold.non_zero(), settings.window.duration());
        self.settings = settings;
    }

    pub(super) fn on_packet(&mut self, packet: &Packet<'_>, cx: &mut Context<'_>) {
        let Some(ip) = packet.ip() else { return };
        let Some((_, port)) = ip.ports() else { return };
        let now = cx.now();
        let seen = self.ports.add(ip.source, port, now);
        let base = self.settings.threshold.get();
        let subject = Subject::host(ip.source);
        let indicator = Some(Indicator::Ip(ip.source));
        let Some(reached) = cx.reaches(&VERTICAL, subject, base, seen.count, indicator) else {
            return;
        };
        let finding = Finding {
            rule: &VERTICAL,
            subject,
            reached,
            // Only who has an alert is followed: there is room for few.
            step: u64::from(reached.holds() && self.probed.insert(ip.source, port, now)),
            source: Endpoint::ip(ip.source),
            target: Endpoint::ip(ip.destination).port(port),
            window: Some(self.settings.window),
        };
        self.raise(&finding, cx);
    }

    pub(super) fn on_verdict(&mut self, finding: &Finding<'_>, cx: &mut Context<'_>) {
        self.raise(finding, cx);
    }

    pub(super) fn usage(&self) -> Usage {
        self.ports.usage() + self.probed.bytes()
    }

    fn raise(&mut self, finding: &Finding<'_>, cx: &mut Context<'_>) {
        let (now, source) = (cx.now(), finding.subject.owner());
        let internal = cx.site().is_internal(source);
        let raised = cx.raise(*finding, |report| self.tell(finding, now, internal, report));
        if raised {
            self.probed.restart(source, self.ports.values(&source, now), now);
        }
    }

    fn tell(&self, finding: &Finding<'_>, now: Timestamp, internal: bool, report: &mut Report) {
        let (source, count) = (finding.subject.owner(), finding.reached.count());
        let Endpoint { ip: Some(destination), port: Some(port), .. } = finding.target else {
            return;
        };
        report
            .message(format_args!(
                "{source} probed {count} ports within {} s, last port {port} of {destination}",
                finding.window_s(),
            ))
            .first_seen(self.ports.oldest(&source, now))
            .attack(techniques(internal));
        let mut ports: Vec<u16> = self.ports.values(&source, now).collect();
        // By the time of a verdict, some may have left the window.
        if ports.len() as u64 == count {
            ports.sort_unstable();
            ports.truncate(LISTED_MAX);
            report.evidence("ports", ports);
        }
    }
}
