//! The lines of the table: what each detector is told to look for, and an attack of any strength.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use netsentinel_core::{Arp, Mac, RiskTier, Severity, TcpFlags};
use netsentinel_synth::{Dns, Frame, Segment, SynthPacket};
use netsentinel_tests::replay::START;

const GATEWAY: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
const SERVER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 10);
const INSIDER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 66);
const OUTSIDER: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 66);
const HONEST: Mac = Mac([2, 0, 0, 0, 0, 1]);
const ATTACKER: Mac = Mac([2, 0, 0, 0, 0, 66]);

/// A detector with its settings, and how to set it off.
pub(crate) struct Case {
    pub(crate) detector: &'static str,
    /// Keys of the configuration, each with a comma before it.
    pub(crate) settings: &'static str,
    pub(crate) severity: Severity,
    pub(crate) threshold: u64,
    /// Whether the threshold must be exceeded, not just reached.
    pub(crate) exceeds: bool,
    pub(crate) window: Option<Duration>,
    pub(crate) cooldown: Duration,
    /// Whom reputation is asked about.
    pub(crate) indicator: Option<&'static str>,
    /// Packets, all at `START`, of which the last makes the count as large as asked for.
    pub(crate) attack: fn(u64) -> Vec<SynthPacket>,
}

impl Case {
    /// The threshold as `tier` lowers it.
    pub(crate) fn scaled(&self, tier: RiskTier) -> u64 {
        let factor = match tier {
            RiskTier::Clean => 1.0,
            RiskTier::Low => 0.75,
            RiskTier::Medium => 0.5,
            RiskTier::High => 0.25,
            RiskTier::Critical => 0.1,
        };
        ((self.threshold as f64 * factor).ceil() as u64).max(1)
    }

    /// The least count that raises an alert.
    pub(crate) fn least(&self, tier: RiskTier) -> u64 {
        self.scaled(tier) + u64::from(self.exceeds)
    }
}

/// A line of the table, for what has a window and asks about the source outside.
const PLAIN: Case = Case {
    detector: "",
    settings: "",
    severity: Severity::High,
    threshold: 1,
    exceeds: false,
    window: None,
    cooldown: Duration::from_secs(15),
    indicator: Some("203.0.113.66"),
    attack: |_| Vec::new(),
};

const fn seconds(seconds: u64) -> Option<Duration> {
    Some(Duration::from_secs(seconds))
}

/// The detectors as they come.
#[rustfmt::skip]
pub(crate) const DEFAULT: &[Case] = &[
    Case { detector: "port_scan", threshold: 15, window: seconds(10), attack: scan, ..PLAIN },
    Case { detector: "syn_flood", severity: Severity::Critical, threshold: 200, window: seconds(5), attack: |n| syns(n, |_| 80), ..PLAIN },
    Case { detector: "icmp_flood", threshold: 100, window: seconds(5), attack: pings, ..PLAIN },
    Case { detector: "suspicious_port", severity: Severity::Medium, attack: |n| contacts(n, 4444), ..PLAIN },
    Case { detector: "arp_spoofing", severity: Severity::Critical, indicator: None, attack: claims, ..PLAIN },
    Case { detector: "dns_tunnelling", severity: Severity::Medium, threshold: 50, exceeds: true, indicator: Some("z"), attack: query, ..PLAIN },
    Case { detector: "data_exfiltration", threshold: 5_000_000, window: seconds(60), attack: upload, ..PLAIN },
    Case { detector: "brute_force", threshold: 30, window: seconds(30), attack: |n| syns(n, |_| 22), ..PLAIN },
];

const QUICK: Case = Case { cooldown: Duration::from_secs(4), ..PLAIN };

