//! An interface shared among several rings: nothing is seen twice or in another order, and what is judged is
//! what one ring judges.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::time::Duration;

use netsentinel_capture::live::{ANY, Injector, Live, LiveOptions};
use netsentinel_core::config::Config;
use netsentinel_core::{Alert, Mac, Pipeline, TcpFlags};
use netsentinel_detectors::BUILTIN;
use netsentinel_synth::frame::fragments;
use netsentinel_synth::{Frame, Options, Segment, scenario};

use crate::namespace::{inside, ip, pair};
use crate::watch::{Watch, frame, options, ringed};

const MAC: Mac = Mac([2, 0, 0, 0, 0, 1]);

/// A packet from one host of a network to another.
fn packet(from: u8, to: u8, ports: (u16, u16), mark: u8, len: usize) -> Vec<u8> {
    let mut frame = Vec::new();
    let builder = Frame::new(&mut frame).ethernet(MAC, MAC);
    builder
        .ipv4(Ipv4Addr::new(192, 0, 2, from), Ipv4Addr::new(192, 0, 2, to))
        .tcp(Segment::new(ports.0, ports.1, TcpFlags::ACK), &vec![mark; len]);
    frame
}

/// How many packets each ring was given.
fn by_ring(watch: &mut Watch) -> Vec<u64> {
    watch.live.reports()[0].rings.iter().map(|ring| ring.received).collect()
}

#[test]
fn every_packet_is_seen_once_and_in_order() {
    inside("rings::every_packet_is_seen_once_and_in_order", || {
        pair("a", "b");
        let mut watch = Watch::with(ringed(3, &["b"]));
        let mut injector = Injector::open("a").unwrap();
        for mark in 0..200 {
            injector.send(&packet(mark, 250, (1000, 80), mark, 20)).unwrap();
        }
        watch.until_packets(200);
        watch.go_on(Duration::from_millis(150));
        let marks: Vec<u8> = watch.packets.iter().map(|seen| seen.data[60]).collect();
        assert_eq!(marks, (0..200).collect::<Vec<_>>());
        let frames: Vec<_> = watch.packets.iter().map(|seen| seen.frame).collect();
        assert_eq!(frames, (1..=200).collect::<Vec<_>>());
        assert!(watch.packets.iter().all(|seen| seen.interface == "b"));
        let report = watch.live.reports().remove(0);
        assert_eq!((report.received, report.handed, report.dropped_kernel), (200, 200, 0));
        let rings = by_ring(&mut watch);
        assert_eq!(rings.iter().sum::<u64>(), 200);
        assert!(rings.iter().all(|received| *received > 20), "{rings:?}");
    });
}

#[test]
fn both_ways_of_a_flow_share_a_ring_and_so_do_fragments_and_what_is_not_ip() {
    inside(
        "rings::both_ways_of_a_flow_share_a_ring_and_so_do_fragments_and_what_is_not_ip",
        || {
            pair("a", "b");
            let mut injector = Injector::open("a").unwrap();
            for host in 1..40 {
                let mut watch = Watch::with(ringed(2, &["b"]));
                injector.send(&packet(host, 250, (1000, 80), 1, 20)).unwrap();
                injector.send(&packet(250, host, (80, 1000), 2, 20)).unwrap();
                watch.until_packets(2);
                let rings = by_ring(&mut watch);
                assert!(rings.contains(&2) && rings.contains(&0), "host {host}: {rings:?}");
            }
            let mut watch = Watch::with(ringed(2, &["b"]));
            for id in 0..20 {
                let ports = (1000 + u16::try_from(id).unwrap(), 80);
                for fragment in fragments(&packet(7, 250, ports, 3, 1200), 400, id) {
                    injector.send(&fragment).unwrap();
                }
            }
            watch.until_packets(80);
            let rings = by_ring(&mut watch);
            assert!(rings.contains(&80) && rings.contains(&0), "fragments: {rings:?}");
            for mark in 0..20 {
                injector.send(&frame(mark, 60)).unwrap();
            }
            watch.until_packets(100);
            let after = by_ring(&mut watch);
            let grown: BTreeSet<_> =
                after.iter().zip(&rings).map(|(now, then)| now - then).collect();
            assert_eq!(grown, BTreeSet::from([0, 20]), "not IP");
        },
    );
}

/// Whatever the times are, what they look for is there.
const DETECTORS: [&str; 6] =
    ["port_scan", "syn_flood", "icmp_flood", "suspicious_port", "arp_spoofing", "brute_force"];

/// Alerts without what hangs on the time at which a socket stamped the packets.
fn told(alerts: &[Alert]) -> BTreeSet<String> {
    let shown = alerts.iter().filter(|alert| alert.update == 0).map(|alert| {
        let ends = (&alert.source, &alert.target);
        format!("{} {:?} {:?} {ends:?}", alert.detector, alert.rule, alert.severity)
    });
    shown.collect()
}

