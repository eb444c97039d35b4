//! What each detector looks for, without end and from many hosts.

use std::net::Ipv4Addr;

use netsentinel_core::{Arp, Mac, TcpFlags};
use netsentinel_synth::{Dns, Frame, Segment};

use crate::Traffic;

const US: Mac = Mac([2, 0, 0, 0, 0, 1]);
const THEM: Mac = Mac([2, 0, 0, 0, 0, 2]);
/// Hosts that take turns.
const HOSTS: u32 = 1_000;

/// `packets` packets of what the detector of this id looks for, of 1,000 hosts in turn.
///
/// # Panics
///
/// For an id without traffic of its own.
#[expect(clippy::panic, reason = "a measurement without its input is worth nothing")]
pub fn attack(detector: &str, packets: u32) -> Traffic {
    match detector {
        "port_scan" => Traffic::made(packets, |n, out| syn(n, (n / HOSTS % 1_000) as u16, out)),
        "syn_flood" => Traffic::made(packets, |n, out| syn(n, 443, out)),
        "suspicious_port" => Traffic::made(packets, |n, out| syn(n, 4444, out)),
        "brute_force" => Traffic::made(packets, |n, out| syn(n, 22, out)),
        "icmp_flood" => Traffic::made(packets, |n, out| {
            ip(n, out).echo_request(1, n as u16, &[0; 56]);
        }),
        "arp_spoofing" => Traffic::made(packets, arp),
        "dns_tunnelling" => Traffic::made(packets, query),
        "data_exfiltration" => Traffic::made(packets, |n, out| {
            ip(n, out).tcp(Segment::new(50_000, 443, TcpFlags::ACK), &[0; 1_400]);
        }),
        other => panic!("no traffic for {other}"),
    }
}

/// From an internal host to an external one.
fn ip(n: u32, out: &mut Vec<u8>) -> Frame<'_> {
    Frame::new(out).ethernet(US, THEM).ipv4(host(n), Ipv4Addr::new(192, 0, 2, n as u8 % 16))
}

fn host(n: u32) -> Ipv4Addr {
    Ipv4Addr::from(0x0a00_0000 + n % HOSTS)
}

fn syn(n: u32, port: u16, out: &mut Vec<u8>) {
    ip(n, out).tcp(Segment::new(40_000, port, TcpFlags::SYN), &[]);
}

/// Names of 20 to 60 characters, most of them short.
fn query(n: u32, out: &mut Vec<u8>) {
    let long =
        if n.is_multiple_of(100) { "a-label-of-which-there-is-not-much-to-say." } else { "" };
    let name = format!("{long}host-{n:06}.example.net");
    ip(n, out).dns(40_000, 53, &Dns::query(n as u16, &name, 1));
}

/// Every host announces itself, and now and then with another hardware address.
fn arp(n: u32, out: &mut Vec<u8>) {
    let sender_mac = if n % 1_000 == 7 { THEM } else { US };
    let arp = Arp {
        operation: 2,
        sender_mac,
        sender_ip: host(n),
        target_mac: THEM,
        target_ip: host(n + 1),
    };
    Frame::new(out).ethernet(sender_mac, THEM).arp(&arp);
}
