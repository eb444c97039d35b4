//! Somebody talks to a port that backdoors like.
//!
//! # What it sees
//!
//! Profile `seed`: probes, as [`port_scan`](super::port_scan) has them: TCP segments that open a connection
//! or that no honest stack sends, and the first packet of each UDP flow. Profile `tuned`: what becomes of the
//! attempts to reach such a port, and the first segments of what flows there. Only the responder's port
//! counts, so a client whose own port happens to be 4444 is left alone.
//!
//! # Why it matters
//!
//! Remote-control tools listen on ports of their own. A connection to one of them may be the first
//! thing that is ever seen of an infection.
//!
//! # Rule
//!
//! - `suspicious_port/contact`: under profile `seed` a probe of a port in `suspicious_ports`. Under `tuned` a
//!   conversation there in which both sides have spoken and that weighs `suspicious_port_weight` points: one
//!   each for a peer outside, a port without an honest use (not in `suspicious_ports_common`), and a protocol
//!   that is not known. Over UDP all three.
//! - `suspicious_port/backdoor`: a command shell (its banner, its prompt, the answer of `id`) or an
//!   executable program with nothing around it flows at such a port; the banner of the Windows shell at any
//!   port but Telnet's. High.
//! - `suspicious_port/debug_bridge`: somebody outside is connected to an Android debug bridge, or the other
//!   way round. High.
//! - `suspicious_port/insistence`: `suspicious_port_tries` attempts that nobody answers, over at least
//!   `suspicious_port_insistence` seconds; or 16 datagrams of no known protocol that nobody answers, to a port
//!   without an honest use. Low.
//!
//! # Guards
//!
//! - `suspicious_port/irc`: IRC that is spoken at 6665 to 6669.
//! - `suspicious_port/chance`: hosts that have tried `suspicious_port_chance` different high ports within a
//!   minute: scans, which are told as such, and peer-to-peer clients.
//! - `suspicious_port/negotiated`: ports that an FTP conversation has announced; BitTorrent, RTP and STUN.
//!
//! # Keys
//!
//! - `suspicious_ports`: the ports.
//! - `suspicious_ports_common`: those of them that honest programs use, too.
//! - `suspicious_port_weight`: points that make a conversation worth an alert.
//! - `suspicious_port_tries`: attempts without an answer that make insistence.
//! - `suspicious_port_insistence`: how long they must go on, in seconds.
//! - `suspicious_port_chance`: different high ports within a minute that make a port chance.
//!
//! # Blind spots
//!
//! Backdoors on any other port, above all on 80 and 443, unless they show a Windows shell. Under `tuned` also
//! encrypted ones between two hosts of the site at a port with honest uses. False alarms of `seed`: IRC, games
//! and home devices that use these ports, connections that are never answered, and passive FTP or calls that
//! get such a port by chance.
//!
//! # ATT&CK
//!
//! T1571 Non-Standard Port. Reputation is asked about the external end, the source first under `seed`, the
//! responder first under `tuned`; about nobody where both ends are internal.
//!
//! # Sources
//!
//! The ports are those of the systems that NetSentinel unites: defaults of Metasploit (4444), Back
//! Orifice (31337) and NetBus (12345), the Android debug bridge (5555), IRC as botnets use it
//! (6666, 6667), and two that hand-made backdoors prefer (1337, 65535). What flows is told by the
//! specifications of the protocols.

mod announced;
mod rules;
mod settings;
mod speech;
#[cfg(test)]
mod tests;
mod tried;
mod tuned;

use netsentinel_core::alert::{Endpoint, Subject};
use netsentinel_core::config::Profile;
use netsentinel_core::detector::Asks;
use netsentinel_core::detector::attack::NON_STANDARD_PORT;
use netsentinel_core::{
    Context, Descriptor, Detector, DetectorKind, Finding, Indicator, Interest, Ip, NeedsRestart,
    Packet, Party, Setup, Severity, Transport, Usage,
};

use rules::CONTACT;
pub use settings::Settings;
use tuned::Tuned;

/// Looks at the port that every probe is for, and under profile `tuned` at what becomes of it.
pub struct SuspiciousPort {
    settings: Settings,
    tuned: Option<Tuned>,
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
        rules: rules::ALL,
        guards: rules::GUARDS,
    };

    const COST: u32 = 120;

    fn asks(profile: Profile) -> Asks {
        match profile {
            Profile::Seed => {
                Asks { interest: Self::DESCRIPTOR.interest, judges: Self::DESCRIPTOR.judges }
            }
            Profile::Tuned => {
                Asks { interest: Interest::ATTEMPT | Interest::TCP_DATA, judges: Party::Either }
            }
        }
    }

    fn new(mut settings: Settings, setup: &Setup) -> Self {
        settings.ports.sort_unstable();
        let is_tuned = setup.profile == Profile::Tuned;
        let tuned = is_tuned.then(|| Tuned::new(&settings, setup.limits));
        Self { settings, tuned }
    }

    fn reconfigure(&mut self, mut settings: Settings, _: &Setup) -> Result<(), NeedsRestart> {
        settings.ports.sort_unstable();
        if let Some(tuned) = &mut self.tuned {
            tuned.reconfigure(&settings);
        }
        self.settings = settings;
        Ok(())
    }
}

impl Detector for SuspiciousPort {
    fn on_packet(&mut self, packet: &Packet<'_>, cx: &mut Context<'_>) {
        match &mut self.tuned {
            Some(tuned) => tuned.on_packet(packet, &self.settings, cx),
            None => self.on_probe(packet, cx),
        }
    }

    fn usage(&self) -> Usage {
        self.tables().into_iter().fold(Usage::default(), |sum, (_, usage)| sum + usage)
    }

    fn tables(&self) -> Vec<(&'static str, Usage)> {
        self.tuned.as_ref().map(Tuned::usage).unwrap_or_default()
    }
}

impl SuspiciousPort {
    /// The seed rule.
    fn on_probe(&self, packet: &Packet<'_>, cx: &mut Context<'_>) {
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
                    known_use(port),
                ))
                .evidence("port", port)
                .evidence("transport", transport_name(ip));
        });
    }
}

fn transport_name(ip: &Ip<'_>) -> &'static str {
    match ip.transport {
        Transport::Tcp(_) => "TCP",
        _ => "UDP",
    }
}

/// What the port is known for, behind a comma; nothing where it is not.
const fn known_use(port: u16) -> &'static str {
    match port {
        4444 => ", known for Metasploit",
        5555 => ", known for the Android debug bridge",
        6666 | 6667 => ", known for IRC",
        12345 => ", known for NetBus",
        31337 => ", known for Back Orifice",
        _ => "",
    }
}
