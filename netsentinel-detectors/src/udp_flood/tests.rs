//! Floods, and what looks like them.

use std::net::Ipv4Addr;

use netsentinel_core::{Mac, Registration};
use netsentinel_synth::Frame;

use super::UdpFlood;
use crate::flood_wire::{End, Wire, host, ip};

const SERVER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
const CLIENT: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 66);

fn wire() -> Wire {
    Wire::new(&[Registration::of::<UdpFlood>()])
}

/// A payload of `len` bytes that no other is like.
fn changing(n: u32, len: usize) -> Vec<u8> {
    (0..len as u32).map(|at| (n.wrapping_mul(2_654_435_761) >> (at % 24)) as u8).collect()
}

/// So many datagrams a millisecond after each other, each from `from(n)` to `to(n)` with `payload(n)`.
fn flood(
    count: u32,
    from: impl Fn(u32) -> End,
    to: impl Fn(u32) -> End,
    payload: impl Fn(u32) -> Vec<u8>,
) -> Wire {
    let mut wire = wire();
    for n in 0..count {
        wire.udp(from(n), to(n), &payload(n));
        wire.wait(1_000);
    }
    wire
}

#[test]
fn source_with_a_new_port_for_each_datagram() {
    let from = |n| (CLIENT, 1_024 + n as u16);
    let wire = flood(5_000, from, |_| (SERVER, 53), |n| changing(n, 64));
    let alerts = wire.raised();
    let [alert] = &alerts[..] else { panic!("{alerts:?}") };
    assert_eq!((&*alert.rule, alert.count), ("udp_flood/source", 1_000));
    assert_eq!((alert.source.ip, alert.target.ip), (ip(CLIENT), ip(SERVER)));
    assert!(alert.evidence["new_flows_percent"].as_u64() >= Some(90));
}

#[test]
fn source_that_sends_the_same_again_and_again_on_one_flow() {
    let wire = flood(5_000, |_| (CLIENT, 4_000), |_| (SERVER, 9), |_| vec![0; 1_000]);
    assert_eq!(wire.rules(), ["udp_flood/source"]);
}

#[test]
fn source_that_goes_on_though_it_is_refused() {
    let mut wire = wire();
    let (from, to) = ((CLIENT, 4_000), (SERVER, 9));
    for n in 0..3_000 {
        wire.udp(from, to, &[0; 20]);
        if n == 0 {
            let mut quoted = Vec::new();
            Frame::new(&mut quoted).ipv4(from.0, to.0).udp(from.1, to.1, &[0; 20]);
            wire.send(|frame| frame.ipv4(to.0, from.0).icmp(3, 3, [0; 4], &quoted));
        }
        wire.wait(1_000);
    }
    assert_eq!(wire.rules(), ["udp_flood/source"]);
}

#[test]
fn source_that_sends_much_to_random_ports() {
    let to = |n: u32| (SERVER, (n * 7_919) as u16);
    let wire = flood(5_000, |_| (CLIENT, 4_000), to, |n| changing(n, 1_024));
    assert_eq!(wire.rules(), ["udp_flood/source"]);
}

#[test]
fn victim_of_spoofed_sources_and_of_many_machines() {
    let spoofed = flood(5_000, |n| (host(n), 4_000), |_| (SERVER, 80), |n| changing(n, 64));
    assert_eq!(spoofed.rules(), ["udp_flood/victim"]);
    let machines = |n: u32| (host(n % 50), 4_000);
    let machines = flood(8_000, machines, |_| (SERVER, 80), |_| vec![1; 512]);
    assert_eq!(machines.rules(), ["udp_flood/victim"]);
}

#[test]
fn like_sound_and_pictures_one_way() {
    let rtp = |n: u32| [&[0x80, 96, (n >> 8) as u8, n as u8][..], &changing(n, 1_000)].concat();
    let one = flood(10_000, |_| (CLIENT, 5_004), |_| (SERVER, 5_004), rtp);
    one.assert_spared("udp_flood/stream");
    let cameras = |n: u32| (host(n % 32), 5_004);
    let to = |n: u32| (SERVER, 6_000 + (n % 32) as u16);
    flood(10_000, cameras, to, rtp).assert_spared("udp_flood/stream");
}

