//! Datagrams without end to a host that does not answer, or answers that nobody asked for.
//!
//! # What it sees
//!
//! Profile `tuned` only: the first datagrams of UDP flows, as long as they are not answered, and the first
//! answers. Where many go unanswered at one host, for the length of a window every datagram from and to it.
//!
//! # Why it matters
//!
//! A flood of datagrams fills a line; the sender needs no handshake, so it can forge its address, and make open
//! services of others send the flood for it.
//!
//! # Rule
//!
//! `udp_flood/source`: at least `udp_flood_threshold` datagrams within `udp_flood_window` seconds to one host that
//! answers less than one in ten, from fewer than `udp_flood_sources` sources, about. Half of them open a flow each, or nine in ten
//! are alike in length and in their first 32 bytes: streams of sound, pictures and measurements are neither.
//!
//! `udp_flood/victim`: the same from more sources, told once for a host.
//!
//! `udp_flood/amplification`: at least `udp_flood_amplification_threshold` datagrams of 200 bytes or more to one host within the window, from
//! ports of services that answer more than they are asked (such as DNS, NTP, SSDP, CLDAP, memcached, chargen), where the
//! host was not seen to ask.
//!
//! `udp_flood/reflector`: as many large answers of such a service of ours to one host outside: 400 bytes, from
//! DNS 1000. Somebody asks in the name of a victim.
//!
//! # Guards
//!
//! `udp_flood/stream`: one flow or some, whose datagrams differ: sound, pictures, measurements, logs, a tunnel.
//!
//! `udp_flood/scan`: small datagrams to many ports: a scan.
//!
//! `udp_flood/discovery`: the host has asked all of its network (SSDP, WS-Discovery) within the last minute.
//!
//! # Keys
//!
//! - `udp_flood_threshold`: datagrams, from 1 to 10000000. Two hundred a second without an answer; calls and games are
//!   answered, and the slowest floods of tools send as many.
//! - `udp_flood_window`: seconds, from 1 to 86400; as for the other floods.
//! - `udp_flood_sources`: sources, from 1 to 1000000. Sixteen are more than a test has machines.
//! - `udp_flood_amplification_threshold`: answers, from 1 to 1000000. Twenty a second; a network printer answers
//!   a search once or twice.
//!
//! # Blind spots
//!
//! A few flows of datagrams that all differ, however fast: on the wire they are streams. Floods to group addresses. A flow that was a
//! stream when it began. More than 16 floods at once. False alarms: programs that open a socket for every message
//! and get no answer (some send measurements so), a resolver whose upstream is dead, and sensors that see one direction
//! only, to which all answers look unasked.
//!
//! # ATT&CK
//!
//! T1498.001 Direct Network Flood, T1498.002 Reflection Amplification. Reputation is asked about a single source.
//!
//! # Sources
//!
//! Ports and sizes of answers that amplify: CISA alert TA14-017A, and Rossow, Amplification Hell (2014). The thresholds are our own.

mod amplification;
mod settings;
#[cfg(test)]
mod tests;
mod victim;
mod watch;

use std::net::{IpAddr, Ipv4Addr};

use netsentinel_core::config::Profile;
use netsentinel_core::detector::attack::{
    DIRECT_NETWORK_FLOOD, REFLECTION_AMPLIFICATION, Technique,
};
use netsentinel_core::detector::{Asks, Guard};
use netsentinel_core::{
    Context, Descriptor, Detector, DetectorKind, Ethernet, Interest, Ip, Mac, NeedsRestart, Packet,
    Party, Rule, Setup, Severity, Transport, Usage,
};

use amplification::Amplification;
pub use settings::Settings;
use victim::Victims;

const SOURCE: Rule = Rule {
    id: "udp_flood/source",
    signature: 1_000_081,
    summary: "one source sends many datagrams to one host that hardly answers",
    severity: None,
};
const VICTIM: Rule = Rule {
    id: "udp_flood/victim",
    signature: 1_000_082,
    summary: "many sources send many datagrams to one host that hardly answers",
    severity: None,
};
const AMPLIFICATION: Rule = Rule {
    id: "udp_flood/amplification",
    signature: 1_000_083,
    summary: "one host gets many large answers that it did not ask for",
    severity: None,
};
const REFLECTOR: Rule = Rule {
    id: "udp_flood/reflector",
    signature: 1_000_084,
    summary: "a service of ours sends many large answers to one host outside",
    severity: Some(Severity::Medium),
};
const STREAM: Guard = Guard {
    id: "udp_flood/stream",
    summary: "a few flows whose datagrams differ: sound, pictures, measurements, logs",
};
const SCAN: Guard =
    Guard { id: "udp_flood/scan", summary: "small datagrams to many ports: a scan" };