/// The same with settings of one's own.
#[rustfmt::skip]
pub(crate) const CUSTOM: &[Case] = &[
    Case { detector: "port_scan", settings: r#", "alert_cooldown": 4, "port_scan_threshold": 7, "port_scan_window": 3"#, threshold: 7, window: seconds(3), attack: scan, ..QUICK },
    Case { detector: "syn_flood", settings: r#", "alert_cooldown": 4, "syn_flood_threshold": 12, "syn_flood_window": 2"#, severity: Severity::Critical, threshold: 12, window: seconds(2), attack: |n| syns(n, |_| 80), ..QUICK },
    Case { detector: "icmp_flood", settings: r#", "alert_cooldown": 4, "icmp_flood_threshold": 9, "icmp_flood_window": 1"#, threshold: 9, window: seconds(1), attack: pings, ..QUICK },
    Case { detector: "suspicious_port", settings: r#", "alert_cooldown": 4, "suspicious_ports": [9999, 7]"#, severity: Severity::Medium, attack: |n| contacts(n, 9999), ..QUICK },
    Case { detector: "arp_spoofing", settings: r#", "alert_cooldown": 4"#, severity: Severity::Critical, indicator: None, attack: claims, ..QUICK },
    Case { detector: "dns_tunnelling", settings: r#", "alert_cooldown": 4, "dns_tunnel_query_len": 20"#, severity: Severity::Medium, threshold: 20, exceeds: true, indicator: Some("z"), attack: query, ..QUICK },
    Case { detector: "data_exfiltration", settings: r#", "alert_cooldown": 4, "exfil_bytes_threshold": 90000, "exfil_window": 7"#, threshold: 90_000, window: seconds(7), attack: upload, ..QUICK },
    Case { detector: "brute_force", settings: r#", "alert_cooldown": 4, "bruteforce_threshold": 5, "bruteforce_window": 86400, "bruteforce_ports": [2222, 99]"#, threshold: 5, window: seconds(86_400), attack: |n| syns(n, |_| 2222), ..QUICK },
];

fn packet(build: impl FnOnce(Frame<'_>) -> usize) -> SynthPacket {
    let mut data = Vec::new();
    let wire_len = build(Frame::new(&mut data).ethernet(ATTACKER, HONEST)) as u32;
    SynthPacket { timestamp: START, wire_len, data }
}

fn syn(source: Ipv4Addr, target: Ipv4Addr, port: u16) -> SynthPacket {
    packet(|frame| frame.ipv4(source, target).tcp(Segment::new(50_000, port, TcpFlags::SYN), b""))
}

fn syns(count: u64, port: impl Fn(u64) -> u16) -> Vec<SynthPacket> {
    (0..count).map(|index| syn(OUTSIDER, SERVER, port(index))).collect()
}

fn scan(ports: u64) -> Vec<SynthPacket> {
    syns(ports, |index| 1000 + index as u16)
}

fn pings(count: u64) -> Vec<SynthPacket> {
    let ping = |index| {
        packet(|frame| frame.ipv4(OUTSIDER, SERVER).echo_request(7, index as u16, b"abcdefgh"))
    };
    (0..count).map(ping).collect()
}

/// So many connections to `port`; for none, one to the port beside it.
fn contacts(count: u64, port: u16) -> Vec<SynthPacket> {
    match count {
        0 => vec![syn(INSIDER, OUTSIDER, port + 1)],
        count => (0..count).map(|_| syn(INSIDER, OUTSIDER, port)).collect(),
    }
}

/// The router announces itself, then its address changes hands so many times; for none, it only
/// announces itself again.
fn claims(changes: u64) -> Vec<SynthPacket> {
    let claim = |sender_mac| {
        let arp = Arp {
            operation: 2,
            sender_mac,
            sender_ip: GATEWAY,
            target_mac: HONEST,
            target_ip: SERVER,
        };
        packet(|frame| frame.arp(&arp))
    };
    let again = (changes == 0).then(|| claim(HONEST));
    let changes = (0..changes).map(|n| claim(if n % 2 == 0 { ATTACKER } else { HONEST }));
    [claim(HONEST)].into_iter().chain(again).chain(changes).collect()
}

/// One query for a name of so many characters below `z`.
fn query(length: u64) -> Vec<SynthPacket> {
    let mut name = String::from("z");
    while (name.len() as u64) < length {
        let dot = name.len() % 40 == 1 && (name.len() as u64) + 1 < length;
        name.insert(0, if dot { '.' } else { 'a' });
    }
    let dns =
        |frame: Frame<'_>| frame.ipv4(INSIDER, SERVER).dns(50_001, 53, &Dns::query(7, &name, 16));
    vec![packet(dns)]
}

/// So many bytes on the wire to the outside, in frames of which only the headers are kept.
fn upload(bytes: u64) -> Vec<SynthPacket> {
    const LAST: u64 = 100;
    let datagram = |wire_len: u64| {
        let to = IpAddr::V4(OUTSIDER);
        let whole = packet(|frame| frame.ip(IpAddr::V4(INSIDER), to).udp(50_002, 443, b""));
        SynthPacket { wire_len: wire_len as u32, ..whole }
    };
    let full = (bytes - LAST) / 60_000;
    let lengths = std::iter::repeat_n(60_000, full as usize);
    lengths.chain([(bytes - LAST) % 60_000, LAST]).map(datagram).collect()
}
