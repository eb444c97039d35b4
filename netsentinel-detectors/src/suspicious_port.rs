//! Somebody talks to a port that backdoors like.
//!
//! # What it sees
//!
//! Probes, as [`port_scan`](super::port_scan) has them: TCP segments that open a connection or that
//! no honest stack sends, and the first packet of each UDP flow. Only the responder's port counts,
//! so a client whose own port happens to be 4444 is left alone.
//!
//! # Why it matters
//!
//! Remote-control tools listen on ports of their own. A connection to one of them may be the first
//! thing that is ever seen of an infection.
//!
//! # Rule
//!
//! `suspicious_port/contact`: a probe of a port in `suspicious_ports`.
//!
//! # Keys
//!
//! - `suspicious_ports`: the ports.
//!
//! # Blind spots
//!
//! Backdoors on any other port, above all on 80 and 443. False alarms: IRC, games and home devices
//! that use these ports, connections that are never answered, and passive FTP or calls that get such
//! a port by chance.
//!
//! # ATT&CK
//!
//! T1571 Non-Standard Port. Reputation is asked about the external end, the source first; about
//! nobody where both ends are internal.
//!
//! # Sources
//!
//! The ports are those of the systems that NetSentinel unites: defaults of Metasploit (4444), Back
//! Orifice (31337) and NetBus (12345), the Android debug bridge (5555), IRC as botnets use it
//! (6666, 6667), and two that hand-made backdoors prefer (1337, 65535).

use netsentinel_core::alert::{Endpoint, Subject};
use netsentinel_core::detector::attack::NON_STANDARD_PORT;
use netsentinel_core::{
    Context, Descriptor, Detector, DetectorKind, Finding, Indicator, Interest, Ip, NeedsRestart,
    Packet, Party, Rule, Setup, Severity, Transport, Usage,
};
use serde::{Deserialize, Serialize};

const CONTACT: Rule = Rule {
    id: "suspicious_port/contact",
    signature: 1_000_031,
    summary: "a host contacts a port that backdoors like",
    severity: None,
};

/// Looks at the port that every probe is for.
pub struct SuspiciousPort {
    settings: Settings,
}

/// The detector's keys.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// The ports.
    #[serde(rename = "suspicious_ports")]
    pub ports: Vec<u16>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { ports: vec![1337, 4444, 5555, 6666, 6667, 12345, 31337, 65535] }
    }
}

impl DetectorKind for SuspiciousPort {
    type Settings = Settings;

    const DESCRIPTOR: Descriptor = Descriptor {
        id: "suspicious_port",
        category: "Suspicious Port",
        severity: Severity::Medium,
        attack: &[NON_STANDARD_PORT],
        interest: Interest::PROBE,
        judges: Party::Source,
        summary: "somebody talks to a port that backdoors like",
        rules: &[CONTACT],
        guards: &[],
    };

    fn new(mut settings: Settings, _: &Setup) -> Self {
        settings.ports.sort_unstable();
        Self { settings }
    }

    fn reconfigure(&mut self, mut settings: Settings, _: &Setup) -> Result<(), NeedsRestart> {
        settings.ports.sort_unstable();
        self.settings = settings;
        Ok(())
    }
}

impl Detector for SuspiciousPort {
    fn on_packet(&mut self, packet: &Packet<'_>, cx: &mut Context<'_>) {
        let Some(ip) = packet.ip() else { return };
        let Some((source_port, port)) = ip.ports() else { return };
        if self.settings.ports.binary_search(&port).is_err() {
            return;
        }
        let external =
            [ip.source, ip.destination].into_iter().find(|end| cx.site().is_external_unicast(*end));
        let subject = Subject::host_port(ip.source, port);
        let indicator = external.map(Indicator::Ip);
        let Some(reached) = cx.reaches(&CONTACT, subject, 1, 1, indicator) else { return };
        let target = Endpoint::ip(ip.destination).port(port);
        let finding = Finding {
            rule: &CONTACT,
            subject,
            reached,
            step: 1,
            source: Endpoint::ip(ip.source).port(source_port),
            target,
            window: None,
        };
        cx.raise(finding, |report| {
            report
                .message(format_args!(
                    "{} contacted the suspicious {} port {target}{}",
                    ip.source,
                    transport_name(ip),
                    known_for(port).map(|use_| format!(", known for {use_}")).unwrap_or_default(),
                ))
                .evidence("port", port)
                .evidence("transport", transport_name(ip));
        });
    }

    fn usage(&self) -> Usage {
        Usage::default()
    }
}

fn transport_name(ip: &Ip<'_>) -> &'static str {
    match ip.transport {
        Transport::Tcp(_) => "TCP",
        _ => "UDP",
    }
}

fn known_for(port: u16) -> Option<&'static str> {
    Some(match port {
        4444 => "Metasploit",
        5555 => "the Android debug bridge",
        6666 | 6667 => "IRC",
        12345 => "NetBus",
        31337 => "Back Orifice",
        _ => return None,
    })
}
