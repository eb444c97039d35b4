//! What all wires that detectors are tested on have in common: frames are judged by one pipeline, and on request
//! also by three workers, who must agree.

use std::num::NonZeroUsize;

use netsentinel_core::config::Config;
use netsentinel_core::pipeline::{Sharing, Stats, Workers};
use netsentinel_core::{Alert, Judge, LinkType, Pipeline, Record, Registration, Timestamp};

/// The detectors of a registry and the alerts that they have raised.
pub(crate) struct Judged {
    one: Pipeline,
    workers: Option<Workers>,
    alerts: Vec<Alert>,
    of_workers: Vec<Alert>,
    frame: u64,
}

impl Judged {
    /// One pipeline.
    pub(crate) fn alone(config: &str, registry: &[Registration]) -> Self {
        let config = Config::parse(config).unwrap();
        let one = Pipeline::builder(&config).detectors(registry).build().unwrap();
        Self { one, workers: None, alerts: Vec::new(), of_workers: Vec::new(), frame: 0 }
    }

    /// One pipeline, and three workers beside it.
    pub(crate) fn with_workers(config: &str, registry: &[Registration]) -> Self {
        let judged = Self::alone(config, registry);
        let config = Config::parse(config).unwrap();
        let builder = Pipeline::builder(&config).detectors(registry);
        let workers =
            builder.sharing(Sharing::Always).build_workers(NonZeroUsize::new(3).unwrap()).unwrap();
        Self { workers: Some(workers), ..judged }
    }

    /// Judges an Ethernet frame that comes at `timestamp`.
    pub(crate) fn see(&mut self, timestamp: Timestamp, data: &[u8]) {
        self.frame += 1;
        let record = Record {
            frame: self.frame,
            timestamp,
            link: LinkType::ETHERNET,
            wire_len: data.len() as u32,
            data,
            interface: None,
        };
        self.one.push(&record, &mut self.alerts);
        if let Some(workers) = &mut self.workers {
            workers.push(&record, &mut self.of_workers);
        }
    }

    /// The alerts so far, without updates.
    pub(crate) fn raised(&self) -> impl Iterator<Item = &Alert> {
        self.alerts.iter().filter(|alert| alert.update == 0)
    }

    /// Ends the capture: all alerts, without updates.
    pub(crate) fn finish(&mut self) -> Vec<Alert> {
        self.one.finish(&mut self.alerts);
        if let Some(workers) = &mut self.workers {
            workers.finish(&mut self.of_workers);
            assert_eq!(self.alerts, self.of_workers, "workers disagree");
        }
        self.raised().cloned().collect()
    }

    /// Ends the capture: the rules that raised, in their order.
    pub(crate) fn rules(&mut self) -> Vec<String> {
        self.finish().iter().map(|alert| alert.rule.to_string()).collect()
    }

    /// Ends the capture: nothing was raised, and `guard` is why.
    pub(crate) fn assert_spared(&mut self, guard: &str) {
        let stats = self.stats();
        let rules = stats.detectors.values().flat_map(|detector| detector.rules.values());
        let spared: u64 = rules.filter_map(|rule| rule.suppressed_by.get(guard)).sum();
        assert!(spared > 0, "{guard} spared nobody");
        assert_eq!(self.rules(), [""; 0]);
    }

    /// How often `guard` spared somebody from `rule` so far.
    pub(crate) fn spared(&self, rule: &str, guard: &str) -> u64 {
        let stats = self.stats();
        let rules = stats.detectors.values().filter_map(|detector| detector.rules.get(rule));
        rules.filter_map(|rule| rule.suppressed_by.get(guard)).sum()
    }

    pub(crate) fn stats(&self) -> Stats {
        self.one.stats()
    }
}
