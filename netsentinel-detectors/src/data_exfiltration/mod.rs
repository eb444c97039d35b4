//! What leaves the site, and by which way.
//!
//! # What it sees
//!
//! Every IP packet between an internal host and an external one, with its whole length on the wire. Under the tuned
//! profile both directions, and between any two hosts ICMP echoes and what is asked of DNS over UDP.
//!
//! # Why it matters
//!
//! What has been stolen must leave. A host that uploads far more than it used to is worth a look,
//! whatever the protocol and however well it is encrypted. So is one that sends data by what is not made to carry it.
//!
//! # Rule
//!
//! `data_exfiltration/volume`: at least `exfil_bytes_threshold` bytes from one internal host to
//! external unicast addresses, all together, within `exfil_window` seconds. The one rule of the seed profile. The
//! tuned profile counts in twelfths of the window, so bytes may count for a twelfth longer, never shorter.
//!
//! `data_exfiltration/ratio`: at least `exfil_ratio_bytes` bytes of payload to one external host within
//! `exfil_ratio_window` seconds, where what went out less what came in is at least `exfil_ratio_percent` percent of
//! both (the producer/consumer ratio).
//!
//! `data_exfiltration/slow`: at least `exfil_slow_bytes` bytes, as one-sided, to one external host within
//! `exfil_slow_window` seconds, in at least 8 of the 16 parts of that time.
//!
//! `data_exfiltration/channel`: at least `exfil_icmp_bytes` bytes in ICMP echoes between two hosts within 300 seconds
//! whose content, behind a time stamp, is no pattern and changes; replies count where they do not repeat the request.
//!
//! `data_exfiltration/names`: at least `exfil_dns_bytes` bytes of information in different names below one registered
//! domain that an internal host asks for within 300 seconds, of names that have more than 100 characters before the
//! domain and look encoded; as one-sided as `exfil_ratio_percent` tells, by what the answers hold.
//!
//! `data_exfiltration/clear`: at least `exfil_clear_uploads` files stored by FTP, or mails handed in with a password
//! that was not encrypted, from an internal host to an external server within an hour.
//!
//! The first three are told by one alert for each host, or host and destination.
//!
//! # Guards
//!
//! - `data_exfiltration/server`: the host answers clients: on a port below 1024, or one that it accepted connections
//!   of at least three hosts on.
//! - `data_exfiltration/two_way`: at least a quarter as much comes back: calls, games, VPNs, file sharing.
//! - `data_exfiltration/acknowledgements`: less than half of what goes out is payload: the host downloads.
//! - `data_exfiltration/scattered`: no external host gets as much as an eighth: file sharing.
//! - `data_exfiltration/habit`: the same destination was told of on three earlier occasions, an hour apart each:
//!   backups.
//! - `data_exfiltration/producer`: three quarters of what the host exchanged before went out, and it has sent to this
//!   destination for an hour, in at least 4 of the 16 parts of `exfil_slow_window`: cameras, feeds.
//! - `data_exfiltration/forwarder`: the host is asked for such names of the domain itself, by clients that are judged.
//! - `data_exfiltration/browsing`: the FTP session lists directories, too.
//! - `data_exfiltration/mail_client`: the mail names its identity or its program.
//!
//! `server`, `two_way` and `habit` spare `volume` only if what is left without them is below the threshold.
//!
//! # Keys
//!
//! - `exfil_bytes_threshold`: bytes on the wire, from 1 to 1000000000000.
//! - `exfil_window`: seconds, from 1 to 86400.
//! - `exfil_ratio_bytes`: bytes of payload, from 1 to 1000000000000.
//! - `exfil_ratio_percent`: percent, from 1 to 100.
//! - `exfil_ratio_window`: seconds, from 1 to 86400.
//! - `exfil_slow_bytes`: bytes of payload, from 1 to 1000000000000.
//! - `exfil_slow_window`: seconds, from 1 to 86400.
//! - `exfil_icmp_bytes`: bytes, from 1 to 1000000000000.
//! - `exfil_dns_bytes`: bytes of information, from 1 to 1000000000000.
//! - `exfil_clear_uploads`: files or mails, from 1 to 1000000.
//! - `internal_networks` (the pipeline's) tells inside from outside.
//!
//! # Blind spots
//!
//! Leaks within the site; leaks below the thresholds; what an attacker fetches from a port that the host serves; what
//! leaves by a path that the sensor does not see. Small files sent out encrypted. Data in shorter names of DNS, or in
//! DNS over TCP, is told by `dns_tunnelling`, which judges names whichever way the data goes; so is data that goes out beside as much that comes in. False alarms: the first uploads to a new place, whatever they are.
//!
//! # ATT&CK
//!
//! T1048 Exfiltration Over Alternative Protocol and T1041 Exfiltration Over C2 Channel; for `slow` T1030 Data Transfer
//! Size Limits, for `channel` T1095 Non-Application Layer Protocol, for `names` T1071.004 DNS, for `clear` T1048.003. Reputation
//! is asked about the destination. For the seed's rule, that is the one with the most bytes, which is counted by
//! Space-Saving with eight counters a host, halved once a window and cleared after a window of silence: an estimate,
//! in which more bytes sent earlier can outweigh those within the window. Under the tuned profile the five
//! destinations with most bytes have counters of their own (Misra-Gries), exact from when they take their place.
//!
//! # Sources
//!
//! Threshold and window of `volume` are those of the systems that NetSentinel unites. Space-Saving: Metwally,
//! Agrawal and El Abbadi, ICDT 2005. Producer/consumer ratio: Bullard and Gerth, FloCon 2014. Header fields of mail:
//! RFC 5322, 3.6.4.

