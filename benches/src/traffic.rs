//! Packets in memory, one behind the other as in a capture file.

use std::ops::Range;

use netsentinel_core::{LinkType, Record, Timestamp};
use netsentinel_synth::{Options, scenario};

/// The scenarios that `script/bench` measures on.
pub const INPUTS: [&str; 5] = ["mixed", "flood", "scans", "dns", "long-flows"];

/// A capture in memory.
#[derive(Debug, Default)]
pub struct Traffic {
    bytes: Vec<u8>,
    packets: Vec<(Timestamp, Range<usize>)>,
}

impl Traffic {
    /// The first `packets` packets of a site at work: 400 hosts, 10,000 packets a second.
    ///
    /// # Panics
    ///
    /// When the scenario is not there any more.
    pub fn mixed(packets: u64) -> Self {
        Self::load("mixed", packets)
    }

    /// The first `packets` packets of a flood of SYNs, each from a new source, 200,000 a second.
    ///
    /// # Panics
    ///
    /// When the scenario is not there any more.
    pub fn flood(packets: u64) -> Self {
        Self::load("flood", packets)
    }

    /// The first `packets` packets of one of the [`INPUTS`] that `script/bench` measures on, with the
    /// same hosts and rate.
    ///
    /// # Panics
    ///
    /// When there is no such scenario.
    pub fn load(name: &str, packets: u64) -> Self {
        let (hosts, rate) = match name {
            "flood" => (None, 200_000),
            _ => (Some(400), 10_000),
        };
        Self::of(name, &Options { hosts, rate: Some(rate), ..longer(packets) })
    }

    /// `packets` packets, 10 µs apart, each written by `write`, which is told its number.
    pub fn made(packets: u32, write: impl Fn(u32, &mut Vec<u8>)) -> Self {
        let mut traffic = Self::default();
        for n in 0..packets {
            let start = traffic.bytes.len();
            write(n, &mut traffic.bytes);
            let time = Timestamp::from_nanos(i64::from(n) * 10_000);
            traffic.packets.push((time, start..traffic.bytes.len()));
        }
        traffic
    }

    #[expect(clippy::panic, reason = "a measurement without its input is worth nothing")]
    fn of(name: &str, options: &Options) -> Self {
        let run = scenario::find(name).map(|entry| entry.run(options));
        let Some(Ok(mut run)) = run else { panic!("no such scenario: {name} {options:?}") };
        let mut traffic = Self::default();
        while let Some(record) = run.next_frame() {
            let start = traffic.bytes.len();
            traffic.bytes.extend_from_slice(record.data);
            traffic.packets.push((record.timestamp, start..traffic.bytes.len()));
        }
        traffic
    }

    /// Number of packets.
    pub fn packets(&self) -> u64 {
        self.packets.len() as u64
    }

    /// The packets.
    pub fn records(&self) -> impl Iterator<Item = Record<'_>> {
        self.packets.iter().zip(1..).map(|((timestamp, range), frame)| Record {
            frame,
            timestamp: *timestamp,
            link: LinkType::ETHERNET,
            wire_len: range.len() as u32,
            data: self.bytes.get(range.clone()).unwrap_or_default(),
            interface: None,
        })
    }
}

/// Ends after so many packets and not before.
fn longer(packets: u64) -> Options {
    let duration = Some(std::time::Duration::from_secs(86_400));
    Options { packets: Some(packets), duration, ..Options::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attack;

    #[test]
    fn inputs_have_as_many_packets_as_asked_for() {
        for name in INPUTS {
            let traffic = Traffic::load(name, 5_000);
            assert_eq!((traffic.packets(), traffic.records().count()), (5_000, 5_000), "{name}");
        }
        let scan = attack("port_scan", 100);
        assert_eq!(scan.records().last().unwrap().frame, 100);
    }
}
