//! Packets that were on the wire and that no detector saw.

use std::collections::VecDeque;
use std::time::Duration;

use serde_json::Map;

use super::{CATEGORY, DETECTOR};
use crate::alert::{Agent, Alert, AlertId, Endpoint};
use crate::text::printable;
use crate::{Rule, Severity, Timestamp};

/// More than one in a hundred packets was lost.
pub const PACKET_LOSS: Rule = Rule {
    id: "sensor/packet_loss",
    signature: 1_000_901,
    summary: "the sensor lost more than 1 % of the packets within a minute",
    severity: None,
};

/// A loss at which most rules still hold, and no attack by itself: worth a look today, and not
/// `HIGH`, because it is told again every minute while it lasts and would wake somebody each time.
const SEVERITY: Severity = Severity::Medium;
/// A loss must be more than one in this many packets.
const ONE_IN: u64 = 100;
/// What losses are counted over; also how long one that lasts is not told again.
const WINDOW: Duration = Duration::from_secs(60);
/// More packets a second than a line of 200 Gbit/s carries (297.6 million of the shortest frames):
/// a counter that grows faster does not count packets.
const PACKETS_PER_SECOND_MAX: u64 = 300_000_000;

/// Counters of one interface, as they stand: each counts on from when the interface was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CaptureCounters {
    /// Packets that reached the capture: those handed over and those that the kernel dropped.
    pub received: u64,
    /// Packets that the kernel dropped because its buffer was full.
    pub dropped_kernel: u64,
    /// Packets that the interface or its driver dropped; 0 where that is not known.
    pub dropped_interface: u64,
    /// Packets that were captured and then dropped before they were judged.
    pub dropped_agent: u64,
}

/// Decides when the loss of packets on one interface is worth an alert.
///
/// Made when the interface is opened for the first time, and fed once an interval, about a second.
/// It holds at most one sample for each second of the window.
#[derive(Debug, Default)]
pub struct PacketLoss {
    /// What came since the sample before, by time, the oldest first.
    grown: VecDeque<(Timestamp, CaptureCounters)>,
    received: Counter,
    dropped_kernel: Counter,
    dropped_interface: Counter,
    dropped_agent: Counter,
    newest: Option<Timestamp>,
    told: Option<Timestamp>,
}

/// A loss that is worth an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loss {
    /// When it was found.
    pub at: Timestamp,
    /// Time of the first sample within the window that something had been lost by.
    pub since: Timestamp,
    /// What was counted within the window.
    pub counted: CaptureCounters,
}

impl PacketLoss {
    /// Nothing counted yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the counters as they stand at `now`. Tells of a loss when, of what came in the last 60
    /// seconds, more than one packet was lost for each hundred received; while that lasts, once
    /// every 60 seconds.
    ///
    /// What came since the sample before counts at `now`. A counter that is lower than before has
    /// begun anew, as when the interface was opened again. One that has grown faster than any line
    /// carries packets is not believed, unless it goes on from there. A `now` older than before is
    /// taken for the newest; one older by more than the window, as when a clock is set, begins the
    /// window anew.
    pub fn sample(&mut self, now: Timestamp, counters: &CaptureCounters) -> Option<Loss> {
        let (now, elapsed) = self.enter(now);
        let seconds = elapsed.as_secs().saturating_add(1);
        let most = PACKETS_PER_SECOND_MAX.saturating_mul(seconds);
        let grown = CaptureCounters {
            received: self.received.grow(counters.received, most),
            dropped_kernel: self.dropped_kernel.grow(counters.dropped_kernel, most),
            dropped_interface: self.dropped_interface.grow(counters.dropped_interface, most),
            dropped_agent: self.dropped_agent.grow(counters.dropped_agent, most),
        };
        match self.grown.back_mut() {
            Some((time, last)) if time.as_secs() == now.as_secs() => {
                (*time, *last) = (now, last.plus(grown));
            }
            _ => self.grown.push_back((now, grown)),
        }
        let window = nanos(WINDOW);
        self.grown.retain(|(time, _)| now.nanos_since(*time) <= window);
        let all = self.grown.iter().map(|(_, grown)| *grown);
        let counted = all.fold(CaptureCounters::default(), CaptureCounters::plus);
        let told_lately = self.told.is_some_and(|told| now.nanos_since(told) <= window);
        if told_lately || counted.lost() <= counted.received / ONE_IN {
            return None;
        }
        self.told = Some(now);
        let first = self.grown.iter().find(|(_, grown)| grown.lost() > 0);
        Some(Loss { at: now, since: first.map_or(now, |(time, _)| *time), counted })
    }

