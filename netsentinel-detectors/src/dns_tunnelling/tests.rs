//! Tunnels, and what looks like them. Each is judged by one pipeline and by three workers.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use netsentinel_core::Registration;
use netsentinel_synth::frame::Answer;
use netsentinel_synth::{Dns, Rng};

use super::DnsTunnelling;
use crate::talk_wire::{End, Wire};

const CLIENT: End = (Ipv4Addr::new(10, 0, 0, 66), 40_000);
const RESOLVER: End = (Ipv4Addr::new(10, 0, 0, 1), 53);
const UPSTREAM: End = (Ipv4Addr::new(192, 0, 2, 53), 53);
const A: u16 = 1;
const CNAME: u16 = 5;
const TXT: u16 = 16;
const SRV: u16 = 33;
/// The response code of a name that does not exist, in a resolver's answer.
const NO_SUCH_NAME: u16 = 0x8183;

fn wire() -> Wire {
    Wire::new(&[Registration::of::<DnsTunnelling>()], "")
}

/// Asks, and is answered a millisecond later.
fn talk(wire: &mut Wire, name: &str, kind: u16, answers: &[Answer<'_>]) {
    wire.dns(CLIENT, RESOLVER, &Dns::query(7, name, kind));
    wire.wait(Duration::from_millis(1));
    wire.dns(RESOLVER, CLIENT, &Dns::response(7, name, kind, answers));
    wire.wait(Duration::from_millis(499));
}

/// Asks for what does not exist.
fn miss(wire: &mut Wire, name: &str) {
    wire.dns(CLIENT, RESOLVER, &Dns::query(7, name, A));
    let answer = Dns { flags: NO_SUCH_NAME, ..Dns::response(7, name, A, &[]) };
    wire.dns(RESOLVER, CLIENT, &answer);
    wire.wait(Duration::from_millis(500));
}

fn hex(rng: &mut Rng, len: usize) -> String {
    let digits: Vec<char> = "0123456789abcdef".chars().collect();
    (0..len).filter_map(|_| rng.pick(&digits).copied()).collect()
}

fn address(last: u8) -> Answer<'static> {
    Answer::Address(IpAddr::from([198, 51, 100, last]))
}

#[test]
fn volume_short_names_that_carry_data() {
    let (mut wire, mut rng) = (wire(), Rng::new(1));
    for _ in 0..400 {
        let name = format!("{}.evil.example.org", hex(&mut rng, 24));
        talk(&mut wire, &name, A, &[address(7)]);
    }
    let alerts = wire.raised();
    let [alert] = &alerts[..] else { panic!("{alerts:?}") };
    assert_eq!((&*alert.rule, alert.source.ip), ("dns_tunnelling/volume", Some(CLIENT.0.into())));
    assert_eq!(alert.evidence["domain"], "example.org");
    assert!(alert.evidence["names"].as_u64() >= Some(200), "{:?}", alert.evidence);
}

#[test]
fn answers_a_tunnel_that_waits_for_commands() {
    for text in [true, false] {
        let (mut wire, mut rng) = (wire(), Rng::new(2));
        for _ in 0..60 {
            let name = format!("{}.example.org", hex(&mut rng, 18));
            let told = format!("{}.example.org", hex(&mut rng, 18));
            let (kind, answer) = match text {
                true => (TXT, Answer::Text(told.as_bytes())),
                false => (CNAME, Answer::Alias(&told)),
            };
            talk(&mut wire, &name, kind, &[answer]);
        }
        assert_eq!(wire.rules(), ["dns_tunnelling/answers"]);
    }
}

#[test]
fn one_alert_for_a_tunnel_of_all_kinds() {
    let (mut wire, mut rng) = (wire(), Rng::new(3));
    for _ in 0..200 {
        let name = format!("{}.{}.example.org", hex(&mut rng, 60), hex(&mut rng, 60));
        talk(&mut wire, &name, TXT, &[Answer::Text(hex(&mut rng, 80).as_bytes())]);
    }
    assert_eq!(wire.rules(), ["dns_tunnelling/long_name"]);
}

#[test]
fn dga_domains_that_nobody_registered() {
    let (mut wire, mut rng) = (wire(), Rng::new(4));
    let consonants: Vec<char> = "bcdfghjklmnpqrstvwxz".chars().collect();
    for _ in 0..10 {
        let label: String = (0..12).filter_map(|_| rng.pick(&consonants).copied()).collect();
        miss(&mut wire, &format!("{label}.com"));
        miss(&mut wire, &format!("{label}.com.site.example.org"));
    }
    assert_eq!(wire.rules(), ["dns_tunnelling/dga"]);
}

