//! What a pipeline and several workers have in common.

use super::{Explained, Pipeline, Reconfigured, Stats};
use crate::alert::Sink;
use crate::config::{Config, ConfigError};
use crate::{Arrived, Block, Record, Source, Timestamp};

/// Takes records, gives alerts: one [`Pipeline`], or several [`Workers`](super::Workers) that give
/// the same alerts in the same order.
pub trait Judge {
    /// Takes one record. Its alerts may come with a later one, never in another order.
    fn push(&mut self, record: &Record<'_>, sink: &mut dyn Sink);

    /// Takes all records of `block`, which holds none afterwards, as if each had been pushed. Several
    /// workers keep the block itself and give another for it: nothing is copied.
    fn push_all(&mut self, block: &mut Block, sink: &mut dyn Sink) {
        for record in block.records() {
            self.push(&record, sink);
        }
        block.clear();
    }

    /// Tells that time has passed without packets: see [`Pipeline::advance`]. What this raises may
    /// come later, like the alerts of a record.
    fn advance(&mut self, now: Timestamp, sink: &mut dyn Sink);

    /// Judges anew what waited for verdicts that have now `arrived`: see [`Pipeline::reconsider`]. What
    /// this raises may come later, like the alerts of a record. Several workers look a tier up when they
    /// come to a record, so they tell what one pipeline does only if reputation changes after a
    /// [`flush`](Self::flush).
    fn reconsider(&mut self, arrived: &Arrived, sink: &mut dyn Sink);

    /// Gives the alerts of all records taken so far.
    fn flush(&mut self, sink: &mut dyn Sink);

    /// Tells the detectors that the capture has ended, and closes every alert that is open.
    fn finish(&mut self, sink: &mut dyn Sink);

    /// Goes on with other settings, between the records taken so far and those to come: see
    /// [`Pipeline::reconfigure`].
    ///
    /// # Errors
    ///
    /// When a key has a wrong type or is out of range. Nothing at all has changed then.
    fn reconfigure(&mut self, config: &Config) -> Result<Reconfigured, ConfigError>;

    /// The newest time seen, of a packet or handed to [`advance`](Self::advance); `None` before the
    /// first packet.
    fn newest(&self) -> Option<Timestamp>;

    /// Everything that is counted, as it stands now.
    fn stats(&mut self) -> Stats;

    /// What was weighed about the hosts that were asked about: see [`Pipeline::explained`]. Workers tell
    /// nothing.
    fn explained(&self) -> Explained {
        Explained::default()
    }

    /// Takes all records of `source`, then finishes.
    ///
    /// # Errors
    ///
    /// What the source reports. The records before it have been judged, and the engine finished.
    fn run<S: Source>(&mut self, source: &mut S, sink: &mut dyn Sink) -> Result<(), S::Error>
    where
        Self: Sized,
    {
        let mut block = Block::default();
        let end = loop {
            let filled = source.fill(&mut block);
            self.push_all(&mut block, sink);
            match filled {
                Ok(true) => {}
                Ok(false) => break Ok(()),
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

    fn advance(&mut self, now: Timestamp, sink: &mut dyn Sink) {
        self.advance(now, sink);
    }

    fn reconsider(&mut self, arrived: &Arrived, sink: &mut dyn Sink) {
        self.reconsider(arrived, sink);
    }

    fn flush(&mut self, _: &mut dyn Sink) {}

    fn finish(&mut self, sink: &mut dyn Sink) {
        self.finish(sink);
    }

    fn reconfigure(&mut self, config: &Config) -> Result<Reconfigured, ConfigError> {
        self.reconfigure(config)
    }

    fn newest(&self) -> Option<Timestamp> {
        self.newest()
    }

    fn stats(&mut self) -> Stats {
        Self::stats(self)
    }

    fn explained(&self) -> Explained {
        self.explained()
    }
}