    /// Moves the time on; tells it, and how long the sample before was ago.
    fn enter(&mut self, now: Timestamp) -> (Timestamp, Duration) {
        let (now, elapsed) = match self.newest {
            Some(newest) if newest.nanos_since(now) <= nanos(WINDOW) => {
                (newest.max(now), Duration::from_nanos(now.nanos_since(newest)))
            }
            _ => {
                self.grown.clear();
                self.told = None;
                (now, WINDOW)
            }
        };
        self.newest = Some(now);
        (now, elapsed)
    }
}

impl CaptureCounters {
    /// Packets lost, wherever.
    pub fn lost(&self) -> u64 {
        let agent = self.dropped_kernel.saturating_add(self.dropped_agent);
        agent.saturating_add(self.dropped_interface)
    }

    fn plus(self, other: Self) -> Self {
        Self {
            received: self.received.saturating_add(other.received),
            dropped_kernel: self.dropped_kernel.saturating_add(other.dropped_kernel),
            dropped_interface: self.dropped_interface.saturating_add(other.dropped_interface),
            dropped_agent: self.dropped_agent.saturating_add(other.dropped_agent),
        }
    }
}

/// A counter that somebody else keeps, and may begin anew or get wrong.
#[derive(Clone, Copy, Debug, Default)]
struct Counter {
    last: u64,
    /// A value that was not believed, from which it may yet go on.
    doubted: Option<u64>,
}

impl Counter {
    /// By how much it has grown to `value`, which is not believed to be more than `most`.
    fn grow(&mut self, value: u64, most: u64) -> u64 {
        let doubted = self.doubted.take();
        let from_last = value.checked_sub(self.last).unwrap_or(value);
        let from_doubted = doubted.and_then(|doubted| value.checked_sub(doubted));
        let believed = [Some(from_last), from_doubted].into_iter().flatten().find(|n| *n <= most);
        match believed {
            Some(grown) => {
                self.last = value;
                grown
            }
            None => {
                self.doubted = Some(value);
                0
            }
        }
    }
}

impl Loss {
    /// The fewest packets whose loss is told, with as many received.
    pub fn threshold(&self) -> u64 {
        self.counted.received / ONE_IN + 1
    }

    /// Packets lost for each hundred received, to two places; 100 where none was received.
    pub fn percent(&self) -> f64 {
        let (lost, received) = (self.counted.lost() as f64, self.counted.received as f64);
        if self.counted.received == 0 { 100.0 } else { (lost / received * 1e4).round() / 1e2 }
    }

    /// The alert that tells of it, on `interface`.
    pub fn alert(&self, interface: &str, agent: &Agent) -> Alert {
        let Self { at, counted, .. } = *self;
        let (lost, percent, interface) =
            (counted.lost(), self.percent(), printable(interface.as_bytes()));
        let mut evidence = Map::new();
        let mut put = |name: &str, fact: u64| evidence.insert(name.into(), fact.into());
        put("received", counted.received);
        put("dropped_kernel", counted.dropped_kernel);
        put("dropped_interface", counted.dropped_interface);
        put("dropped_agent", counted.dropped_agent);
        evidence.insert("interface".into(), interface.clone().into());
        evidence.insert("percent".into(), percent.into());
        Alert {
            v: Alert::VERSION,
            id: AlertId::of_sensor(&agent.id, PACKET_LOSS.id, &interface, at),
            update: 0,
            timestamp: at,
            detector: DETECTOR.into(),
            rule: PACKET_LOSS.id.into(),
            signature: PACKET_LOSS.signature,
            category: CATEGORY.into(),
            severity: SEVERITY,
            base_severity: SEVERITY,
            source: Endpoint::default(),
            target: Endpoint::default(),
            message: format!(
                "{lost} packets were lost on {interface} within {} s, {percent} % of {} received, \
                 and were not judged",
                WINDOW.as_secs(),
                counted.received,
            ),
            count: lost,
            threshold: self.threshold(),
            base_threshold: self.threshold(),
            window_s: WINDOW.as_secs(),
            first_seen: self.since,
            last_seen: at,
            evidence,
            reputation: None,
            attack: Vec::new(),
            flow: None,
            frame: 0,
            interface: Some(interface),
            agent: agent.clone(),
        }
    }
}

fn nanos(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
