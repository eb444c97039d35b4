//! Connections that are opened without end, by one source or by many.
//!
//! # What it sees
//!
//! TCP segments with SYN and none of ACK, RST and FIN: attempts to connect. In profile `tuned`, where
//! attempts at a host come fast, for a second also what becomes of a sample of 256 of them: whether the
//! host accepts (SYN-ACK), and whether the client acknowledges.
//!
//! # Why it matters
//!
//! Every attempt costs the target an entry among its half-open connections; enough of them, and
//! honest clients find no room.
//!
//! # Rule
//!
//! `syn_flood/source`: at least `syn_flood_threshold` attempts by one source within `syn_flood_window`
//! seconds; in profile `seed` to whomever, in profile `tuned` to one port of one host. What one source tries
//! on many ports or hosts, once or twice each, is a scan. Where the host answers, it is told a second after
//! the first half of the attempts at the earliest, when it is known whether handshakes complete.
//!
//! `syn_flood/victim` (profile `tuned`): at least `syn_flood_victim_threshold` attempts at one host within the
//! window, from at least `syn_flood_sources` sources, about, most of them to one port or nearly each from a source of its
//! own: a flood from spoofed addresses or from many machines. Told once for a host, whatever the number of
//! sources; sources that are enough by themselves join it.
//!
//! `syn_flood/scattered` (profile `tuned`): at least `syn_flood_forged_threshold` sources that no host can have
//! (multicast and reserved addresses) attempt connections to at least as many hosts within ten seconds: somebody
//! forges addresses at random, as programs that fill the tables of switches, routers and translators do. Of random
//! IPv4 addresses one in eight is such a source. It is told of no host, but with the station that sent the last.
//!
//! # Guards
//!
//! `syn_flood/completes`: at least `syn_flood_completed_percent` of the sampled handshakes complete: a
//! crowd, a proxy, an address translator, a load test.
//!
//! `syn_flood/retries`: nobody answers, and the clients try again on the same ports, as honest ones do: a
//! service that is down, up to five times the threshold.
//!
//! `syn_flood/scan`: few sources try many ports of one host: a scan with decoys.
//!
//! # Keys
//!
//! - `syn_flood_threshold`: attempts, from 1 to 1000000.
//! - `syn_flood_window`: seconds, from 1 to 86400.
//! - `syn_flood_victim_threshold`: attempts, from 1 to 1000000. What is too much from one source is too much
//!   from many.
//! - `syn_flood_sources`: sources, from 1 to 1000000. Sixteen are more than a test has machines, and spoofed floods
//!   have hundreds.
//! - `syn_flood_completed_percent`: percent, from 1 to 100. In a flood all but the honest share stays half
//!   open, among honest clients a few in a hundred do.
//! - `syn_flood_forged_threshold`: sources, from 1 to 1000. A broken stack or cable makes one of them now and then;
//!   five different ones for five hosts are no accident.
//!
//! # Blind spots
//!
//! Floods slower than the threshold, and those that spread over many hosts, unless some of the sources are such as
//! no host can have; a site that uses reserved addresses (240.0.0.0/4) for hosts of its own must raise
//! `syn_flood_forged_threshold`, or disable the rule. While a host gets attempts that are
//! nearly all from sources, or for ports, of their own, a source that makes few of them (some two in a hundred)
//! is not told by itself. A flood that is less than half of
//! what honest clients open. Tools that
//! complete handshakes, or acknowledge without having seen the answer. In the first second, tests of a far
//! server that open hundreds of connections before its first answer are taken for a flood.
//! In profile `seed`: floods from many sources; false alarms by proxies, fast scans and load tests.
//!
//! # ATT&CK
//!
//! T1499.001 OS Exhaustion Flood. Reputation is asked about a single source.
//!
//! # Sources
//!
//! Threshold and window are those of the systems that NetSentinel unites. The attack: RFC 4987. That the balance
//! of openings and completions tells it: Wang, Zhang and Shin, Detecting SYN flooding attacks (2002).

mod early;
mod sample;
mod scattered;
mod seed;
mod settings;
#[cfg(test)]
mod tests;
mod tuned;
mod votes;
mod watch;

