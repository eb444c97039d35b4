//! Scans and what looks like them, packet by packet.

use std::net::{IpAddr, Ipv4Addr};

use netsentinel_core::config::Config;
use netsentinel_core::{
    Alert, Arp, LinkType, Mac, Pipeline, Record, Registration, TcpFlags, Timestamp,
};
use netsentinel_synth::{Frame, Segment};

use super::PortScan;

const DETECTORS: &[Registration] = &[Registration::of::<PortScan>()];
pub(super) const SCANNER: [u8; 4] = [10, 0, 0, 66];
const VICTIM: [u8; 4] = [10, 0, 0, 2];
pub(super) const OUTSIDE: [u8; 4] = [198, 51, 100, 7];
const SYN_ACK: TcpFlags = TcpFlags::SYN.union(TcpFlags::ACK);
const RST_ACK: TcpFlags = TcpFlags::RST.union(TcpFlags::ACK);
/// What a scanner's SYNs come from.
const FROM: u16 = 54_321;

/// A wire with the detector on it, under profile `tuned`.
pub(super) struct Wire {
    pub(super) pipeline: Pipeline,
    pub(super) alerts: Vec<Alert>,
    millis: i64,
    frame: u64,
    hops: u8,
}

impl Wire {
    pub(super) fn new() -> Self {
        Self::with("{}")
    }

    pub(super) fn with(config: &str) -> Self {
        let config = Config::parse(config).unwrap();
        let pipeline = Pipeline::builder(&config).detectors(DETECTORS).build().unwrap();
        Self { pipeline, alerts: Vec::new(), millis: 0, frame: 0, hops: 64 }
    }

    pub(super) fn pass(&mut self, millis: i64) -> &mut Self {
        self.millis += millis;
        self
    }

