//! One source that opens connections without end.
//!
//! # What it sees
//!
//! TCP segments with SYN and none of ACK, RST and FIN: attempts to connect.
//!
//! # Why it matters
//!
//! Every attempt costs the target an entry among its half-open connections; enough of them, and
//! honest clients find no room.
//!
//! # Rule
//!
//! `syn_flood/source`: at least `syn_flood_threshold` attempts by one source, to whomever, within
//! `syn_flood_window` seconds.
//!
//! # Keys
//!
//! - `syn_flood_threshold`: attempts, from 1 to 1000000.
//! - `syn_flood_window`: seconds, from 1 to 86400.
//!
//! # Blind spots
//!
//! Floods from spoofed or from many sources, each of which stays below the threshold. False alarms:
//! a proxy or an address translator that opens connections for many users, a fast port scan, a load
//! test.
//!
//! # ATT&CK
//!
//! T1499.001 OS Exhaustion Flood. Reputation is asked about the source.
//!
//! # Sources
//!
//! Threshold and window are those of the systems that NetSentinel unites. The attack: RFC 4987.

use std::net::IpAddr;

use netsentinel_core::alert::{Endpoint, Subject};
use netsentinel_core::config::setting::{Seconds, Threshold};
use netsentinel_core::detector::attack::OS_EXHAUSTION_FLOOD;
use netsentinel_core::window::EventWindow;
use netsentinel_core::{
    Context, Descriptor, Detector, DetectorKind, Finding, Indicator, Interest, NeedsRestart,
    Packet, Party, Report, Rule, Setup, Severity, Timestamp, Usage,
};
use serde::{Deserialize, Serialize};

const SOURCE: Rule = Rule {
    id: "syn_flood/source",
    signature: 1_000_011,
    summary: "one source attempts many connections within the window",
    severity: None,
};

/// Counts the attempts to connect that each source makes.
pub struct SynFlood {
    settings: Settings,
    attempts: EventWindow<IpAddr>,
}

/// The detector's keys.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Attempts that make a flood.
    #[serde(rename = "syn_flood_threshold")]
    pub threshold: Threshold<1_000_000>,
    /// The window that they are counted over.
    #[serde(rename = "syn_flood_window")]
    pub window: Seconds,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            threshold: const { Threshold::new(200).unwrap() },
            window: const { Seconds::new(5).unwrap() },
        }
    }
}

impl DetectorKind for SynFlood {
    type Settings = Settings;

    const DESCRIPTOR: Descriptor = Descriptor {
        id: "syn_flood",
        category: "SYN Flood",
        severity: Severity::Critical,
        attack: &[OS_EXHAUSTION_FLOOD],
        interest: Interest::SYN,
        judges: Party::Source,
        summary: "one source that opens connections without end",
        rules: &[SOURCE],
        guards: &[],
    };

    fn new(settings: Settings, setup: &Setup) -> Self {
        let (most, window) = (settings.threshold.non_zero(), settings.window.duration());
        Self { attempts: EventWindow::new(most, window, setup.limits), settings }
    }

    fn reconfigure(&mut self, settings: Settings, _: &Setup) -> Result<(), NeedsRestart> {
        self.attempts.reconfigure(settings.threshold.non_zero(), settings.window.duration());
        self.settings = settings;
        Ok(())
    }
}

impl Detector for SynFlood {
    fn on_packet(&mut self, packet: &Packet<'_>, cx: &mut Context<'_>) {
        let Some(ip) = packet.ip() else { return };
        let Some((_, port)) = ip.ports() else { return };
        let now = cx.now();
        let count = self.attempts.add(ip.source, now);
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
            target: Endpoint::ip(ip.destination).port(port),
            window: Some(self.settings.window),
        };
        cx.raise(finding, |report| self.tell(&finding, now, report));
    }

    fn on_verdict(&mut self, finding: &Finding<'_>, cx: &mut Context<'_>) {
        let now = cx.now();
        cx.raise(*finding, |report| self.tell(finding, now, report));
    }

    fn usage(&self) -> Usage {
        self.attempts.usage()
    }
}

impl SynFlood {
    fn tell(&self, finding: &Finding<'_>, now: Timestamp, report: &mut Report) {
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
}
