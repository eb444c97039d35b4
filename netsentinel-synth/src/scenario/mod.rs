//! Named runs of traffic whose effect on the seed rules is known.
//!
//! For each detector there are three: `…-above` just reaches the seed rule, to the packet and to the
//! nanosecond of its inclusive window; `…-below` misses it by one packet, character, byte or
//! nanosecond; `…-benign` looks like the attack and is none. Others are made to measure with.

mod arp_spoofing;
mod brute_force;
mod data_exfiltration;
mod dns_tunnelling;
mod entry;
mod flood;
mod icmp_flood;
mod long_flows;
mod lookups;
mod mixed;
mod options;
mod port_scan;
mod run;
mod scans;
mod scene;
mod showcase;
mod suspicious_port;
mod syn_flood;

pub use entry::ScenarioEntry;
pub use options::{Error, Options};
pub use run::{Run, SynthPacket};

/// Every scenario, one line each: name, detectors whose seed rule fires, what happens.
#[rustfmt::skip]
pub const SCENARIOS: &[ScenarioEntry] = &[
    ScenarioEntry::new("port_scan-above", &["port_scan"], "one host probes 15 filtered ports of a server in exactly 10 s", port_scan::above),
    ScenarioEntry::new("port_scan-below", &[], "the 15th port is probed 1 ns after the window", port_scan::below),
    ScenarioEntry::new("port_scan-benign", &[], "a busy web server, a resolver and a client of 14 services", port_scan::benign),
    ScenarioEntry::new("syn_flood-above", &["syn_flood"], "one source sends 200 SYNs in exactly 5 s", syn_flood::above),
    ScenarioEntry::new("syn_flood-below", &[], "the 200th SYN comes 1 ns after the window", syn_flood::below),
    ScenarioEntry::new("syn_flood-benign", &[], "a web farm whose clients connect often, and a busy proxy", syn_flood::benign),
    ScenarioEntry::new("icmp_flood-above", &["icmp_flood"], "one source sends 100 echo requests in exactly 5 s", icmp_flood::above),
    ScenarioEntry::new("icmp_flood-below", &[], "the 100th echo request comes 1 ns after the window", icmp_flood::below),
    ScenarioEntry::new("icmp_flood-benign", &[], "monitoring stations ping at 18 a second; one target answers all", icmp_flood::benign),
    ScenarioEntry::new("suspicious_port-above", &["suspicious_port"], "a host connects to port 4444 outside", suspicious_port::above),
    ScenarioEntry::new("suspicious_port-below", &[], "connections to the ports beside the listed ones", suspicious_port::below),
    ScenarioEntry::new("suspicious_port-benign", &[], "listed ports as the source port of clients", suspicious_port::benign),
    ScenarioEntry::new("arp_spoofing-above", &["arp_spoofing"], "a host claims the router's address once", arp_spoofing::above),
    ScenarioEntry::new("arp_spoofing-below", &[], "claims that do not count: zero or broadcast hardware address, no sender", arp_spoofing::below),
    ScenarioEntry::new("arp_spoofing-benign", &[], "gratuitous ARP, repeated announcements, address probes", arp_spoofing::benign),
    ScenarioEntry::new("dns_tunnelling-above", &["dns_tunnelling"], "eight queries for different names of 51 characters", dns_tunnelling::above),
    ScenarioEntry::new("dns_tunnelling-below", &[], "many queries for names of 50 characters with data in them", dns_tunnelling::below),
    ScenarioEntry::new("dns_tunnelling-benign", &[], "long names in mDNS, LLMNR and responses only", dns_tunnelling::benign),
    ScenarioEntry::new("data_exfiltration-above", &["data_exfiltration"], "a host uploads 5,000,000 bytes in exactly 60 s", data_exfiltration::above).snaplen(CUT),
    ScenarioEntry::new("data_exfiltration-below", &[], "a host uploads 4,999,999 bytes in 60 s", data_exfiltration::below).snaplen(CUT),
    ScenarioEntry::new("data_exfiltration-benign", &[], "a download, an internal backup, a stream, a call of 4.9 MB a minute each way", data_exfiltration::benign).snaplen(CUT),
    ScenarioEntry::new("brute_force-above", &["brute_force"], "one source tries SSH on one server 30 times in exactly 30 s", brute_force::above),
    ScenarioEntry::new("brute_force-below", &[], "the 30th attempt comes 1 ns after the window", brute_force::below),
    ScenarioEntry::new("brute_force-benign", &[], "many log-ins spread over ten servers, one long session", brute_force::benign),
    ScenarioEntry::new("mixed", &[], "a site at work for 3 min: web, DNS, QUIC, NTP, ARP, SSH, SMB, mDNS, IPv6", mixed::mixed).hosts(40).rate(200).duration_s(180),
    ScenarioEntry::new("flood", &[], "SYNs to one server, each from a new spoofed source, for 10 s", flood::flood).rate(20_000).duration_s(10),
    ScenarioEntry::new("flood-hide", &["port_scan", "brute_force"], "the same flood, with a port scan and a brute force hidden inside", flood::hide).rate(20_000).duration_s(10),
    ScenarioEntry::new("scans", &["port_scan"], "scanners of every kind, many at once, for 30 s", scans::scans).hosts(40).rate(800).duration_s(30).load(),
    ScenarioEntry::new("dns", &[], "look-ups of a large site for 30 s: 20,000 names, reverse look-ups, names that are not there", lookups::lookups).hosts(400).rate(2_000).duration_s(30).load(),
    ScenarioEntry::new("long-flows", &[], "a few downloads, backups and shells that last the whole 30 s, beside a site at work", long_flows::long_flows).hosts(80).rate(1_000).duration_s(30).load(),
    ScenarioEntry::new("showcase", showcase::FIRES, "two minutes of a site at work in which each attack happens once", showcase::showcase).hosts(40).rate(80).duration_s(120).snaplen(CUT),
];

/// Bytes kept of each frame where the length counts and not the content.
const CUT: u32 = 192;

/// The scenario of this name.
pub fn find(name: &str) -> Option<&'static ScenarioEntry> {
    SCENARIOS.iter().find(|entry| entry.name == name)
}