    fn send(&mut self, build: impl FnOnce(Frame<'_>) -> usize) {
        let mut data = Vec::new();
        let wire_len = build(Frame::new(&mut data).ethernet(Mac([2; 6]), Mac([4; 6]))) as u32;
        self.frame += 1;
        let record = Record {
            frame: self.frame,
            timestamp: Timestamp::from_parts(1_800_000_000, self.millis * 1_000_000),
            link: LinkType::ETHERNET,
            wire_len,
            data: &data,
            interface: None,
        };
        self.pipeline.push(&record, &mut self.alerts);
    }

    fn tcp(&mut self, from: ([u8; 4], u16), to: ([u8; 4], u16), flags: TcpFlags) {
        let segment = Segment::new(from.1, to.1, flags);
        self.send(|frame| frame.ipv4(from.0.into(), to.0.into()).tcp(segment, b""));
    }

    pub(super) fn udp(&mut self, from: ([u8; 4], u16), to: ([u8; 4], u16), payload: &[u8]) {
        let hops = self.hops;
        self.send(|frame| {
            let frame = frame.ipv4(from.0.into(), to.0.into()).hop_limit(hops);
            frame.udp(from.1, to.1, payload)
        });
    }

    fn syn(&mut self, source: [u8; 4], victim: [u8; 4], port: u16) {
        self.tcp((source, FROM), (victim, port), TcpFlags::SYN);
    }

    fn refused(&mut self, source: [u8; 4], victim: [u8; 4], port: u16) {
        self.syn(source, victim, port);
        self.tcp((victim, port), (source, FROM), RST_ACK);
    }

    fn answered(&mut self, source: [u8; 4], victim: [u8; 4], port: u16) {
        self.syn(source, victim, port);
        self.tcp((victim, port), (source, FROM), SYN_ACK);
    }

    fn echo(&mut self, source: [u8; 4], victim: [u8; 4], reply: bool) {
        self.send(|frame| frame.ipv4(source.into(), victim.into()).echo_request(7, 1, b"abcdefgh"));
        if reply {
            self.send(|frame| {
                frame.ipv4(victim.into(), source.into()).echo_reply(7, 1, b"abcdefgh")
            });
        }
    }

    fn ask(&mut self, sender: [u8; 4], target: [u8; 4]) {
        let arp = Arp {
            operation: 1,
            sender_mac: Mac([2; 6]),
            sender_ip: sender.into(),
            target_mac: Mac([0; 6]),
            target_ip: target.into(),
        };
        self.send(|frame| frame.arp(&arp));
    }

    /// What was told: the rule, and of whom.
    fn told(&mut self) -> Vec<(&str, Option<IpAddr>)> {
        self.pipeline.finish(&mut self.alerts);
        let first = self.alerts.iter().filter(|alert| alert.update == 0);
        first.map(|alert| (&*alert.rule, alert.source.ip)).collect()
    }

    pub(super) fn rules(&mut self) -> Vec<&str> {
        self.told().into_iter().map(|(rule, _)| rule).collect()
    }

    /// How often `guard` has spared somebody.
    pub(super) fn spared(&self, guard: &str) -> u64 {
        let stats = self.pipeline.stats();
        let rules = stats.detectors["port_scan"].rules.values();
        rules.filter_map(|rule| rule.suppressed_by.get(guard)).sum()
    }
}

fn host(last: u8) -> [u8; 4] {
    [10, 0, 1, last]
}

#[test]
fn ports_of_one_host_make_a_scan_by_what_becomes_of_them() {
    let mut silent = Wire::new();
    (1..15).for_each(|port| silent.syn(SCANNER, VICTIM, port));
    assert_eq!(silent.alerts.len(), 0);
    silent.syn(SCANNER, VICTIM, 15);
    assert_eq!(silent.rules(), ["port_scan/vertical"]);

    let mut refused = Wire::new();
    (1..8).for_each(|port| refused.refused(SCANNER, VICTIM, port));
    assert_eq!(refused.alerts.len(), 0);
    refused.refused(SCANNER, VICTIM, 8);
    assert_eq!(refused.alerts[0].evidence["ports"].as_array().unwrap().len(), 8);
    (9..=1_000).for_each(|port| refused.refused(SCANNER, VICTIM, port));
    assert_eq!(refused.rules(), ["port_scan/vertical"]);
    assert_eq!(refused.alerts.last().unwrap().count, 1_000);
}

#[test]
fn a_half_open_scan_of_a_host_where_all_is_open_is_found() {
    let mut wire = Wire::new();
    for port in 1..=15 {
        wire.answered(SCANNER, VICTIM, port);
        wire.tcp((SCANNER, FROM), (VICTIM, port), TcpFlags::RST);
        wire.pass(1);
    }
    assert_eq!(wire.rules(), ["port_scan/vertical"]);
}

#[test]
fn data_connections_of_a_client_are_no_scan() {
    let mut wire = Wire::new();
    (1..=50).for_each(|n| wire.pass(100).answered(SCANNER, VICTIM, 40_000 + n));
    assert_eq!(wire.rules(), [""; 0]);
    assert!(wire.spared("port_scan/answered") > 0);

    let mut off = Wire::with(r#"{"disabled_guards": ["port_scan/answered"]}"#);
    (1..=50).for_each(|n| off.pass(100).answered(SCANNER, VICTIM, 40_000 + n));
    assert_eq!(off.rules(), ["port_scan/vertical"]);
}

#[test]
fn peers_on_many_hosts_and_ports_are_no_scan() {
    let mut wire = Wire::new();
    for n in 0..200_u16 {
        let peer = [198, 51, 100, n as u8];
        match n % 3 {
            0 => wire.pass(50).answered(SCANNER, peer, 20_000 + 7 * n),
            1 => wire.pass(50).refused(SCANNER, peer, 30_000 + 7 * n),
            _ => wire.pass(50).syn(SCANNER, peer, 6_881),
        }
    }
    assert_eq!(wire.rules(), [""; 0]);
}

#[test]
fn another_victim_is_told_anew_and_many_are_told_as_one_sweep() {
    let mut wire = Wire::new();
    for victim in 1..=254 {
        (1..=20).for_each(|port| wire.refused(SCANNER, host(victim), port * 7));
        wire.pass(10);
    }
    assert_eq!(wire.rules(), ["port_scan/vertical", "port_scan/vertical", "port_scan/sweep"]);
}

#[test]
fn a_second_wave_after_quiet_is_told_anew() {
    let mut wire = Wire::new();
    for _ in 0..2 {
        (1..=30).for_each(|port| wire.refused(SCANNER, VICTIM, port));
        wire.pass(90_000);
    }
    assert_eq!(wire.rules(), ["port_scan/vertical"; 2]);
    // Of silent ports, even from the same port and sooner than connections are forgotten.
    let mut silent = Wire::new();
    for _ in 0..2 {
        (1..=15).for_each(|port| silent.syn(SCANNER, VICTIM, port));
        silent.pass(20_000);
    }
    assert_eq!(silent.rules(), ["port_scan/vertical"; 2]);
}

#[test]
fn one_port_of_many_hosts_is_a_sweep() {
    let mut wire = Wire::new();
    (1..=60).for_each(|n| wire.pass(20).syn(SCANNER, host(n), 445));
    assert_eq!(wire.told(), [("port_scan/sweep", Some(SCANNER.into()))]);
}

#[test]
fn clients_translators_and_monitors_are_no_sweep() {
    let mut wire = Wire::new();
    for round in 0..3 {
        for n in 1..=200 {
            wire.pass(20).answered(SCANNER, [198, 51, 100, n], 443);
            if n % 10 == 0 {
                wire.refused(SCANNER, host(n / 10), 161);
            } else {
                wire.answered(SCANNER, host(n), 161);
            }
        }
        wire.pass(round * 1_000);
    }
    assert_eq!(wire.rules(), [""; 0]);
}

#[test]
fn a_few_segments_that_no_stack_sends_are_a_stealth_scan() {
    let xmas = TcpFlags::FIN | TcpFlags::PSH | TcpFlags::URG;
    for flags in [TcpFlags::empty(), TcpFlags::FIN, xmas] {
        let mut wire = Wire::new();
        (1..5).for_each(|port| wire.tcp((SCANNER, FROM), (VICTIM, port), flags));
        (0..50).for_each(|_| wire.tcp((SCANNER, FROM), (VICTIM, 4), flags));
        assert_eq!(wire.alerts.len(), 0, "a broken host repeats itself");
        wire.tcp((SCANNER, FROM), (VICTIM, 5), flags);
        assert_eq!(wire.rules(), ["port_scan/stealth"]);
    }
}

#[test]
fn resets_of_what_is_no_connection_are_an_ack_scan() {
    let mut wire = Wire::new();
    for port in 1..=10 {
        wire.tcp((SCANNER, FROM), (VICTIM, port), TcpFlags::ACK);
        wire.tcp((VICTIM, port), (SCANNER, FROM), TcpFlags::RST);
    }
    assert_eq!(wire.told(), [("port_scan/ack", Some(SCANNER.into()))]);

    // A client drops its connections to a web server, as when its user closes the browser.
    let mut client = Wire::new();
    (0..50).for_each(|n| client.tcp((SCANNER, 50_000 + n), (OUTSIDE, 443), TcpFlags::RST));
    // And a host resets the answers to connections that somebody opened in its name.
    (0..50).for_each(|n| client.tcp((VICTIM, 2_000 + n), (OUTSIDE, 80), TcpFlags::RST));
    assert_eq!(client.rules(), [""; 0]);
}

#[test]
fn udp_ports_that_are_silent_are_a_scan_and_those_that_answer_are_not() {
    let mut wire = Wire::new();
    (1..=14).for_each(|port| wire.pass(50).udp((SCANNER, FROM), (VICTIM, port), b""));
    assert_eq!(wire.rules(), [""; 0], "not silent for long enough");
    (15..=20).for_each(|port| wire.pass(50).udp((SCANNER, FROM), (VICTIM, port), b""));
    assert_eq!(wire.rules(), ["port_scan/udp"]);

    let mut calls = Wire::new();
    for n in 0..50 {
        calls.pass(20).udp((SCANNER, 16_384 + 2 * n), (VICTIM, 20_000 + 2 * n), b"voice");
        calls.udp((VICTIM, 20_000 + 2 * n), (SCANNER, 16_384 + 2 * n), b"voice");
    }
    assert_eq!(calls.rules(), [""; 0]);
}

#[test]
fn a_traceroute_is_told_by_its_hop_limits() {
    let mut wire = Wire::new();
    for n in 0..60 {
        wire.hops = 1 + (n / 3) as u8;
        wire.pass(100).udp((SCANNER, 40_000 + n), (OUTSIDE, 33_434 + n), b"");
    }
    assert_eq!(wire.rules(), [""; 0]);
    assert!(wire.spared("port_scan/traceroute") > 0);
}

#[test]
fn answers_without_a_request_are_no_scan() {
    let mut wire = Wire::new();
    // A resolver and a game server whose clients' requests are not in the capture, and a TFTP server
    // that sends from a port for each transfer.
    for n in 0..40_u16 {
        wire.pass(50).udp((VICTIM, 53), (SCANNER, 40_000 + 13 * n), b"answer");
        wire.udp((VICTIM, 27_015), (OUTSIDE, 50_000 + 13 * n), b"state");
        wire.udp((SCANNER, 1_500 + n), (VICTIM, 69), b"read");
        wire.udp((VICTIM, 3_000 + n), (SCANNER, 1_500 + n), b"block");
        wire.udp((SCANNER, 1_500 + n), (VICTIM, 3_000 + n), b"acknowledged");
    }
    assert_eq!(wire.rules(), [""; 0]);
    assert!(wire.spared("port_scan/unseen_request") > 0);
}

#[test]
fn a_call_that_looks_for_a_way_is_no_scan() {
    let mut wire = Wire::new();
    let binding = [0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
    (0..60).for_each(|n| wire.pass(50).udp((SCANNER, FROM), (OUTSIDE, 20_000 + n), &binding));
    assert_eq!(wire.rules(), [""; 0]);
    assert!(wire.spared("port_scan/hole_punching") > 0);
}

#[test]
fn protocols_that_are_unreachable_are_a_scan() {
    let mut wire = Wire::new();
    for protocol in 100..105_u8 {
        let mut quoted = vec![0x45, 0, 0, 20, 0, 0, 0, 0, 64, protocol, 0, 0];
        quoted.extend(SCANNER.into_iter().chain(VICTIM));
        wire.send(|frame| frame.ipv4(VICTIM.into(), SCANNER.into()).icmp(3, 2, [0; 4], &quoted));
    }
    assert_eq!(wire.told(), [("port_scan/protocol", Some(SCANNER.into()))]);
}

#[test]
fn pings_of_hosts_that_are_not_there_are_a_sweep() {
    let mut wire = Wire::new();
    (1..=60).for_each(|n| wire.pass(20).echo(SCANNER, host(n), n % 10 == 0));
    assert_eq!(wire.rules(), ["port_scan/icmp_sweep"]);

    let mut monitor = Wire::new();
    for _ in 0..3 {
        (1..=200).for_each(|n| monitor.pass(20).echo(SCANNER, host(n), n % 10 != 0));
    }
    assert_eq!(monitor.rules(), [""; 0]);
}

#[test]
fn a_network_asked_for_by_arp_is_a_sweep_unless_a_router_asks() {
    let mut wire = Wire::new();
    (1..=100).for_each(|n| wire.pass(10).ask(SCANNER, [10, 0, 0, 100 + n]));
    assert_eq!(wire.told(), [("port_scan/arp_sweep", Some(SCANNER.into()))]);

    let mut router = Wire::new();
    (1..=200).for_each(|n| router.pass(30).ask([10, 0, 0, 1], [10, 0, n % 4, n]));
    assert_eq!(router.rules(), [""; 0]);
    assert!(router.spared("port_scan/router") > 0);
}

#[test]
fn a_port_every_quarter_of_a_minute_is_a_slow_scan() {
    for answer in [Wire::refused, Wire::syn] {
        let mut wire = Wire::new();
        (1..=22).for_each(|port| answer(wire.pass(15_000), SCANNER, VICTIM, port));
        assert_eq!(wire.rules(), ["port_scan/slow"]);
    }
    let mut sweep = Wire::new();
    (1..=22).for_each(|n| sweep.pass(15_000).refused(SCANNER, host(n), 22));
    assert_eq!(sweep.rules(), ["port_scan/slow"]);
    let mut inventory = Wire::new();
    for n in 1..=100 {
        let answer = if n % 3 == 0 { Wire::refused } else { Wire::answered };
        answer(inventory.pass(15_000), SCANNER, host(n), 22);
    }
    assert_eq!(inventory.rules(), [""; 0]);
}

#[test]
fn a_scan_by_many_is_told_of_the_victim() {
    let mut wire = Wire::new();
    for port in 1..=60_u16 {
        wire.pass(100).refused([198, 51, 100, (port % 12) as u8], VICTIM, port);
    }
    assert_eq!(wire.rules(), ["port_scan/distributed"]);
    assert_eq!(wire.alerts[0].target.ip, Some(Ipv4Addr::from(VICTIM).into()));

    let mut flood = Wire::new();
    for n in 0..2_000_u16 {
        if n % 4 == 0 {
            flood.pass(1);
        }
        flood.refused([203, 0, (n >> 8) as u8, n as u8], VICTIM, n.wrapping_mul(7_919));
    }
    assert_eq!(flood.rules(), [""; 0]);
    assert!(flood.spared("port_scan/flood") > 0);
}

#[test]
fn decoys_do_not_hide_that_a_host_is_scanned() {
    let mut wire = Wire::new();
    for port in 1..=100_u16 {
        wire.pass(30);
        [66, 50, 51, 52].iter().for_each(|last| wire.syn([10, 0, 0, *last], VICTIM, port));
    }
    let rules = wire.rules();
    assert_eq!(rules.iter().filter(|rule| **rule == "port_scan/vertical").count(), 4);
    assert_eq!(rules.iter().filter(|rule| **rule == "port_scan/distributed").count(), 1);
}

#[test]
fn discovery_by_broadcast_is_no_scan() {
    let mut wire = Wire::new();
    for n in 0..100 {
        wire.pass(20).udp((SCANNER, 49_152 + n), ([255; 4], 5_560), b"who");
        wire.udp((VICTIM, 5_560), ([255; 4], 49_152 + n), b"me");
    }
    assert_eq!(wire.rules(), [""; 0]);
}
