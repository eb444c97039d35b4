//! One source that tries many ports or many hosts.
//!
//! # What it sees
//!
//! Under profile `seed`, probes: TCP segments that open a connection (SYN alone) or that no honest stack
//! sends (none of SYN, ACK and RST: NULL, FIN, XMAS), and the first packet of each UDP flow. Answers are no
//! probes, so a busy server is no scanner, whatever ports its clients have. Under profile `tuned`, also what
//! becomes of each: answered, refused by a reset or an ICMP error, dropped half-open, or silent; and ICMP
//! requests, ARP requests, and resets that end no attempt that was seen.
//!
//! # Why it matters
//!
//! Looking for open ports comes before attacking what listens there. From outside it is weather;
//! from inside it is somebody who has got in and looks around.
//!
//! # Rule
//!
//! - `port_scan/vertical`, seed: at least `port_scan_threshold` distinct destination ports probed by one
//!   source, on whatever hosts, within `port_scan_window` seconds.
//! - `port_scan/vertical`, tuned: as many TCP ports of one host, an answered one counting a quarter; or
//!   `port_scan_refused_threshold` that refuse.
//! - `port_scan/udp`: `port_scan_udp_threshold` UDP ports of one host that are silent for a quarter of a
//!   second, within the same window, or silent at all once three ports have refused; or
//!   `port_scan_refused_threshold` that refuse.
//! - `port_scan/sweep`: one port of many hosts within a minute: those that fail less those that answer are
//!   `port_scan_sweep_threshold` internal ones or `port_scan_sweep_external_threshold` others. Also the
//!   third host within a minute that is scanned port by port: what follows is part of that one alert.
//! - `port_scan/icmp_sweep`: the same for ICMP echo, timestamp, information and address mask requests.
//! - `port_scan/arp_sweep`: `port_scan_arp_threshold` addresses of one /24 asked for by ARP, within ten
//!   seconds, that do not answer.
//! - `port_scan/stealth`: `port_scan_stealth_threshold` ports of whatever hosts probed by NULL, FIN or XMAS
//!   segments within a minute.
//! - `port_scan/ack`: `port_scan_ack_threshold` ports of one host that send the source, within ten seconds,
//!   a reset as only a segment outside of any connection gets it: ACK, Window and Maimon scans.
//! - `port_scan/protocol`: `port_scan_protocol_threshold` IP protocols of the source that one host calls
//!   unreachable within a minute.
//! - `port_scan/slow`: within `port_scan_slow_window` seconds, `port_scan_slow_threshold` ports of one host
//!   or internal hosts on one port that failed, less those that answered; of failures that come faster than
//!   those of a vertical scan only some are counted.
//! - `port_scan/distributed`, told of the victim: `port_scan_distributed_threshold` TCP ports of one host
//!   that failed within a minute, for at least three sources of which none has more than half.
//! - `port_scan/worm`: one address and UDP port that opens conversations with `port_scan_worm_threshold`
//!   places within a second by datagrams of 256 bytes or more, and hears nothing the while. Another port is another
//!   place, and so is another network (/16, /32 of IPv6).
//!
//! Rules that find the same join the alert that is open: those about a source and a host any other of the
//! same two, and all of a source an open sweep, stealth scan or worm of it. A second victim has an alert of its
//! own.
//!
//! # Guards
//!
//! - `port_scan/answered`: enough ports or hosts for the rule, but at least half answered; for a worm, one
//!   that sends anything to the same socket is enough.
//! - `port_scan/traceroute`: three in four datagrams have a hop limit of at most 30, three different ones or
//!   more, and one is 1 or 2.
//! - `port_scan/unseen_request`: most datagrams go from a port below 1024 to one above, or from below 32768
//!   to above: answers, discovery replies and the like. For a worm all must: one that draws its ports at
//!   random hits some that are not above.
//! - `port_scan/hole_punching`: most datagrams are STUN messages.
//! - `port_scan/handshake`: for a worm, most bodies open a conversation of QUIC or DTLS: peers that share one socket.
//! - `port_scan/router`: more than a tenth of the addresses asked for in vain are in other networks.
//! - `port_scan/flood`: nearly each port of the victim was tried by another source, all in one second.
//!
//! Broadcast and multicast are never judged, and a datagram whose hop limit was used up counts for nothing.
//!
//! # Keys
//!
//! - `port_scan_threshold`: distinct ports, from 1 to 4096.
//! - `port_scan_window`: seconds, from 1 to 86400.
//! - `port_scan_refused_threshold`: distinct ports, from 1 to 4096.
//! - `port_scan_udp_threshold`: distinct ports, from 1 to 4096.
//! - `port_scan_sweep_threshold`: hosts, from 1 to 1024.
//! - `port_scan_sweep_external_threshold`: hosts, from 1 to 1024.
//! - `port_scan_arp_threshold`: addresses, from 1 to 256.
//! - `port_scan_stealth_threshold`: ports, from 1 to 1024.
//! - `port_scan_ack_threshold`: ports, from 1 to 1024.
//! - `port_scan_protocol_threshold`: protocols, from 1 to 256.
//! - `port_scan_slow_threshold`: ports or hosts, from 1 to 1024.
//! - `port_scan_slow_window`: seconds, from 1 to 86400.
//! - `port_scan_distributed_threshold`: ports, from 1 to 1024.
//! - `port_scan_worm_threshold`: places, from 1 to 256.
//!
//! # Blind spots
//!
//! Silent UDP ports or silent hosts that are tried once and all within a quarter of a second; ACK scans of
//! hosts that stay silent; protocol scans that nobody answers; SYN with FIN; scans of many
//! ports on many hosts where neither a port nor a host comes again; sweeps of outside hosts slower than the
//! threshold in a minute; UDP scans of high ports from a low source port; single silent probes between
//! other traffic of the same source at slow rates; who takes on the hop limits of a traceroute; sweeps by
//! IPv6 neighbour solicitation. A router that passes somebody else's scan of one network on is taken for
//! the source of an ARP sweep. A capture with one direction only shows no answers, so busy clients in it
//! look like sweeps, and a server that sends much to ports below 32768 like a worm. A worm that fits in less than 256 bytes,
//! takes a port of its own for each datagram, stays within one /16 on one port, or is answered by one of its victims within the
//! second is no worm here; a sweep it may be.
//!
//! # ATT&CK
//!
//! T1046 Network Service Discovery from an internal source, T1595.001 Scanning IP Blocks from an
//! external one. Reputation is asked about the source.
//!
//! # Sources
//!
//! Threshold and window of the first rule are those of the systems that NetSentinel unites. Which flags
//! probe: RFC 9293, 3.10.7.1, and the scan types of nmap. That failures tell scanners from others, and that
//! answers weigh as much the other way in a sweep: Jung, Paxson, Berger and Balakrishnan, Fast Portscan
//! Detection Using Sequential Hypothesis Testing, 2004; with their rates (four in five benign first
//! contacts succeed, one in five of a scanner) four failures more than successes make 99 % sure. Twenty
//! are asked for here, since today's networks have peers, wakes and nightly switched-off machines whose
//! failures come together.

