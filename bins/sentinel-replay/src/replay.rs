//! Reading the captures and driving the pipeline.

use std::io::stdin;
use std::num::NonZeroUsize;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use netsentinel_capture::{Capture, CaptureError};
use netsentinel_cli::{DETECTORS, Pacer};
use netsentinel_core::alert::Agent;
use netsentinel_core::pipeline::BuildError;
use netsentinel_core::text::shown;
use netsentinel_core::{Block, Judge, Pipeline, PipelineBuilder, Source as _, Timestamp};

use crate::cli::Cli;
use crate::config;
use crate::explain::Explain;
use crate::output::Output;
use crate::progress::Progress;
use crate::reputation;
use crate::stats::{Report, summary};
use crate::upload::Upload;
use crate::workers;

/// A capture may begin this much before the one before it ends, and still continue it: packets of
/// several queues are not always written in order.
const OVERLAPS_BY: Duration = Duration::from_secs(1);
/// A capture that begins no later than this after the one before it continues it.
const CONTINUES_WITHIN: Duration = Duration::from_secs(3600);

/// How a replay ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// All input was read.
    Done,
    /// All input was read, and an alert was as severe as `--fail-on` says, or a limit was not kept.
    FailOnMet,
    /// Some input could not be read; what could be was judged.
    Unreadable,
}

/// Replays all captures of the command line.
///
/// # Errors
///
/// When the configuration or the reputation table is wrong, or alerts can not be written. Captures
/// that can not be read are told on standard error and give [`Outcome::Unreadable`].
pub(crate) fn run(cli: &Cli) -> Result<Outcome> {
    let file = config::load(cli)?;
    let (upload, agent) = match &cli.server {
        Some(url) => Upload::open(&file, url).map(|(upload, agent)| (Some(upload), agent))?,
        None => (None, agent()),
    };
    let builder = DETECTORS
        .iter()
        .fold(Pipeline::builder(&file.config), |builder, list| builder.detectors(list))
        .reputation(reputation::known(cli, &file)?)
        .agent(agent);
    let explain = Explain::of(cli)?;
    let builder = explain.iter().fold(builder, |builder, explain| builder.explain(explain.hosts()));
    let format = explain.is_none().then(|| cli.format.unwrap_or_default());
    let workers = match &explain {
        Some(_) => NonZeroUsize::MIN,
        None => cli.workers.unwrap_or_else(|| workers::that_pay(cli)),
    };
    let mut replay = Replay {
        cli,
        judge: judge(&builder, workers).map_err(|error| config::blame(cli, error))?,
        workers,
        builder,
        output: Output::new(format, cli.pace.is_some(), upload),
        explain,
        pacer: cli.pace.map(Pacer::new),
        since: Instant::now(),
        together: Vec::new(),
        captures: 0,
        packets: 0,
        bytes: 0,
    };
    let started = Instant::now();
    let mut unreadable = false;
    for path in &cli.captures {
        if let Err(error) = replay.capture(path)? {
            tracing::error!("{}", shown(&error.to_string()));
            unreadable = true;
        }
        if replay.output.is_closed() {
            break;
        }
    }
    replay.finish()?;
    let fail = cli.fail_on.is_some_and(|severity| replay.output.reached(severity));
    let (packets, bytes) = (replay.packets, replay.bytes);
    let captures = replay.captures;
    let counts = replay.output.finish()?;
    if captures > 0 {
        let took = started.elapsed();
        tracing::info!("{}", summary(captures, packets, bytes, took, &counts));
    }
    Ok(match (unreadable, fail) {
        (true, _) => Outcome::Unreadable,
        (false, true) => Outcome::FailOnMet,
        (false, false) => Outcome::Done,
    })
}

struct Replay<'c> {
    cli: &'c Cli,
    builder: PipelineBuilder<'c>,
    workers: NonZeroUsize,
    judge: Box<dyn Judge>,
    output: Output,
    explain: Option<Explain>,
    pacer: Option<Pacer>,
    /// When the judge began.
    since: Instant,
    /// Names of the captures that the judge has seen.
    together: Vec<String>,
    /// Captures that could be opened.
    captures: usize,
    /// Of judges that have finished.
    packets: u64,
    bytes: u64,
}

