//! One source that tries many ports.
//!
//! # What it sees
//!
//! Probes: TCP segments that open a connection (SYN alone) or that no honest stack sends (none of
//! SYN, ACK and RST: NULL, FIN, XMAS, Maimon), and the first packet of each UDP flow. Answers are
//! no probes, so a busy server is no scanner, whatever ports its clients have.
//!
//! # Why it matters
//!
//! Looking for open ports comes before attacking what listens there. From outside it is weather;
//! from inside it is somebody who has got in and looks around.
//!
//! # Rule
//!
//! `port_scan/vertical`: at least `port_scan_threshold` distinct destination ports probed by one
//! source, on whatever hosts, within `port_scan_window` seconds.
//!
//! # Keys
//!
//! - `port_scan_threshold`: distinct ports, from 1 to 4096.
//! - `port_scan_window`: seconds, from 1 to 86400.
//!
//! # Blind spots
//!
//! Scans slower than the threshold in a window, from many sources, of one port on many hosts, or by
//! ACK alone. False alarms: hosts with many UDP peers on high ports (file sharing, calls), service
//! discovery, traceroute, and address translators that many users sit behind.
//!
//! # ATT&CK
//!
//! T1046 Network Service Discovery from an internal source, T1595.001 Scanning IP Blocks from an
//! external one. Reputation is asked about the source.
//!
//! # Sources
//!
//! Threshold and window are those of the systems that NetSentinel unites. Which flags probe:
//! RFC 9293, 3.10.7.1, and the scan types of nmap.

use std::net::IpAddr;

use netsentinel_core::alert::{Endpoint, Subject};
use netsentinel_core::config::setting::{Seconds, Threshold};
use netsentinel_core::detector::attack::{
    NETWORK_SERVICE_DISCOVERY, SCANNING_IP_BLOCKS, Technique,
};
use netsentinel_core::window::DistinctWindow;
use netsentinel_core::{
    Context, Descriptor, Detector, DetectorKind, Finding, Indicator, Interest, NeedsRestart,
    Packet, Party, Report, Rule, Setup, Severity, Timestamp, Usage,
};
use serde::{Deserialize, Serialize};

use crate::port_sets::PortSets;

/// Ports that an alert's evidence lists at most.
const LISTED_MAX: usize = 64;

const VERTICAL: Rule = Rule {
    id: "port_scan/vertical",
    signature: 1_000_001,
    summary: "one source probes many ports within the window",
    severity: None,
};
const INSIDE: &[Technique] = &[NETWORK_SERVICE_DISCOVERY];
const OUTSIDE: &[Technique] = &[SCANNING_IP_BLOCKS];

/// Counts the distinct ports that each source probes.
pub struct PortScan {
    settings: Settings,
    ports: DistinctWindow<IpAddr, u16>,
    /// What scanners have probed since their alert, for the total.
    probed: PortSets,
}

/// The detector's keys.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Distinct ports that make a scan.
    #[serde(rename = "port_scan_threshold")]
    pub threshold: Threshold<4096>,
    /// The window that they are counted over.
    #[serde(rename = "port_scan_window")]
    pub window: Seconds,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            threshold: const { Threshold::new(15).unwrap() },
            window: const { Seconds::new(10).unwrap() },
        }
    }
}

impl DetectorKind for PortScan {
    type Settings = Settings;

    const DESCRIPTOR: Descriptor = Descriptor {
        id: "port_scan",
        category: "Port Scan",
        severity: Severity::High,
        attack: INSIDE,
        interest: Interest::PROBE,
        judges: Party::Source,
        summary: "one source that tries many ports",
        rules: &[VERTICAL],
        guards: &[],
    };

    fn new(settings: Settings, setup: &Setup) -> Self {
        let (most, window) = (settings.threshold.non_zero(), settings.window.duration());
        Self {
            ports: DistinctWindow::new(most, window, setup.limits),
            probed: PortSets::new(),
            settings,
        }
    }

    fn reconfigure(&mut self, settings: Settings, _: &Setup) -> Result<(), NeedsRestart> {
        self.ports.reconfigure(settings.threshold.non_zero(), settings.window.duration());
        self.settings = settings;
        Ok(())
    }
}

impl Detector for PortScan {
    fn on_packet(&mut self, packet: &Packet<'_>, cx: &mut Context<'_>) {
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

    fn on_verdict(&mut self, finding: &Finding<'_>, cx: &mut Context<'_>) {
        self.raise(finding, cx);
    }

    fn usage(&self) -> Usage {
        self.ports.usage() + self.probed.bytes()
    }
}

impl PortScan {
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
            .attack(if internal { INSIDE } else { OUTSIDE });
        let mut ports: Vec<u16> = self.ports.values(&source, now).collect();
        // By the time of a verdict, some may have left the window.
        if ports.len() as u64 == count {
            ports.sort_unstable();
            ports.truncate(LISTED_MAX);
            report.evidence("ports", ports);
        }
    }
}
