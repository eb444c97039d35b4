//! What came of all captures together.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::{Expectation, Judged, Labelled, Labels, Meanings};

const SECONDS_PER_HOUR: f64 = 3_600.0;

/// How well labelled captures were judged.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Quality {
    /// Captures that could be opened.
    pub captures: u64,
    /// Captures that could not be read, or not to their end.
    pub unread: Vec<Unread>,
    /// Pairs of a capture and a detector that it is labelled for.
    pub labelled: u64,
    /// Of these, those in which that detector raised an alert.
    pub found: u64,
    /// Captures without an attack.
    pub benign: Benign,
    /// Each detector, in the order of the registry.
    pub detectors: Vec<DetectorQuality>,
    /// Labels that no detector is for, and how many captures bear each.
    pub labels_without_detector: BTreeMap<String, u64>,
}

/// What came of the benign captures.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Benign {
    /// Their number.
    pub captures: u64,
    /// Those with an alert of any detector.
    pub with_alert: u64,
    /// All their alerts.
    pub alerts: u64,
    /// How long they last in all, longer silences counted as five minutes.
    pub hours: f64,
}

/// What came of one detector.
#[derive(Clone, Debug, Default, Serialize)]
pub struct DetectorQuality {
    /// Its id.
    pub detector: &'static str,
    /// Captures labelled for it.
    pub labelled: u64,
    /// Of these, those in which it raised an alert.
    pub found: u64,
    /// The others.
    pub missed: Vec<Miss>,
    /// Benign captures in which it raised an alert.
    pub on_benign: Vec<Alarm>,
    /// Captures of something else in which it did. They may hold what it tells without saying so.
    pub on_others: Vec<Alarm>,
    /// Its alerts on benign captures.
    pub benign_alerts: u64,
    /// The same by the hour; absent without benign traffic.
    pub benign_alerts_per_hour: Option<f64>,
}

/// A capture in which a detector did not find what it is for.
#[derive(Clone, Debug, Serialize)]
pub struct Miss {
    /// The capture.
    pub path: String,
    /// All that is said of it.
    pub labels: BTreeSet<String>,
}

/// A capture in which a detector raised an alert that its labels do not expect.
#[derive(Clone, Debug, Serialize)]
pub struct Alarm {
    /// The capture.
    pub path: String,
    /// What is said of it.
    pub labels: BTreeSet<String>,
    /// How many alerts.
    pub alerts: u64,
    /// Of which rules.
    pub rules: BTreeSet<String>,
    /// What the first alert says.
    pub first: String,
}

/// A capture that could not be read, or not to its end.
#[derive(Clone, Debug, Serialize)]
pub struct Unread {
    /// The capture.
    pub path: String,
    /// Why.
    pub reason: String,
    /// Whether what could be read was judged and counts.
    pub counts: bool,
}

impl Quality {
    /// What came of `labels`, which were `judged` in their order.
    pub fn of(labels: &Labels, judged: &[Judged], meanings: &Meanings) -> Self {
        let detector = |id: &&'static str| DetectorQuality { detector: id, ..Default::default() };
        let mut quality = Self {
            detectors: meanings.detectors().iter().map(detector).collect(),
            ..Self::default()
        };
        for (capture, judged) in labels.captures.iter().zip(judged) {
            quality.add(capture, judged, meanings);
        }
        let hours = quality.benign.hours;
        for detector in &mut quality.detectors {
            detector.benign_alerts_per_hour =
                (hours > 0.0).then(|| detector.benign_alerts as f64 / hours);
        }
        quality
    }

    /// Found of labelled, in percent; `None` where nothing is labelled.
    pub fn recall_percent(&self) -> Option<f64> {
        percent(self.found, self.labelled)
    }

    /// Benign captures with any alert, in percent; `None` without benign captures.
    pub fn benign_alarm_percent(&self) -> Option<f64> {
        percent(self.benign.with_alert, self.benign.captures)
    }

    fn add(&mut self, capture: &Labelled, judged: &Judged, meanings: &Meanings) {
        if let Some(reason) = &judged.error {
            self.unread.push(Unread {
                path: capture.path.clone(),
                reason: reason.clone(),
                counts: judged.opened,
            });
        }
        if !judged.opened {
            return;
        }
        self.captures += 1;
        for label in capture.labels.iter().filter(|label| !meanings.knows(label)) {
            *self.labels_without_detector.entry(label.clone()).or_default() += 1;
        }
        let expectation = meanings.expect(capture);
        if expectation == Expectation::Silence {
            self.benign.captures += 1;
            self.benign.with_alert += u64::from(judged.is_alarmed());
            self.benign.alerts += judged.raised.values().map(|raised| raised.alerts).sum::<u64>();
            self.benign.hours += judged.lasts.as_secs_f64() / SECONDS_PER_HOUR;
        }
        for detector in &mut self.detectors {
            let labelled = detector.add(capture, judged, &expectation);
            self.labelled += u64::from(labelled.is_some());
            self.found += u64::from(labelled == Some(true));
        }
    }
}

impl DetectorQuality {
    /// Found of labelled, in percent; `None` where nothing is labelled.
    pub fn recall_percent(&self) -> Option<f64> {
        percent(self.found, self.labelled)
    }

    /// Of the captures in which it raised an alert and that are either labelled for it or benign, those
    /// that are labelled for it, in percent. Captures of other attacks are left out: their labels tell what they
    /// are about, not all that they hold.
    pub fn precision_percent(&self) -> Option<f64> {
        percent(self.found, self.found + self.on_benign.len() as u64)
    }

    /// Counts a capture; tells, if it is labelled for the detector, whether it was found.
    fn add(
        &mut self,
        capture: &Labelled,
        judged: &Judged,
        expectation: &Expectation,
    ) -> Option<bool> {
        let raised = judged.raised.get(self.detector);
        let (path, labels) = (capture.path.clone(), capture.labels.clone());
        match expectation {
            Expectation::Alerts(of) if of.contains(self.detector) => {
                self.labelled += 1;
                self.found += u64::from(raised.is_some());
                if raised.is_none() {
                    self.missed.push(Miss { path, labels });
                }
                return Some(raised.is_some());
            }
            _ => {}
        }
        let raised = raised?;
        let (alerts, rules, first) = (raised.alerts, raised.rules.clone(), raised.first.clone());
        let alarm = Alarm { path, labels, alerts, rules, first };
        if *expectation == Expectation::Silence {
            self.benign_alerts += raised.alerts;
            self.on_benign.push(alarm);
        } else {
            self.on_others.push(alarm);
        }
        None
    }
}

fn percent(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 * 100.0 / whole as f64)
}
