//! Leaks, and what looks like them. Each is judged by one pipeline and by three workers.

use std::net::Ipv4Addr;
use std::time::Duration;

use netsentinel_core::{Registration, TcpFlags};
use netsentinel_synth::frame::Answer;
use netsentinel_synth::{Dns, Rng};

use super::DataExfiltration;
use crate::talk_wire::{End, Wire};

const HOST: End = (Ipv4Addr::new(10, 0, 0, 66), 40_000);
const AWAY: End = (Ipv4Addr::new(203, 0, 113, 9), 443);
const FULL: [u8; 1_400] = [7; 1_400];

fn wire() -> Wire {
    Wire::new(&[Registration::of::<DataExfiltration>()], "")
}

fn ack() -> TcpFlags {
    TcpFlags::ACK
}

/// So many full segments at this interval, each second one acknowledged.
fn upload(wire: &mut Wire, (from, to): (End, End), segments: u32, every: Duration) {
    for n in 0..segments {
        wire.tcp(from, to, ack(), &FULL);
        if n % 2 == 1 {
            wire.tcp(to, from, ack(), b"");
        }
        wire.wait(every);
    }
}

#[test]
fn ratio_an_upload_that_nothing_answers() {
    let mut wire = wire();
    wire.tcp(HOST, AWAY, ack(), b"\x16\x03\x01\x02\x00");
    upload(&mut wire, (HOST, AWAY), 4_500, Duration::from_millis(5));
    let alerts = wire.raised();
    let [alert] = &alerts[..] else { panic!("{alerts:?}") };
    assert_eq!((&*alert.rule, alert.target.port), ("data_exfiltration/ratio", Some(443)));
    assert_eq!(alert.evidence["protocol"], "TLS");
}

#[test]
fn volume_to_many_places_at_once() {
    let mut wire = wire();
    for n in 0..4_000_u32 {
        let away = (Ipv4Addr::new(203, 0, 113, (n % 4) as u8), 443);
        upload(&mut wire, (HOST, away), 1, Duration::from_millis(5));
    }
    let alerts = wire.raised();
    let [alert] = &alerts[..] else { panic!("{alerts:?}") };
    assert_eq!(&*alert.rule, "data_exfiltration/volume");
}

#[test]
fn slow_a_leak_over_hours() {
    let mut wire = wire();
    let away = [AWAY, (Ipv4Addr::new(203, 0, 113, 10), 443)];
    for _ in 0..3 * 3_600 / 2 {
        upload(&mut wire, (HOST, away[0]), 3, Duration::from_millis(1));
        wire.tcp(away[1], HOST, ack(), &FULL);
        wire.wait(Duration::from_millis(1_997));
    }
    let alerts = wire.raised();
    assert!(alerts.iter().all(|alert| &*alert.rule == "data_exfiltration/slow"), "{alerts:?}");
    assert!(!alerts.is_empty());
}

#[test]
fn channel_echoes_that_carry_data() {
    let (mut wire, mut rng) = (wire(), Rng::new(1));
    let bytes: Vec<u8> = (0..=255).collect();
    for n in 0..60 {
        let data: Vec<u8> = (0..100).filter_map(|_| rng.pick(&bytes).copied()).collect();
        wire.send(|frame| frame.ipv4(HOST.0, AWAY.0).echo_request(7, n, &data));
        wire.send(|frame| frame.ipv4(AWAY.0, HOST.0).echo_reply(7, n, &data));
        wire.wait(Duration::from_millis(100));
    }
    let alerts = wire.raised();
    let [alert] = &alerts[..] else { panic!("{alerts:?}") };
    assert_eq!(&*alert.rule, "data_exfiltration/channel");
    assert_eq!(alert.evidence["returned_bytes"], 0);
}

#[test]
fn like_channel_pings_with_time_stamps() {
    let mut wire = wire();
    for n in 0..1_000_u16 {
        let mut data: Vec<u8> = (0..1_400_u32).map(|at| at as u8).collect();
        data[..2].copy_from_slice(&n.to_be_bytes());
        wire.send(|frame| frame.ipv4(HOST.0, AWAY.0).echo_request(7, n, &data));
        wire.send(|frame| frame.ipv4(AWAY.0, HOST.0).echo_reply(7, n, &data));
        let text = [&[n as u8; 16][..], b"monitored by the network team"].concat();
        wire.send(|frame| frame.ipv4(HOST.0, AWAY.0).echo_request(8, n, &text));
        wire.wait(Duration::from_millis(100));
    }
    assert_eq!(wire.rules(), [""; 0]);
}

const RESOLVER: End = (Ipv4Addr::new(10, 0, 0, 53), 53);
const TXT: u16 = 16;

/// So many look-ups of names with so many encoded labels of 50 characters, each answered by `text`.
fn look_up(wire: &mut Wire, (client, server): (End, End), count: u32, labels: u32, text: &[u8]) {
    let mut rng = Rng::new(count.into());
    for _ in 0..count {
        let mut label = || -> String {
            let letters = (0..50).filter_map(|_| rng.pick(b"abcdefghijklmnopqrstuvwxyz234567"));
            letters.map(|letter| char::from(*letter)).collect()
        };
        let mut name: String = (0..labels).map(|_| label() + ".").collect();
        name += "exfil.example.org";
        wire.dns(client, server, &Dns::query(7, &name, TXT));
        wire.wait(Duration::from_millis(5));
        wire.dns(server, client, &Dns::response(7, &name, TXT, &[Answer::Text(text)]));
        wire.wait(Duration::from_millis(500));
    }
}

