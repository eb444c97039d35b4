//! What a pipeline and several workers have in common.

use super::{Pipeline, Stats};
use crate::alert::Sink;
use crate::{Record, Source, Timestamp};

/// Takes records, gives alerts: one [`Pipeline`], or several [`Workers`](super::Workers) that give
/// the same alerts in the same order.
pub trait Judge {
    /// Takes one record. Its alerts may come with a later one, never in another order.
    fn push(&mut self, record: &Record<'_>, sink: &mut dyn Sink);

    /// Gives the alerts of all records taken so far.
    fn flush(&mut self, sink: &mut dyn Sink);

    /// Tells the detectors that the capture has ended, and closes every alert that is open.
    fn finish(&mut self, sink: &mut dyn Sink);

    /// The newest packet time seen; `None` before the first packet.
    fn newest(&self) -> Option<Timestamp>;

    /// Everything that is counted, as it stands now.
    fn stats(&mut self) -> Stats;

    /// Takes all records of `source`, then finishes.
    ///
    /// # Errors
    ///
    /// What the source reports. The records before it have been judged, and the engine finished.
    fn run<S: Source>(&mut self, source: &mut S, sink: &mut dyn Sink) -> Result<(), S::Error>
    where
        Self: Sized,
    {
        let end = loop {
            match source.next_record() {
                Ok(Some(record)) => self.push(&record, sink),
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        self.finish(sink);
        end
    }
}

impl Judge for Pipeline {
    fn push(&mut self, record: &Record<'_>, sink: &mut dyn Sink) {
        self.push(record, sink);
    }

    fn flush(&mut self, _: &mut dyn Sink) {}

    fn finish(&mut self, sink: &mut dyn Sink) {
        self.finish(sink);
    }

    fn newest(&self) -> Option<Timestamp> {
        self.newest()
    }

    fn stats(&mut self) -> Stats {
        Self::stats(self)
    }
}
