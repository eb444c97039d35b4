//! Attacks and what looks like them, as the tuned rules see them.

use std::net::{Ipv4Addr, Ipv6Addr};

use netsentinel_core::{Arp, Mac, Registration, Timestamp};
use netsentinel_synth::Frame;

use super::ArpSpoofing;
use crate::judged::Judged;

const GATEWAY: (Ipv4Addr, Mac) = (Ipv4Addr::new(10, 0, 0, 1), Mac([0, 0x1b, 0x21, 0, 0, 1]));
const VICTIM: (Ipv4Addr, Mac) = (Ipv4Addr::new(10, 0, 0, 5), Mac([0, 0x1b, 0x21, 0, 9, 5]));
const ATTACKER: (Ipv4Addr, Mac) = (Ipv4Addr::new(10, 0, 0, 66), Mac([0, 0x0c, 0x29, 0, 0, 66]));
const SECOND: u64 = 1_000;

/// A link on which packets come at times in milliseconds.
struct Watched(Judged);

impl Watched {
    fn new(keys: &str) -> Self {
        let mut watched = Self(Judged::alone(keys, &[Registration::of::<ArpSpoofing>()]));
        watched.asks(0, (Ipv4Addr::new(10, 0, 0, 200), Mac([0, 0x1b, 0x21, 1, 1, 1])), VICTIM.0);
        watched
    }

    fn see(&mut self, millis: u64, build: impl FnOnce(&mut Vec<u8>)) -> &mut Self {
        let mut data = Vec::new();
        build(&mut data);
        let (secs, nanos) = (millis / SECOND, millis % SECOND * 1_000_000);
        self.0.see(Timestamp::from_parts(1_800_000_000 + secs as i64, nanos as i64), &data);
        self
    }

    fn asks(&mut self, at: u64, (ip, mac): (Ipv4Addr, Mac), target: Ipv4Addr) -> &mut Self {
        let arp = arp(1, (ip, mac), (target, Mac::ZERO));
        self.see(at, |out| {
            Frame::new(out).ethernet(mac, Mac::BROADCAST).arp(&arp);
        })
    }

    fn answers(&mut self, at: u64, ip: Ipv4Addr, mac: Mac, to: (Ipv4Addr, Mac)) -> &mut Self {
        let arp = arp(2, (ip, mac), to);
        self.see(at, |out| {
            Frame::new(out).ethernet(mac, to.1).arp(&arp);
        })
    }

    fn announces(&mut self, at: u64, ip: Ipv4Addr, mac: Mac) -> &mut Self {
        let arp = arp(2, (ip, mac), (ip, Mac::BROADCAST));
        self.see(at, |out| {
            Frame::new(out).ethernet(mac, Mac::BROADCAST).arp(&arp);
        })
    }

    /// Asks for the gateway, which answers.
    fn honest(&mut self, at: u64) -> &mut Self {
        self.asks(at, VICTIM, GATEWAY.0).answers(at + 1, GATEWAY.0, GATEWAY.1, VICTIM)
    }

    fn neighbour(
        &mut self,
        at: u64,
        mac: Mac,
        (from, to): (Ipv6Addr, Ipv6Addr),
        kind: u8,
        rest: &[u8],
    ) -> &mut Self {
        let first = [rest[0], rest[1], rest[2], rest[3]];
        self.see(at, |out| {
            let frame = Frame::new(out).ethernet(mac, VICTIM.1).ipv6(from, to).hop_limit(255);
            frame.icmp(kind, 0, first, &rest[4..]);
        })
    }

    /// The rules of the alerts raised.
    fn raised(&self) -> Vec<&str> {
        self.0.raised().map(|alert| &*alert.rule).collect()
    }

    fn spared(&self, rule: &str, guard: &str) -> u64 {
        self.0.spared(rule, guard)
    }
}

fn arp(operation: u16, sender: (Ipv4Addr, Mac), target: (Ipv4Addr, Mac)) -> Arp {
    Arp {
        operation,
        sender_mac: sender.1,
        sender_ip: sender.0,
        target_mac: target.1,
        target_ip: target.0,
    }
}

#[test]
fn an_unasked_answer_that_moves_the_gateway_is_told_at_once_and_once() {
    let mut watched = Watched::new("{}");
    watched.honest(5 * SECOND);
    for second in 10..30 {
        watched.answers(second * SECOND, GATEWAY.0, ATTACKER.1, VICTIM);
        watched.answers(second * SECOND + 1, VICTIM.0, ATTACKER.1, GATEWAY);
    }
    assert_eq!(watched.raised(), ["arp_spoofing/change"]);
    let alert = watched.0.raised().next().unwrap();
    assert_eq!((alert.source.mac, alert.source.ip), (Some(ATTACKER.1), Some(GATEWAY.0.into())));
    assert_eq!(alert.frame, 4);
}

