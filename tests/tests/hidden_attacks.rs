//! A port scan and a brute force in a flood whose every packet has a new source: found at the very
//! packet at which they are found without the flood, by tables that overflow all the time, in the
//! memory that was taken at start.
#![allow(clippy::unwrap_used, reason = "the helpers of a test may fail it")]

use std::net::Ipv4Addr;

use netsentinel_core::Alert;
use netsentinel_core::pipeline::Stats;
use netsentinel_synth::{Options, SynthPacket, scenario};
use netsentinel_tests::replay::{PROFILES, builtin, raised, replay};

/// Who attacks in `flood-hide`: the scanner and the guesser.
const ATTACKERS: [Ipv4Addr; 2] = [Ipv4Addr::new(198, 51, 100, 66), Ipv4Addr::new(192, 0, 2, 66)];

/// Most memory that all tables together may take: what `docs/performance.md` calls the budget.
const MEMORY_MAX: usize = 128_000_000;

/// The flood with the attackers, and the attackers alone: the same packets at the same times.
struct Flooded {
    all: Vec<SynthPacket>,
    attacks: Vec<SynthPacket>,
}

impl Flooded {
    fn new(rate: u32) -> Self {
        let options = Options { rate: Some(rate), ..Options::default() };
        let all: Vec<_> = scenario::find("flood-hide").unwrap().run(&options).unwrap().collect();
        let attacks: Vec<_> =
            all.iter().filter(|packet| is_of_attackers(packet)).cloned().collect();
        assert!(all.len() > 100 * attacks.len() && attacks.len() > 100);
        Self { all, attacks }
    }

    /// Replays both with `config` and compares what is found; gives what was counted in the flood.
    fn assert_found_alike(&self, config: &str) -> Stats {
        let (mut quiet, mut flooded) = (builtin(config), builtin(config));
        let expected = replay(&mut quiet, &self.attacks);
        let found = replay(&mut flooded, &self.all);
        let mut detectors: Vec<_> =
            raised(&expected).iter().map(|alert| &*alert.detector).collect();
        detectors.sort_unstable();
        detectors.dedup();
        assert_eq!(detectors, ["brute_force", "port_scan"], "{config}");
        let found = of_attackers(&found);
        let expected = of_attackers(&expected);
        assert_eq!(found.len(), expected.len(), "{config}");
        for (found, expected) in found.iter().zip(expected) {
            assert_eq!((&found.id, &found.rule), (&expected.id, &expected.rule), "{config}");
            assert_eq!((found.count, found.timestamp), (expected.count, expected.timestamp));
            let [at, alone] = [(found, &self.all), (&expected, &self.attacks)]
                .map(|(alert, packets)| &packets[alert.frame as usize - 1]);
            assert_eq!(at, alone, "{config}: not at the same packet");
        }
        flooded.stats()
    }
}

/// The alerts on the attackers, updates left out: the flood may well be told, too.
fn of_attackers(alerts: &[Alert]) -> Vec<&Alert> {
    let of = |alert: &&Alert| {
        alert.source.ip.is_some_and(|ip| ATTACKERS.iter().any(|attacker| ip == *attacker))
    };
    raised(alerts).into_iter().filter(of).collect()
}

fn is_of_attackers(packet: &SynthPacket) -> bool {
    let [source, destination] = [26, 30].map(|at| packet.data[at..at + 4].first_chunk().unwrap());
    ATTACKERS.map(|ip| ip.octets()).iter().any(|ip| ip == source || ip == destination)
}

fn evictions(stats: &Stats) -> u64 {
    stats.detectors.values().map(|detector| detector.usage.evictions).sum()
}

#[test]
fn attacks_in_a_flood_are_found_at_the_same_packet_within_the_budget_of_memory() {
    let flooded = Flooded::new(20_000);
    for profile in PROFILES {
        let stats = flooded.assert_found_alike(&format!(r#"{{"profile": "{profile}"}}"#));
        assert!(evictions(&stats) > 0, "{profile}: the flood is too short to overflow anything");
        let tables = stats.tables.values().map(|usage| usage.bytes).sum::<usize>();
        let detectors =
            stats.detectors.values().map(|detector| detector.usage.bytes).sum::<usize>();
        assert!(tables + detectors <= MEMORY_MAX, "{profile}: {tables} and {detectors} bytes");
    }
}

#[test]
fn attacks_are_found_where_a_source_is_remembered_for_a_third_of_a_second() {
    // A tenth of the default tables for a tenth of the packets a second: what 200,000 a second are to
    // the default tables.
    let flooded = Flooded::new(20_000);
    for profile in PROFILES {
        let config =
            format!(r#"{{"profile": "{profile}", "max_hosts": 6553, "max_flows": 13107}}"#);
        let stats = flooded.assert_found_alike(&config);
        assert!(evictions(&stats) > 100_000, "{profile}: {}", evictions(&stats));
    }
}