impl Replay<'_> {
    /// Replays one capture. The outer error is the program's, the inner one the capture's.
    fn capture(&mut self, path: &Path) -> Result<Result<(), CaptureError>> {
        let opened = match path.as_os_str() == "-" {
            true => Capture::from_reader("standard input", stdin()),
            false => Capture::open(path),
        };
        let mut capture = match opened {
            Ok(capture) => capture,
            Err(error) => return Ok(Err(error)),
        };
        self.captures += 1;
        let name = shown(capture.name()).into_owned();
        let progress = Progress::new(&name, capture.size(), !self.cli.log.quiet);
        let mut packets = 0_u64;
        let mut block = Block::default();
        let read = loop {
            let filled = capture.fill(&mut block);
            if packets == 0
                && let Some(first) = block.get(0)
                && !self.continues(first.timestamp)
            {
                tracing::info!("{name} does not continue what came before: judged by itself");
                self.start_anew()?;
            }
            packets += block.len() as u64;
            if let Some(explain) = &mut self.explain {
                block.records().for_each(|record| explain.saw(&record));
            }
            self.judge(&mut block);
            progress.at(capture.bytes_read());
            match filled {
                Ok(true) if !self.output.is_closed() => {}
                end => break end.map(|_| ()),
            }
        };
        drop(progress);
        tell_losses(&name, &capture);
        self.together.push(name);
        Ok(read)
    }

    /// Judges all records of `block`, in their own time if that is asked for.
    fn judge(&mut self, block: &mut Block) {
        let Some(pacer) = &mut self.pacer else {
            return self.judge.push_all(block, &mut self.output);
        };
        for record in block.records() {
            if self.output.is_closed() {
                return;
            }
            pacer.wait(record.timestamp);
            self.judge.push(&record, &mut self.output);
            self.judge.flush(&mut self.output);
        }
    }

    /// Whether a capture that begins at `first` continues those before it, as files of a rotating
    /// recording do. Others are judged by themselves: what one network has seen tells nothing of
    /// another, and time never runs back.
    fn continues(&self, first: Timestamp) -> bool {
        self.judge.newest().is_none_or(|newest| {
            first.after(OVERLAPS_BY) >= newest && first <= newest.after(CONTINUES_WITHIN)
        })
    }

    fn start_anew(&mut self) -> Result<()> {
        self.finish()?;
        self.judge = judge(&self.builder, self.workers)?;
        self.pacer = self.cli.pace.map(Pacer::new);
        self.since = Instant::now();
        self.together.clear();
        Ok(())
    }

    fn finish(&mut self) -> Result<()> {
        self.judge.finish(&mut self.output);
        let stats = self.judge.stats();
        self.packets += stats.packets;
        self.bytes += stats.bytes;
        let late = stats.packets_out_of_order;
        if late > 0 {
            tracing::warn!(
                "{late} packets are older than one before them: judged at the time of the newer one"
            );
        }
        if let Some(explain) = &mut self.explain {
            explain.print(&self.together, &self.judge.explained())?;
        }
        if self.cli.stats {
            let report = Report::new(&self.together, self.since.elapsed(), stats);
            crate::stats::print(&report)?;
        }
        Ok(())
    }
}

/// One pipeline, or several that share the work.
fn judge(
    builder: &PipelineBuilder<'_>,
    workers: NonZeroUsize,
) -> Result<Box<dyn Judge>, BuildError> {
    Ok(match workers.get() {
        1 => Box::new(builder.clone().build()?),
        _ => Box::new(builder.clone().build_workers(workers)?),
    })
}

/// Tells what of a capture could not be read.
fn tell_losses(name: &str, capture: &Capture) {
    if let Some(warning) = capture.warning() {
        tracing::warn!("{name}: {warning}");
    }
    let skipped = capture.skipped().undeclared_interface;
    if skipped > 0 {
        tracing::warn!("{name}: left out {skipped} packets of interfaces that it does not declare");
    }
}

fn agent() -> Agent {
    Agent {
        hostname: gethostname::gethostname().to_string_lossy().into_owned(),
        os: std::env::consts::OS.into(),
        ..Agent::default()
    }
}
