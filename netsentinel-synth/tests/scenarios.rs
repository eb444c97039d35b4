//! What the scenarios promise: order, repeatability, and the numbers in their summaries.
#![allow(clippy::unwrap_used, reason = "the helpers of a test may fail it")]

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use netsentinel_core::{Source as _, Timestamp};
use netsentinel_synth::{Options, Run, SCENARIOS, SynthPacket, scenario};
use smoltcp::wire::{EthernetFrame, EthernetProtocol, IpProtocol, Ipv4Packet, TcpPacket};

const INSIDER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 66);
const OUTSIDER: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 66);

fn run(name: &str, options: &Options) -> Run {
    scenario::find(name).unwrap().run(options).unwrap()
}

/// The IPv4 packets that `source` sends, whole.
fn sent_by(name: &str, source: Ipv4Addr) -> Vec<(Timestamp, u32, Vec<u8>)> {
    let options = Options { snaplen: Some(65_535), ..Options::default() };
    let ipv4 = |packet: SynthPacket| {
        let frame = EthernetFrame::new_checked(&packet.data[..]).unwrap();
        let ip = (frame.ethertype() == EthernetProtocol::Ipv4)
            .then(|| Ipv4Packet::new_checked(frame.payload()).unwrap())?;
        (ip.src_addr() == source)
            .then(|| (packet.timestamp, packet.wire_len, frame.payload().to_vec()))
    };
    run(name, &options).filter_map(ipv4).collect()
}

/// Times, ports and kinds of the SYNs that `source` sends.
fn syns_of(name: &str, source: Ipv4Addr) -> Vec<(Timestamp, u16)> {
    let syn = |(time, _, bytes): (Timestamp, u32, Vec<u8>)| {
        let ip = Ipv4Packet::new_checked(&bytes[..]).unwrap();
        let tcp = (ip.next_header() == IpProtocol::Tcp)
            .then(|| TcpPacket::new_checked(ip.payload()).unwrap())?;
        (tcp.syn() && !tcp.ack()).then(|| (time, tcp.dst_port()))
    };
    sent_by(name, source).into_iter().filter_map(syn).collect()
}

fn span_nanos<T>(events: &[(Timestamp, T)]) -> u64 {
    events.last().unwrap().0.nanos_since(events[0].0)
}

#[test]
fn names_are_unique_and_each_detector_has_its_three() {
    let names: BTreeSet<_> = SCENARIOS.iter().map(|entry| entry.name).collect();
    assert_eq!(names.len(), SCENARIOS.len());
    let detectors = scenario::find("showcase").unwrap().fires;
    assert_eq!(detectors.len(), 8);
    for detector in detectors {
        let fires = |kind| scenario::find(&format!("{detector}-{kind}")).unwrap().fires;
        assert_eq!(fires("above"), [*detector]);
        assert!(fires("below").is_empty() && fires("benign").is_empty());
    }
}

#[test]
fn a_seed_gives_the_same_run_and_time_never_goes_back() {
    for entry in SCENARIOS {
        let options = Options { packets: Some(6_000), ..Options::default() };
        let (mut lent, given) = (entry.run(&options).unwrap(), entry.run(&options).unwrap());
        let mut last = options.start;
        let mut count = 0;
        for packet in given {
            let record = lent.next_record().unwrap().unwrap();
            count += 1;
            assert_eq!((record.frame, record.timestamp), (count, packet.timestamp));
            assert_eq!((record.wire_len, record.data), (packet.wire_len, &packet.data[..]));
            assert!(packet.timestamp >= last, "{} frame {count}", entry.name);
            assert!(packet.data.len() <= entry.snaplen as usize);
            last = packet.timestamp;
        }
        assert!(lent.next_record().unwrap().is_none());
        assert!(count > 100, "{} has {count} frames", entry.name);
        let other = entry.run(&Options { seed: 2, ..options.clone() }).unwrap();
        assert!(!entry.run(&options).unwrap().eq(other), "{}", entry.name);
    }
}

#[test]
fn packets_and_duration_end_a_run_and_the_start_shifts_it() {
    let start = Timestamp::from_parts(1_000, 0);
    let duration = Some(std::time::Duration::from_secs(3));
    let cut = Options { start, duration, ..Options::default() };
    let packets: Vec<_> = run("port_scan-benign", &cut).collect();
    assert!(packets.last().unwrap().timestamp.nanos_since(start) < 3_000_000_000);
    assert!(packets.last().unwrap().timestamp.nanos_since(start) > 2_900_000_000);
    let all: Vec<_> = run("port_scan-benign", &Options::default()).take(packets.len()).collect();
    assert!(packets.iter().zip(&all).all(|(a, b)| a.data == b.data));
    let none = Options { packets: Some(0), ..cut };
    assert_eq!(run("mixed", &none).count(), 0);
}