mod echoes;
mod hosts;
mod outflow;
mod peers;
mod questions;
mod seed;
mod settings;
#[cfg(test)]
mod tests;
mod uploads;

use netsentinel_core::config::Profile;
use netsentinel_core::detector::attack::{
    EXFILTRATION_OVER_ALTERNATIVE_PROTOCOL, EXFILTRATION_OVER_C2,
};
use netsentinel_core::{
    Asks, Context, Descriptor, Detector, DetectorKind, Finding, Indicator, Interest, Ip,
    NeedsRestart, Packet, Party, Rule, Setup, Severity, Transport, Usage,
};

pub use settings::Settings;

const VOLUME: Rule = Rule {
    id: "data_exfiltration/volume",
    signature: 1_000_061,
    summary: "an internal host sends much to external hosts within the window",
    severity: None,
};
const RATIO: Rule = Rule {
    id: "data_exfiltration/ratio",
    signature: 1_000_062,
    summary: "an internal host sends much to one external host and gets hardly anything back",
    severity: None,
};
const SLOW: Rule = Rule {
    id: "data_exfiltration/slow",
    signature: 1_000_063,
    summary: "an internal host sends to one external host for hours and gets hardly anything back",
    severity: None,
};

/// Counts what each internal host sends out, and gets in.
pub struct DataExfiltration {
    settings: Settings,
    rules: Rules,
}

/// What a profile needs.
enum Rules {
    Seed(Box<seed::Seed>),
    Tuned(Box<Tuned>),
}

struct Tuned {
    hosts: hosts::Hosts,
    echoes: echoes::Echoes,
    uploads: uploads::Uploads,
    questions: questions::Questions,
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
        summary: "one internal host that sends much out, or by what does not carry data",
        rules: &[VOLUME, RATIO, SLOW, echoes::CHANNEL, questions::NAMES, uploads::CLEAR],
        guards: &[
            outflow::SERVER,
            outflow::TWO_WAY,
            outflow::ACKNOWLEDGEMENTS,
            outflow::SCATTERED,
            outflow::HABIT,
            outflow::PRODUCER,
            questions::FORWARDER,
            uploads::BROWSING,
            uploads::MAIL_CLIENT,
        ],
    };

    const COST: u32 = 210;

    fn asks(profile: Profile) -> Asks {
        let judges = match profile {
            Profile::Seed => Party::Source,
            Profile::Tuned => Party::Either,
        };
        Asks { interest: Interest::IP, judges }
    }

    fn new(settings: Settings, setup: &Setup) -> Self {
        let rules = match setup.profile {
            Profile::Seed => Rules::Seed(Box::new(seed::Seed::new(&settings, setup.limits))),
            Profile::Tuned => Rules::Tuned(Box::new(Tuned {
                hosts: hosts::Hosts::new(&settings, setup.limits),
                echoes: echoes::Echoes::new(setup.limits),
                uploads: uploads::Uploads::new(setup.limits),
                questions: questions::Questions::new(setup.limits),
            })),
        };
        Self { settings, rules }
    }

    fn reconfigure(&mut self, settings: Settings, _: &Setup) -> Result<(), NeedsRestart> {
        match &mut self.rules {
            Rules::Seed(seed) => seed.reconfigure(&settings),
            Rules::Tuned(tuned) => tuned.hosts.reconfigure(&settings),
        }
        self.settings = settings;
        Ok(())
    }
}