const DISCOVERY: Guard = Guard {
    id: "udp_flood/discovery",
    summary: "the host has asked all of its network within the last minute",
};
const REFLECTED: &[Technique] = &[REFLECTION_AMPLIFICATION];

/// Watches hosts that get datagrams and do not answer, and answers that nobody asked for.
pub struct UdpFlood {
    settings: Settings,
    /// Absent in profile `seed`.
    tuned: Option<(Victims, Amplification)>,
}

impl DetectorKind for UdpFlood {
    type Settings = Settings;

    const DESCRIPTOR: Descriptor = Descriptor {
        id: "udp_flood",
        category: "UDP Flood",
        severity: Severity::High,
        attack: &[DIRECT_NETWORK_FLOOD],
        interest: Interest::UDP_ATTEMPT,
        judges: Party::Either,
        summary: "datagrams without end to a host that does not answer, or did not ask",
        rules: &[SOURCE, VICTIM, AMPLIFICATION, REFLECTOR],
        guards: &[STREAM, SCAN, DISCOVERY],
    };

    const COST: u32 = 90;

    fn asks(profile: Profile) -> Asks {
        let interest = match profile {
            Profile::Seed => Interest::empty(),
            Profile::Tuned => Interest::UDP_ATTEMPT,
        };
        Asks { interest, judges: Party::Either }
    }

    fn watches(profile: Profile) -> Interest {
        match profile {
            Profile::Seed => Interest::empty(),
            Profile::Tuned => Interest::UDP,
        }
    }

    fn new(settings: Settings, setup: &Setup) -> Self {
        let tuned = (setup.profile == Profile::Tuned)
            .then(|| (Victims::new(&settings, setup), Amplification::new(&settings, setup)));
        Self { settings, tuned }
    }

    fn reconfigure(&mut self, settings: Settings, _: &Setup) -> Result<(), NeedsRestart> {
        if let Some((victims, amplification)) = &mut self.tuned {
            victims.reconfigure(&settings);
            amplification.reconfigure(&settings);
        }
        self.settings = settings;
        Ok(())
    }
}

impl Detector for UdpFlood {
    fn on_packet(&mut self, packet: &Packet<'_>, cx: &mut Context<'_>) {
        let Some((victims, amplification)) = &mut self.tuned else { return };
        let Some(ip) = packet.ip() else { return };
        let Transport::Udp(udp) = ip.transport else { return };
        let to_all = is_for_many(packet, ip);
        if cx.attempt().is_some() {
            amplification.on_attempt(packet, ip, udp, to_all, &self.settings, cx);
        }
        if !to_all {
            victims.on_datagram(ip, udp, &self.settings, cx);
        }
    }

    fn on_tick(&mut self, cx: &mut Context<'_>) {
        if let Some((victims, _)) = &mut self.tuned {
            victims.on_tick(&self.settings, cx);
        }
    }

    fn usage(&self) -> Usage {
        self.tables().into_iter().fold(Usage::default(), |all, (_, table)| all + table)
    }

    fn tables(&self) -> Vec<(&'static str, Usage)> {
        self.tuned.as_ref().map_or_else(Vec::new, |(victims, amplification)| {
            victims.tables().into_iter().chain(amplification.tables()).collect()
        })
    }
}

/// Whether a datagram is for many hosts: they are not asked one by one, and are no victims.
fn is_for_many(packet: &Packet<'_>, ip: &Ip<'_>) -> bool {
    let headers = &packet.headers;
    let to_all = |frame: &Ethernet| frame.destination == Mac::BROADCAST;
    ip.destination.is_multicast()
        || ip.destination == IpAddr::V4(Ipv4Addr::BROADCAST)
        || headers.tunnel.is_none() && headers.ethernet.as_ref().is_some_and(to_all)
}