#[test]
fn two_rings_judge_as_one_does() {
    inside("rings::two_rings_judge_as_one_does", || {
        pair("a", "b");
        // The seed rules hold whatever the pace.
        let config = Config::parse(r#"{"profile": "seed"}"#).unwrap();
        let open = |rings| {
            let live = Live::open(ringed(rings, &["b"])).unwrap();
            assert_eq!(live.rings().get(), rings, "{:?}", live.refused());
            let pipeline = Pipeline::builder(&config).detectors(BUILTIN).build().unwrap();
            (live, pipeline, Vec::<Alert>::new())
        };
        // All hear the same packets.
        let mut captures = [open(1), open(2), open(3)];
        for (live, ..) in &mut captures {
            live.turn(Duration::ZERO, &mut |_| {}).unwrap();
        }
        let mut injector = Injector::open("a").unwrap();
        let mut sent = 0;
        for detector in DETECTORS {
            let scenario = scenario::find(&format!("{detector}-above")).unwrap();
            for packet in scenario.run(&Options::default()).unwrap() {
                if packet.data.len() == packet.wire_len as usize && packet.wire_len <= 1514 {
                    injector.send(&packet.data).unwrap();
                    sent += 1;
                }
            }
        }
        let mut results = Vec::new();
        for (live, pipeline, alerts) in &mut captures {
            for _ in 0..100 {
                live.turn(Duration::from_millis(100), &mut |record| pipeline.push(record, alerts))
                    .unwrap();
                if live.handed() == sent {
                    break;
                }
            }
            pipeline.finish(alerts);
            assert_eq!((live.handed(), pipeline.stats().packets), (sent, sent));
            results.push((told(alerts), pipeline.stats().alerts));
        }
        assert!(results[0].0.len() >= DETECTORS.len(), "{:?}", results[0]);
        assert_eq!(results[0], results[1]);
        assert_eq!(results[0], results[2]);
    });
}

#[test]
fn filters_and_snap_length_hold_for_all_rings() {
    inside("rings::filters_and_snap_length_hold_for_all_rings", || {
        pair("a", "b");
        let filter = "tcp port 80".to_owned();
        let mut watch = Watch::with(LiveOptions { filter, snap_length: 64, ..ringed(2, &["b"]) });
        let mut injector = Injector::open("a").unwrap();
        let mut send = |port| {
            for host in 0..20 {
                injector.send(&packet(host, 250, (1000, port), host, 200)).unwrap();
            }
        };
        send(80);
        send(81);
        watch.until_packets(20);
        watch.live.set_filter("tcp port 81").unwrap();
        assert!(watch.live.set_filter("tcp porrt 81").is_err());
        assert_eq!(watch.live.filter(), "tcp port 81");
        send(80);
        send(81);
        watch.until_packets(40);
        watch.go_on(Duration::from_millis(150));
        assert_eq!(watch.packets.len(), 40);
        assert!(watch.packets.iter().all(|seen| (seen.data.len(), seen.wire_len) == (64, 254)));
    });
}

#[test]
fn captures_do_not_join_each_others_groups() {
    inside("rings::captures_do_not_join_each_others_groups", || {
        pair("a", "b");
        pair("c", "d");
        let mut watches: Vec<_> = (0..3).map(|_| Watch::with(ringed(2, &["b", "d"]))).collect();
        let (mut a, mut c) = (Injector::open("a").unwrap(), Injector::open("c").unwrap());
        for host in 0..30 {
            a.send(&packet(host, 250, (1000, 80), host, 20)).unwrap();
            c.send(&packet(host, 251, (1000, 80), host, 20)).unwrap();
        }
        for watch in &mut watches {
            watch.until_packets(60);
            watch.go_on(Duration::from_millis(100));
            assert_eq!(watch.packets.len(), 60);
            // In order across interfaces, too.
            assert!(watch.packets.is_sorted_by_key(|seen| seen.timestamp));
        }
    });
}

#[test]
fn any_can_be_shared() {
    inside("rings::any_can_be_shared", || {
        pair("a", "b");
        ip("link set lo up");
        let only_b = "inbound and tcp".to_owned();
        let mut watch = Watch::with(LiveOptions { filter: only_b, ..ringed(2, &[ANY]) });
        let mut injector = Injector::open("a").unwrap();
        for host in 0..30 {
            injector.send(&packet(host, 250, (1000, 80), host, 20)).unwrap();
        }
        watch.until_packets(30);
        assert!(watch.live.refused().is_none());
        assert!(by_ring(&mut watch).iter().all(|received| *received > 0));
    });
}

#[test]
fn a_waker_ends_the_wait_and_threads_end_with_the_capture() {
    inside("rings::a_waker_ends_the_wait_and_threads_end_with_the_capture", || {
        pair("a", "b");
        let threads = || std::fs::read_dir("/proc/self/task").unwrap().count();
        let before = threads();
        let mut watch = Watch::with(ringed(2, &["b"]));
        assert_eq!(threads(), before, "none before the first turn");
        watch.turn(Duration::ZERO);
        assert_eq!(threads(), before + 2);
        watch.live.waker().wake();
        let turn = watch.live.turn(Duration::from_secs(60), &mut |_| {}).unwrap();
        assert!(turn.woken && turn.handed == 0);
        drop(watch);
        assert_eq!(threads(), before);
        assert_eq!(options(&["b"]).rings.get(), 1);
    });
}
