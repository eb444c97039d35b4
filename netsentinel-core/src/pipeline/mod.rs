//! From records to alerts: decode, flows, detectors.
//!
//! One thread, packet time only, no allocation but for an alert that is raised. The same records
//! give the same alerts, whatever the clock says and however fast they come.

mod audience;
mod batch;
mod builder;
mod classify;
mod conversations;
mod deal;
mod detection;
mod episodes;
mod front;
mod helper;
mod judge;
mod leader;
mod ledger;
mod packet_time;
mod panel;
mod parts;
mod place;
mod reassembly;
mod reconfigure;
mod rooms;
mod rota;
mod seat;
mod share;
mod sharing;
mod stats;
mod switches;
mod trace;
mod waiting;
mod workers;

use std::slice;

pub use builder::{BuildError, PipelineBuilder};
pub use episodes::EPISODES_MAX;
pub use judge::Judge;
pub use reassembly::FragmentCounters;
pub use reconfigure::Reconfigured;
pub use sharing::Sharing;
pub use stats::{DetectorStats, MemoryStats, RuleStats, Stats};
pub use trace::{EXPLAINED_MAX, Explained, Explanation, Moment, Outcome, Weighed};
pub use waiting::{LOOKBACK, WAITING_ADDRESSES_MAX, WAITING_DOMAINS_MAX};
pub use workers::Workers;

pub(crate) use ledger::{Account, Ledger};
pub(crate) use trace::Weighing;

use crate::alert::Sink;
use crate::config::{Config, PipelineSettings};
use crate::{Arrived, Record, Source, Timestamp};
use detection::Detection;
use front::Front;
use panel::Panel;
use place::{Placed, pass_on};

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
    front: Front,
    panel: Panel,
    /// The pipeline's own keys, as they hold.
    settings: PipelineSettings,
    /// The detectors' names in the order of the registry.
    order: Vec<&'static str>,
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
        let (front, mut all) = self.parts(&mut raised);
        front.look(0, record, &mut all);
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
        let (front, mut all) = self.parts(&mut raised);
        front.pass(0, now, &mut all);
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
        let (front, mut all) = self.parts(&mut raised);
        front.weigh(0, arrived, &mut all);
        pass_on(raised, &self.order, sink);
    }

    /// Tells the detectors that the capture has ended, and closes every alert that is open. Further
    /// records may follow.
    pub fn finish(&mut self, sink: &mut dyn Sink) {
        let mut raised = Vec::new();
        let (front, mut all) = self.parts(&mut raised);
        let now = front.end(&mut all);
        all.finish(now);
        pass_on(raised, &self.order, sink);
    }

    /// The newest time seen, of a packet or handed to [`advance`](Self::advance); `None` before the
    /// first packet.
    pub fn newest(&self) -> Option<Timestamp> {
        self.front.newest()
    }

    /// Everything that is counted, as it stands now.
    pub fn stats(&self) -> Stats {
        Stats::of(self.front.stats(), std::iter::once(self.panel.stats()), &self.settings)
    }

    /// What was weighed about the hosts that were asked about ([`PipelineBuilder::explain`]); nothing where
    /// nobody asked.
    pub fn explained(&self) -> Explained {
        self.panel.ledger.trace.as_ref().map(trace::Trace::told).unwrap_or_default()
    }

    /// What looks at records, and what judges them, raising into `raised`.
    #[inline(always)]
    fn parts<'a>(
        &'a mut self,
        raised: &'a mut Vec<Placed>,
    ) -> (&'a mut Front, Detection<'a, Panel>) {
        (&mut self.front, Detection { panels: slice::from_mut(&mut self.panel), raised })
    }
}

#[cfg(test)]
mod tests;
