//! What is sent arrives as it was sent.

use std::net::UdpSocket;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use netsentinel_capture::live::{ANY, Injector, LiveOptions};
use netsentinel_core::decode::decode;
use netsentinel_core::{Ip, LinkType, Network, Record, Transport};

use crate::namespace::{inside, ip, pair};
use crate::watch::{Seen, Watch, frame, options};

fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos().try_into().unwrap()
}

#[test]
fn bytes_lengths_and_times_are_right() {
    inside("packets::bytes_lengths_and_times_are_right", || {
        pair("a", "b");
        let mut watch = Watch::on(&["b"]);
        let mut injector = Injector::open("a").unwrap();
        let start = now();
        let lengths = [60, 61, 1000, 1514];
        for (mark, len) in (0..).zip(lengths) {
            injector.send(&frame(mark, len)).unwrap();
            watch.until_packets(usize::from(mark) + 1);
            let packet = watch.packets.last().unwrap();
            // On a busy machine it may take longer than the kernel does.
            let late = now() - packet.timestamp.as_nanos();
            assert!((0..1_000_000_000).contains(&late), "{late} ns late");
        }
        let end = now();
        for ((number, packet), len) in (0..).zip(&watch.packets).zip(lengths) {
            assert_eq!(packet.data, frame(number, len));
            assert_eq!((packet.wire_len as usize, packet.frame), (len, u64::from(number) + 1));
            assert_eq!((packet.link, &*packet.interface), (LinkType::ETHERNET, "b"));
            assert!((start..=end).contains(&packet.timestamp.as_nanos()));
        }
        let nanos = |packet: &Seen| packet.timestamp.as_nanos() % 1000;
        assert!(watch.packets.iter().any(|packet| nanos(packet) != 0), "no nanoseconds");
        let report = watch.live.reports().remove(0);
        assert_eq!((report.received, report.handed, report.dropped_kernel), (4, 4, 0));
        assert_eq!(watch.events, []);
    });
}

#[test]
fn the_snap_length_cuts_the_bytes_and_not_the_length() {
    inside("packets::the_snap_length_cuts_the_bytes_and_not_the_length", || {
        pair("a", "b");
        let mut watch = Watch::with(LiveOptions { snap_length: 96, ..options(&["b"]) });
        Injector::open("a").unwrap().send(&frame(7, 1200)).unwrap();
        watch.until_packets(1);
        let packet = &watch.packets[0];
        assert_eq!((&packet.data[..], packet.wire_len), (&frame(7, 1200)[..96], 1200));
    });
}

#[test]
fn several_interfaces_are_numbered_as_one() {
    inside("packets::several_interfaces_are_numbered_as_one", || {
        pair("a", "b");
        pair("c", "d");
        let mut watch = Watch::on(&["b", "d", "b"]);
        let (mut a, mut c) = (Injector::open("a").unwrap(), Injector::open("c").unwrap());
        for mark in 0..10 {
            a.send(&frame(mark, 60)).unwrap();
            c.send(&frame(100 + mark, 60)).unwrap();
        }
        watch.until_packets(20);
        for (number, packet) in (1..).zip(&watch.packets) {
            assert_eq!(packet.frame, number);
            assert_eq!(packet.interface, if packet.data[59] < 100 { "b" } else { "d" });
        }
        let handed: Vec<_> = watch.live.reports().iter().map(|report| report.handed).collect();
        assert_eq!((handed, watch.live.handed()), (vec![10, 10], 20));
    });
}

/// The UDP destination port of a packet, as the core reads it.
fn port(packet: &Seen) -> Option<u16> {
    let record = Record {
        frame: packet.frame,
        timestamp: packet.timestamp,
        link: packet.link,
        wire_len: packet.wire_len,
        data: &packet.data,
        interface: None,
    };
    match decode(&record).headers.network {
        Network::Ip(Ip { transport: Transport::Udp(udp), .. }) => Some(udp.destination_port),
        _ => None,
    }
}

#[test]
fn loopback_and_any_are_captured_on() {
    inside("packets::loopback_and_any_are_captured_on", || {
        ip("link set lo up");
        let mut lo = Watch::with(LiveOptions { filter: "udp".into(), ..options(&["lo"]) });
        let mut any = Watch::with(LiveOptions { filter: "udp".into(), ..options(&[ANY]) });
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        for _ in 0..3 {
            socket.send_to(b"hello", socket.local_addr().unwrap()).unwrap();
        }
        let expected = Some(socket.local_addr().unwrap().port());
        for (watch, link) in [(&mut lo, LinkType::ETHERNET), (&mut any, LinkType::LINUX_SLL)] {
            watch.until_packets(3);
            watch.go_on(Duration::from_millis(150));
            let seen: Vec<_> = watch.packets.iter().map(|seen| (seen.link, port(seen))).collect();
            assert_eq!(seen, [(link, expected); 3]);
            let report = watch.live.reports().remove(0);
            assert_eq!((report.received, report.link), (3, Some(link)));
        }
    });
}

#[test]
fn a_waker_ends_the_wait_and_a_quiet_network_does_not_hold_it() {
    inside("packets::a_waker_ends_the_wait_and_a_quiet_network_does_not_hold_it", || {
        pair("a", "b");
        let mut watch = Watch::on(&["b"]);
        let wait = |watch: &mut Watch, time| watch.live.turn(time, &mut |_| {}).unwrap();
        wait(&mut watch, Duration::ZERO);
        let start = Instant::now();
        let turn = wait(&mut watch, Duration::from_millis(30));
        assert!(start.elapsed() >= Duration::from_millis(30) && !turn.woken && turn.handed == 0);
        let waker = watch.live.waker();
        let waking = thread::spawn(move || waker.wake());
        let start = Instant::now();
        while !wait(&mut watch, Duration::from_secs(60)).woken {}
        assert!(start.elapsed() < Duration::from_secs(10));
        waking.join().unwrap();
        assert!(!wait(&mut watch, Duration::ZERO).woken);
    });
}
