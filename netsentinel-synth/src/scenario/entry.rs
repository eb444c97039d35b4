//! A line of the table of scenarios.

use std::time::Duration;

use super::options::{Error, Options};
use super::run::Run;
use super::scene::Scene;

/// Longest frame kept where a scenario does not cut: what tcpdump keeps by default.
const DEFAULT_SNAPLEN: u32 = 262_144;

/// A scenario and what is known of it.
#[derive(Clone, Copy, Debug)]
pub struct ScenarioEntry {
    /// Its name, unique: detector ids joined with `above`, `below` or `benign`, or a word.
    pub name: &'static str,
    /// Ids of the detectors whose seed rule fires with the default options; no other fires.
    pub fires: &'static [&'static str],
    /// What happens, in one line.
    pub summary: &'static str,
    /// Bytes kept of each frame unless [`Options::snaplen`] says otherwise.
    pub snaplen: u32,
    /// Workstations taking part, where [`Options::hosts`] can change it.
    pub hosts: Option<u32>,
    /// Frames a second, where [`Options::rate`] can change it.
    pub rate: Option<u32>,
    /// How long it lasts, where it would otherwise not end or must be cut.
    pub duration: Option<Duration>,
    /// Whether it is made for measuring: how many alerts it raises depends on its size.
    pub load: bool,
    build: fn(&mut Scene),
}

impl ScenarioEntry {
    pub(super) const fn new(
        name: &'static str,
        fires: &'static [&'static str],
        summary: &'static str,
        build: fn(&mut Scene),
    ) -> Self {
        Self {
            name,
            fires,
            summary,
            snaplen: DEFAULT_SNAPLEN,
            hosts: None,
            rate: None,
            duration: None,
            load: false,
            build,
        }
    }

    pub(super) const fn snaplen(self, snaplen: u32) -> Self {
        Self { snaplen, ..self }
    }

    pub(super) const fn hosts(self, hosts: u32) -> Self {
        Self { hosts: Some(hosts), ..self }
    }

    pub(super) const fn rate(self, rate: u32) -> Self {
        Self { rate: Some(rate), ..self }
    }

    pub(super) const fn duration_s(self, seconds: u64) -> Self {
        Self { duration: Some(Duration::from_secs(seconds)), ..self }
    }

    pub(super) const fn load(self) -> Self {
        Self { load: true, ..self }
    }

    /// Starts a run.
    ///
    /// # Errors
    ///
    /// Where an option does not apply to this scenario or is out of its range.
    pub fn run(&self, options: &Options) -> Result<Run, Error> {
        let (hosts, rate) = options.traffic(self)?;
        let duration = options.duration.or(self.duration);
        let mut scene = Scene::new(options.seed, options.start, duration, hosts, rate);
        (self.build)(&mut scene);
        let snaplen = options.snaplen.unwrap_or(self.snaplen);
        Ok(Run::new(
            scene.timeline,
            snaplen,
            options.packets,
            duration.map(|d| options.start.after(d)),
        ))
    }
}
