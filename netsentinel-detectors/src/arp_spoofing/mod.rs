//! Somebody answers for an address that is another's.
//!
//! # What it sees
//!
//! ARP packets, and neighbour discovery of IPv6: which hardware address each says an address is at,
//! who asked for it, and who advertises itself as a router. Probes from `0.0.0.0` and `::`, and senders
//! with the zero or the broadcast address, claim nothing.
//!
//! # Why it matters
//!
//! Who is believed to be the gateway sees, and may change, everything that others send through it.
//!
//! # Rule
//!
//! In profile `seed` only `arp_spoofing/change`: an ARP packet whose sender address was last announced
//! with another hardware address.
//!
//! In profile `tuned`, for IPv4 and IPv6 alike:
//!
//! - `arp_spoofing/change`: an answer that nobody asked for, and that claims an address for another
//!   hardware address than before. An answer is asked for if whom it is for asked for that address
//!   within five seconds, and nobody else has answered.
//! - `arp_spoofing/unasked`: poisoning that changes no mapping in view: at least
//!   `arp_unasked_threshold` answers that nobody asked for by one hardware address for one address
//!   within `arp_spoofing_window` seconds, or two signs from one that claims several addresses. A
//!   sign is such an answer, or that it asks for an address that it claims itself.
//! - `arp_spoofing/flip_flop` (HIGH): an address goes back and forth between two hardware addresses, and its
//!   owner, who is still there, is heard at least `arp_flip_flop_threshold` times in between.
//! - `arp_spoofing/rogue_router`: a router's goodbye by somebody else, or at least
//!   `rogue_router_threshold` new routers within ten seconds.
//! - `arp_spoofing/new_router` (MEDIUM): a new router on a link that has another and was watched for
//!   `rogue_router_learning` seconds.
//! - `arp_spoofing/dad_denial`: one station answers for at least `dad_denial_threshold` addresses that
//!   others were about to take, within `arp_spoofing_window` seconds.
//!
//! All that one hardware address does is one alert.
//!
//! # Guards
//!
//! - `arp_spoofing/moved`: the new claim is an announcement, a question or an answer that was asked for,
//!   as of a replaced card, a lease given to another host, a host that roams, or a failover. If the
//!   owner is still there, `flip_flop` tells.
//! - `arp_spoofing/virtual_router`: one of the two is an address of VRRP, CARP, HSRP, GLBP or Windows
//!   load balancing.
//! - `arp_spoofing/bonded`: both are cards of one maker with neighbouring numbers, and neither claims
//!   another address: a bond that moves its clients.
//! - `arp_spoofing/bridged`: the same message was seen with another hardware address within ten
//!   milliseconds: a bridge that writes its own into it, as over Wi-Fi.
//! - `arp_spoofing/one_sided`: four or more stations have answered what nobody asked within the window:
//!   the sensor does not see the questions.
//!
//! # Keys
//!
//! - `arp_unasked_threshold`: answers, from 1 to 1000.
//! - `arp_spoofing_window`: seconds, from 1 to 86400.
//! - `arp_flip_flop_threshold`: times, from 1 to 1000.
//! - `dad_denial_threshold`: addresses, from 1 to 1000.
//! - `rogue_router_threshold`: routers, from 1 to 1000.
//! - `rogue_router_learning`: seconds, from 1 to 86400.
//!
//! # Blind spots
//!
//! Poisoning that only answers questions, faster than the owner, until the owner is heard in between;
//! an attacker who takes a virtual router's hardware address; whatever happens out of the sensor's
//! sight, on a switch that shows it one side only. False alarms: two hosts configured with one address
//! that both go on, stacks that answer again unasked.
//!
//! # ATT&CK
//!
//! T1557.002 ARP Cache Poisoning. Reputation is asked about nobody: both ends are on the link.
//!
//! # Sources
//!
//! The seed rule is that of the systems that NetSentinel unites. ARP: RFC 826; probes and
//! announcements: RFC 5227; neighbour discovery: RFC 4861, 4862. That poisoners send answers unasked
//! is how arpspoof, ettercap and bettercap work, every one to ten seconds.

mod claim;
mod denial;
mod evidence;
mod link;
mod neighbour;
mod router;
mod seed;
mod settings;
#[cfg(test)]
mod tests;

use netsentinel_core::config::Profile;
use netsentinel_core::detector::attack::ARP_CACHE_POISONING;
use netsentinel_core::{
    Asks, Context, Descriptor, Detector, DetectorKind, Guard, Interest, NeedsRestart, Packet,
    Party, Rule, Setup, Severity, Usage,
};

use link::Link;
use seed::Announced;
pub use settings::Settings;

