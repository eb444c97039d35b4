//! The order of alerts: the same whoever raises them, one pipeline or several workers.

use std::cmp::Ordering;

use crate::alert::{Alert, Sink};

/// Where in the judging of a record an alert was raised, in the order of the steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    /// Alerts that fell quiet are closed, as a new second begins.
    Sweep,
    /// Flows that fell quiet end, and the detectors are told of the new second.
    Tick,
    /// The frame itself is judged.
    Frame,
    /// The datagram is judged that the frame has made whole.
    Datagram,
    /// Verdicts have arrived, between two records.
    Verdict,
    /// The capture has ended.
    Finish,
    /// All alerts are closed.
    LastSweep,
}

/// An alert and its place in the order of all.
pub(super) struct Placed {
    /// Number of the record within its batch.
    pub(super) record: usize,
    pub(super) step: Step,
    pub(super) alert: Alert,
}

impl Placed {
    /// By record and step. Within a sweep by when alerts fell quiet; elsewhere by detector, and of
    /// one detector by what the alert says: who sees which host first is no order to rely on. What
    /// verdicts bring about has one time, so it goes by when it was counted.
    fn order(&self, other: &Self, detectors: &[&str]) -> Ordering {
        let (ours, theirs) = (&self.alert, &other.alert);
        let steps = (self.record, self.step).cmp(&(other.record, other.step));
        let rank = |alert: &Alert| detectors.iter().position(|id| *id == alert.detector);
        let within = || match self.step {
            Step::Sweep | Step::LastSweep => ours.last_seen.cmp(&theirs.last_seen),
            Step::Verdict => (rank(ours), ours.last_seen).cmp(&(rank(theirs), theirs.last_seen)),
            Step::Tick | Step::Frame | Step::Datagram | Step::Finish => {
                (rank(ours), ours.timestamp).cmp(&(rank(theirs), theirs.timestamp))
            }
        };
        let identity = || (&ours.id, ours.update).cmp(&(&theirs.id, theirs.update));
        steps.then_with(within).then_with(identity)
    }
}

/// Passes `alerts` on in their order; `detectors` are the names in the order of the registry.
pub(super) fn pass_on(mut alerts: Vec<Placed>, detectors: &[&str], sink: &mut dyn Sink) {
    alerts.sort_by(|a, b| a.order(b, detectors));
    alerts.into_iter().for_each(|placed| sink.alert(placed.alert));
}