use netsentinel_core::config::Profile;
use netsentinel_core::detector::attack::OS_EXHAUSTION_FLOOD;
use netsentinel_core::detector::{Asks, Guard};
use netsentinel_core::{
    Context, Descriptor, Detector, DetectorKind, Finding, Interest, NeedsRestart, Packet, Party,
    Rule, Setup, Severity, TcpFlags, Transport, Usage,
};

use seed::Seed;
pub use settings::Settings;
use tuned::Tuned;

const SOURCE: Rule = Rule {
    id: "syn_flood/source",
    signature: 1_000_011,
    summary: "one source attempts many connections within the window",
    severity: None,
};
const VICTIM: Rule = Rule {
    id: "syn_flood/victim",
    signature: 1_000_012,
    summary: "many sources attempt many connections to one host within the window and leave them half open",
    severity: None,
};
const COMPLETES: Guard = Guard {
    id: "syn_flood/completes",
    summary: "the handshakes complete: a crowd, a proxy, an address translator, a load test",
};
const RETRIES: Guard = Guard {
    id: "syn_flood/retries",
    summary: "nobody answers and the clients try again: a service that is down",
};
const SCAN: Guard =
    Guard { id: "syn_flood/scan", summary: "few sources try many ports: a scan with decoys" };

/// Counts attempts to connect, by source and by victim.
pub struct SynFlood {
    settings: Settings,
    rules: Rules,
}

/// The tables of the profile.
enum Rules {
    Seed(Seed),
    Tuned(Box<Tuned>),
}

impl DetectorKind for SynFlood {
    type Settings = Settings;

    const DESCRIPTOR: Descriptor = Descriptor {
        id: "syn_flood",
        category: "SYN Flood",
        severity: Severity::Critical,
        attack: &[OS_EXHAUSTION_FLOOD],
        interest: Interest::SYN,
        judges: Party::Source,
        summary: "connections opened without end",
        rules: &[SOURCE, VICTIM, scattered::SCATTERED],
        guards: &[COMPLETES, RETRIES, SCAN],
    };

    const COST: u32 = 160;

    fn asks(profile: Profile) -> Asks {
        match profile {
            Profile::Seed => Asks { interest: Interest::SYN, judges: Party::Source },
            Profile::Tuned => {
                Asks { interest: Interest::SYN | Interest::FORGED_SYN, judges: Party::Either }
            }
        }
    }

    fn watches(profile: Profile) -> Interest {
        match profile {
            Profile::Seed => Interest::empty(),
            Profile::Tuned => Interest::TCP,
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

impl Detector for SynFlood {
    fn on_packet(&mut self, packet: &Packet<'_>, cx: &mut Context<'_>) {
        let Some(ip) = packet.ip() else { return };
        let Transport::Tcp(tcp) = ip.transport else { return };
        match &mut self.rules {
            Rules::Seed(seed) => seed.on_syn(ip, tcp.destination_port, &self.settings, cx),
            Rules::Tuned(tuned) => {
                if ip.has_impossible_source() && tcp.flags & tuned::OPENING == TcpFlags::SYN {
                    tuned.scattered.on_forged(packet, ip, &self.settings, cx);
                }
                tuned.on_tcp(ip, tcp, &self.settings, cx);
            }
        }
    }

    fn on_verdict(&mut self, finding: &Finding<'_>, cx: &mut Context<'_>) {
        let now = cx.now();
        cx.raise(*finding, |report| match &self.rules {
            Rules::Seed(seed) => seed.tell(finding, now, report),
            Rules::Tuned(tuned) => tuned.tell(finding, now, &self.settings, report),
        });
    }

    fn on_tick(&mut self, cx: &mut Context<'_>) {
        if let Rules::Tuned(tuned) = &mut self.rules {
            tuned.settle(false, &self.settings, cx);
        }
    }

    fn finish(&mut self, cx: &mut Context<'_>) {
        if let Rules::Tuned(tuned) = &mut self.rules {
            tuned.settle(true, &self.settings, cx);
        }
    }

    fn usage(&self) -> Usage {
        self.tables().into_iter().fold(Usage::default(), |all, (_, table)| all + table)
    }

    fn tables(&self) -> Vec<(&'static str, Usage)> {
        match &self.rules {
            Rules::Seed(seed) => vec![("attempts", seed.usage())],
            Rules::Tuned(tuned) => tuned.tables(),
        }
    }
}
