//! From records to alerts: decode, flows, detectors.
//!
//! One thread, packet time only, no allocation but for an alert that is raised. The same records
//! give the same alerts, whatever the clock says and however fast they come.

mod batch;
mod builder;
mod classify;
mod dispatch;
mod episodes;
mod judge;
mod ledger;
mod packet_time;
mod place;
mod reassembly;
mod reconfigure;
mod rooms;
mod rota;
mod route;
mod share;
mod stats;
mod switches;
mod trace;
mod waiting;
mod worker;
mod workers;

use std::collections::BTreeMap;

pub use builder::{BuildError, PipelineBuilder};
pub use episodes::EPISODES_MAX;
pub use judge::Judge;
pub use reassembly::FragmentCounters;
pub use reconfigure::Reconfigured;
pub use stats::{DetectorStats, MemoryStats, RuleStats, Stats};
pub use trace::{EXPLAINED_MAX, Explained, Explanation, Moment, Outcome, Weighed};
pub use waiting::{LOOKBACK, WAITING_ADDRESSES_MAX, WAITING_DOMAINS_MAX};
pub use workers::Workers;

pub(crate) use ledger::{Account, Ledger};
pub(crate) use share::Share;
pub(crate) use trace::Weighing;

use crate::alert::{Alert, Sink};
use crate::config::{Config, PipelineSettings};
use crate::decode::{self, DecodeCounters};
use crate::flow::Attempts;
use crate::{Arrived, Headers, Interest, Packet, Record, Setup, Source, Timestamp};
use dispatch::{Dispatcher, Seat};
use packet_time::{Entered, PacketTime};
use place::{Placed, Step, pass_on};
use reassembly::Reassembly;
use share::Ends;

/// The engine: takes records, gives alerts.
///
/// ```
/// use netsentinel_core::{Pipeline, Record, LinkType, Timestamp, config::Config};
///
/// let config = Config::parse(r#"{ "alert_cooldown": 30 }"#)?;
/// let mut pipeline = Pipeline::builder(&config).build()?;   // no detectors: it only counts
/// let mut alerts = Vec::new();
/// pipeline.push(
///     &Record {
///         frame: 1,
///         timestamp: Timestamp::from_parts(1_800_000_000, 0),
///         link: LinkType::ETHERNET,
///         wire_len: 60,
///         data: &[0; 60],
///         interface: None,
///     },
///     &mut alerts,
/// );
/// pipeline.finish(&mut alerts);
/// assert_eq!(pipeline.stats().packets, 1);
/// # Ok::<(), netsentinel_core::config::ConfigError>(())
/// ```
pub struct Pipeline {
    dispatcher: Dispatcher,
    /// The pipeline's own keys, as they hold.
    settings: PipelineSettings,
    /// What its detectors were told when they were made.
    setup: Setup,
    /// The detectors' names in the order of the registry.
    order: Vec<&'static str>,
    reassembly: Reassembly,
    time: PacketTime,
    packets: u64,
    bytes: u64,
    out_of_order: u64,
    malformed: DecodeCounters,
}

