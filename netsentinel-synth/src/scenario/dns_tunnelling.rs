//! `dns_tunnelling`: a query for a name longer than 50 characters.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use netsentinel_core::Mac;

use crate::frame::Answer;
use crate::timeline::{Series, Turn};
use crate::traffic::{Host, INSIDER, RESOLVER};
use crate::{Dns, Frame, Rng};

use super::scene::Scene;

/// Longest name that the seed rule lets pass, in characters without the final dot.
const LIMIT: usize = 50;
const TXT: u16 = 16;
const PTR: u16 = 12;

pub(super) fn above(scene: &mut Scene) {
    scene.light_background(20);
    // One is too long for the seed rule; the tuned one asks for several that differ.
    tunnel(scene, Host::inside(INSIDER), 8_000, 8, LIMIT + 1);
}

pub(super) fn below(scene: &mut Scene) {
    scene.light_background(20);
    tunnel(scene, Host::inside(INSIDER), 2_000, 60, LIMIT);
}

/// `client` asks for `count` names of `len` characters, one in 200 ms, that carry data.
pub(super) fn tunnel(scene: &mut Scene, client: Host, millis: u64, count: u64, len: usize) {
    let mut rng = scene.fork();
    let span = Duration::from_millis(200 * (count - 1));
    scene.spread(millis, span, count, move |index, turn| {
        let name = data_name(&mut rng, len);
        let port = rng.ephemeral_port();
        let query = Dns::query(index as u16, &name, TXT);
        client.frame_to(&Host::inside(RESOLVER), turn.frame).dns(port, 53, &query);
    });
}

/// A name of `len` characters (at most 82) whose first label is random base 32.
fn data_name(rng: &mut Rng, len: usize) -> String {
    const DIGITS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    const DOMAIN: &str = ".tunnel.example.com";
    let mut name = String::with_capacity(len);
    while name.len() + DOMAIN.len() < len {
        name.extend(rng.pick(DIGITS).map(|&digit| char::from(digit)));
    }
    name.push_str(DOMAIN);
    name
}

pub(super) fn benign(scene: &mut Scene) {
    const SPAN: Duration = Duration::from_secs(18);
    const LONG: &str = "Third floor printer by the coffee machine, colour, duplex._ipp._tcp.local";
    const NAME: &str = "a-machine-name-that-is-much-longer-than-fifty-characters-1";
    const PAGE: &str = "d111111abcdef8.edge-cache.frankfurt.provider.cloud.example.net";
    assert!(LONG.len() > LIMIT && NAME.len() > LIMIT && PAGE.len() > LIMIT);
    scene.light_background(20);
    tunnel(scene, Host::workstation(120), 1_000, 20, LIMIT);
    // Printers are asked for, and announce themselves, by mDNS.
    scene.spread(500, SPAN, 20, |index, turn| {
        let host = Host::workstation(100 + index as u32 % 5);
        let frame = Frame::new(turn.frame)
            .ethernet(host.mac, Mac([0x01, 0x00, 0x5e, 0, 0, 0xfb]))
            .ip(host.ip, IpAddr::V4(Ipv4Addr::new(224, 0, 0, 251)))
            .hop_limit(255);
        if index % 2 == 0 {
            frame.dns(5353, 5353, &Dns { flags: 0, ..Dns::query(0, LONG, PTR) });
        } else {
            frame.dns(5353, 5353, &Dns::announcement(LONG, &[Answer::Text(b"rp=ipp/print")]));
        }
    });
    // A long name by LLMNR.
    scene.spread(800, SPAN, 10, |index, turn| {
        let host = Host::workstation(110);
        Frame::new(turn.frame)
            .ethernet(host.mac, Mac([0x01, 0x00, 0x5e, 0, 0, 0xfc]))
            .ip(host.ip, IpAddr::V4(Ipv4Addr::new(224, 0, 0, 252)))
            .hop_limit(1)
            .dns(50_000 + index as u16, 5355, &Dns { flags: 0, ..Dns::query(7, NAME, 1) });
    });
    // Short queries whose responses name an alias that is long, or another name than was asked for.
    scene.spread(1_000, SPAN, 40, |index, turn| {
        let (id, port) = (index as u16, 51_000 + index as u16);
        let (client, resolver) = (Host::workstation(130), Host::inside(RESOLVER));
        let query = Dns::query(id, "www.example.com", 1);
        client.frame_to(&resolver, turn.frame).dns(port, 53, &query);
        let respond = move |_, turn: &mut Turn<'_>| {
            let address = IpAddr::V4(Ipv4Addr::new(198, 51, 100, 20));
            let answers = [Answer::Alias(PAGE), Answer::Address(address)];
            let asked = if id.is_multiple_of(2) { PAGE } else { "www.example.com" };
            let response = Dns::response(id, asked, 1, &answers);
            resolver.frame_to(&client, turn.frame).dns(53, port, &response);
        };
        let at = turn.now.after(Duration::from_millis(4));
        turn.start(at, Series::spread(at, Duration::ZERO, 1, respond));
    });
}
