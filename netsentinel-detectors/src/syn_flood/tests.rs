//! Floods, and what looks like them.

use std::net::Ipv4Addr;

use netsentinel_core::{Registration, TcpFlags};

use super::SynFlood;
use crate::flood_wire::{Wire, host, ip};

const SERVER: (Ipv4Addr, u16) = (Ipv4Addr::new(10, 0, 0, 1), 80);
const CLIENT: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 66);

fn wire() -> Wire {
    Wire::new(&[Registration::of::<SynFlood>()])
}

#[test]
fn victim_spoofed_sources_that_the_server_answers() {
    let mut wire = wire();
    for n in 0..3_000 {
        let client = (host(n), 40_000);
        wire.syn(client, SERVER);
        wire.accept(client, SERVER);
        wire.wait(1_000);
    }
    let alerts = wire.raised();
    let [alert] = &alerts[..] else { panic!("{alerts:?}") };
    assert_eq!(alert.rule, "syn_flood/victim");
    assert_eq!((alert.target.ip, alert.target.port), (ip(SERVER.0), Some(80)));
    assert_eq!(alert.evidence["completed_percent"], 0);
    assert!(alert.evidence["answered_percent"].as_u64() >= Some(80));
    assert!(alert.evidence["sources"].as_u64() >= Some(100), "{alert:?}");
}

#[test]
fn victim_silent_and_a_burst_that_is_over_at_once() {
    let mut wire = wire();
    for n in 0..250 {
        wire.syn((host(n), 1_000 + n as u16), SERVER);
        wire.wait(100);
    }
    assert_eq!(wire.rules(), ["syn_flood/victim"]);
}

#[test]
fn victim_many_machines_that_are_enough_each() {
    let mut wire = wire();
    for n in 0..40 * 300 {
        wire.syn((host(n % 40), 1_024 + (n / 40) as u16), SERVER);
        wire.wait(400);
    }
    assert_eq!(wire.rules(), ["syn_flood/victim"], "sources join it");
}

#[test]
fn victim_of_random_ports() {
    let mut wire = wire();
    for n in 0..3_000 {
        wire.syn((host(n), 999), (SERVER.0, (n * 7_919) as u16));
        wire.wait(1_000);
    }
    assert_eq!(wire.rules(), ["syn_flood/victim"]);
}

#[test]
fn source_one_that_resets_what_is_accepted() {
    let mut wire = wire();
    for n in 0..1_000 {
        let client = (CLIENT, 1_024 + n);
        wire.syn(client, SERVER);
        wire.accept(client, SERVER);
        wire.tcp(client, SERVER, TcpFlags::RST);
        wire.wait(5_000);
    }
    let alerts = wire.raised();
    let [alert] = &alerts[..] else { panic!("{alerts:?}") };
    assert_eq!(alert.rule, "syn_flood/source");
    assert_eq!((alert.source.ip, alert.target.ip), (ip(CLIENT), ip(SERVER.0)));
    assert_eq!(alert.count, 200);
}

#[test]
fn source_that_a_silent_victim_shows_at_once() {
    let mut wire = wire();
    for n in 0..200 {
        wire.syn((CLIENT, 1_024 + n), SERVER);
    }
    let alerts = wire.raised();
    assert_eq!(
        alerts.iter().map(|alert| (alert.frame, alert.count)).collect::<Vec<_>>(),
        [(200, 200)]
    );
}

#[test]
fn source_hidden_among_honest_clients() {
    let mut wire = wire();
    for n in 0..2_000_u16 {
        for port in [5_000, 5_001, 5_002] {
            wire.handshake((host(n.into()), port), SERVER);
        }
        wire.syn((CLIENT, 1_024 + n), SERVER);
        wire.accept((CLIENT, 1_024 + n), SERVER);
        wire.wait(5_000);
    }
    assert_eq!(wire.rules(), ["syn_flood/source"]);
}

