//! What is counted: parts of the way of a packet, each over several inputs.

use std::hint::black_box;
use std::io::{self, Cursor, Write};

use anyhow::{Context as _, Result};
use netsentinel_benches::{INPUTS, Ignore, Traffic, pipeline_of};
use netsentinel_capture::{Capture, PcapWriter};
use netsentinel_core::config::Config;
use netsentinel_core::decode::decode;
use netsentinel_core::{LinkType, Registration, Source as _};
use netsentinel_detectors::BUILTIN;

use crate::pcapng;

/// Packets of each input.
pub(crate) const PACKETS: u64 = 30_000;

/// Small tables, so that so few packets fill them and entries are evicted; the profile is the default.
const CONFIG: &str = r#"{ "max_hosts": 4096, "max_flows": 8192 }"#;

/// The same by the seed rules.
const SEED: &str = r#"{ "max_hosts": 4096, "max_flows": 8192, "profile": "seed" }"#;

const SNAPLEN: u32 = 262_144;

/// Goes through all stages of all inputs, and names each in a line of its own to `out`, in order:
/// the input, a tabulator, the stage.
pub(crate) fn run(out: &mut impl Write) -> Result<()> {
    for input in INPUTS {
        let traffic = Traffic::load(input, PACKETS);
        let mut name = |stage: &str| writeln!(out, "{input}\t{stage}");
        name("read")?;
        read(pcap(&traffic)?)?;
        name("read, pcapng")?;
        read(pcapng::file(traffic.records()))?;
        name("decode")?;
        counted_stage(&mut || {
            for record in traffic.records() {
                black_box(&decode(&record));
            }
        });
        name("no detector")?;
        judge(&traffic, &[])?;
        for registration in BUILTIN {
            name(registration.descriptor().id)?;
            judge(&traffic, std::slice::from_ref(registration))?;
        }
        name("all detectors")?;
        judge(&traffic, BUILTIN)?;
        name("all detectors, seed")?;
        judge_by(SEED, &traffic, BUILTIN)?;
    }
    Ok(())
}

fn pcap(traffic: &Traffic) -> Result<Vec<u8>> {
    let mut writer = PcapWriter::new(Vec::new(), LinkType::ETHERNET, SNAPLEN)?;
    for record in traffic.records() {
        writer.write(&record)?;
    }
    Ok(writer.finish()?)
}

/// Reads the packets from a file in memory.
fn read(file: Vec<u8>) -> Result<()> {
    let mut capture = Capture::from_reader("memory", Cursor::new(file))?;
    let mut end = Ok(());
    counted_stage(&mut || {
        end = loop {
            match capture.next_record() {
                Ok(Some(record)) => {
                    black_box(&record);
                }
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
    });
    end.context("can not read back what was written")
}

/// Pushes the packets through a pipeline of these detectors: decoding, classifying and handing
/// them round are part of it, making the pipeline is not.
fn judge(traffic: &Traffic, detectors: &[Registration]) -> Result<()> {
    judge_by(CONFIG, traffic, detectors)
}

fn judge_by(config: &str, traffic: &Traffic, detectors: &[Registration]) -> Result<()> {
    let mut pipeline = pipeline_of(&Config::parse(config)?, detectors);
    counted_stage(&mut || {
        for record in traffic.records() {
            pipeline.push(&record, &mut Ignore);
        }
    });
    black_box(&pipeline);
    Ok(())
}

/// Callgrind counts while this runs, and only then: it is told the name. Never inlined, and never
/// left by a jump, so that entering and leaving can be seen.
#[inline(never)]
fn counted_stage(stage: &mut dyn FnMut()) {
    stage();
    black_box(stage);
}

/// What [`run`] has named: inputs and stages.
pub(crate) fn parse(names: &str) -> io::Result<Vec<(String, String)>> {
    let pair = |line: &str| line.split_once('\t').map(|(a, b)| (a.to_owned(), b.to_owned()));
    let pairs: Option<Vec<_>> = names.lines().map(pair).collect();
    pairs.ok_or_else(|| io::Error::other("the stages name themselves wrongly"))
}
