//! Pings and other control messages without end.
//!
//! # What it sees
//!
//! Echo requests of ICMP and ICMPv6. In profile `tuned` also the other requests of ICMP (timestamp,
//! information, address mask), echo replies, errors, and the fragments of such messages.
//!
//! # Why it matters
//!
//! A flood of pings fills a line, and makes the target answer each one; it is also what the simplest
//! tools do first. Storms of answers that nobody asked for tell that an address of ours is forged.
//!
//! # Rule
//!
//! `icmp_flood/source`: at least `icmp_flood_threshold` requests by one source within
//! `icmp_flood_window` seconds; in profile `seed` to whomever, in profile `tuned` to one host, so that who pings a
//! whole network is no flood. The other rules are those of profile `tuned`, and count over the same window.
//!
//! `icmp_flood/victim`: at least `icmp_flood_victim_threshold` requests to one host from at least
//! `icmp_flood_sources` sources, about. Told once for a host; sources that are enough by themselves join it.
//!
//! `icmp_flood/large`: at least `icmp_flood_large_threshold` frames of echo requests from one source to one host
//! that are fragments or longer than 1600 bytes.
//!
//! `icmp_flood/oversized`: a fragment that ends beyond the longest message there can be: the ping of death.
//!
//! `icmp_flood/smurf`: at least `icmp_flood_smurf_threshold` echo requests with one source to addresses that stand for
//! all hosts of a network: that source is forged, and gets all answers. Or with such an address as their source.
//!
//! `icmp_flood/replies`: at least `icmp_flood_storm_threshold` echo replies to one host beyond what it asked for.
//!
//! `icmp_flood/unreachable`: at least `icmp_flood_storm_threshold` errors to one host about attempts that it was not
//! seen to make. What it was seen to try is a scan, or a service that is gone, and not told here.
//!
//! # Guards
//!
//! `icmp_flood/monitors`: the sources of many requests ping again and again, at most twice a second each: a gateway or
//! a well-known host that everybody watches.
//!
//! # Keys
//!
//! - `icmp_flood_threshold`: requests, from 1 to 1000000.
//! - `icmp_flood_window`: seconds, from 1 to 86400.
//! - `icmp_flood_victim_threshold`: requests, from 1 to 1000000: forty a second, twice what one source may send.
//! - `icmp_flood_sources`: sources, from 1 to 1000000. Sixteen are more than a test has machines.
//! - `icmp_flood_large_threshold`: frames, from 1 to 1000000. The largest ping makes 45 a second, a test of jumbo
//!   frames six.
//! - `icmp_flood_smurf_threshold`: requests, from 1 to 1000000. Whoever pings all of a network by hand sends one a second.
//! - `icmp_flood_storm_threshold`: replies or errors, from 1 to 1000000. Linux sends at most one error a second to a
//!   host, so forty a second take many senders, or a tool.
//!
//! # Blind spots
//!
//! Floods below the thresholds. A flood from many sources of two pings a second each is taken for
//! monitors. Where only one direction of the traffic is seen, replies to a monitor look unasked. Errors about TCP
//! connections that have long been open count as unasked. In profile
//! `seed`: floods from many sources, of other types, and few but huge echoes; false alarms by monitors that ping whole
//! networks at once.
//!
//! # ATT&CK
//!
//! T1498.001 Direct Network Flood; T1498.002 Reflection Amplification for smurf and unasked replies. Reputation is asked about a
//! single source.
//!
//! # Sources
//!
//! Threshold and window are those of the systems that NetSentinel unites. Echo: RFC 792, RFC 4443. Smurf: CERT
//! CA-1998-01, RFC 2644. Ping of death: CERT CA-1996-26. Error limits: icmp(7) of Linux.

mod seed;
mod settings;
mod storm;
#[cfg(test)]
mod tests;
mod tuned;
mod victim;

use netsentinel_core::config::Profile;
use netsentinel_core::detector::attack::{
    DIRECT_NETWORK_FLOOD, REFLECTION_AMPLIFICATION, Technique,
};
use netsentinel_core::detector::{Asks, Guard};
use netsentinel_core::{
    Context, Descriptor, Detector, DetectorKind, Finding, Interest, NeedsRestart, Packet, Party,
    Rule, Setup, Severity, Usage,
};

use seed::Seed;
pub use settings::Settings;
use tuned::Tuned;

