//! Data and commands carried in names and answers of DNS.
//!
//! # What it sees
//!
//! The questions of DNS queries over UDP and TCP, to and from port 53. Under the tuned profile their answers, too:
//! who is judged is the client, to whom they go. mDNS and LLMNR are other protocols with long names of their own.
//!
//! # Why it matters
//!
//! DNS gets out where nothing else does. What a tunnel carries out, it carries in the names that it
//! asks for; what it carries in, in the records it is answered by. And who controls a machine finds it again by
//! names that both sides compute.
//!
//! # Rule
//!
//! `dns_tunnelling/long_name`: a query for a name longer than `dns_tunnel_query_len` characters,
//! dots counted, a final dot not. The one rule of the seed profile; all that follows is the tuned profile's.
//!
//! `dns_tunnelling/volume`: at least `dns_tunnel_bytes` bytes of information in the different names that a client
//! asks for below one registered domain within `dns_tunnel_window` seconds: their number, estimated in constant
//! memory, times the mean of what a name holds, which is the entropy of its characters. So short names count, too.
//!
//! `dns_tunnelling/answers`: at least `dns_tunnel_answers` different names below one registered domain that were
//! answered by records that carry anything: TXT, NULL, KEY and private types, or CNAME, MX, SRV and the like with a
//! name of the same domain that looks encoded.
//!
//! `dns_tunnelling/dga`: at least `dns_dga_domains` registered domains that do not exist and look computed, or eight
//! times as many that can be read, looked up within `dns_dga_window` seconds.
//!
//! `dns_tunnelling/direct`: at least `dns_direct_datagrams` datagrams over UDP port 53 within a minute that are no DNS
//! messages, counted as twice the fewer of both directions.
//!
//! The first three are told by one alert for each client and registered domain.
//!
//! # Guards
//!
//! - `dns_tunnelling/service_name`: names of services and conventions, with a label that begins with an underscore:
//!   directories, mail.
//! - `dns_tunnelling/reverse`: addresses looked up in reverse.
//! - `dns_tunnelling/few_names`: fewer than `dns_tunnel_long_names` different long names below the domain, none of
//!   which is beyond 100 characters and looks encoded: hosts in clouds, load balancers.
//! - `dns_tunnelling/address_list`: nine of ten names are an address before the domain: lists of addresses.
//! - `dns_tunnelling/verdicts`: nine of ten answers tell yes or no (no such name, nothing, a loopback address) and
//!   names are 80 characters at most on average: scanners that look up what they found.
//! - `dns_tunnelling/search_list`: nine of ten names are public names with the domain put behind them.
//! - `dns_tunnelling/forwarder`: the host is asked for names of the domain itself, by clients that are judged.
//! - `dns_tunnelling/mostly_resolved`: for each name that does not exist, ten do.
//!
//! Up to eight times the threshold of `volume`; beyond it only the forwarder is spared.
//!
//! # Keys
//!
//! - `dns_tunnel_query_len`: characters, from 1 to 253.
//! - `dns_tunnel_long_names`: different names, from 1 to 1000.
//! - `dns_tunnel_bytes`: bytes of information, from 1 to 1000000000.
//! - `dns_tunnel_answers`: different names, from 1 to 1000000.
//! - `dns_tunnel_window`: seconds, from 1 to 86400.
//! - `dns_dga_domains`: registered domains, from 1 to 1000.
//! - `dns_dga_window`: seconds, from 1 to 86400.
//! - `dns_direct_datagrams`: datagrams, from 1 to 1000000.
//!
//! # Blind spots
//!
//! Tunnels over DoH and DoT. Tunnels slower than 5 bytes a second that ask for addresses only, or that look like a
//! list of addresses up to eight times that. Domains computed of words, below eight times the number; computed names
//! below domains that are let to anybody. False alarms: products that carry data in DNS as tunnels do. Counts of
//! different names are estimates, by 13 % too high or low.
//!
//! # ATT&CK
//!
//! T1071.004 DNS and T1572 Protocol Tunneling; for `dga` T1568.002 Domain Generation Algorithms. Reputation is asked
//! about the domain in the query.
//!
//! # Sources
//!
//! The length is that of the systems that NetSentinel unites. Names: RFC 1035, 2.3.4. Information of different names
//! per registered domain: Ozery, Nadler and Shabtai, arXiv:2307.02614, who find 0.7 bytes a second, with lists of
//! names that are left out; we have none and ask for more. Registered domains: publicsuffix.org, the private part
//! too. Domains that do not exist: Antonakakis et al., USENIX Security 2012.

mod dga;
mod direct;
mod guards;
mod names;
mod seed;
mod settings;
mod talks;
#[cfg(test)]
mod tests;
mod tunnel;

use netsentinel_core::config::Profile;
use netsentinel_core::detector::attack::{DNS_C2, PROTOCOL_TUNNELING};
use netsentinel_core::dns::{DNS_PORT, Message, Messages, Questions};
use netsentinel_core::{
    Asks, Context, Descriptor, Detector, DetectorKind, Finding, Indicator, Interest, Ip,
    NeedsRestart, Packet, Party, Rule, Setup, Severity, Transport, Usage,
};

pub use settings::Settings;

