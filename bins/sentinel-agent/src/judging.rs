//! Capturing and judging, on a thread of its own; rings and workers, where there are several, have theirs.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::{Duration, Instant};

use netsentinel_capture::live::{self, InterfaceState, Live};
use netsentinel_cli::now;
use netsentinel_core::alert::Agent;
use netsentinel_core::config::Config;
use netsentinel_core::sensor::{CaptureCounters, PacketLoss};
use netsentinel_core::text::shown;
use netsentinel_core::{Judge, Sink as _, Timestamp};
use netsentinel_transport::wire;
use netsentinel_vt::Known;
use tokio::sync::oneshot;

use crate::spooling::Queue;
use crate::status::{Counted, Status};

/// How long to wait for packets before looking at something else.
const TURN: Duration = Duration::from_millis(100);
/// How far packet time is held behind the clock while no packets come: longer than one can wait in the
/// kernel's buffer.
const LAG: Duration = Duration::from_secs(2);
/// How long alerts may lie with the workers while packets come.
const FLUSH_EVERY: Duration = Duration::from_millis(100);
/// How often counters are told.
const COUNT_EVERY: Duration = Duration::from_secs(1);
/// How long what is left in the kernel's buffers is taken after the order to stop: at least twice as
/// long as the kernel gathers packets before it hands them out, and no longer than a busy network lets
/// us end.
const DRAIN: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(1));

/// What the main thread asks for.
pub(crate) enum Order {
    /// Take these settings without losing a window.
    Reconfigure(Box<Config>),
    /// Capture by this filter; `done` hears when packets go through it.
    Filter { text: String, uplink_excluded: bool, done: oneshot::Sender<()> },
    /// Judge what has been captured, close what is open, and end.
    Stop,
}

/// Captures and judges.
pub(crate) struct Judging {
    live: Live,
    /// One pipeline, or several workers.
    judge: Box<dyn Judge + Send>,
    alerts: Queue,
    orders: Receiver<Order>,
    status: Arc<Status>,
    agent: Agent,
    /// One for each interface, in the order of the capture's reports.
    losses: Vec<PacketLoss>,
    uplink_excluded: bool,
    /// Alerts about the sensor itself.
    sensor_alerts: u64,
    /// What is known of endpoints, where somebody is asked.
    known: Option<Arc<Known>>,
}

impl Judging {
    pub(crate) fn new(
        live: Live,
        judge: Box<dyn Judge + Send>,
        alerts: Queue,
        orders: Receiver<Order>,
        status: Arc<Status>,
        agent: Agent,
    ) -> Self {
        let losses = Vec::new();
        Self {
            live,
            judge,
            alerts,
            orders,
            status,
            agent,
            losses,
            uplink_excluded: false,
            sensor_alerts: 0,
            known: None,
        }
    }

    /// Judges anew when something has come; the same as the pipeline was given.
    pub(crate) fn known(self, known: Option<Arc<Known>>) -> Self {
        Self { known, ..self }
    }

    /// Captures and judges until the order to stop comes, or the main thread is gone.
    pub(crate) fn run(mut self) {
        let (mut counted, mut flushed) = (Instant::now(), Instant::now());
        while self.obey() {
            let packets = self.turn(TURN);
            let Some(packets) = packets else { break };
            self.reconsider();
            if packets == 0 {
                // Nothing came: what has been quiet for long enough must close all the same.
                self.judge.advance(earlier(now(), LAG), &mut self.alerts);
            }
            if packets == 0 || flushed.elapsed() >= FLUSH_EVERY {
                flushed = Instant::now();
                self.judge.flush(&mut self.alerts);
            }
            if counted.elapsed() >= COUNT_EVERY {
                counted = Instant::now();
                self.count();
            }
        }
        self.drain();
        self.reconsider();
        self.judge.finish(&mut self.alerts);
        self.count();
        self.tell_rings();
    }

    /// Judges what was captured before the order to stop.
    fn drain(&mut self) {
        let (began, (least, most)) = (Instant::now(), DRAIN);
        while began.elapsed() < most {
            let left = least.saturating_sub(began.elapsed());
            match self.turn(left) {
                Some(0) if left.is_zero() => return,
                Some(_) => {}
                None => return,
            }
        }
    }

    /// Judges what comes within `timeout`; tells how many packets there were, or nothing when the
    /// system can not wait for packets.
    fn turn(&mut self, timeout: Duration) -> Option<u64> {
        let (judge, alerts) = (&mut self.judge, &mut self.alerts);
        let turn = self.live.turn(timeout, &mut |record| judge.push(record, alerts));
        let turn = turn.inspect_err(|error| tracing::error!("{error}")).ok()?;
        for event in turn.events {
            let told = format!("{}: {}: {}", event.interface, event.state, event.reason);
            match event.state {
                InterfaceState::Up => tracing::info!("{}", shown(&told)),
                InterfaceState::Down | InterfaceState::Gone => tracing::warn!("{}", shown(&told)),
            }
        }
        Some(turn.handed)
    }