#[test]
fn source_that_stands_out_of_a_scan_with_decoys() {
    let mut wire = wire();
    for n in 0..5_000_u16 {
        wire.syn((host(u32::from(n % 25)), 40_000), (SERVER.0, n / 25 + 1));
        if n % 5 == 0 {
            wire.syn((CLIENT, 1_024 + n), SERVER);
        }
        wire.wait(1_000);
    }
    assert_eq!(wire.rules(), ["syn_flood/source"]);
}

#[test]
fn like_a_crowd_whose_handshakes_complete() {
    let mut wire = wire();
    for n in 0..3_000 {
        let client = (host(n), 40_000);
        wire.syn(client, SERVER);
        wire.accept(client, SERVER);
        if let Some(earlier) = n.checked_sub(50) {
            wire.tcp((host(earlier), 40_000), SERVER, TcpFlags::ACK);
        }
        wire.wait(1_000);
    }
    wire.assert_spared("syn_flood/completes");
}

#[test]
fn like_a_load_test_or_a_proxy() {
    let mut wire = wire();
    for n in 0..5_000 {
        wire.handshake((CLIENT, 1_024 + n), SERVER);
        wire.wait(500);
    }
    wire.assert_spared("syn_flood/completes");
}

#[test]
fn like_a_service_that_is_down() {
    let mut wire = wire();
    // Three hundred clients within 3 s, who try again after 1 and 3 s.
    let mut tries: Vec<(u32, u32)> =
        (0..300).flat_map(|n| [0, 1_000, 3_000].map(|later| (n * 10 + later, n))).collect();
    tries.sort_unstable();
    let mut before = 0;
    for (millis, n) in tries {
        wire.wait(i64::from(millis - before) * 1_000);
        before = millis;
        wire.syn((host(n), 40_000), SERVER);
    }
    wire.assert_spared("syn_flood/retries");
}

#[test]
fn like_a_scan_of_one_source_and_one_with_decoys() {
    let mut single = wire();
    for port in 1..2_000 {
        single.syn((CLIENT, 40_000), (SERVER.0, port));
        single.wait(1_000);
    }
    assert_eq!(single.rules(), [""; 0]);
    let mut decoys = wire();
    for port in 1..500 {
        for n in 0..25 {
            decoys.syn((host(n), 40_000), (SERVER.0, port));
        }
        decoys.wait(10_000);
    }
    decoys.assert_spared("syn_flood/scan");
}

#[test]
fn like_a_sweep_of_one_port() {
    let mut wire = wire();
    for n in 0..2_000 {
        wire.syn((CLIENT, 40_000), (host(n), 443));
        wire.wait(500);
    }
    assert_eq!(wire.rules(), [""; 0]);
}

/// The `n`th of addresses all over, as a program draws them.
fn anywhere(n: u32) -> Ipv4Addr {
    Ipv4Addr::from_bits(n.wrapping_add(1).wrapping_mul(0x9e37_79b1))
}

#[test]
fn scattered_from_anywhere_to_anywhere() {
    let mut wire = wire();
    for n in 0..200 {
        wire.syn((anywhere(n), 1_024 + n as u16), (anywhere(n + 1_000), 7_000 + n as u16));
        wire.wait(200);
    }
    let alerts = wire.raised();
    let [alert] = &alerts[..] else { panic!("{alerts:?}") };
    assert_eq!(alert.rule, "syn_flood/scattered");
    assert!(alert.evidence["sources"].as_u64() >= Some(5), "{alert:?}");
}

#[test]
fn one_victim_of_forged_sources_is_told_as_such() {
    let mut wire = wire();
    for n in 0..400 {
        wire.syn((anywhere(n), 1_024 + n as u16), SERVER);
        wire.wait(200);
    }
    assert_eq!(wire.rules(), ["syn_flood/victim"]);
}

#[test]
fn a_broken_cable_now_and_then_is_no_forger() {
    let mut wire = wire();
    for n in 0..100_u8 {
        wire.syn((Ipv4Addr::new(240, 0, 0, n), 1_024), (host(n.into()), 80));
        wire.wait(3_000_000);
    }
    assert_eq!(wire.rules(), [""; 0]);
}
