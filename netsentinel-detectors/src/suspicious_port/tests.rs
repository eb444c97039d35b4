//! What flows on the ports that backdoors like, and on the same ports by chance.

use std::net::Ipv4Addr;

use netsentinel_core::TcpFlags;

use crate::login_trial::{CLIENT, OUTSIDER, SERVER, Says, Trial};
use Says::{Client, Server};

fn raised_by(client: Ipv4Addr, server: (Ipv4Addr, u16), said: &[Says<'_>]) -> Vec<String> {
    let mut trial = Trial::new("{}");
    trial.session(client, server, said);
    trial.raised("suspicious_port").into_iter().map(Into::into).collect()
}

#[test]
fn what_flows_decides() {
    let (http, page) = (&b"GET / HTTP/1.1\r\n\r\n"[..], &b"HTTP/1.1 200 OK\r\n\r\n"[..]);
    let program = [&b"MZ\x90\0"[..], &[0; 400]].concat();
    let shell = b"Microsoft Windows [Version 10.0.19045.2006]\r\n";
    let (nick, notice) = (b"NICK joe\r\n", b":irc.example.net 001 joe :Welcome\r\n");
    let hello = b"CNXN\x01\0\0\x01\0\0\x10\0";
    let [contact, backdoor, bridge] =
        ["contact", "backdoor", "debug_bridge"].map(|rule| format!("suspicious_port/{rule}"));
    for (client, server, said, expected) in [
        (CLIENT, (OUTSIDER, 4444), [Client(http), Server(page)], Some(&contact)),
        (CLIENT, (OUTSIDER, 12345), [Client(b"\x01\x02"), Server(b"\x03")], Some(&contact)),
        (CLIENT, (SERVER, 4444), [Client(b"\x01\x02"), Server(b"\x03")], Some(&contact)),
        (CLIENT, (SERVER, 12345), [Client(b"\x01\x02"), Server(b"\x03")], None),
        (CLIENT, (SERVER, 4444), [Client(http), Server(page)], None),
        (CLIENT, (OUTSIDER, 12345), [Client(http), Server(page)], None),
        (CLIENT, (OUTSIDER, 6667), [Client(nick), Server(notice)], None),
        (CLIENT, (SERVER, 5555), [Client(shell), Server(b"dir\n")], Some(&backdoor)),
        (CLIENT, (SERVER, 5555), [Server(b"\0\x10\0\0"), Server(&program)], Some(&backdoor)),
        (CLIENT, (OUTSIDER, 9001), [Client(shell), Server(b"dir\n")], Some(&backdoor)),
        (CLIENT, (SERVER, 23), [Client(b"joe\r\n"), Server(shell)], None),
        (OUTSIDER, (CLIENT, 5555), [Client(hello), Server(hello)], Some(&bridge)),
        (CLIENT, (SERVER, 5555), [Client(hello), Server(hello)], None),
    ] {
        let raised = raised_by(client, server, &said);
        assert_eq!(raised.first(), expected, "{client} to {server:?}");
    }
}

#[test]
fn a_contact_that_is_irc_is_counted_as_spared() {
    let mut trial = Trial::new(r#"{"suspicious_ports_common": []}"#);
    let said = [Client(b"NICK joe\r\n"), Server(b":a 001 joe :Welcome\r\n")];
    trial.session(CLIENT, (OUTSIDER, 6667), &said);
    assert_eq!(trial.raised("suspicious_port"), [""; 0]);
    assert_eq!(trial.spared("suspicious_port/contact", "suspicious_port/irc"), 1);
}

#[test]
fn passive_transfers_and_peers_have_their_ports_by_chance() {
    let mut trial = Trial::new("{}");
    let announcement = b"227 Entering Passive Mode (203,0,113,66,17,92)\r\n";
    trial.session(CLIENT, (OUTSIDER, 21), &[Client(b"PASV\r\n"), Server(announcement)]);
    trial.session(CLIENT, (OUTSIDER, 4444), &[Client(b"data"), Server(b"more")]);
    assert_eq!(trial.spared("suspicious_port/contact", "suspicious_port/negotiated"), 1);
    for peer in 0..30 {
        let peer = (Ipv4Addr::new(198, 51, 100, peer), 20_000 + 977 * u16::from(peer));
        let port = trial.fresh_port();
        trial.segment((CLIENT, port), peer, TcpFlags::SYN, (1, 0), b"");
        trial.pause(1_000);
    }
    trial.session(CLIENT, (OUTSIDER, 1337), &[Client(b"\x01\x02"), Server(b"\x03")]);
    assert_eq!(trial.spared("suspicious_port/contact", "suspicious_port/chance"), 1);
    assert_eq!(trial.raised("suspicious_port"), [""; 0]);
}

#[test]
fn who_goes_on_trying_is_told_and_who_gives_up_is_not() {
    let mut trial = Trial::new("{}");
    for _ in 0..3 {
        trial.segment((CLIENT, 50_000), (SERVER, 4444), TcpFlags::SYN, (1, 0), b"");
        trial.pause(3_000);
    }
    assert_eq!(trial.raised("suspicious_port"), [""; 0]);
    for _ in 0..4 {
        let port = trial.fresh_port();
        trial.segment((CLIENT, port), (SERVER, 4444), TcpFlags::SYN, (1, 0), b"");
        trial.pause(10_000);
    }
    assert_eq!(trial.raised("suspicious_port"), ["suspicious_port/insistence"]);
}

#[test]
fn datagrams_are_told_where_nothing_speaks_for_them() {
    let mut trial = Trial::new("{}");
    let broadcast = (Ipv4Addr::BROADCAST, 1337);
    for _ in 0..40 {
        trial.datagram((CLIENT, 50_001), broadcast, b"here I am");
        trial.datagram((SERVER, 50_002), (OUTSIDER, 1337), &[0x80; 172]);
    }
    trial.datagram((CLIENT, 50_003), (OUTSIDER, 6667), b"question");
    trial.datagram((OUTSIDER, 6667), (CLIENT, 50_003), b"answer");
    assert_eq!(trial.raised("suspicious_port"), [""; 0]);
    for _ in 0..20 {
        trial.datagram((CLIENT, 50_004), (SERVER, 1337), b"$GPGGA,114834");
    }
    assert_eq!(trial.raised("suspicious_port"), ["suspicious_port/insistence"]);
    trial.datagram((CLIENT, 50_005), (OUTSIDER, 31337), b"question");
    trial.datagram((OUTSIDER, 31337), (CLIENT, 50_005), b"answer");
    assert_eq!(trial.raised("suspicious_port").last(), Some(&"suspicious_port/contact"));
}
