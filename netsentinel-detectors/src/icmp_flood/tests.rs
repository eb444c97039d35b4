//! Floods, and what looks like them.

use std::net::Ipv4Addr;

use netsentinel_core::{Mac, Registration};
use netsentinel_synth::Frame;
use netsentinel_synth::frame::fragments;

use super::IcmpFlood;
use crate::flood_wire::{Wire, host, ip};
use crate::udp_flood::UdpFlood;

const SERVER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
const CLIENT: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 66);

fn wire() -> Wire {
    // The other one has attempts followed.
    Wire::new(&[Registration::of::<IcmpFlood>(), Registration::of::<UdpFlood>()])
}

fn ping(wire: &mut Wire, from: Ipv4Addr, to: Ipv4Addr) {
    wire.send(|frame| frame.ipv4(from, to).echo_request(7, 1, b"abcdefgh"));
}

fn reply(wire: &mut Wire, from: Ipv4Addr, to: Ipv4Addr) {
    wire.send(|frame| frame.ipv4(from, to).echo_reply(7, 1, b"abcdefgh"));
}

/// An error of `from` to `to` about a datagram of its to port 53.
fn unreachable(wire: &mut Wire, from: Ipv4Addr, to: Ipv4Addr, port: u16) {
    let mut quoted = Vec::new();
    Frame::new(&mut quoted).ipv4(to, from).udp(port, 53, b"");
    wire.send(|frame| frame.ipv4(from, to).icmp(3, 3, [0; 4], &quoted));
}

#[test]
fn source_one_that_is_answered() {
    let mut wire = wire();
    for _ in 0..300 {
        ping(&mut wire, CLIENT, SERVER);
        reply(&mut wire, SERVER, CLIENT);
        wire.wait(10_000);
    }
    let alerts = wire.raised();
    let [alert] = &alerts[..] else { panic!("{alerts:?}") };
    assert_eq!((&*alert.rule, alert.count), ("icmp_flood/source", 100));
    assert_eq!((alert.source.ip, alert.target.ip), (ip(CLIENT), ip(SERVER)));
}

#[test]
fn victim_spoofed_sources_and_many_machines() {
    let mut spoofed = wire();
    for n in 0..2_000 {
        if n % 10 == 0 {
            ping(&mut spoofed, Ipv4Addr::from_bits(0xe500_0000 + n), SERVER);
        }
        ping(&mut spoofed, host(n), SERVER);
        reply(&mut spoofed, SERVER, host(n));
        spoofed.wait(2_000);
    }
    assert_eq!(spoofed.rules(), ["icmp_flood/victim"]);
    let mut machines = wire();
    for n in 0..30_000 {
        ping(&mut machines, host(n % 50), SERVER);
        machines.wait(200);
    }
    assert_eq!(machines.rules(), ["icmp_flood/victim"], "sources join it");
}

#[test]
fn like_a_gateway_that_everybody_watches() {
    let mut wire = wire();
    for _ in 0..10 {
        for n in 0..200 {
            ping(&mut wire, host(n), SERVER);
            reply(&mut wire, SERVER, host(n));
            wire.wait(5_000);
        }
    }
    wire.assert_spared("icmp_flood/monitors");
}

#[test]
fn like_a_monitor_of_a_whole_network() {
    let mut wire = wire();
    for n in 0..2_000 {
        ping(&mut wire, CLIENT, host(n));
        reply(&mut wire, host(n), CLIENT);
        wire.wait(1_000);
    }
    assert_eq!(wire.rules(), [""; 0]);
}

/// Pings of so many bytes, in fragments, one every so many milliseconds.
fn large(bytes: usize, count: u32, millis: i64) -> Vec<String> {
    let mut wire = wire();
    for n in 0..count {
        for (from, to, request) in [(CLIENT, SERVER, true), (SERVER, CLIENT, false)] {
            let mut whole = Vec::new();
            let frame = Frame::new(&mut whole).ethernet(Mac([2; 6]), Mac([4; 6])).ipv4(from, to);
            let payload = vec![7; bytes];
            match request {
                true => frame.echo_request(7, 1, &payload),
                false => frame.echo_reply(7, 1, &payload),
            };
            for piece in fragments(&whole, 1_480, n) {
                wire.push(&piece);
            }
        }
        wire.wait(millis * 1_000);
    }
    wire.rules()
}

#[test]
fn large_pings_are_told_and_jumbo_tests_are_not() {
    assert_eq!(large(65_000, 6, 1_000), ["icmp_flood/large"]);
    assert_eq!(large(8_972, 20, 1_000), [""; 0]);
    assert_eq!(large(3_000, 400, 10), ["icmp_flood/large"], "the source joins it");
}

#[test]
fn oversized_the_ping_of_death() {
    let mut wire = wire();
    let mut whole = Vec::new();
    Frame::new(&mut whole).ethernet(Mac([2; 6]), Mac([4; 6])).ipv4(CLIENT, SERVER).echo_request(
        7,
        1,
        &[7; 3_000],
    );
    let mut pieces = fragments(&whole, 1_480, 9);
    let last = pieces.last_mut().unwrap();
    // The last piece begins where the longest datagram has all but ended.
    last[20..22].copy_from_slice(&(65_528_u16 / 8).to_be_bytes());
    for piece in &pieces {
        wire.push(piece);
    }
    assert_eq!(wire.rules(), ["icmp_flood/oversized"]);
}

#[test]
fn smurf_asks_all_in_the_name_of_one() {
    let mut wire = wire();
    for n in 0..60 {
        let to = Ipv4Addr::new(10, 0, 0, 255);
        ping(&mut wire, host(1), to);
        for answer in 1..6 {
            reply(&mut wire, Ipv4Addr::new(10, 0, 0, answer + n % 9), host(1));
        }
        wire.wait(10_000);
    }
    let alerts = wire.raised();
    let rules: Vec<_> = alerts.iter().map(|alert| &*alert.rule).collect();
    assert_eq!(rules, ["icmp_flood/smurf"]);
}

#[test]
fn like_a_ping_to_all_by_hand() {
    let mut wire = wire();
    for _ in 0..30 {
        ping(&mut wire, CLIENT, Ipv4Addr::BROADCAST);
        for n in 0..20 {
            reply(&mut wire, host(n), CLIENT);
        }
        wire.wait(1_000_000);
    }
    assert_eq!(wire.rules(), [""; 0]);
}

#[test]
fn replies_that_nobody_asked_for() {
    let mut wire = wire();
    for n in 0..500 {
        reply(&mut wire, host(n), SERVER);
        wire.wait(2_000);
    }
    assert_eq!(wire.rules(), ["icmp_flood/replies"]);
}

#[test]
fn unreachable_about_what_was_never_sent_and_about_what_was() {
    let mut forged = wire();
    for n in 0..500_u16 {
        unreachable(&mut forged, host(n.into()), SERVER, 1_024 + n);
        forged.wait(2_000);
    }
    assert_eq!(forged.rules(), ["icmp_flood/unreachable"]);
    let mut asked = wire();
    for n in 0..500_u16 {
        asked.udp((SERVER, 1_024 + n), (host(n.into()), 53), b"x");
        unreachable(&mut asked, host(n.into()), SERVER, 1_024 + n);
        asked.wait(2_000);
    }
    assert_eq!(asked.rules(), [""; 0]);
}