const CHANGE: Rule = Rule {
    id: "arp_spoofing/change",
    signature: 1_000_041,
    summary: "an address is announced with another hardware address than before",
    severity: None,
};
const UNASKED: Rule = Rule {
    id: "arp_spoofing/unasked",
    signature: 1_000_042,
    summary: "a station tells others unasked that it has an address",
    severity: None,
};
const FLIP_FLOP: Rule = Rule {
    id: "arp_spoofing/flip_flop",
    signature: 1_000_043,
    summary: "an address goes back and forth between its owner and another station",
    severity: Some(Severity::High),
};
const ROGUE_ROUTER: Rule = Rule {
    id: "arp_spoofing/rogue_router",
    signature: 1_000_044,
    summary: "routers are dismissed or made up by somebody",
    severity: None,
};
const NEW_ROUTER: Rule = Rule {
    id: "arp_spoofing/new_router",
    signature: 1_000_045,
    summary: "a new router advertises itself on a link that has one",
    severity: Some(Severity::Medium),
};
const DAD_DENIAL: Rule = Rule {
    id: "arp_spoofing/dad_denial",
    signature: 1_000_046,
    summary: "a station keeps others from taking any address",
    severity: None,
};

const MOVED: Guard = Guard {
    id: "arp_spoofing/moved",
    summary: "an address that moves as addresses do: announced, or told to who asked",
};
const VIRTUAL_ROUTER: Guard = Guard {
    id: "arp_spoofing/virtual_router",
    summary: "an address shared by VRRP, CARP, HSRP, GLBP or Windows load balancing",
};
const BONDED: Guard =
    Guard { id: "arp_spoofing/bonded", summary: "two cards of one host that share its address" };
const BRIDGED: Guard = Guard {
    id: "arp_spoofing/bridged",
    summary: "one message seen on both sides of a bridge that rewrites hardware addresses",
};
const ONE_SIDED: Guard = Guard {
    id: "arp_spoofing/one_sided",
    summary: "answers of many stations to questions that the sensor does not see",
};

/// Remembers who claims which address.
pub struct ArpSpoofing(Rules);

enum Rules {
    Seed(Announced),
    Tuned(Box<Link>),
}

impl DetectorKind for ArpSpoofing {
    type Settings = Settings;

    const DESCRIPTOR: Descriptor = Descriptor {
        id: "arp_spoofing",
        category: "ARP Spoofing",
        severity: Severity::Critical,
        attack: &[ARP_CACHE_POISONING],
        interest: Interest::ARP,
        judges: Party::Source,
        summary: "somebody answers for an address that is another's",
        rules: &[CHANGE, UNASKED, FLIP_FLOP, ROGUE_ROUTER, NEW_ROUTER, DAD_DENIAL],
        guards: &[MOVED, VIRTUAL_ROUTER, BONDED, BRIDGED, ONE_SIDED],
    };

    const COST: u32 = 10;

    fn asks(profile: Profile) -> Asks {
        match profile {
            Profile::Seed => Asks { interest: Interest::ARP, judges: Party::Source },
            Profile::Tuned => {
                Asks { interest: Interest::ARP | Interest::NEIGHBOUR, judges: Party::Either }
            }
        }
    }

    fn new(settings: Settings, setup: &Setup) -> Self {
        Self(match setup.profile {
            Profile::Seed => Rules::Seed(Announced::new(setup)),
            Profile::Tuned => Rules::Tuned(Box::new(Link::new(settings, setup))),
        })
    }

    fn reconfigure(&mut self, settings: Settings, _: &Setup) -> Result<(), NeedsRestart> {
        if let Rules::Tuned(link) = &mut self.0 {
            link.reconfigure(settings);
        }
        Ok(())
    }
}

impl Detector for ArpSpoofing {
    fn on_packet(&mut self, packet: &Packet<'_>, cx: &mut Context<'_>) {
        match &mut self.0 {
            Rules::Seed(announced) => announced.on_packet(packet, cx),
            Rules::Tuned(link) => link.on_packet(packet, cx),
        }
    }

    fn on_tick(&mut self, cx: &mut Context<'_>) {
        if let Rules::Tuned(link) = &mut self.0 {
            link.on_tick(cx.now());
        }
    }

    fn usage(&self) -> Usage {
        self.tables().into_iter().fold(Usage::default(), |sum, (_, usage)| sum + usage)
    }

    fn tables(&self) -> Vec<(&'static str, Usage)> {
        match &self.0 {
            Rules::Seed(announced) => vec![("announced", announced.usage())],
            Rules::Tuned(link) => link.tables(),
        }
    }
}