impl Detector for DataExfiltration {
    /// A leaf: all that it calls, it calls last, so that it keeps nothing for after.
    fn on_packet(&mut self, packet: &Packet<'_>, cx: &mut Context<'_>) {
        match &mut self.rules {
            Rules::Seed(seed) => seed.see(&self.settings, packet, cx),
            Rules::Tuned(tuned) => tuned.see(&self.settings, packet, cx),
        }
    }

    fn on_verdict(&mut self, finding: &Finding<'_>, cx: &mut Context<'_>) {
        let now = cx.now();
        cx.raise(*finding, |report| match &self.rules {
            Rules::Seed(seed) => seed.tell(finding, now, report),
            Rules::Tuned(tuned) if finding.rule.id == VOLUME.id => {
                let host = tuned.hosts.get(finding.subject.owner());
                let top = host.and_then(|host| host.peers.top());
                outflow::tell_volume(finding, top, report);
            }
            Rules::Tuned(_) if finding.rule.id == questions::NAMES.id => {
                // Asked about no other than a domain.
                if let Some(Indicator::Domain(domain)) = finding.reached.indicator() {
                    questions::tell(finding, domain, report);
                }
            }
            Rules::Tuned(_) => outflow::tell_verdict(finding, report),
        });
    }

    fn usage(&self) -> Usage {
        self.tables().into_iter().fold(Usage::default(), |sum, (_, usage)| sum + usage)
    }

    fn tables(&self) -> Vec<(&'static str, Usage)> {
        match &self.rules {
            Rules::Seed(seed) => vec![("all", seed.usage())],
            Rules::Tuned(tuned) => vec![
                ("hosts", tuned.hosts.usage()),
                ("echoes", tuned.echoes.usage()),
                ("uploads", tuned.uploads.usage()),
                ("questions", tuned.questions.usage()),
            ],
        }
    }
}

impl Tuned {
    /// What is carried by what does not carry data is seen before all else; that is seldom.
    #[inline(always)]
    fn see(&mut self, settings: &Settings, packet: &Packet<'_>, cx: &mut Context<'_>) {
        let Some(ip) = packet.ip() else { return };
        match &ip.transport {
            Transport::Icmp(_) => self.see_carrier(settings, packet, ip, cx),
            Transport::Udp(udp) if questions::may_carry(udp) => {
                self.see_carrier(settings, packet, ip, cx);
            }
            _ => self.count(settings, packet, ip, cx),
        }
    }

    #[cold]
    fn see_carrier(
        &mut self,
        settings: &Settings,
        packet: &Packet<'_>,
        ip: &Ip<'_>,
        cx: &mut Context<'_>,
    ) {
        match ip.transport {
            Transport::Icmp(icmp) => self.echoes.see(settings, ip, icmp, cx),
            _ => self.questions.see(settings, ip, cx),
        }
        self.count(settings, packet, ip, cx);
    }

    /// All that need not be counted leaves here: what stays outside or inside, and what brings nothing in.
    #[inline(always)]
    fn count(
        &mut self,
        settings: &Settings,
        packet: &Packet<'_>,
        ip: &Ip<'_>,
        cx: &mut Context<'_>,
    ) {
        let site = cx.site();
        if site.is_internal(ip.source) {
            if site.is_external_unicast(ip.destination) {
                self.send(settings, packet, ip, cx);
            }
        } else if hosts::may_bear(packet, ip) && site.is_internal(ip.destination) {
            // Who has sent something out is entered; what else comes from nowhere finds no entry or no peer.
            self.hosts.receive(packet, ip, cx.now());
        }
    }

    #[inline(never)]
    fn send(
        &mut self,
        settings: &Settings,
        packet: &Packet<'_>,
        ip: &Ip<'_>,
        cx: &mut Context<'_>,
    ) {
        if let Transport::Tcp(tcp) = &ip.transport
            && uploads::may_say(tcp)
        {
            self.uploads.see(settings, ip, *tcp, cx);
        }
        outflow::judge(&mut self.hosts, settings, packet, ip, cx);
    }
}