#[test]
fn poisoning_that_changes_no_mapping_is_told() {
    // The owner is never heard: repeated answers alone.
    let mut watched = Watched::new("{}");
    for second in 0..5 {
        assert_eq!(watched.raised(), [""; 0]);
        watched.answers((3 + 2 * second) * SECOND, GATEWAY.0, ATTACKER.1, VICTIM);
    }
    assert_eq!(watched.raised(), ["arp_spoofing/unasked"]);
    // One that claims two addresses, and asks for one that it claims.
    let mut watched = Watched::new("{}");
    watched.answers(3 * SECOND, GATEWAY.0, ATTACKER.1, VICTIM);
    watched.asks(4 * SECOND, ATTACKER, GATEWAY.0);
    assert_eq!(watched.raised(), ["arp_spoofing/unasked"]);
}

#[test]
fn answers_to_questions_are_no_poisoning() {
    let mut watched = Watched::new("{}");
    // A router that answers for many addresses, as proxy ARP does.
    for n in 1..100_u8 {
        let address = Ipv4Addr::new(10, 0, 1, n);
        watched.asks(u64::from(n) * 100, VICTIM, address);
        watched.answers(u64::from(n) * 100 + 1, address, GATEWAY.1, VICTIM);
    }
    // One answer whose question was missed.
    watched.answers(20 * SECOND, GATEWAY.0, GATEWAY.1, VICTIM);
    assert_eq!(watched.raised(), [""; 0]);
}

#[test]
fn a_replaced_card_is_spared_until_the_owner_comes_back_again_and_again() {
    let new = Mac([0, 0x50, 0x56, 0, 0, 9]);
    let mut watched = Watched::new("{}");
    watched.honest(5 * SECOND).announces(6 * SECOND, GATEWAY.0, new);
    watched.asks(7 * SECOND, VICTIM, GATEWAY.0).answers(7_001, GATEWAY.0, new, VICTIM);
    assert_eq!(watched.raised(), [""; 0]);
    assert_eq!(watched.spared("arp_spoofing/change", "arp_spoofing/moved"), 1);
    watched.honest(8 * SECOND);
    watched.asks(9 * SECOND, VICTIM, GATEWAY.0).answers(9_001, GATEWAY.0, new, VICTIM);
    assert_eq!(watched.raised(), ["arp_spoofing/flip_flop"]);
}

#[test]
fn two_that_defend_one_address_by_announcing_are_a_conflict() {
    let mut watched = Watched::new("{}");
    watched.honest(5 * SECOND);
    for second in 6..20 {
        let mac = if second % 2 == 0 { ATTACKER.1 } else { GATEWAY.1 };
        watched.announces(second * SECOND, GATEWAY.0, mac);
    }
    assert_eq!(watched.raised(), [""; 0]);
}

#[test]
fn guards_spare_shared_bonded_bridged_and_unseen() {
    let shared = Mac([0, 0, 0x5e, 0, 1, 7]);
    let mut watched = Watched::new("{}");
    watched.honest(5 * SECOND).answers(6 * SECOND, GATEWAY.0, shared, VICTIM);
    assert_eq!(watched.spared("arp_spoofing/change", "arp_spoofing/virtual_router"), 1);

    let sibling = Mac([0, 0x1b, 0x21, 0, 0, 2]);
    watched = Watched::new("{}");
    watched.honest(5 * SECOND).answers(6 * SECOND, GATEWAY.0, sibling, VICTIM);
    assert_eq!(watched.spared("arp_spoofing/change", "arp_spoofing/bonded"), 1);

    watched = Watched::new("{}");
    let bridge = Mac([0, 0x25, 0, 0, 0, 1]);
    for second in 5..9 {
        for (at, mac) in [(0, VICTIM.1), (1, bridge)] {
            watched.asks(second * SECOND + at, (VICTIM.0, mac), GATEWAY.0);
        }
    }
    assert!(watched.spared("arp_spoofing/flip_flop", "arp_spoofing/bridged") > 0);

    let mut one_sided = Watched::new("{}");
    for n in 0..40_u8 {
        let station = Mac([0, 0x11, 0x22, 0, n % 8, 0]);
        let address = Ipv4Addr::new(10, 0, 3, n % 8);
        one_sided.answers(5 * SECOND + u64::from(n) * 500, address, station, VICTIM);
    }
    assert!(one_sided.spared("arp_spoofing/unasked", "arp_spoofing/one_sided") > 0);
    for watched in [watched, one_sided] {
        assert_eq!(watched.raised(), [""; 0]);
    }
}