const SOURCE: Rule = Rule {
    id: "icmp_flood/source",
    signature: 1_000_021,
    summary: "one source sends many echo requests within the window",
    severity: None,
};
const VICTIM: Rule = Rule {
    id: "icmp_flood/victim",
    signature: 1_000_022,
    summary: "many sources send many echo requests to one host within the window",
    severity: None,
};
const LARGE: Rule = Rule {
    id: "icmp_flood/large",
    signature: 1_000_023,
    summary: "one source sends many large or fragmented echo requests to one host",
    severity: None,
};
const OVERSIZED: Rule = Rule {
    id: "icmp_flood/oversized",
    signature: 1_000_024,
    summary: "a fragment ends beyond the longest message there can be",
    severity: None,
};
const SMURF: Rule = Rule {
    id: "icmp_flood/smurf",
    signature: 1_000_025,
    summary: "many echo requests go to all hosts of a network, or come from such an address",
    severity: None,
};
const REPLIES: Rule = Rule {
    id: "icmp_flood/replies",
    signature: 1_000_026,
    summary: "one host gets many echo replies that it did not ask for",
    severity: None,
};
const UNREACHABLE: Rule = Rule {
    id: "icmp_flood/unreachable",
    signature: 1_000_027,
    summary: "one host gets many errors about what it was not seen to send",
    severity: Some(Severity::Medium),
};
const MONITORS: Guard = Guard {
    id: "icmp_flood/monitors",
    summary: "many sources ping again and again, at most twice a second each",
};
const REFLECTED: &[Technique] = &[REFLECTION_AMPLIFICATION];

/// Counts control messages, by source and by victim.
pub struct IcmpFlood {
    settings: Settings,
    rules: Rules,
}

/// The tables of the profile.
enum Rules {
    Seed(Seed),
    Tuned(Box<Tuned>),
}

impl DetectorKind for IcmpFlood {
    type Settings = Settings;

    const DESCRIPTOR: Descriptor = Descriptor {
        id: "icmp_flood",
        category: "ICMP Flood",
        severity: Severity::High,
        attack: &[DIRECT_NETWORK_FLOOD],
        interest: Interest::ECHO_REQUEST,
        judges: Party::Source,
        summary: "pings and other control messages without end",
        rules: &[SOURCE, VICTIM, LARGE, OVERSIZED, SMURF, REPLIES, UNREACHABLE],
        guards: &[MONITORS],
    };

    const COST: u32 = 10;

    fn asks(profile: Profile) -> Asks {
        match profile {
            Profile::Seed => Asks { interest: Interest::ECHO_REQUEST, judges: Party::Source },
            Profile::Tuned => {
                Asks { interest: Interest::ICMP | Interest::ICMP_FRAGMENT, judges: Party::Either }
            }
        }
    }

    fn new(settings: Settings, setup: &Setup) -> Self {
        let rules = match setup.profile {
            Profile::Seed => Rules::Seed(Seed::new(&settings, setup)),
            Profile::Tuned => Rules::Tuned(Box::new(Tuned::new(&settings, setup))),
        };
        Self { settings, rules }
    }

    fn reconfigure(&mut self, settings: Settings, _: &Setup) -> Result<(), NeedsRestart> {
        match &mut self.rules {
            Rules::Seed(seed) => seed.reconfigure(&settings),
            Rules::Tuned(tuned) => tuned.reconfigure(&settings),
        }
        self.settings = settings;
        Ok(())
    }
}

impl Detector for IcmpFlood {
    fn on_packet(&mut self, packet: &Packet<'_>, cx: &mut Context<'_>) {
        let Some(ip) = packet.ip() else { return };
        match &mut self.rules {
            Rules::Seed(seed) => seed.on_request(packet, ip, &self.settings, cx),
            Rules::Tuned(tuned) => tuned.on_message(packet, ip, &self.settings, cx),
        }
    }

    fn on_verdict(&mut self, finding: &Finding<'_>, cx: &mut Context<'_>) {
        let now = cx.now();
        cx.raise(*finding, |report| match &self.rules {
            Rules::Seed(seed) => seed.tell(finding, now, report),
            Rules::Tuned(tuned) => tuned.tell(finding, now, report),
        });
    }

    fn usage(&self) -> Usage {
        self.tables().into_iter().fold(Usage::default(), |all, (_, table)| all + table)
    }

    fn tables(&self) -> Vec<(&'static str, Usage)> {
        match &self.rules {
            Rules::Seed(seed) => vec![("requests", seed.usage())],
            Rules::Tuned(tuned) => tuned.tables(),
        }
    }
}