#[test]
fn names_that_carry_data_out() {
    let mut wire = wire();
    look_up(&mut wire, (HOST, RESOLVER), 30, 3, b"OK");
    let alerts = wire.raised();
    let [alert] = &alerts[..] else { panic!("{alerts:?}") };
    assert_eq!((&*alert.rule, alert.source.ip), ("data_exfiltration/names", Some(HOST.0.into())));
    assert_eq!(alert.evidence["domain"], "example.org");
}

#[test]
fn like_names_a_tunnel_that_brings_more_in_and_look_ups_of_what_was_found() {
    let mut wire = wire();
    look_up(&mut wire, (HOST, RESOLVER), 30, 3, &[b'x'; 200]);
    look_up(&mut wire, (HOST, RESOLVER), 100, 1, b"OK");
    for _ in 0..100 {
        look_up(&mut wire, (HOST, RESOLVER), 1, 4, b"OK");
    }
    assert_eq!(wire.rules(), [""; 0]);
}

#[test]
fn like_names_a_resolver_that_asks_for_others() {
    let mut wire = wire();
    let (asker, upstream) = ((RESOLVER.0, 50_000), (Ipv4Addr::new(203, 0, 113, 53), 53));
    look_up(&mut wire, ((Ipv4Addr::new(203, 0, 113, 7), 40_000), RESOLVER), 1, 3, b"OK");
    look_up(&mut wire, (asker, upstream), 30, 3, b"OK");
    wire.assert_spared("data_exfiltration/forwarder");
}

fn say(wire: &mut Wire, port: u16, lines: &[&[u8]]) {
    for line in lines {
        wire.tcp(HOST, (AWAY.0, port), ack(), line);
        wire.wait(Duration::from_millis(20));
    }
}

#[test]
fn clear_a_program_that_stores_a_file() {
    let mut wire = wire();
    say(&mut wire, 21, &[b"USER a\r\n", b"PASS b\r\n", b"PASV\r\n", b"STOR c.zip\r\n"]);
    let alerts = wire.raised();
    let [alert] = &alerts[..] else { panic!("{alerts:?}") };
    assert_eq!((&*alert.rule, alert.target.port), ("data_exfiltration/clear", Some(21)));
    let mut wire = self::wire();
    say(&mut wire, 21, &[b"USER a\r\n", b"LIST\r\n", b"STOR c.zip\r\n"]);
    wire.assert_spared("data_exfiltration/browsing");
}

#[test]
fn clear_a_program_that_sends_a_mail() {
    const LOG_IN: &[u8] = b"AUTH login abc\r\n";
    let header: &[u8] = b"From: a@example.org\r\nSubject: x\r\n\r\n";
    let mut wire = wire();
    say(&mut wire, 587, &[LOG_IN, b"DATA\r\n", header, b"secret\r\n.\r\n"]);
    assert_eq!(wire.rules(), ["data_exfiltration/clear"]);
    let mut wire = self::wire();
    let of_client: &[u8] = b"From: a@example.org\r\nMessage-ID: <1@a>\r\n\r\n";
    say(&mut wire, 587, &[LOG_IN, b"DATA\r\n", of_client]);
    wire.assert_spared("data_exfiltration/mail_client");
    let mut wire = self::wire();
    say(&mut wire, 25, &[b"DATA\r\n", header]);
    assert_eq!(wire.rules(), [""; 0], "no password: a relay");
}

#[test]
fn like_volume_a_web_server() {
    let mut wire = wire();
    let server = (HOST.0, 80);
    for n in 0..40 {
        let client = (Ipv4Addr::new(203, 0, 113, n), 50_000);
        upload(&mut wire, (server, client), 120, Duration::from_millis(5));
    }
    wire.assert_spared("data_exfiltration/server");
}

#[test]
fn like_volume_a_service_of_ones_own() {
    let mut wire = wire();
    let server = (HOST.0, 8_080);
    for n in 0..5 {
        let client = (Ipv4Addr::new(203, 0, 113, n), 50_000);
        wire.tcp(client, server, TcpFlags::SYN, b"");
        wire.tcp(server, client, TcpFlags::SYN | TcpFlags::ACK, b"");
    }
    for n in 0..5 {
        let client = (Ipv4Addr::new(203, 0, 113, n), 50_000);
        upload(&mut wire, (server, client), 1_000, Duration::from_millis(5));
    }
    wire.assert_spared("data_exfiltration/server");
}

#[test]
fn like_volume_a_video_call() {
    let mut wire = wire();
    for _ in 0..6_000 {
        wire.udp(HOST, AWAY, &FULL[..1_100]);
        wire.udp(AWAY, HOST, &FULL[..700]);
        wire.wait(Duration::from_millis(5));
    }
    wire.assert_spared("data_exfiltration/two_way");
}

#[test]
fn like_volume_a_download() {
    let mut wire = wire();
    for _ in 0..110_000 {
        wire.tcp(HOST, AWAY, ack(), b"");
        wire.wait(Duration::from_micros(400));
    }
    wire.assert_spared("data_exfiltration/acknowledgements");
}

#[test]
fn like_ratio_a_nightly_backup() {
    let mut wire = wire();
    for _ in 0..5 {
        upload(&mut wire, (HOST, AWAY), 2_500, Duration::from_millis(5));
        wire.wait(Duration::from_secs(3_700));
    }
    assert_eq!(wire.rules(), ["data_exfiltration/ratio"; 3]);
}

#[test]
fn like_ratio_a_camera() {
    let keys = r#", "exfil_slow_bytes": 1000000000"#;
    let mut wire = Wire::new(&[Registration::of::<DataExfiltration>()], keys);
    for second in 0..7_200 {
        let segments = if second < 4_000 { 1 } else { 6 };
        upload(&mut wire, (HOST, AWAY), segments, Duration::from_millis(100));
        wire.wait(Duration::from_millis(1_000 - 100 * u64::from(segments)));
    }
    wire.assert_spared("data_exfiltration/producer");
}
