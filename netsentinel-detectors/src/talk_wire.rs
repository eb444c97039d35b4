//! A wire to test conversations on: packets at times of one's own, judged by one pipeline and by three
//! workers, who must agree.

use std::net::Ipv4Addr;
use std::num::NonZeroUsize;
use std::time::Duration;

use netsentinel_core::config::Config;
use netsentinel_core::{
    Alert, Judge, LinkType, Mac, Pipeline, Record, Registration, TcpFlags, Timestamp,
};
use netsentinel_synth::{Dns, Frame, Segment};

/// An address and a port.
pub(crate) type End = (Ipv4Addr, u16);

pub(crate) struct Wire {
    one: Pipeline,
    workers: Box<dyn Judge>,
    alerts: Vec<Alert>,
    of_workers: Vec<Alert>,
    frame: u64,
    now: Timestamp,
}

impl Wire {
    /// A wire under profile `tuned`, with further keys, each with a comma before it.
    pub(crate) fn new(registry: &[Registration], keys: &str) -> Self {
        let config = format!(r#"{{"profile": "tuned", "max_hosts": 4096 {keys}}}"#);
        let config = Config::parse(&config).unwrap();
        let builder = || Pipeline::builder(&config).detectors(registry);
        Self {
            one: builder().build().unwrap(),
            workers: Box::new(builder().build_workers(NonZeroUsize::new(3).unwrap()).unwrap()),
            alerts: Vec::new(),
            of_workers: Vec::new(),
            frame: 0,
            now: Timestamp::from_parts(1_800_000_000, 0),
        }
    }

    /// The next packets come so much later.
    pub(crate) fn wait(&mut self, span: Duration) {
        self.now = self.now.after(span);
    }

    /// Judges a frame from `build`.
    pub(crate) fn send(&mut self, build: impl FnOnce(Frame<'_>) -> usize) {
        let mut data = Vec::new();
        build(Frame::new(&mut data).ethernet(Mac([2, 0, 0, 0, 0, 1]), Mac([2, 0, 0, 0, 0, 2])));
        self.frame += 1;
        let record = Record {
            frame: self.frame,
            timestamp: self.now,
            link: LinkType::ETHERNET,
            wire_len: data.len() as u32,
            data: &data,
            interface: None,
        };
        self.one.push(&record, &mut self.alerts);
        self.workers.push(&record, &mut self.of_workers);
    }

    pub(crate) fn udp(&mut self, from: End, to: End, payload: &[u8]) {
        self.send(|frame| frame.ipv4(from.0, to.0).udp(from.1, to.1, payload));
    }

    pub(crate) fn tcp(&mut self, from: End, to: End, flags: TcpFlags, payload: &[u8]) {
        self.send(|frame| frame.ipv4(from.0, to.0).tcp(Segment::new(from.1, to.1, flags), payload));
    }

    pub(crate) fn dns(&mut self, from: End, to: End, message: &Dns<'_>) {
        self.send(|frame| frame.ipv4(from.0, to.0).dns(from.1, to.1, message));
    }

    /// The alerts, without their updates; one pipeline's and the workers' are the same.
    pub(crate) fn raised(&mut self) -> Vec<Alert> {
        self.one.finish(&mut self.alerts);
        self.workers.finish(&mut self.of_workers);
        assert_eq!(self.alerts, self.of_workers);
        self.alerts.iter().filter(|alert| alert.update == 0).cloned().collect()
    }

    /// The rules of the alerts.
    pub(crate) fn rules(&mut self) -> Vec<String> {
        self.raised().iter().map(|alert| alert.rule.to_string()).collect()
    }

    /// Nothing was raised, and `guard` is why.
    pub(crate) fn assert_spared(&mut self, guard: &str) {
        let stats = self.one.stats();
        let rules = stats.detectors.values().flat_map(|detector| detector.rules.values());
        let spared: u64 = rules.filter_map(|rule| rule.suppressed_by.get(guard)).sum();
        assert!(spared > 0, "{guard} spared nobody");
        assert_eq!(self.rules(), [""; 0]);
    }
}
