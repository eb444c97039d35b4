//! `icmp_flood`: 100 echo requests of one source in 5 s.

use std::time::Duration;

use crate::timeline::{Series, Turn};
use crate::traffic::{Host, OUTSIDER, Pings, SERVER, filler};

use super::scene::{Scene, just_over};

const THRESHOLD: u64 = 100;
const WINDOW: Duration = Duration::from_secs(5);

pub(super) fn above(scene: &mut Scene) {
    scene.light_background(20);
    flood(scene, Host::outside(OUTSIDER), 8_000, WINDOW, THRESHOLD);
}

pub(super) fn below(scene: &mut Scene) {
    scene.light_background(20);
    flood(scene, Host::outside(OUTSIDER), 8_000, just_over(WINDOW), THRESHOLD);
}

/// `attacker` sends `count` echo requests to the server, which answers.
pub(super) fn flood(scene: &mut Scene, attacker: Host, millis: u64, span: Duration, count: u64) {
    let server = Host::inside(SERVER);
    scene.spread(millis, span, count, move |index, turn| {
        let number = index as u16;
        attacker.frame_to(&server, turn.frame).echo_request(0x0666, number, filler(56));
        let reply = move |_, turn: &mut Turn<'_>| {
            server.frame_to(&attacker, turn.frame).echo_reply(0x0666, number, filler(56));
        };
        let at = turn.now.after(Duration::from_micros(200));
        turn.start(at, Series::spread(at, Duration::ZERO, 1, reply));
    });
}

pub(super) fn benign(scene: &mut Scene) {
    /// 18 a second: 91 in an inclusive window of 5 s at most.
    const GAP: Duration = Duration::from_nanos(55_555_556);
    const COUNT: u32 = 18 * 30;
    // Three stations watch one server, so that its replies come at 54 a second.
    for station in 100..103 {
        let from = scene.at(u64::from(station) % 7);
        let pings = Pings::new(Host::workstation(station), Host::inside(SERVER), from, GAP, COUNT);
        scene.add(from, pings);
    }
    let from = scene.at(3);
    let (station, target) = (Host::workstation_v6(104), Host::workstation_v6(105));
    scene.add(from, Pings::new(station, target, from, GAP, COUNT));
    scene.light_background(30);
}