#[test]
fn like_logs_of_many_hosts() {
    let line = |n: u32| format!("<14>host app[{n}]: {}", n * 7).into_bytes();
    let wire = flood(10_000, |n| (host(n % 200), 514), |_| (SERVER, 514), line);
    assert_eq!(wire.rules(), [""; 0]);
}

#[test]
fn like_a_download_a_call_and_a_busy_resolver() {
    let mut wire = wire();
    for n in 0..10_000_u32 {
        wire.udp((host(1), 443), (CLIENT, 50_000), &changing(n, 1_200));
        wire.udp((host(2), 3_478), (CLIENT, 50_001), &changing(n, 160));
        wire.udp((CLIENT, 50_001), (host(2), 3_478), &changing(n, 160));
        if n % 4 == 0 {
            wire.udp((CLIENT, 50_000), (host(1), 443), &changing(n, 40));
        }
        let client = (host(10 + n % 500), 1_024 + (n / 500) as u16);
        wire.udp(client, (SERVER, 53), &changing(n, 40));
        wire.udp((SERVER, 53), client, &changing(n, 500));
        wire.wait(1_000);
    }
    assert_eq!(wire.rules(), [""; 0]);
}

#[test]
fn like_a_scan_of_ports() {
    let to = |n: u32| (SERVER, 1 + n as u16);
    flood(5_000, |_| (CLIENT, 4_000), to, |_| Vec::new()).assert_spared("udp_flood/scan");
}

#[test]
fn like_video_for_a_group() {
    let group = (Ipv4Addr::new(239, 1, 2, 3), 5_004);
    let wire = flood(5_000, |_| (CLIENT, 5_004), |_| group, |_| vec![0; 1_316]);
    assert_eq!(wire.rules(), [""; 0]);
}

#[test]
fn amplification_of_answers_that_nobody_asked_for() {
    let reflector = |n: u32| (host(n % 100), 123);
    let wire = flood(8_000, reflector, |_| (SERVER, 80), |_| vec![0xd7; 440]);
    let alerts = wire.raised();
    let [alert] = &alerts[..] else { panic!("{alerts:?}") };
    assert_eq!(alert.rule, "udp_flood/amplification");
    assert_eq!(alert.attack[0].technique, "T1498.002");
    assert!(alert.evidence["sources"].as_u64() >= Some(40), "{alert:?}");
}

#[test]
fn like_answers_that_were_asked_for_and_a_search_for_devices() {
    let mut asked = wire();
    for n in 0..2_000 {
        let client = (CLIENT, 1_024 + n as u16);
        asked.udp(client, (host(n), 53), &changing(n, 40));
        asked.udp((host(n), 53), client, &changing(n, 600));
        asked.wait(1_000);
    }
    assert_eq!(asked.rules(), [""; 0]);
    let mut search = wire();
    let all = Ipv4Addr::new(239, 255, 255, 250);
    search.send_to(Mac([1, 0, 0x5e, 0x7f, 0xff, 0xfa]), |frame| {
        frame.ipv4(CLIENT, all).udp(50_000, 1_900, b"M-SEARCH * HTTP/1.1")
    });
    for n in 0..300 {
        search.udp((host(n % 60), 1_900), (CLIENT, 50_000), &changing(n, 300));
        search.wait(5_000);
    }
    search.assert_spared("udp_flood/discovery");
}

#[test]
fn reflector_of_ours_that_answers_for_somebody_else() {
    let mut wire = wire();
    for n in 0..300 {
        let client = (host(1), 1_024 + n as u16);
        wire.udp(client, (SERVER, 11_211), b"\0\x01\0\0\0\x01\0\0stats\r\n");
        wire.udp((SERVER, 11_211), client, &changing(n, 1_400));
        wire.wait(5_000);
    }
    assert_eq!(wire.rules(), ["udp_flood/reflector"]);
}
