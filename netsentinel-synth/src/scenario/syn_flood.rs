//! `syn_flood`: 200 SYNs of one source in 5 s.

use std::net::Ipv4Addr;
use std::time::Duration;

use crate::traffic::{Ending, Host, OUTSIDER, Plan, SERVER, Service};

use super::scene::{Scene, just_over};

const THRESHOLD: u64 = 200;
const WINDOW: Duration = Duration::from_secs(5);

pub(super) fn above(scene: &mut Scene) {
    scene.light_background(20);
    flood(scene, Host::outside(OUTSIDER), 8_000, WINDOW, THRESHOLD);
}

pub(super) fn below(scene: &mut Scene) {
    scene.light_background(20);
    flood(scene, Host::outside(OUTSIDER), 8_000, just_over(WINDOW), THRESHOLD);
}

/// `attacker` opens `count` connections to the server's web port and completes none.
pub(super) fn flood(scene: &mut Scene, attacker: Host, millis: u64, span: Duration, count: u64) {
    let half_open = Plan { ending: Ending::HalfOpen, ..Plan::refused() };
    scene.connections(millis, span, count, half_open, move |_, port| {
        (attacker.port(port), Host::inside(SERVER).port(80))
    });
}

pub(super) fn benign(scene: &mut Scene) {
    const SPAN: Duration = Duration::from_secs(20);
    let page = Plan { rtt: Duration::from_millis(1), ..Plan::request(Service::Http, 300, 2_500) };
    // 15 clients with 24 connections in 5 s each: the server sees 360, and answers all.
    scene.connections(0, SPAN, 15 * 24 * 4, page, |index, port| {
        let client = Host::workstation(100 + index as u32 % 15);
        (client.port(port), Host::inside(SERVER).port(80))
    });
    // A proxy with 190 connections in 5 s, spread over many servers.
    let fetch = Plan::request(Service::Tls, 500, 4_000);
    scene.connections(50, SPAN, 190 * 4, fetch, |index, port| {
        let server = Host::outside(Ipv4Addr::new(198, 51, 100, 1 + (index % 250) as u8));
        (Host::workstation(200).port(port), server.port(443))
    });
    scene.light_background(20);
}
