//! One source that knocks at one login again and again.
//!
//! # What it sees
//!
//! TCP segments with SYN and none of ACK, RST and FIN, to a port where people log in.
//!
//! # Why it matters
//!
//! A password guessed is a way in that looks like its owner.
//!
//! # Rule
//!
//! `brute_force/target`: at least `bruteforce_threshold` attempts by one source to one destination
//! and port in `bruteforce_ports`, within `bruteforce_window` seconds.
//!
//! # Keys
//!
//! - `bruteforce_threshold`: attempts, from 1 to 1000000.
//! - `bruteforce_window`: seconds, from 1 to 86400.
//! - `bruteforce_ports`: the ports.
//!
//! # Blind spots
//!
//! Guessing slower than that, over one connection, spread over many servers or from many sources,
//! and logins on other ports. It counts connections, not failures: busy clients of a database or a
//! file server, and health checks, give false alarms.
//!
//! # ATT&CK
//!
//! T1110 Brute Force. Reputation is asked about the source.
//!
//! # Sources
//!
//! Threshold, window and ports are those of the systems that NetSentinel unites: FTP, SSH, Telnet,
//! SMB, SQL Server, MySQL, RDP, PostgreSQL and VNC.

use std::net::IpAddr;

use netsentinel_core::alert::{Endpoint, Subject};
use netsentinel_core::config::setting::{Seconds, Threshold};
use netsentinel_core::detector::attack;
use netsentinel_core::window::EventWindow;
use netsentinel_core::{
    Context, Descriptor, Detector, DetectorKind, Finding, Indicator, Interest, NeedsRestart,
    Packet, Party, Report, Rule, Setup, Severity, Timestamp, Usage,
};
use serde::{Deserialize, Serialize};

const TARGET: Rule = Rule {
    id: "brute_force/target",
    signature: 1_000_071,
    summary: "one source connects to one login port many times within the window",
    severity: None,
};

/// Counts the attempts of each source at each login.
pub struct BruteForce {
    settings: Settings,
    attempts: EventWindow<Login>,
}

/// Who tries, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Login {
    source: IpAddr,
    destination: IpAddr,
    port: u16,
}

/// The detector's keys.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Attempts that make guessing.
    #[serde(rename = "bruteforce_threshold")]
    pub threshold: Threshold<1_000_000>,
    /// The window that they are counted over.
    #[serde(rename = "bruteforce_window")]
    pub window: Seconds,
    /// Ports where people log in.
    #[serde(rename = "bruteforce_ports")]
    pub ports: Vec<u16>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            threshold: const { Threshold::new(30).unwrap() },
            window: const { Seconds::new(30).unwrap() },
            ports: vec![21, 22, 23, 445, 1433, 3306, 3389, 5432, 5900],
        }
    }
}

impl DetectorKind for BruteForce {
    type Settings = Settings;

    const DESCRIPTOR: Descriptor = Descriptor {
        id: "brute_force",
        category: "Brute Force",
        severity: Severity::High,
        attack: &[attack::BRUTE_FORCE],
        interest: Interest::SYN,
        judges: Party::Source,
        summary: "one source that knocks at one login again and again",
        rules: &[TARGET],
        guards: &[],
    };

    fn new(mut settings: Settings, setup: &Setup) -> Self {
        settings.ports.sort_unstable();
        let (most, window) = (settings.threshold.non_zero(), settings.window.duration());
        Self { attempts: EventWindow::new(most, window, setup.limits), settings }
    }

    fn reconfigure(&mut self, mut settings: Settings, _: &Setup) -> Result<(), NeedsRestart> {
        settings.ports.sort_unstable();
        self.attempts.reconfigure(settings.threshold.non_zero(), settings.window.duration());
        self.settings = settings;
        Ok(())
    }
}

impl Detector for BruteForce {
    fn on_packet(&mut self, packet: &Packet<'_>, cx: &mut Context<'_>) {
        let Some(ip) = packet.ip() else { return };
        let Some((_, port)) = ip.ports() else { return };
        if self.settings.ports.binary_search(&port).is_err() {
            return;
        }
        let now = cx.now();
        let login = Login { source: ip.source, destination: ip.destination, port };
        let count = self.attempts.add(login, now);
        let base = self.settings.threshold.get();
        let subject = Subject::pair_port(ip.source, ip.destination, port);
        let indicator = Some(Indicator::Ip(ip.source));
        let Some(reached) = cx.reaches(&TARGET, subject, base, count, indicator) else { return };
        let finding = Finding {
            rule: &TARGET,
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

impl BruteForce {
    fn tell(&self, finding: &Finding<'_>, now: Timestamp, report: &mut Report) {
        let (source, count) = (finding.subject.owner(), finding.reached.count());
        let Endpoint { ip: Some(destination), port: Some(port), .. } = finding.target else {
            return;
        };
        report
            .message(format_args!(
                "{source} connected to the {} login {} {count} times within {} s",
                service(port),
                finding.target,
                finding.window_s(),
            ))
            .evidence("attempts", count)
            .evidence("service", service(port))
            .first_seen(self.attempts.oldest(&Login { source, destination, port }, now));
    }
}

fn service(port: u16) -> &'static str {
    match port {
        21 => "FTP",
        22 => "SSH",
        23 => "Telnet",
        445 => "SMB",
        1433 => "SQL Server",
        3306 => "MySQL",
        3389 => "RDP",
        5432 => "PostgreSQL",
        5900 => "VNC",
        _ => "configured",
    }
}
