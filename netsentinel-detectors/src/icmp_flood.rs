//! One source that pings without end.
//!
//! # What it sees
//!
//! Echo requests of ICMP and ICMPv6.
//!
//! # Why it matters
//!
//! A flood of pings fills a line, and makes the target answer each one; it is also what the simplest
//! tools do first.
//!
//! # Rule
//!
//! `icmp_flood/source`: at least `icmp_flood_threshold` echo requests by one source, to whomever,
//! within `icmp_flood_window` seconds.
//!
//! # Keys
//!
//! - `icmp_flood_threshold`: echo requests, from 1 to 1000000.
//! - `icmp_flood_window`: seconds, from 1 to 86400.
//!
//! # Blind spots
//!
//! Floods from spoofed or from many sources, floods of other ICMP types, and few but huge echoes.
//! False alarms: monitors that ping whole networks at once.
//!
//! # ATT&CK
//!
//! T1498.001 Direct Network Flood. Reputation is asked about the source.
//!
//! # Sources
//!
//! Threshold and window are those of the systems that NetSentinel unites. Echo: RFC 792, RFC 4443.

use std::net::IpAddr;

use netsentinel_core::alert::{Endpoint, Subject};
use netsentinel_core::config::setting::{Seconds, Threshold};
use netsentinel_core::detector::attack::DIRECT_NETWORK_FLOOD;
use netsentinel_core::window::EventWindow;
use netsentinel_core::{
    Context, Descriptor, Detector, DetectorKind, Finding, Indicator, Interest, NeedsRestart,
    Packet, Party, Report, Rule, Setup, Severity, Timestamp, Usage,
};
use serde::{Deserialize, Serialize};

const SOURCE: Rule = Rule {
    id: "icmp_flood/source",
    signature: 1_000_021,
    summary: "one source sends many echo requests within the window",
    severity: None,
};

/// Counts the echo requests that each source sends.
pub struct IcmpFlood {
    settings: Settings,
    requests: EventWindow<IpAddr>,
}

/// The detector's keys.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Echo requests that make a flood.
    #[serde(rename = "icmp_flood_threshold")]
    pub threshold: Threshold<1_000_000>,
    /// The window that they are counted over.
    #[serde(rename = "icmp_flood_window")]
    pub window: Seconds,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            threshold: const { Threshold::new(100).unwrap() },
            window: const { Seconds::new(5).unwrap() },
        }
    }
}

impl DetectorKind for IcmpFlood {
    type Settings = Settings;

    const DESCRIPTOR: Descriptor = Descriptor {
        id: "icmp_flood",
        category: "ICMP Flood",
        severity: Severity::High,
        attack: &[DIRECT_NETWORK_FLOOD],
        interest: Interest::ECHO_REQUEST,
        judges: Party::Source,
        summary: "one source that pings without end",
        rules: &[SOURCE],
        guards: &[],
    };

    fn new(settings: Settings, setup: &Setup) -> Self {
        let (most, window) = (settings.threshold.non_zero(), settings.window.duration());
        Self { requests: EventWindow::new(most, window, setup.limits), settings }
    }

    fn reconfigure(&mut self, settings: Settings, _: &Setup) -> Result<(), NeedsRestart> {
        self.requests.reconfigure(settings.threshold.non_zero(), settings.window.duration());
        self.settings = settings;
        Ok(())
    }
}

impl Detector for IcmpFlood {
    fn on_packet(&mut self, packet: &Packet<'_>, cx: &mut Context<'_>) {
        let Some(ip) = packet.ip() else { return };
        let now = cx.now();
        let count = self.requests.add(ip.source, now);
        let base = self.settings.threshold.get();
        let subject = Subject::host(ip.source);
        let indicator = Some(Indicator::Ip(ip.source));
        let Some(reached) = cx.reaches(&SOURCE, subject, base, count, indicator) else { return };
        let finding = Finding {
            rule: &SOURCE,
            subject,
            reached,
            step: 1,
            source: Endpoint::ip(ip.source),
            target: Endpoint::ip(ip.destination),
            window: Some(self.settings.window),
        };
        cx.raise(finding, |report| {
            self.tell(&finding, now, report);
            report.evidence("wire_len", packet.wire_len);
        });
    }

    fn on_verdict(&mut self, finding: &Finding<'_>, cx: &mut Context<'_>) {
        let now = cx.now();
        cx.raise(*finding, |report| self.tell(finding, now, report));
    }

    fn usage(&self) -> Usage {
        self.requests.usage()
    }
}

impl IcmpFlood {
    fn tell(&self, finding: &Finding<'_>, now: Timestamp, report: &mut Report) {
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
}
