//! `arp_spoofing`: an address announced with another hardware address than before.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use netsentinel_core::{Arp, Mac};

use crate::Frame;
use crate::timeline::Turn;
use crate::traffic::{GATEWAY, Host, INSIDER, arp_reply, arp_request, mac_of};

use super::scene::Scene;

/// Whose traffic the attacker wants.
const VICTIM: Ipv4Addr = Ipv4Addr::new(10, 0, 1, 5);

pub(super) fn above(scene: &mut Scene) {
    scene.light_background(20);
    spoof(scene, INSIDER, 2_000, 8_000);
}

/// The router tells a host where it is `first` milliseconds after the start, `attacker` claims to be
/// it at `then`.
pub(super) fn spoof(scene: &mut Scene, attacker: Ipv4Addr, first: u64, then: u64) {
    once(scene, first, |turn| {
        arp_reply(turn.frame, mac_of(GATEWAY), GATEWAY, mac_of(VICTIM), VICTIM);
    });
    once(scene, then, move |turn| {
        arp_reply(turn.frame, mac_of(attacker), GATEWAY, mac_of(VICTIM), VICTIM);
    });
}

pub(super) fn below(scene: &mut Scene) {
    scene.light_background(20);
    let honest = |turn: &mut Turn<'_>| {
        arp_reply(turn.frame, mac_of(GATEWAY), GATEWAY, mac_of(VICTIM), VICTIM);
    };
    once(scene, 2_000, honest);
    // Claims that say nothing about where the router is.
    once(scene, 4_000, |turn| {
        claim(turn, Mac::ZERO);
    });
    once(scene, 6_000, |turn| {
        claim(turn, Mac::BROADCAST);
    });
    // The attacker asks for the router, and claims addresses that nobody had.
    once(scene, 8_000, |turn| arp_request(turn.frame, mac_of(INSIDER), INSIDER, GATEWAY));
    scene.spread(9_000, Duration::from_secs(2), 5, |index, turn| {
        let claimed = Ipv4Addr::new(10, 0, 9, index as u8);
        arp_reply(turn.frame, mac_of(INSIDER), claimed, mac_of(VICTIM), VICTIM);
    });
    once(scene, 12_000, honest);
}

/// The attacker tells that the router is at `mac`.
fn claim(turn: &mut Turn<'_>, mac: Mac) {
    let arp = Arp {
        operation: 2,
        sender_mac: mac,
        sender_ip: GATEWAY,
        target_mac: mac_of(VICTIM),
        target_ip: VICTIM,
    };
    Frame::new(turn.frame).ethernet(mac_of(INSIDER), mac_of(VICTIM)).arp(&arp);
}

pub(super) fn benign(scene: &mut Scene) {
    const SPAN: Duration = Duration::from_secs(28);
    scene.light_background(30);
    // The router announces itself every second, the hosts every few seconds: gratuitous ARP.
    scene.spread(0, SPAN, 29, |_, turn| {
        arp_request(turn.frame, mac_of(GATEWAY), GATEWAY, GATEWAY);
    });
    scene.spread(300, SPAN, 120, |index, turn| {
        let host = Host::workstation(100 + index as u32 % 20);
        if let IpAddr::V4(ip) = host.ip {
            arp_request(turn.frame, host.mac, ip, ip);
        }
    });
    // New hosts ask whether an address is free (RFC 5227), some of them for one that is taken.
    scene.spread(500, SPAN, 60, |index, turn| {
        let mac = Host::workstation(300 + index as u32).mac;
        let wanted = Host::workstation(100 + index as u32 % 40).ip;
        if let IpAddr::V4(wanted) = wanted {
            arp_request(turn.frame, mac, Ipv4Addr::UNSPECIFIED, wanted);
        }
    });
}

fn once(scene: &mut Scene, millis: u64, act: impl Fn(&mut Turn<'_>) + Send + 'static) {
    scene.spread(millis, Duration::ZERO, 1, move |_, turn| act(turn));
}
