//! Two minutes in which everything happens.

use std::net::Ipv4Addr;
use std::time::Duration;

use crate::traffic::Host;

use super::scene::Scene;
use super::{
    arp_spoofing, brute_force, data_exfiltration, dns_tunnelling, icmp_flood, port_scan,
    suspicious_port, syn_flood,
};

/// The detectors that fire, in the order of their attacks.
pub(super) const FIRES: &[&str] = &[
    "port_scan",
    "suspicious_port",
    "icmp_flood",
    "syn_flood",
    "arp_spoofing",
    "dns_tunnelling",
    "brute_force",
    "data_exfiltration",
];

/// Each attack has an attacker of its own, and is a little larger than its threshold.
pub(super) fn showcase(scene: &mut Scene) {
    let background = scene.background().without_gateway_arp();
    scene.add(scene.start, background);
    let inside = |last| Host::inside(Ipv4Addr::new(10, 0, 0, last));
    let outside = |last| Host::outside(Ipv4Addr::new(203, 0, 113, last));
    let seconds = Duration::from_secs;
    port_scan::scan(scene, outside(20), 8_000, seconds(5), 24);
    suspicious_port::call_home(scene, inside(67), 20_000);
    icmp_flood::flood(scene, outside(30), 28_000, seconds(3), 150);
    syn_flood::flood(scene, outside(40), 38_000, seconds(3), 300);
    arp_spoofing::spoof(scene, Ipv4Addr::new(10, 0, 0, 68), 2_000, 50_000);
    dns_tunnelling::tunnel(scene, inside(69), 58_000, 8, 70);
    brute_force::guess(scene, outside(50), 66_000, seconds(12), 40);
    data_exfiltration::upload(scene, inside(70), 84_000, seconds(30), 5_500_000);
}