#[test]
fn a_guard_that_is_switched_off_spares_nobody() {
    let shared = Mac([0, 0, 0x5e, 0, 1, 7]);
    let mut watched = Watched::new(r#"{"disabled_guards": ["arp_spoofing/virtual_router"]}"#);
    watched.honest(5 * SECOND).answers(6 * SECOND, GATEWAY.0, shared, VICTIM);
    assert_eq!(watched.raised(), ["arp_spoofing/change"]);
}

fn advertisement(target: Ipv6Addr, mac: Mac) -> Vec<u8> {
    let mut rest = vec![0x20, 0, 0, 0];
    rest.extend(target.octets());
    rest.extend([2, 1]);
    rest.extend(mac.0);
    rest
}

fn solicitation(target: Ipv6Addr) -> Vec<u8> {
    let mut rest = vec![0; 4];
    rest.extend(target.octets());
    rest
}

fn router(lifetime_s: u16) -> Vec<u8> {
    let mut rest = vec![64, 0];
    rest.extend(lifetime_s.to_be_bytes());
    rest.extend([0; 8]);
    rest
}

const ROUTER: Ipv6Addr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1);
const HOST: Ipv6Addr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 5);
const ALL: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);

#[test]
fn neighbours_are_overridden_as_mappings_are_changed() {
    let mut watched = Watched::new("{}");
    watched.neighbour(3_000, VICTIM.1, (HOST, ALL), 135, &solicitation(ROUTER));
    watched.neighbour(3_001, GATEWAY.1, (ROUTER, HOST), 136, &advertisement(ROUTER, GATEWAY.1));
    assert_eq!(watched.raised(), [""; 0]);
    watched.neighbour(9_000, ATTACKER.1, (ROUTER, HOST), 136, &advertisement(ROUTER, ATTACKER.1));
    assert_eq!(watched.raised(), ["arp_spoofing/change"]);
}

#[test]
fn routers_that_are_dismissed_or_made_up_are_told() {
    let mut watched = Watched::new("{}");
    watched.neighbour(3_000, GATEWAY.1, (ROUTER, ALL), 134, &router(1_800));
    watched.neighbour(4_000, GATEWAY.1, (ROUTER, ALL), 134, &router(0));
    assert_eq!(watched.raised(), [""; 0], "it says goodbye itself");
    watched.neighbour(5_000, ATTACKER.1, (ROUTER, ALL), 134, &router(0));
    assert_eq!(watched.raised(), ["arp_spoofing/rogue_router"]);

    let mut watched = Watched::new("{}");
    for n in 0..50_u16 {
        let made_up = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 1, 100 - n);
        let at = 5_000 + u64::from(n) * 100;
        watched.neighbour(at, ATTACKER.1, (made_up, ALL), 134, &router(1_800));
    }
    assert_eq!(watched.raised(), ["arp_spoofing/rogue_router"]);

    let mut watched = Watched::new("{}");
    let other = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 2);
    watched.neighbour(3_000, GATEWAY.1, (ROUTER, ALL), 134, &router(1_800));
    watched.neighbour(600_000, ATTACKER.1, (other, ALL), 134, &router(1_800));
    assert_eq!(watched.raised(), [""; 0], "a second router of a link that is still unknown");
    let third = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 3);
    watched.neighbour(2_000_000, ATTACKER.1, (third, ALL), 134, &router(1_800));
    assert_eq!(watched.raised(), ["arp_spoofing/new_router"]);
}

#[test]
fn a_station_that_objects_to_every_address_is_told() {
    let mut watched = Watched::new("{}");
    for n in 0..4_u16 {
        let wanted = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 7, n);
        let at = 5_000 + u64::from(n) * 1_500;
        let nobody = Ipv6Addr::UNSPECIFIED;
        watched.neighbour(at, VICTIM.1, (nobody, ALL), 135, &solicitation(wanted));
        watched.neighbour(
            at + 5,
            ATTACKER.1,
            (wanted, ALL),
            136,
            &advertisement(wanted, ATTACKER.1),
        );
        assert_eq!(watched.raised().len(), usize::from(n >= 2), "{n}");
    }
    assert_eq!(watched.raised(), ["arp_spoofing/dad_denial"]);
}