impl Pipeline {
    /// Starts to make a pipeline that `config` configures.
    pub fn builder(config: &Config) -> PipelineBuilder<'_> {
        PipelineBuilder::new(config)
    }

    /// Judges all records of `source`, then finishes.
    ///
    /// # Errors
    ///
    /// What the source reports. The records before it have been judged, and the pipeline finished.
    pub fn run<S: Source>(&mut self, source: &mut S, sink: &mut dyn Sink) -> Result<(), S::Error> {
        Judge::run(self, source, sink)
    }

    /// Judges one record.
    #[inline]
    pub fn push(&mut self, record: &Record<'_>, sink: &mut dyn Sink) {
        // Takes memory only for an alert.
        let mut raised = Vec::new();
        self.judge(0, record, None, &mut raised);
        if !raised.is_empty() {
            pass_on(raised, &self.order, sink);
        }
    }

    /// Tells that time has passed without packets, so that on a quiet network alerts are closed,
    /// flows end, detectors are told of the new second and fragments time out.
    ///
    /// What is raised, and in which order, is what a packet of the time `now` would bring about by
    /// entering; but none is counted. A time that is not newer than the newest does nothing, nor does
    /// any before the first packet.
    ///
    /// Packets that come later with an older time are judged at `now` and counted as out of order.
    /// So a live agent hands in a time that lies behind the clock by as long as packets may take
    /// from the wire to [`push`](Self::push).
    pub fn advance(&mut self, now: Timestamp, sink: &mut dyn Sink) {
        let mut raised = Vec::new();
        self.pass(0, now, &mut raised);
        pass_on(raised, &self.order, sink);
    }

    /// Judges anew what was counted while verdicts were outstanding that have now `arrived`. A count that
    /// is enough for the tier as it is now is told at once, without waiting for a packet; an alert that is
    /// open is told again, by an update, where its tier has become worse.
    ///
    /// A count is enough if it stood within the last ten minutes ([`LOOKBACK`]), or within the rule's
    /// window where that is longer. The alert has the newest packet's time, and no packet; its
    /// `last_seen` is the time of the count. What comes: by detector, then by when it was counted.
    pub fn reconsider(&mut self, arrived: &Arrived, sink: &mut dyn Sink) {
        let mut raised = Vec::new();
        self.weigh(0, arrived, &mut raised);
        pass_on(raised, &self.order, sink);
    }

    /// Tells the detectors that the capture has ended, and closes every alert that is open. Further
    /// records may follow.
    pub fn finish(&mut self, sink: &mut dyn Sink) {
        let mut raised = Vec::new();
        self.end(&mut raised);
        pass_on(raised, &self.order, sink);
    }

    /// Judges a record, the `nth` of its batch; what is raised goes to `out`. `known` are the kinds of its
    /// packet and the ends that are judged here, where that has been found out already.
    fn judge(
        &mut self,
        nth: usize,
        record: &Record<'_>,
        known: Option<(Interest, Ends)>,
        out: &mut Vec<Placed>,
    ) {
        self.enter(nth, record.timestamp, out);
        let mut put = |step, alert| out.push(Placed { record: nth, step, alert });
        self.packets += 1;
        self.bytes += u64::from(record.wire_len);
        let mut packet = Packet {
            timestamp: self.time.now(),
            frame: record.frame,
            wire_len: record.wire_len,
            snapped: (record.data.len() as u64) < u64::from(record.wire_len),
            interface: record.interface,
            headers: Headers::default(),
        };
        if let Some(malformed) = decode::decode_into(record, &mut packet.headers) {
            self.malformed.count(malformed);
        }
        let sink = &mut |alert: Alert| put(Step::Frame, alert);
        let judged = self.dispatcher.judge(&packet, Interest::all(), known, sink);
        if packet.ip().is_some_and(|ip| ip.fragment.is_some()) {
            self.reassemble(&packet, judged, &mut |alert: Alert| put(Step::Datagram, alert));
        }
    }

    /// Moves the time on without a packet, as the `nth` of a batch.
    fn pass(&mut self, nth: usize, now: Timestamp, out: &mut Vec<Placed>) {
        if self.newest().is_some_and(|newest| now > newest) {
            self.enter(nth, now, out);
        }
    }

    /// Judges anew what waited for the verdicts that have arrived, as the `nth` of a batch.
    fn weigh(&mut self, nth: usize, arrived: &Arrived, out: &mut Vec<Placed>) {
        let Some(newest) = self.newest() else { return };
        if arrived.is_empty() {
            return;
        }
        self.dispatcher.reconsider(&arrived.indexed(), newest, &mut |alert: Alert| {
            out.push(Placed { record: nth, step: Step::Verdict, alert });
        });
    }

    /// Ends the capture; what is raised goes to `out`.
    fn end(&mut self, out: &mut Vec<Placed>) {
        self.dispatcher.finish(self.time.now(), &mut |alert: Alert| {
            let step = if alert.update == 0 { Step::Finish } else { Step::LastSweep };
            out.push(Placed { record: 0, step, alert });
        });
    }

    /// The newest time seen, of a packet or handed to [`advance`](Self::advance); `None` before the
    /// first packet.
    pub fn newest(&self) -> Option<Timestamp> {
        self.time.newest()
    }

    /// Everything that is counted, as it stands now.
    pub fn stats(&self) -> Stats {
        let mut by_severity = BTreeMap::new();
        for (severity, alerts) in
            self.dispatcher.seats.iter().flat_map(|seat| seat.account.counters.by_severity())
        {
            *by_severity.entry(severity.name()).or_insert(0) += alerts;
        }
        let mut tables = BTreeMap::from([
            ("open_alerts", self.dispatcher.ledger.episodes.usage()),
            ("reassembly", self.reassembly.usage()),
        ]);
        if let Some((udp, tcp)) = self.dispatcher.attempts.as_ref().map(Attempts::usage) {
            tables.insert("udp_attempts", udp);
            tables.extend(tcp.map(|tcp| ("tcp_attempts", tcp)));
        }
        tables.extend(
            self.dispatcher.ledger.waiting.as_ref().map(|table| ("waiting", table.usage())),
        );
        tables.extend(self.dispatcher.flows.as_ref().map(|table| ("flows", table.usage())));
        let detector = |seat: &Seat| {
            let usage = seat.detector.usage();
            let tables = seat.detector.tables().into_iter().collect();
            (
                seat.account.descriptor.id,
                DetectorStats { rules: seat.account.counters.by_rule(), usage, tables },
            )
        };
        Stats {
            packets: self.packets,
            bytes: self.bytes,
            packets_out_of_order: self.out_of_order,
            malformed: self.malformed.clone(),
            fragments: self.reassembly.counters,
            alerts: by_severity.values().sum(),
            alerts_by_severity: by_severity,
            memory: MemoryStats { bytes: 0, limit: self.settings.memory_limit.bytes() },
            tables,
            detectors: self.dispatcher.seats.iter().map(detector).collect(),
        }
        .added_up()
    }

    /// What was weighed about the hosts that were asked about ([`PipelineBuilder::explain`]); nothing where
    /// nobody asked.
    pub fn explained(&self) -> Explained {
        self.dispatcher.ledger.trace.as_ref().map(trace::Trace::told).unwrap_or_default()
    }

    /// Moves the time on to that of a packet, the `nth` of its batch, which counts as now if it is
    /// older than the newest.
    #[inline]
    fn enter(&mut self, nth: usize, timestamp: Timestamp, out: &mut Vec<Placed>) {
        match self.time.enter(timestamp) {
            Entered::Within | Entered::First => {}
            Entered::Late => self.out_of_order += 1,
            Entered::Second => self.tick(timestamp, &mut |alert: Alert| {
                let step = if alert.update == 0 { Step::Tick } else { Step::Sweep };
                out.push(Placed { record: nth, step, alert });
            }),
        }
    }

    /// Packet time has entered a new second.
    #[cold]
    fn tick(&mut self, now: Timestamp, sink: &mut dyn Sink) {
        self.reassembly.expire(now);
        self.dispatcher.tick(now, sink);
    }

    /// Adds a fragment to its datagram. One that is whole is judged under the kinds that its first
    /// fragment did not show: ports and flags count once, and what was split is seen.
    #[cold]
    fn reassemble(&mut self, packet: &Packet<'_>, judged: Interest, sink: &mut dyn Sink) {
        let Some(ip) = packet.ip() else { return };
        let Some(fragment) = ip.fragment else { return };
        let Some(whole) = self.reassembly.add(ip, &fragment, judged, packet.timestamp) else {
            return;
        };
        let decoded = decode::resume(&packet.headers, whole.payload);
        if let Some(malformed) = decoded.malformed {
            self.malformed.count(malformed);
        }
        let datagram = Packet { headers: decoded.headers, ..*packet };
        // What comes out of a tunnel is another packet than the one that its first fragment showed.
        let judged = match datagram.headers.tunnel == packet.headers.tunnel {
            true => whole.judged,
            false => Interest::empty(),
        };
        self.dispatcher.judge(&datagram, Interest::all() - judged - Interest::IP, None, sink);
    }
}

#[cfg(test)]
mod tests;
