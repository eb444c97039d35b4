//! `suspicious_port`: a probe to one of eight ports.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use crate::traffic::{
    Exchange, Host, INSIDER, Kind, NAMES, OUTSIDER, Plan, RESOLVER, Service, Session,
};

use super::scene::Scene;

/// The ports of the seed rule.
const LISTED: [u16; 8] = [1337, 4444, 5555, 6666, 6667, 12345, 31337, 65535];
/// The ports beside them.
const BESIDE: [u16; 14] =
    [1336, 1338, 4443, 4445, 5554, 5556, 6665, 6668, 12344, 12346, 31336, 31338, 65534, 65533];

pub(super) fn above(scene: &mut Scene) {
    scene.light_background(20);
    call_home(scene, Host::inside(INSIDER), 8_000);
}

/// `victim` opens one connection to port 4444 outside, and takes orders over it.
pub(super) fn call_home(scene: &mut Scene, victim: Host, millis: u64) {
    let plan = Plan { exchanges: 5, ..Plan::request(Service::Plain, 120, 40) };
    let client = victim.port(scene.rng.ephemeral_port());
    let server = Host::outside(OUTSIDER).port(4444);
    let number = scene.rng.next_u64() as u32;
    scene.add(scene.at(millis), Session::new(client, server, number, plan));
}

pub(super) fn below(scene: &mut Scene) {
    scene.light_background(40);
    // One in 2.5 s, so that it is no port scan either.
    let plan = Plan::request(Service::Plain, 120, 40);
    let count = BESIDE.len() as u64;
    let span = Duration::from_millis(2_500) * (count as u32 - 1);
    scene.connections(1_000, span, count, plan, |index, port| {
        let beside = BESIDE.get(index as usize).copied().unwrap_or_default();
        let server = Host::outside(OUTSIDER).port(beside);
        (Host::inside(INSIDER).port(port), server)
    });
}

pub(super) fn benign(scene: &mut Scene) {
    scene.light_background(20);
    let plan = Plan { exchanges: 3, ..Plan::request(Service::Tls, 300, 2_000) };
    for (index, port) in LISTED.into_iter().enumerate() {
        let client = Host::workstation(100 + index as u32).port(port);
        let server = Host::outside(Ipv4Addr::new(198, 51, 100, 7)).port(443);
        let at = scene.at(1_000 + 2_000 * index as u64);
        let number = scene.rng.next_u64() as u32;
        scene.add(at, Session::new(client, server, number, plan));
        let kind = Kind::Dns {
            name: NAMES.first().copied().unwrap_or_default(),
            address: IpAddr::V4(Ipv4Addr::new(198, 51, 100, 7)),
        };
        let resolver = Host::inside(RESOLVER).port(53);
        scene.add(at, Exchange::new(client, resolver, kind, Duration::from_millis(4)));
    }
}
