//! `brute_force`: 30 connections of one source to one log-in port of one server in 30 s.

use std::time::Duration;

use crate::traffic::{Host, OUTSIDER, Plan, SERVER, Service, Session};

use super::scene::{Scene, just_over};

const THRESHOLD: u64 = 30;
const WINDOW: Duration = Duration::from_secs(30);
const SSH: u16 = 22;

pub(super) fn above(scene: &mut Scene) {
    scene.light_background(45);
    guess(scene, Host::outside(OUTSIDER), 8_000, WINDOW, THRESHOLD);
}

pub(super) fn below(scene: &mut Scene) {
    scene.light_background(45);
    guess(scene, Host::outside(OUTSIDER), 8_000, just_over(WINDOW), THRESHOLD);
}

/// `attacker` logs in `count` times to the server by SSH and fails.
pub(super) fn guess(scene: &mut Scene, attacker: Host, millis: u64, span: Duration, count: u64) {
    let failed = Plan {
        exchanges: 5,
        think: Duration::from_millis(40),
        ..Plan::request(Service::Ssh, 132, 84)
    };
    scene.connections(millis, span, count, failed, move |_, port| {
        (attacker.port(port), Host::inside(SERVER).port(SSH))
    });
}

pub(super) fn benign(scene: &mut Scene) {
    scene.light_background(60);
    let lan = Duration::from_micros(300);
    // A deployment tool: 250 log-ins in 30 s, 25 to each of ten servers.
    let task = Plan {
        exchanges: 6,
        rtt: lan,
        think: Duration::from_millis(30),
        ..Plan::request(Service::Ssh, 120, 260)
    };
    scene.connections(5_000, WINDOW, 250, task, |index, port| {
        let server = Host::workstation(300 + index as u32 % 10);
        (Host::workstation(100).port(port), server.port(SSH))
    });
    // 20 people log in to one server, twice each.
    scene.connections(6_000, WINDOW, 40, task, |index, port| {
        let client = Host::workstation(200 + index as u32 % 20);
        (client.port(port), Host::inside(SERVER).port(SSH))
    });
    // One long session: 300 exchanges over one connection.
    let work = Plan {
        exchanges: 300,
        rtt: lan,
        think: Duration::from_millis(150),
        ..Plan::request(Service::Ssh, 52, 100)
    };
    let client = Host::workstation(101).port(scene.rng.ephemeral_port());
    let session = Session::new(client, Host::workstation(300).port(SSH), 77, work);
    scene.add(scene.at(2_000), session);
}
