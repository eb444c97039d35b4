//! The rules of the detector, and what spares from them.

use netsentinel_core::{Guard, Rule, Severity};

pub(super) const CONTACT: Rule = Rule {
    id: "suspicious_port/contact",
    signature: 1_000_031,
    summary: "a host contacts a port that backdoors like",
    severity: None,
};
pub(super) const BACKDOOR: Rule = Rule {
    id: "suspicious_port/backdoor",
    signature: 1_000_032,
    summary: "a command shell or a bare program flows where none should",
    severity: Some(Severity::High),
};
pub(super) const DEBUG_BRIDGE: Rule = Rule {
    id: "suspicious_port/debug_bridge",
    signature: 1_000_033,
    summary: "an Android debug bridge is used across the border of the site",
    severity: Some(Severity::High),
};
pub(super) const INSISTENCE: Rule = Rule {
    id: "suspicious_port/insistence",
    signature: 1_000_034,
    summary: "a host goes on trying a port that backdoors like, without an answer",
    severity: Some(Severity::Low),
};

/// All, in the order in which reports list them.
pub(super) const ALL: &[Rule] = &[CONTACT, BACKDOOR, DEBUG_BRIDGE, INSISTENCE];

pub(super) const IRC: Guard =
    Guard { id: "suspicious_port/irc", summary: "IRC that is spoken at its own ports" };
pub(super) const CHANCE: Guard = Guard {
    id: "suspicious_port/chance",
    summary: "hosts that try many high ports: a scan, which is told as one, or a peer-to-peer client",
};
pub(super) const NEGOTIATED: Guard = Guard {
    id: "suspicious_port/negotiated",
    summary: "ports that an FTP conversation has announced, and calls and peers that speak as such",
};

pub(super) const GUARDS: &[Guard] = &[IRC, CHANCE, NEGOTIATED];
