//! Worms and what looks like them, packet by packet.

use super::tests::{OUTSIDE, SCANNER, Wire};

const BODY: &[u8] = &[0x90; 376];
/// What a worm's datagrams come from.
const SOCKET: u16 = 4_000;

/// A host of another network each.
fn somebody(n: u8) -> [u8; 4] {
    [60 + n, n, 7, 9]
}

#[test]
fn a_body_sent_to_many_places_at_once_is_a_worm() {
    let mut slammer = Wire::new();
    (1..8).for_each(|n| slammer.udp((SCANNER, 1_050), (somebody(n), 1_434), BODY));
    assert_eq!(slammer.alerts.len(), 0);
    slammer.udp((SCANNER, 1_050), (somebody(8), 1_434), BODY);
    assert_eq!(slammer.rules(), ["port_scan/worm"]);
    assert_eq!(slammer.alerts[0].evidence["payload_bytes"], 376);
    assert_eq!(slammer.alerts[0].source.port, Some(1_050));

    let mut witty = Wire::new();
    (1..=8).for_each(|n| witty.udp((SCANNER, SOCKET), (somebody(n), 7_919 * u16::from(n)), BODY));
    assert_eq!(witty.rules(), ["port_scan/worm"]);
}

#[test]
fn one_host_at_which_a_worm_draws_its_ports_counts_each_of_them() {
    let mut wire = Wire::new();
    (1..=8).for_each(|n| wire.udp((OUTSIDE, SOCKET), (SCANNER, 7_919 * n), BODY));
    assert_eq!(wire.rules(), ["port_scan/worm"]);
}

#[test]
fn a_worm_that_goes_on_is_one_alert_with_its_sweep() {
    let mut wire = Wire::new();
    for n in 0..2_000_u16 {
        let victim = [60 + (n % 97) as u8, (n % 251) as u8, (n / 8) as u8, 9];
        wire.pass(2).udp((SCANNER, 1_050), (victim, 1_434), BODY);
    }
    assert_eq!(wire.rules(), ["port_scan/worm"]);
}

#[test]
fn peers_greet_each_other_with_less_than_a_body() {
    let mut wire = Wire::new();
    (1..=60).for_each(|n| wire.udp((SCANNER, 6_881), (somebody(n), 6_881), &[0; 110]));
    assert_eq!(wire.rules(), [""; 0]);
}

#[test]
fn peers_that_share_a_socket_open_conversations() {
    let quic = [&[0xc3, 0, 0, 0, 1, 8][..], &[7; 1_194]].concat();
    let dtls = [&[0x16, 0xfe, 0xfd][..], &[7; 300]].concat();
    for hello in [quic, dtls] {
        let mut wire = Wire::new();
        (1..=60).for_each(|n| wire.udp((SCANNER, 4_001), (somebody(n), 4_001), &hello));
        assert_eq!(wire.rules(), [""; 0]);
    }
}

#[test]
fn clients_take_a_port_for_each_conversation() {
    let mut wire = Wire::new();
    for n in 1..=60 {
        wire.udp((SCANNER, 50_000 + u16::from(n)), (somebody(n), 443), &[0; 1_200]);
    }
    assert_eq!(wire.rules(), [""; 0]);
}

#[test]
fn neighbours_on_one_port_are_one_place() {
    let mut wire = Wire::new();
    (1..=15).for_each(|n| wire.udp((OUTSIDE, SOCKET), ([10, 0, 3, n], 5_060), BODY));
    assert_eq!(wire.rules(), [""; 0]);
}

#[test]
fn groups_and_broadcast_are_no_places() {
    let mut wire = Wire::new();
    (1..=60).for_each(|n| wire.udp((SCANNER, SOCKET), ([239, n, 1, 1], 5_004), BODY));
    assert_eq!(wire.rules(), [""; 0]);
}

#[test]
fn a_socket_that_hears_something_has_conversations() {
    for heard_from in [somebody(3), [203, 0, 113, 77]] {
        let mut wire = Wire::new();
        for n in 1..=20 {
            wire.udp((SCANNER, SOCKET), (somebody(n), 7_919), BODY);
            if n == 3 {
                wire.udp((heard_from, 7_919), (SCANNER, SOCKET), &[0; 20]);
            }
        }
        assert_eq!(wire.rules(), [""; 0]);
        assert!(wire.spared("port_scan/answered") > 0);
    }
    let mut late = Wire::new();
    late.udp(([203, 0, 113, 77], 7_919), (SCANNER, SOCKET), &[0; 20]);
    (1..=8).for_each(|n| late.pass(10).udp((SCANNER, SOCKET), (somebody(n), 7_919), BODY));
    assert_eq!(
        late.rules(),
        ["port_scan/worm"],
        "who was heard before the first body is not known"
    );
}

#[test]
fn answers_whose_requests_were_not_seen_are_no_worm() {
    for (service, client) in [(53, 1_100), (443, 40_000), (27_015, 50_000)] {
        let mut wire = Wire::new();
        (1..=20).for_each(|n| {
            wire.udp((SCANNER, service), (somebody(n), client + u16::from(n)), BODY);
        });
        assert_eq!(wire.rules(), [""; 0], "{service}");
        assert!(wire.spared("port_scan/unseen_request") > 0);
    }
}

#[test]
fn a_socket_that_takes_its_time_is_no_worm() {
    let mut wire = Wire::new();
    (1..=60).for_each(|n| wire.pass(200).udp((SCANNER, SOCKET), (somebody(n), 5_060), BODY));
    assert_eq!(wire.rules(), [""; 0]);
}

#[test]
fn a_higher_threshold_asks_for_more_places() {
    let mut wire = Wire::with(r#"{"port_scan_worm_threshold": 30}"#);
    (1..30).for_each(|n| wire.udp((SCANNER, SOCKET), (somebody(n), 1_434), BODY));
    assert_eq!(wire.alerts.len(), 0);
    wire.udp((SCANNER, SOCKET), (somebody(30), 1_434), BODY);
    assert_eq!(wire.rules(), ["port_scan/worm"]);
}