#[test]
fn thresholds_are_reached_exactly_or_missed_by_a_nanosecond() {
    for (name, attacker, threshold, seconds) in [
        ("port_scan", INSIDER, 15, 10),
        ("syn_flood", OUTSIDER, 200, 5),
        ("brute_force", OUTSIDER, 30, 30),
    ] {
        for (kind, extra) in [("above", 0), ("below", 1)] {
            let syns = syns_of(&format!("{name}-{kind}"), attacker);
            assert_eq!(syns.len(), threshold, "{name}-{kind}");
            assert_eq!(span_nanos(&syns), seconds * 1_000_000_000 + extra, "{name}-{kind}");
            let inside: BTreeSet<_> = syns
                .iter()
                .filter(|(time, _)| time.nanos_since(syns[0].0) <= seconds * 1_000_000_000)
                .map(|(_, port)| *port)
                .collect();
            let ports = if name == "port_scan" { 15 - extra as usize } else { 1 };
            assert_eq!(inside.len(), ports, "{name}-{kind}");
        }
    }
}

#[test]
fn echo_requests_reach_the_threshold_or_miss_it() {
    for (kind, extra) in [("above", 0), ("below", 1)] {
        let sent = sent_by(&format!("icmp_flood-{kind}"), OUTSIDER);
        let echoes: Vec<_> = sent.iter().map(|(time, _, bytes)| (*time, bytes[20])).collect();
        assert!(echoes.iter().all(|&(_, kind)| kind == 8));
        assert_eq!((echoes.len(), span_nanos(&echoes)), (100, 5_000_000_000 + extra));
    }
}

#[test]
fn an_upload_is_the_threshold_or_one_byte_less() {
    for (kind, total) in [("above", 5_000_000), ("below", 4_999_999)] {
        let sent = sent_by(&format!("data_exfiltration-{kind}"), INSIDER);
        let times: Vec<_> = sent.iter().map(|(time, len, _)| (*time, *len)).collect();
        assert_eq!(span_nanos(&times), 60_000_000_000);
        assert_eq!(times.iter().map(|(_, len)| u64::from(*len)).sum::<u64>(), total);
    }
}

#[test]
fn mixed_traffic_has_the_rate_and_size_it_promises() {
    for (hosts, rate) in [(40, 200), (400, 2_000), (2, 100)] {
        let options = Options {
            hosts: Some(hosts),
            rate: Some(rate),
            duration: Some(std::time::Duration::from_secs(30)),
            ..Options::default()
        };
        let (mut count, mut bytes) = (0u32, 0);
        for packet in run("mixed", &options) {
            count += 1;
            bytes += packet.wire_len;
        }
        let percent = count * 100 / (rate * 30);
        assert!((80..=115).contains(&percent), "{hosts} hosts at {rate}: {percent} % of the rate");
        let mean = bytes / count;
        assert!((300..=900).contains(&mean), "{hosts} hosts at {rate}: {mean} bytes");
    }
}

#[test]
fn what_is_made_for_measuring_has_the_rate_it_promises_at_any_size() {
    let loads: Vec<_> = SCENARIOS.iter().filter(|entry| entry.load).collect();
    assert_eq!(
        loads.iter().map(|entry| entry.name).collect::<Vec<_>>(),
        ["scans", "dns", "long-flows"]
    );
    for entry in loads {
        for (hosts, rate) in [(entry.hosts, entry.rate), (Some(400), Some(10_000))] {
            let duration = Some(std::time::Duration::from_secs(5));
            let options = Options { hosts, rate, duration, ..Options::default() };
            let percent = run(entry.name, &options).count() as u32 * 100 / (rate.unwrap() * 5);
            assert!((75..=125).contains(&percent), "{} at {rate:?}: {percent} %", entry.name);
        }
    }
}

#[test]
fn names_that_are_looked_up_are_many_and_none_is_long() {
    let mut names = BTreeSet::new();
    for packet in run("dns", &Options::default()) {
        // Ethernet, IPv4, UDP, the header of the message; then labels up to an empty one.
        let mut name = &packet.data[14 + 20 + 8 + 12..];
        let mut labels = Vec::new();
        while let Some((&len, rest)) = name.split_first().filter(|(len, _)| **len > 0) {
            labels.push(String::from_utf8_lossy(&rest[..usize::from(len)]).into_owned());
            name = &rest[usize::from(len)..];
        }
        names.insert(labels.join("."));
    }
    assert!(names.len() > 10_000, "{}", names.len());
    assert!(names.iter().all(|name| name.len() <= 50));
}