const LONG_NAME: Rule = Rule {
    id: "dns_tunnelling/long_name",
    signature: 1_000_051,
    summary: "a host asks for a name longer than names are",
    severity: None,
};
const VOLUME: Rule = Rule {
    id: "dns_tunnelling/volume",
    signature: 1_000_052,
    summary: "the names that a host asks for below one domain hold much information",
    severity: Some(Severity::High),
};
const ANSWERS: Rule = Rule {
    id: "dns_tunnelling/answers",
    signature: 1_000_053,
    summary: "many names below one domain are answered by records that carry anything",
    severity: Some(Severity::High),
};

/// Measures what names and answers carry.
pub struct DnsTunnelling {
    settings: Settings,
    messages: Messages,
    /// Absent under the seed profile.
    tuned: Option<Box<Tuned>>,
}

struct Tuned {
    names: names::Names,
    tunnels: tunnel::Tunnels,
    missing: dga::Missing,
    strangers: direct::Strangers,
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
        summary: "data and commands carried in names and answers of DNS",
        rules: &[LONG_NAME, VOLUME, ANSWERS, dga::DGA, direct::DIRECT],
        guards: &[
            guards::SERVICE_NAME,
            guards::REVERSE,
            guards::FEW_NAMES,
            guards::ADDRESS_LIST,
            guards::VERDICTS,
            guards::SEARCH_LIST,
            guards::FORWARDER,
            dga::MOSTLY_RESOLVED,
        ],
    };

    const COST: u32 = 250;

    fn asks(profile: Profile) -> Asks {
        let judges = match profile {
            Profile::Seed => Party::Source,
            Profile::Tuned => Party::Either,
        };
        Asks { interest: Interest::DNS, judges }
    }

    fn new(settings: Settings, setup: &Setup) -> Self {
        let tuned = (setup.profile == Profile::Tuned).then(|| {
            Box::new(Tuned {
                names: names::Names::new(),
                tunnels: tunnel::Tunnels::new(&settings, setup.limits),
                missing: dga::Missing::new(&settings, setup.limits),
                strangers: direct::Strangers::new(setup.limits),
            })
        });
        Self { settings, messages: Messages::new(), tuned }
    }

    fn reconfigure(&mut self, settings: Settings, _: &Setup) -> Result<(), NeedsRestart> {
        if let Some(tuned) = &mut self.tuned {
            tuned.tunnels.reconfigure(&settings);
            tuned.missing.reconfigure(&settings);
        }
        self.settings = settings;
        Ok(())
    }
}

impl Detector for DnsTunnelling {
    fn on_packet(&mut self, packet: &Packet<'_>, cx: &mut Context<'_>) {
        let Some(ip) = packet.ip() else { return };
        let settings = self.settings;
        let Some(tuned) = &mut self.tuned else {
            self.messages.find(packet, |message| {
                if message.is_query() {
                    seed::judge(&settings, message, ip, cx);
                }
            });
            return;
        };
        let Transport::Udp(udp) = ip.transport else {
            return self.messages.find(packet, |message| {
                tuned.judge(&settings, message, &message.read_questions(), ip, cx);
            });
        };
        let message = Message::parse(udp.payload);
        let questions = message.map(|message| message.read_questions());
        let both = message.as_ref().zip(questions.as_ref());
        if !both.is_some_and(|(message, questions)| message.is_plausible(questions))
            && !packet.snapped
            && !udp.payload.is_empty()
        {
            tuned.strangers.see(&settings, ip, udp, cx);
        }
        if let Some((message, questions)) = both {
            tuned.judge(&settings, message, questions, ip, cx);
        }
    }

    fn on_verdict(&mut self, finding: &Finding<'_>, cx: &mut Context<'_>) {
        // The name is in lower case and printable: such are the names that verdicts are asked about.
        let Some(Indicator::Domain(name)) = finding.reached.indicator() else { return };
        cx.raise(*finding, |report| match finding.rule.id == LONG_NAME.id {
            true => seed::tell(finding, name, report),
            false => tunnel::tell_verdict(finding, name, report),
        });
    }

    fn usage(&self) -> Usage {
        self.tables().into_iter().fold(Usage::default(), |sum, (_, usage)| sum + usage)
    }

    fn tables(&self) -> Vec<(&'static str, Usage)> {
        let mut tables = vec![("streams", self.messages.usage())];
        if let Some(tuned) = &self.tuned {
            tables.push(("names", tuned.names.usage()));
            tables.push(("talks", tuned.tunnels.usage()));
            tables.extend(tuned.missing.usage());
            tables.push(("not_dns", tuned.strangers.usage()));
        }
        tables
    }
}

impl Tuned {
    fn judge(
        &mut self,
        settings: &Settings,
        message: &Message<'_>,
        questions: &Questions<'_>,
        ip: &Ip<'_>,
        cx: &mut Context<'_>,
    ) {
        const NO_SUCH_NAME: u8 = 3;
        let (from, to) = ip.ports().unwrap_or_default();
        if message.is_query() {
            if to == DNS_PORT
                && let Some(question) = questions.longest
                && !tunnel::is_of_keys(&question)
                && let Some(name) = self.names.tell(&question.name)
            {
                self.tunnels.ask(settings, (question, name), ip, cx);
            }
            return;
        }
        if from != DNS_PORT {
            return;
        }
        let Some(question) = questions.first else { return };
        let Some(name) = self.names.tell(&question.name) else { return };
        match message.response_code() {
            NO_SUCH_NAME => self.missing.missing(settings, name, ip, cx),
            _ => self.missing.resolved(ip.destination, cx.now()),
        }
        self.tunnels.answer(settings, (message, questions), (question, name), ip, cx);
    }
}