mod contact;
mod distributed;
mod hosts;
mod odd;
mod port_sets;
pub(crate) mod rules;
mod seed;
mod settings;
mod slow;
mod sweep;
mod told;
mod tuned;
mod vertical;
mod worm;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod worm_tests;

use netsentinel_core::config::Profile;
use netsentinel_core::detector::Asks;
use netsentinel_core::detector::attack::{
    NETWORK_SERVICE_DISCOVERY, SCANNING_IP_BLOCKS, Technique,
};
use netsentinel_core::{
    Context, Descriptor, Detector, DetectorKind, Finding, Interest, NeedsRestart, Packet, Party,
    Setup, Severity, Usage,
};

use seed::Seed;
pub use settings::Settings;
use tuned::Tuned;

/// Ports that an alert's evidence lists at most.
const LISTED_MAX: usize = 64;

const INSIDE: &[Technique] = &[NETWORK_SERVICE_DISCOVERY];
const OUTSIDE: &[Technique] = &[SCANNING_IP_BLOCKS];

/// Counts what each source tries, and what becomes of it.
pub struct PortScan(Rules);

enum Rules {
    Seed(Box<Seed>),
    Tuned(Box<Tuned>),
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
        summary: "one source that tries many ports or many hosts",
        rules: rules::ALL,
        guards: rules::GUARDS,
    };

    const DIVIDED: bool = true;

    fn asks(profile: Profile) -> Asks {
        match profile {
            Profile::Seed => Asks { interest: Interest::PROBE, judges: Party::Source },
            Profile::Tuned => Asks {
                interest: Interest::ATTEMPT
                    | Interest::PROBE
                    | Interest::RST
                    | Interest::ICMP
                    | Interest::ICMP_ERROR
                    | Interest::ARP,
                judges: Party::Either,
            },
        }
    }

    fn new(settings: Settings, setup: &Setup) -> Self {
        Self(match setup.profile {
            Profile::Seed => Rules::Seed(Box::new(Seed::new(settings, setup.limits))),
            Profile::Tuned => Rules::Tuned(Box::new(Tuned::new(settings, setup.limits))),
        })
    }

    fn reconfigure(&mut self, settings: Settings, _: &Setup) -> Result<(), NeedsRestart> {
        match &mut self.0 {
            Rules::Seed(seed) => seed.reconfigure(settings),
            Rules::Tuned(tuned) => tuned.reconfigure(settings),
        }
        Ok(())
    }
}

impl Detector for PortScan {
    fn on_packet(&mut self, packet: &Packet<'_>, cx: &mut Context<'_>) {
        match &mut self.0 {
            Rules::Seed(seed) => seed.on_packet(packet, cx),
            Rules::Tuned(tuned) => tuned.on_packet(packet, cx),
        }
    }

    fn on_verdict(&mut self, finding: &Finding<'_>, cx: &mut Context<'_>) {
        match &mut self.0 {
            Rules::Seed(seed) => seed.on_verdict(finding, cx),
            Rules::Tuned(tuned) => tuned.on_verdict(finding, cx),
        }
    }

    fn usage(&self) -> Usage {
        self.tables().into_iter().fold(Usage::default(), |sum, (_, usage)| sum + usage)
    }

    fn tables(&self) -> Vec<(&'static str, Usage)> {
        match &self.0 {
            Rules::Seed(seed) => vec![("all", seed.usage())],
            Rules::Tuned(tuned) => tuned.tables(),
        }
    }
}

/// The technique of a source inside the site, or outside.
const fn techniques(internal: bool) -> &'static [Technique] {
    if internal { INSIDE } else { OUTSIDE }
}
