//! Packets made in memory, and what a pipeline says of them.
#![allow(clippy::unwrap_used, reason = "the helpers of a test may fail it")]

use std::sync::Arc;

use netsentinel_core::config::Config;
use netsentinel_core::{Alert, KnownReputation, LinkType, Pipeline, Record, Sink, Timestamp};
use netsentinel_detectors::BUILTIN;
use netsentinel_synth::{SynthPacket, scenario};

/// Both profiles, as configurations name them.
pub const PROFILES: [&str; 2] = ["seed", "tuned"];

/// When the packets of a test begin: 2026-01-01T00:00:00Z.
pub const START: Timestamp = Timestamp::from_nanos(1_767_225_600_000_000_000);

/// The built-in detectors, with the keys of the JSON object `config`.
pub fn builtin(config: &str) -> Pipeline {
    builtin_knowing(config, "{}")
}

/// The same with `reputation`, a table of what is known of whom.
pub fn builtin_knowing(config: &str, reputation: &str) -> Pipeline {
    let config = Config::parse(config).unwrap();
    let reputation = KnownReputation::from_json(reputation).unwrap();
    let builder = Pipeline::builder(&config).detectors(BUILTIN);
    builder.reputation(Arc::new(reputation)).build().unwrap()
}

/// Pushes `packets` in their order, numbered from 1, and finishes; all alerts and updates.
pub fn replay<'p>(
    pipeline: &mut Pipeline,
    packets: impl IntoIterator<Item = &'p SynthPacket>,
) -> Vec<Alert> {
    let mut alerts = Vec::new();
    for (frame, packet) in (1..).zip(packets) {
        push(pipeline, frame, packet, &mut alerts);
    }
    pipeline.finish(&mut alerts);
    alerts
}

/// Pushes one packet as frame number `frame`.
pub fn push(pipeline: &mut Pipeline, frame: u64, packet: &SynthPacket, sink: &mut dyn Sink) {
    let record = Record {
        frame,
        timestamp: packet.timestamp,
        link: LinkType::ETHERNET,
        wire_len: packet.wire_len,
        data: &packet.data,
        interface: None,
    };
    pipeline.push(&record, sink);
}

/// The alerts among `all`, updates left out.
pub fn raised(all: &[Alert]) -> Vec<&Alert> {
    all.iter().filter(|alert| alert.update == 0).collect()
}

/// The packets of a scenario with its default options.
pub fn scenario_packets(name: &str) -> Vec<SynthPacket> {
    let entry = scenario::find(name).unwrap();
    entry.run(&netsentinel_synth::Options::default()).unwrap().collect()
}
