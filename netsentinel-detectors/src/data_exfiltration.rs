//! One internal host that sends much out.
//!
//! # What it sees
//!
//! Every IP packet from an internal host to an external one, with its whole length on the wire.
//!
//! # Why it matters
//!
//! What has been stolen must leave. A host that uploads far more than it used to is worth a look,
//! whatever the protocol and however well it is encrypted.
//!
//! # Rule
//!
//! `data_exfiltration/volume`: at least `exfil_bytes_threshold` bytes from one internal host to
//! external unicast addresses, all together, within `exfil_window` seconds.
//!
//! # Keys
//!
//! - `exfil_bytes_threshold`: bytes on the wire, from 1 to 1000000000000.
//! - `exfil_window`: seconds, from 1 to 86400.
//! - `internal_networks` (the pipeline's) tells inside from outside.
//!
//! # Blind spots
//!
//! Slow leaks, and what leaves by a path that the sensor does not see. False alarms: backups,
//! uploads, video calls.
//!
//! # ATT&CK
//!
//! T1048 Exfiltration Over Alternative Protocol and T1041 Exfiltration Over C2 Channel. Reputation
//! is asked about the destination with the most bytes, which is counted by Space-Saving with eight
//! counters a host, halved once a window and cleared after a window of silence: an estimate, in which
//! more bytes sent earlier can outweigh those within the window.
//!
//! # Sources
//!
//! Threshold and window are those of the systems that NetSentinel unites. Space-Saving: Metwally,
//! Agrawal and El Abbadi, ICDT 2005.

use std::net::IpAddr;

use netsentinel_core::alert::{Endpoint, Subject};
use netsentinel_core::config::setting::{Seconds, Threshold};
use netsentinel_core::detector::attack::{
    EXFILTRATION_OVER_ALTERNATIVE_PROTOCOL, EXFILTRATION_OVER_C2,
};
use netsentinel_core::window::{BoundedMap, HeavyHitters, SUM_ENTRIES, SumWindow};
use netsentinel_core::{
    Context, Descriptor, Detector, DetectorKind, Finding, Indicator, Interest, NeedsRestart,
    Packet, Party, Report, Rule, Setup, Severity, Timestamp, Usage,
};
use serde::{Deserialize, Serialize};

const VOLUME: Rule = Rule {
    id: "data_exfiltration/volume",
    signature: 1_000_061,
    summary: "an internal host sends much to external hosts within the window",
    severity: None,
};
/// Destinations counted for each host.
const DESTINATIONS: usize = 8;

/// Counts the bytes that each internal host sends out.
pub struct DataExfiltration {
    settings: Settings,
    sent: SumWindow<IpAddr>,
    destinations: BoundedMap<IpAddr, Destinations>,
}

/// Where a host's bytes went.
struct Destinations {
    counted: HeavyHitters<IpAddr, DESTINATIONS>,
    halved: Timestamp,
    newest: Timestamp,
}

/// The detector's keys.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Bytes on the wire that are too many.
    #[serde(rename = "exfil_bytes_threshold")]
    pub threshold: Threshold<1_000_000_000_000>,
    /// The window that they are counted over.
    #[serde(rename = "exfil_window")]
    pub window: Seconds,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            threshold: const { Threshold::new(5_000_000).unwrap() },
            window: const { Seconds::new(60).unwrap() },
        }
    }
}

impl DetectorKind for DataExfiltration {
    type Settings = Settings;

    const DESCRIPTOR: Descriptor = Descriptor {
        id: "data_exfiltration",
        category: "Data Exfiltration",
        severity: Severity::High,
        attack: &[EXFILTRATION_OVER_ALTERNATIVE_PROTOCOL, EXFILTRATION_OVER_C2],
        interest: Interest::IP,
        judges: Party::Source,
        summary: "one internal host that sends much out",
        rules: &[VOLUME],
        guards: &[],
    };

    fn new(settings: Settings, setup: &Setup) -> Self {
        let window = settings.window.duration();
        Self {
            sent: SumWindow::new(
                settings.threshold.at_least_one(),
                window,
                setup.limits,
                SUM_ENTRIES,
            ),
            destinations: BoundedMap::new(setup.limits.max_keys, window),
            settings,
        }
    }

    fn reconfigure(&mut self, settings: Settings, _: &Setup) -> Result<(), NeedsRestart> {
        let window = settings.window.duration();
        self.sent.reconfigure(settings.threshold.at_least_one(), window);
        self.destinations.set_idle_after(window);
        self.settings = settings;
        Ok(())
    }
}

impl Detector for DataExfiltration {
    fn on_packet(&mut self, packet: &Packet<'_>, cx: &mut Context<'_>) {
        let Some(ip) = packet.ip() else { return };
        let site = cx.site();
        if !site.is_internal(ip.source) || !site.is_external_unicast(ip.destination) {
            return;
        }
        let now = cx.now();
        let sent = self.sent.add(ip.source, packet.wire_len, now);
        let (top, most) = self.count_destination(ip.source, ip.destination, packet.wire_len, now);
        let base = self.settings.threshold.get();
        let subject = Subject::host(ip.source);
        let indicator = Some(Indicator::Ip(top));
        let Some(reached) = cx.reaches(&VOLUME, subject, base, sent, indicator) else { return };
        let finding = Finding {
            rule: &VOLUME,
            subject,
            reached,
            step: u64::from(packet.wire_len),
            source: Endpoint::ip(ip.source),
            target: Endpoint::ip(top),
            window: Some(self.settings.window),
        };
        cx.raise(finding, |report| {
            self.tell(&finding, now, report);
            report.evidence("top_destination_bytes", most.min(sent));
        });
    }

    fn on_verdict(&mut self, finding: &Finding<'_>, cx: &mut Context<'_>) {
        let now = cx.now();
        cx.raise(*finding, |report| self.tell(finding, now, report));
    }

    /// Weights that were merged for want of room count as evictions: sums are not exact after it.
    fn usage(&self) -> Usage {
        let sent = self.sent.usage();
        let evictions = sent.evictions.saturating_add(self.sent.coalesced());
        let destinations = Usage { bytes: self.destinations.usage().bytes, ..Usage::default() };
        Usage { evictions, ..sent } + destinations
    }
}

impl DataExfiltration {
    fn tell(&self, finding: &Finding<'_>, now: Timestamp, report: &mut Report) {
        let (source, sent) = (finding.subject.owner(), finding.reached.count());
        let top = finding.target;
        report
            .message(format_args!(
                "{source} sent {sent} bytes to external hosts within {} s, most of them to {top}",
                finding.window_s(),
            ))
            .evidence("bytes", sent)
            .evidence("top_destination", top.to_string())
            .first_seen(self.sent.oldest(&source, now));
    }

    /// Adds to the bytes that went to `destination`; tells who got the most, and about how much.
    fn count_destination(
        &mut self,
        host: IpAddr,
        destination: IpAddr,
        bytes: u32,
        now: Timestamp,
    ) -> (IpAddr, u64) {
        let fresh = || Destinations { counted: HeavyHitters::new(), halved: now, newest: now };
        let destinations = self.destinations.entry(host, now, fresh).value;
        let window = self.settings.window.duration();
        if now > destinations.newest.after(window) {
            // Nothing that was counted is within the window any more.
            *destinations = fresh();
        } else if now > destinations.halved.after(window) {
            destinations.halved = now;
            destinations.counted.halve();
        }
        destinations.newest = now;
        destinations.counted.add(destination, u64::from(bytes));
        destinations.counted.top().unwrap_or((destination, 0))
    }
}
