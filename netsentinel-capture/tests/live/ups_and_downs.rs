//! Interfaces go down, vanish and come back; capture goes on.

use std::time::Duration;

use netsentinel_capture::live::{Injector, InterfaceState, LiveOptions};

use crate::namespace::{inside, ip, pair, remove};
use crate::watch::{Watch, frame, ringed};

/// Longer than interfaces are left unlooked at.
const TWO_CHECKS: Duration = Duration::from_millis(2200);

/// Runs a test in a namespace of its own with one ring an interface, then with two.
fn by_one_ring_and_by_two(name: &str, test: impl Fn(usize)) {
    inside(name, || {
        for rings in [1, 2] {
            test(rings);
            remove(&["a", "c"]);
        }
    });
}

fn send(interface: &str, mark: u8) {
    Injector::open(interface).unwrap().send(&frame(mark, 60)).unwrap();
}

/// The marks of what was seen, in order.
fn marks(watch: &Watch) -> Vec<u8> {
    watch.packets.iter().map(|packet| packet.data[59]).collect()
}

#[test]
fn taken_down_and_up_again() {
    by_one_ring_and_by_two("ups_and_downs::taken_down_and_up_again", |rings| {
        pair("a", "b");
        pair("c", "d");
        let mut watch = Watch::with(ringed(rings, &["b", "d"]));
        send("a", 1);
        watch.until_packets(1);

        ip("link set dev b down");
        assert_eq!(watch.until_event("b", InterfaceState::Down), "is down");
        send("c", 2);
        watch.until_packets(2);
        watch.go_on(TWO_CHECKS);
        assert_eq!(watch.events, [], "told once");
        assert_eq!(watch.live.reports()[0].state, InterfaceState::Down);

        ip("link set dev b up");
        watch.until_event("b", InterfaceState::Up);
        send("a", 3);
        watch.until_packets(3);
        assert_eq!(marks(&watch), [1, 2, 3]);
        let report = watch.live.reports().remove(0);
        assert_eq!((report.state, report.handed), (InterfaceState::Up, 2));
    });
}

#[test]
fn a_lost_carrier_is_told() {
    by_one_ring_and_by_two("ups_and_downs::a_lost_carrier_is_told", |rings| {
        pair("a", "b");
        let mut watch = Watch::with(ringed(rings, &["b"]));
        ip("link set dev a down");
        let reason = watch.until_event("b", InterfaceState::Down);
        assert!(reason.contains("carrier") || reason.contains("beneath"), "{reason}");
        ip("link set dev a up");
        watch.until_event("b", InterfaceState::Up);
        send("a", 1);
        watch.until_packets(1);
    });
}

#[test]
fn gone_and_there_again() {
    by_one_ring_and_by_two("ups_and_downs::gone_and_there_again", |rings| {
        pair("a", "b");
        let filter = "ether proto 0x88b5".to_owned();
        let mut watch = Watch::with(LiveOptions { filter, ..ringed(rings, &["b"]) });
        send("a", 1);
        watch.until_packets(1);
        watch.live.set_filter("ether proto 0x88b5 and ether[59] < 100").unwrap();

        ip("link del dev b");
        watch.until_event("b", InterfaceState::Gone);
        watch.go_on(TWO_CHECKS);
        assert_eq!(watch.events, [], "told once, and all gone is no end");

        pair("a", "b");
        watch.until_event("b", InterfaceState::Up);
        send("a", 200);
        send("a", 2);
        watch.until_packets(2);
        assert_eq!(marks(&watch), [1, 2], "the filter is kept");
        let report = watch.live.reports().remove(0);
        assert_eq!((report.handed, report.received), (2, 2), "counters go on");
        assert_eq!(watch.packets[1].frame, 2);
    });
}

#[test]
fn replaced_by_another_of_the_same_name() {
    by_one_ring_and_by_two("ups_and_downs::replaced_by_another_of_the_same_name", |rings| {
        pair("a", "b");
        let mut watch = Watch::with(ringed(rings, &["b"]));
        watch.turn(Duration::ZERO);
        ip("link del dev b");
        pair("a", "b");
        watch.until_event("b", InterfaceState::Gone);
        watch.until_event("b", InterfaceState::Up);
        send("a", 1);
        watch.until_packets(1);
    });
}

#[test]
fn down_at_the_start_is_no_error() {
    by_one_ring_and_by_two("ups_and_downs::down_at_the_start_is_no_error", |rings| {
        pair("a", "b");
        ip("link set dev b down");
        let mut watch = Watch::with(ringed(rings, &["b"]));
        assert_eq!(watch.until_event("b", InterfaceState::Down), "is down");
        watch.live.set_filter("ether[59] != 1").unwrap();
        assert!(watch.live.set_filter("porrt").is_err());
        ip("link set dev b up");
        watch.until_event("b", InterfaceState::Up);
        send("a", 1);
        send("a", 2);
        watch.until_packets(1);
        assert_eq!(marks(&watch), [2]);
    });
}
