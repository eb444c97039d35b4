//! Names too long to be names.
//!
//! # What it sees
//!
//! The questions of DNS queries over UDP and TCP, to and from port 53. Answers repeat the question
//! and do not count again; mDNS and LLMNR are other protocols with long names of their own.
//!
//! # Why it matters
//!
//! DNS gets out where nothing else does. What a tunnel carries out, it carries in the names that it
//! asks for, and it makes them as long as it can.
//!
//! # Rule
//!
//! `dns_tunnelling/long_name`: a query for a name longer than `dns_tunnel_query_len` characters,
//! dots counted, a final dot not.
//!
//! # Keys
//!
//! - `dns_tunnel_query_len`: characters, from 1 to 253.
//!
//! # Blind spots
//!
//! Tunnels with short names, tunnels over DoH and DoT, and data that comes in by answers. False
//! alarms: the service records of directories, load balancers in clouds, and telemetry, all of which
//! have long names.
//!
//! # ATT&CK
//!
//! T1071.004 DNS and T1572 Protocol Tunneling. Reputation is asked about the domain in the query.
//!
//! # Sources
//!
//! The length is that of the systems that NetSentinel unites. Names: RFC 1035, 2.3.4.

use netsentinel_core::alert::{Endpoint, Subject};
use netsentinel_core::config::setting::Threshold;
use netsentinel_core::detector::attack::{DNS_C2, PROTOCOL_TUNNELING};
use netsentinel_core::dns::{Message, Messages, Name, Question};
use netsentinel_core::{
    Context, Descriptor, Detector, DetectorKind, Finding, Indicator, Interest, Ip, NeedsRestart,
    Packet, Party, Report, Rule, Setup, Severity, Usage,
};
use serde::{Deserialize, Serialize};

const LONG_NAME: Rule = Rule {
    id: "dns_tunnelling/long_name",
    signature: 1_000_051,
    summary: "a host asks for a name longer than names are",
    severity: None,
};

/// Measures the names that hosts ask for.
pub struct DnsTunnelling {
    settings: Settings,
    messages: Messages,
}

/// The detector's keys.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// The longest name that is let through.
    #[serde(rename = "dns_tunnel_query_len")]
    pub query_len: Threshold<253>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { query_len: const { Threshold::new(50).unwrap() } }
    }
}

impl DetectorKind for DnsTunnelling {
    type Settings = Settings;

    const DESCRIPTOR: Descriptor = Descriptor {
        id: "dns_tunnelling",
        category: "DNS Tunnelling",
        severity: Severity::Medium,
        attack: &[DNS_C2, PROTOCOL_TUNNELING],
        interest: Interest::DNS,
        judges: Party::Source,
        summary: "names too long to be names",
        rules: &[LONG_NAME],
        guards: &[],
    };

    fn new(settings: Settings, _: &Setup) -> Self {
        Self { settings, messages: Messages::new() }
    }

    fn reconfigure(&mut self, settings: Settings, _: &Setup) -> Result<(), NeedsRestart> {
        self.settings = settings;
        Ok(())
    }
}

impl Detector for DnsTunnelling {
    fn on_packet(&mut self, packet: &Packet<'_>, cx: &mut Context<'_>) {
        let Some(ip) = packet.ip() else { return };
        let settings = self.settings;
        self.messages.find(packet, |message| {
            if message.is_query() {
                settings.judge(message, ip, cx);
            }
        });
    }

    fn on_verdict(&mut self, finding: &Finding<'_>, cx: &mut Context<'_>) {
        // The name is in lower case and printable: such are the names that verdicts are asked about.
        let Some(Indicator::Domain(name)) = finding.reached.indicator() else { return };
        cx.raise(*finding, |report| tell(finding, name, report));
    }

    fn usage(&self) -> Usage {
        self.messages.usage()
    }
}

impl Settings {
    fn judge(self, message: &Message<'_>, ip: &Ip<'_>, cx: &mut Context<'_>) {
        let Some(question) = message.questions().max_by_key(|q| q.name.text_len()) else { return };
        let length = question.name.text_len() as u64;
        let mut buffer = [0; Name::MAX_WIRE_LEN];
        let domain = question.name.lower(&mut buffer).map(Indicator::Domain);
        let (subject, base) = (Subject::host(ip.source), self.query_len.get());
        let Some(reached) = cx.exceeds(&LONG_NAME, subject, base, length, domain) else { return };
        let resolver = Endpoint::ip(ip.destination);
        let finding = Finding {
            rule: &LONG_NAME,
            subject,
            reached,
            // The count is a length, which further queries do not add to.
            step: 0,
            source: Endpoint::ip(ip.source),
            target: ip.ports().map_or(resolver, |(_, port)| resolver.port(port)),
            window: None,
        };
        cx.raise(finding, |report| {
            let Question { name, kind } = question;
            tell(&finding, &name.to_string(), report);
            report.evidence("query_type", kind);
        });
    }
}

fn tell(finding: &Finding<'_>, name: &str, report: &mut Report) {
    let (source, length) = (finding.subject.owner(), finding.reached.count());
    let Some(resolver) = finding.target.ip else { return };
    report
        .message(format_args!(
            "{source} asked {resolver} for a name of {length} characters: {name}"
        ))
        .evidence("query", name)
        .evidence("query_len", length);
}