#[test]
fn direct_bytes_over_port_53() {
    let mut wire = wire();
    for n in 0..40_u8 {
        wire.udp(CLIENT, UPSTREAM, &[0x10, 0xd1, 0x9e, n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
        wire.udp(UPSTREAM, CLIENT, &[0x10, 0xd1, 0x9e, n, 9, 9, 9, 9, 9, 9, 9, 9, 9, 10]);
        wire.wait(Duration::from_millis(100));
    }
    assert_eq!(wire.rules(), ["dns_tunnelling/direct"]);
}

#[test]
fn like_direct_a_flood_that_nobody_answers() {
    let mut wire = wire();
    for n in 0..400_u16 {
        wire.udp((CLIENT.0, n + 1_024), UPSTREAM, &[b'X'; 64]);
    }
    assert_eq!(wire.rules(), [""; 0]);
}

#[test]
fn like_long_names_of_a_directory_and_of_addresses() {
    let service = "_ldap._tcp.Default-First-Site-Name._sites.dc._msdcs.corp.example.org";
    let reverse = format!("{}ip6.arpa", "1.2.3.4.".repeat(8));
    for (name, kind, guard) in
        [(service, SRV, "dns_tunnelling/service_name"), (&reverse, 12, "dns_tunnelling/reverse")]
    {
        let mut wire = wire();
        (0..100).for_each(|_| talk(&mut wire, name, kind, &[]));
        wire.assert_spared(guard);
    }
}

#[test]
fn like_long_names_of_hosts_in_a_cloud() {
    let mut wire = wire();
    for n in 0..3 {
        let name = format!("internal-web-{n}-front-end.frankfurt.load-balancer.cloud.example.org");
        (0..40).for_each(|_| talk(&mut wire, &name, A, &[address(9)]));
    }
    wire.assert_spared("dns_tunnelling/few_names");
}

#[test]
fn like_volume_a_scanner_that_asks_what_it_found_is() {
    let (mut wire, mut rng) = (wire(), Rng::new(5));
    let known = Answer::Address(IpAddr::from([127, 0, 0, 8]));
    for _ in 0..400 {
        let name = format!("{}.avqs.example.org", hex(&mut rng, 32));
        talk(&mut wire, &name, A, &[known]);
    }
    wire.assert_spared("dns_tunnelling/verdicts");
}

#[test]
fn like_volume_a_mail_server_that_asks_lists_of_addresses() {
    let (mut wire, mut rng) = (wire(), Rng::new(6));
    let mut octet = || rng.pick(&(0..=255).collect::<Vec<u8>>()).copied().unwrap();
    for _ in 0..1_100 {
        let name = format!("{}.{}.{}.{}.list.example.org", octet(), octet(), octet(), octet());
        talk(&mut wire, &name, TXT, &[Answer::Text(b"https://example.org/query")]);
    }
    wire.assert_spared("dns_tunnelling/address_list");
}

#[test]
fn like_volume_a_search_list() {
    let mut wire = wire();
    for n in 0..900 {
        miss(&mut wire, &format!("server-{n}.wikipedia.org.corp.example.org"));
    }
    wire.assert_spared("dns_tunnelling/search_list");
}

#[test]
fn like_dga_probes_of_a_browser_and_a_crawler() {
    let mut wire = wire();
    for name in ["qzxwvkjhgf", "bvcxzlkjhg", "plmqkzxcvb"] {
        (0..10).for_each(|_| miss(&mut wire, name));
        (0..10).for_each(|_| miss(&mut wire, &format!("{name}.corp.example.org")));
    }
    assert_eq!(wire.rules(), [""; 0]);
    for n in 0..400 {
        talk(&mut wire, &format!("w{n}.example.net"), A, &[address(1)]);
        if n % 20 == 0 {
            miss(&mut wire, &format!("xkcdqwrtz{n}.com"));
            (0..15).for_each(|_| talk(&mut wire, "www.example.net", A, &[address(1)]));
        }
    }
    wire.assert_spared("dns_tunnelling/mostly_resolved");
}

#[test]
fn who_asks_for_others_is_not_told_of_in_their_place() {
    let (mut wire, mut rng) = (wire(), Rng::new(7));
    for _ in 0..400 {
        let name = format!("{}.example.org", hex(&mut rng, 100));
        wire.dns(CLIENT, RESOLVER, &Dns::query(7, &name, TXT));
        wire.dns((RESOLVER.0, 50_000), UPSTREAM, &Dns::query(8, &name, TXT));
        wire.wait(Duration::from_millis(200));
    }
    let alerts = wire.raised();
    assert!(alerts.iter().all(|alert| alert.source.ip == Some(CLIENT.0.into())), "{alerts:?}");
    assert_eq!(alerts.len(), 1);
}
