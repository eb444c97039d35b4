//! `port_scan`: 15 distinct ports probed by one source in 10 s.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use crate::traffic::{Exchange, Host, INSIDER, Kind, NAMES, Plan, RESOLVER, SERVER, Service};

use super::scene::{Scene, just_over};

const THRESHOLD: u64 = 15;
const WINDOW: Duration = Duration::from_secs(10);

/// Ports that scanners try first, none of them on the list of `suspicious_port`.
const PORTS: [u16; 24] = [
    80, 443, 22, 21, 23, 25, 3389, 110, 445, 139, 143, 53, 135, 3306, 8080, 1723, 111, 995, 993,
    5900, 587, 8888, 199, 1720,
];

pub(super) fn above(scene: &mut Scene) {
    scene.light_background(30);
    connect(scene, Host::inside(INSIDER), 8_000, (WINDOW, THRESHOLD), Plan::silent());
}

pub(super) fn below(scene: &mut Scene) {
    scene.light_background(30);
    connect(scene, Host::inside(INSIDER), 8_000, (just_over(WINDOW), THRESHOLD), Plan::silent());
}

/// `attacker` connects to `count` ports of the server; all are closed. The server knows 24 ports.
pub(super) fn scan(scene: &mut Scene, attacker: Host, millis: u64, span: Duration, count: u64) {
    connect(scene, attacker, millis, (span, count), Plan::refused());
}

fn connect(
    scene: &mut Scene,
    attacker: Host,
    millis: u64,
    (span, count): (Duration, u64),
    plan: Plan,
) {
    let server = Host::inside(SERVER);
    scene.connections(millis, span, count, plan, move |index, port| {
        let probed = PORTS.iter().cycle().nth(index as usize).copied().unwrap_or_default();
        (attacker.port(port), server.port(probed))
    });
}

pub(super) fn benign(scene: &mut Scene) {
    const SPAN: Duration = Duration::from_secs(30);
    let server = Host::inside(SERVER);
    // The server answers some 600 ephemeral ports.
    let page = Plan { rtt: Duration::from_millis(1), ..Plan::request(Service::Tls, 400, 3_000) };
    scene.connections(0, SPAN, 600, page, move |index, port| {
        let client = Host::workstation(100 + index as u32 % 60);
        (client.port(port), server.port(443))
    });
    // So does the resolver, and asks upstream from ports of its own.
    let mut rng = scene.fork();
    scene.spread(100, SPAN, 900, move |index, turn| {
        let name = rng.pick(NAMES).copied().unwrap_or_default();
        let address = IpAddr::V4(Ipv4Addr::new(198, 51, 100, index as u8));
        let kind = Kind::Dns { name, address };
        let (resolver, rtt) = (Host::inside(RESOLVER), Duration::from_millis(8));
        let upstream = Host::outside(Ipv4Addr::new(192, 0, 2, 53)).port(53);
        let (asker, port) = (Host::workstation(100 + index as u32 % 60), rng.ephemeral_port());
        turn.start(turn.now, Exchange::new(asker.port(port), resolver.port(53), kind, rtt * 2));
        let port = rng.ephemeral_port();
        turn.start(
            turn.now.after(rtt / 4),
            Exchange::new(resolver.port(port), upstream, kind, rtt),
        );
    });
    // One client uses 14 services of the server, again and again.
    let plan = Plan::request(Service::Plain, 40, 200);
    scene.connections(5_000, WINDOW, 140, plan, move |index, port| {
        let probed = PORTS.get(index as usize % 14).copied().unwrap_or_default();
        (Host::workstation(200).port(port), server.port(probed))
    });
    scene.light_background(30);
}
