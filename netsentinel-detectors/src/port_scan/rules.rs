//! The rules and guards of the detector.

use netsentinel_core::{Guard, Rule};

pub(crate) const VERTICAL: Rule = rule(
    "port_scan/vertical",
    1_000_001,
    "one source probes many ports within the window; under profile tuned ports of one host",
);
pub(crate) const SWEEP: Rule = rule(
    "port_scan/sweep",
    1_000_002,
    "one source tries one port of many hosts, most of them in vain, or many ports of several hosts",
);
pub(crate) const STEALTH: Rule = rule(
    "port_scan/stealth",
    1_000_003,
    "one source probes ports by segments that no honest stack sends (NULL, FIN, XMAS)",
);
pub(crate) const UDP: Rule = rule(
    "port_scan/udp",
    1_000_004,
    "one source sends to many UDP ports of one host that are silent or refuse",
);
pub(crate) const ACK: Rule = rule(
    "port_scan/ack",
    1_000_005,
    "many ports of one host reset what one source sends outside of any connection (ACK, Window, Maimon)",
);
pub(crate) const SLOW: Rule = rule(
    "port_scan/slow",
    1_000_006,
    "one source fails on many ports of one host, or on many internal hosts, within an hour",
);
pub(crate) const DISTRIBUTED: Rule = rule(
    "port_scan/distributed",
    1_000_007,
    "many ports of one host fail for several sources at once (botnets, decoys)",
);
pub(crate) const PROTOCOL: Rule = rule(
    "port_scan/protocol",
    1_000_008,
    "one host calls many IP protocols unreachable that one source has tried",
);
pub(crate) const ICMP_SWEEP: Rule = rule(
    "port_scan/icmp_sweep",
    1_000_009,
    "one source asks many hosts by ICMP whether they are there, most of them in vain",
);
pub(crate) const ARP_SWEEP: Rule = rule(
    "port_scan/arp_sweep",
    1_000_010,
    "one source asks by ARP for many addresses of one network that nobody has",
);
pub(crate) const WORM: Rule = rule(
    "port_scan/worm",
    1_000_091,
    "one UDP socket sends a whole body, unasked, to many places at once, of which none answers (Slammer, Witty)",
);

/// All rules, in the order of their numbers.
pub(super) const ALL: &[Rule] =
    &[VERTICAL, SWEEP, STEALTH, UDP, ACK, SLOW, DISTRIBUTED, PROTOCOL, ICMP_SWEEP, ARP_SWEEP, WORM];

pub(super) const ANSWERED: Guard = Guard {
    id: "port_scan/answered",
    summary: "spares who is answered by most ports or hosts: clients, address translators, monitors, peers",
};
pub(super) const TRACEROUTE: Guard = Guard {
    id: "port_scan/traceroute",
    summary: "spares datagrams whose hop limits rise from one: they ask for the path, not for the ports",
};
pub(super) const UNSEEN_REQUEST: Guard = Guard {
    id: "port_scan/unseen_request",
    summary: "spares datagrams from a service port to client ports: answers whose requests were not seen",
};
pub(super) const HOLE_PUNCHING: Guard = Guard {
    id: "port_scan/hole_punching",
    summary: "spares STUN messages: calls and games that look for a way through address translators",
};
pub(super) const HANDSHAKE: Guard = Guard {
    id: "port_scan/handshake",
    summary: "spares from a worm what opens conversations as QUIC and DTLS do: peers that share one socket",
};
pub(super) const ROUTER: Guard = Guard {
    id: "port_scan/router",
    summary: "spares who asks by ARP across several networks: a router with traffic for hosts that are gone",
};
pub(super) const FLOOD: Guard = Guard {
    id: "port_scan/flood",
    summary: "spares a host from a distributed scan where each port has a source of its own in a second: \
              a flood with forged sources",
};

/// All guards.
pub(super) const GUARDS: &[Guard] =
    &[ANSWERED, TRACEROUTE, UNSEEN_REQUEST, HOLE_PUNCHING, HANDSHAKE, ROUTER, FLOOD];

const fn rule(id: &'static str, signature: u32, summary: &'static str) -> Rule {
    Rule { id, signature, summary, severity: None }
}
