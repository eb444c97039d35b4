//! One round: everything that is sent is judged, or counted as dropped.

use std::process::Child;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use netsentinel_capture::live::{InterfaceReport, Live, LiveOptions};
use netsentinel_core::config::Config;
use netsentinel_core::{Alert, Judge, Pipeline};
use netsentinel_detectors::BUILTIN;

use crate::args::{Cli, Way};
use crate::feed::Feed;

/// How long nothing may come before it is an error.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long one round may take.
const ROUND_MAX: Duration = Duration::from_secs(120);

/// What one way came to in one round, or in the middle of all.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) input: String,
    pub(crate) way: Way,
    pub(crate) sent: u64,
    pub(crate) bytes: u64,
    pub(crate) judged: u64,
    /// Packets that the kernel dropped, ring by ring.
    pub(crate) dropped: Vec<u64>,
    pub(crate) out_of_order: u64,
    pub(crate) alerts: u64,
    /// From the first packet to the last.
    pub(crate) time: Duration,
    /// Processor time of this process: capture, merge and detectors. The senders' is not counted, but what the
    /// kernel receives while one of our threads runs is.
    pub(crate) cpu: Duration,
    /// The part of it outside of the kernel.
    pub(crate) user: Duration,
}

impl Row {
    pub(crate) fn cpu_seconds_a_million(&self) -> f64 {
        self.cpu.as_secs_f64() / self.judged.max(1) as f64 * 1e6
    }

    pub(crate) fn user_seconds_a_million(&self) -> f64 {
        self.user.as_secs_f64() / self.judged.max(1) as f64 * 1e6
    }

    pub(crate) fn dropped_all(&self) -> u64 {
        self.dropped.iter().sum()
    }
}

/// Measures all ways by turns; of each, the round in the middle by processor time.
pub(crate) fn capture(cli: &Cli, feed: &Feed) -> Result<Vec<Row>> {
    let mut rounds: Vec<Vec<Row>> = vec![Vec::new(); cli.ways.len()];
    for _ in 0..cli.rounds.max(1) {
        for (rows, way) in rounds.iter_mut().zip(&cli.ways) {
            rows.push(round(cli, feed, *way)?);
        }
    }
    let middle = |mut rows: Vec<Row>| {
        rows.sort_by(|a, b| a.cpu_seconds_a_million().total_cmp(&b.cpu_seconds_a_million()));
        rows.get(rows.len() / 2).cloned()
    };
    Ok(rounds.into_iter().filter_map(middle).collect())
}

fn round(cli: &Cli, feed: &Feed, way: Way) -> Result<Row> {
    let mut live = Live::open(LiveOptions {
        interfaces: vec![cli.capture.clone()],
        rings: way.rings,
        buffer_bytes: cli.buffer,
        ..LiveOptions::default()
    })?;
    ensure!(live.rings() == way.rings, "{:?}", live.refused());
    let mut judge = judge(way)?;
    let mut alerts = 0;
    let sink = &mut |_: Alert| alerts += 1;
    // Threads are started and memory is touched before it counts.
    live.turn(Duration::ZERO, &mut |_| {})?;
    let before = cpu_time()?;
    let start = Instant::now();
    let mut senders = Senders(feed.start()?);
    let mut last = Instant::now();
    let mut looked = Instant::now();
    let report = loop {
        let turn = live.turn(Duration::from_millis(100), &mut |record| judge.push(record, sink))?;
        if turn.handed > 0 {
            last = Instant::now();
        }
        if turn.handed == 0 || looked.elapsed() > Duration::from_millis(500) {
            looked = Instant::now();
            let report = live.reports().remove(0);
            if report.handed + report.dropped_kernel >= feed.packets() {
                break report;
            }
            ensure!(
                last.elapsed() < PATIENCE && start.elapsed() < ROUND_MAX,
                "{} sent, {} judged, {} dropped: where are the others?",
                feed.packets(),
                report.handed,
                report.dropped_kernel
            );
        }
    };
    judge.finish(sink);
    let after = cpu_time()?;
    let (cpu, user) = (after.0.saturating_sub(before.0), after.1.saturating_sub(before.1));
    senders.end()?;
    let stats = judge.stats();
    ensure!(stats.packets == live.handed(), "not all that was handed on was judged");
    Ok(Row {
        input: feed.name(),
        way,
        sent: feed.packets(),
        bytes: feed.bytes(),
        judged: stats.packets,
        dropped: dropped(&report),
        out_of_order: stats.packets_out_of_order,
        alerts,
        time: last.duration_since(start),
        cpu,
        user,
    })
}

fn judge(way: Way) -> Result<Box<dyn Judge>> {
    let config = Config::default();
    let builder = Pipeline::builder(&config).detectors(BUILTIN);
    Ok(match way.workers.get() {
        1 => Box::new(builder.build()?),
        _ => Box::new(builder.build_workers(way.workers)?),
    })
}

fn dropped(report: &InterfaceReport) -> Vec<u64> {
    match &report.rings[..] {
        [] => vec![report.dropped_kernel],
        rings => rings.iter().map(|ring| ring.dropped_kernel).collect(),
    }
}

/// Processor time of this process, and the part of it outside of the kernel.
fn cpu_time() -> Result<(Duration, Duration)> {
    let text = std::fs::read_to_string("/proc/self/stat").context("/proc is not there")?;
    // The name before it may hold spaces. In hundredths of a second: the 14th field and the 15th.
    let fields = text.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace();
    let ticks: Vec<u64> = fields.skip(11).take(2).filter_map(|field| field.parse().ok()).collect();
    let [user, kernel] = ticks[..] else { bail!("/proc/self/stat is not as it should be") };
    let time = |ticks| Duration::from_millis(ticks * 10);
    Ok((time(user + kernel), time(user)))
}

/// Processes that do not outlive the measurement.
struct Senders(Vec<Child>);

impl Senders {
    fn end(&mut self) -> Result<()> {
        for child in &mut self.0 {
            let status = child.wait()?;
            if !status.success() {
                bail!("tcpreplay: {status}");
            }
        }
        self.0.clear();
        Ok(())
    }
}

impl Drop for Senders {
    fn drop(&mut self) {
        for child in &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