    /// Judges anew what was counted of endpoints of which something has become known.
    fn reconsider(&mut self) {
        let Some(known) = &self.known else { return };
        let arrived = known.take_arrived();
        if !arrived.is_empty() {
            self.judge.reconsider(&arrived, &mut self.alerts);
        }
    }

    /// Does what has been ordered; `false` when it is to stop.
    fn obey(&mut self) -> bool {
        loop {
            match self.orders.try_recv() {
                Ok(Order::Reconfigure(config)) => self.reconfigure(&config),
                Ok(Order::Filter { text, uplink_excluded, done }) => {
                    match self.live.set_filter(&text) {
                        Ok(()) => self.uplink_excluded = uplink_excluded,
                        Err(error) => tracing::warn!("the uplink is judged too: {error}"),
                    }
                    let _ = done.send(());
                }
                Ok(Order::Stop) | Err(TryRecvError::Disconnected) => return false,
                Err(TryRecvError::Empty) => return true,
            }
        }
    }

    fn reconfigure(&mut self, config: &Config) {
        match self.judge.reconfigure(config) {
            Ok(done) => {
                let listed = |keys: &[String]| match keys {
                    [] => "nothing".to_owned(),
                    keys => shown(&keys.join(", ")).into_owned(),
                };
                tracing::info!("changed without losing a window: {}", listed(&done.applied));
                if !done.needs_restart.is_empty() {
                    tracing::warn!("needs a restart to change: {}", listed(&done.needs_restart));
                }
            }
            Err(error) => tracing::error!("nothing was changed: {}", shown(&error.to_string())),
        }
    }

    /// Tells what each ring got, where there are several.
    fn tell_rings(&mut self) {
        for interface in self.live.reports() {
            for (number, ring) in (1..).zip(&interface.rings) {
                tracing::info!(
                    "{}, ring {number}: {} packets, {} dropped by the kernel",
                    shown(&interface.name),
                    ring.received,
                    ring.dropped_kernel
                );
            }
        }
    }

    /// Tells the counters, and raises an alert when too many packets are lost.
    fn count(&mut self) {
        let stats = self.judge.stats();
        let interfaces = self.live.reports();
        self.losses.resize_with(interfaces.len(), PacketLoss::new);
        for (interface, meter) in interfaces.iter().zip(&mut self.losses) {
            let counters = CaptureCounters {
                received: interface.received,
                dropped_kernel: interface.dropped_kernel,
                dropped_interface: interface.dropped_interface,
                dropped_agent: interface.dropped_agent,
            };
            if let Some(loss) = meter.sample(now(), &counters) {
                let alert = loss.alert(&interface.name, &self.agent);
                tracing::warn!("{}", alert.message);
                self.sensor_alerts += 1;
                self.alerts.alert(alert);
            }
        }
        let tables = stats.tables.values().copied();
        let detectors = stats.detectors.values().map(|detector| detector.usage);
        self.status.count(Counted {
            packets: stats.packets,
            bytes: stats.bytes,
            dropped_agent: interfaces.iter().map(|interface| interface.dropped_agent).sum(),
            out_of_order: stats.packets_out_of_order,
            malformed: stats.malformed.total(),
            evictions: tables.chain(detectors).map(|usage| usage.evictions).sum(),
            alerts: stats.alerts + self.sensor_alerts,
            uplink_excluded: self.uplink_excluded,
            interfaces: interfaces.iter().map(report).collect(),
        });
    }
}

fn ring(ring: &live::RingReport) -> wire::RingReport {
    wire::RingReport { received: ring.received, dropped_kernel: ring.dropped_kernel }
}

fn report(report: &live::InterfaceReport) -> wire::InterfaceReport {
    wire::InterfaceReport {
        name: report.name.clone(),
        state: match report.state {
            InterfaceState::Up => wire::InterfaceState::Up,
            InterfaceState::Down => wire::InterfaceState::Down,
            InterfaceState::Gone => wire::InterfaceState::Gone,
        },
        received: report.received,
        dropped_kernel: report.dropped_kernel,
        dropped_interface: report.dropped_interface,
        rings: report.rings.iter().map(ring).collect(),
    }
}

fn earlier(time: Timestamp, by: Duration) -> Timestamp {
    Timestamp::from_nanos(time.as_nanos() - i64::try_from(by.as_nanos()).unwrap_or(i64::MAX))
}
