//! Other settings for a pipeline that runs, without losing what it has counted.

use serde_json::{Map, Value};

use super::Pipeline;
use super::front::Front;
use super::panel::Panel;
use super::seat::Seat;
use super::switches::{self, Switches};
use crate::config::{Config, ConfigError, PipelineSettings, object_of};
use crate::detector::Prepared;

/// Which keys had changed, and what became of them; in alphabetical order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reconfigured {
    /// Keys whose new values hold from now on.
    pub applied: Vec<String>,
    /// Keys whose old values go on to hold until the next start: memory is taken by them, or their
    /// detector can not change while it runs.
    pub needs_restart: Vec<String>,
}

/// The pipeline's keys that are fixed when it is made.
const FIXED: [&str; 4] = ["profile", "max_hosts", "max_flows", "memory_limit"];

impl Pipeline {
    /// Goes on with the thresholds, windows, ports, networks and the cooldown that `config` has, and
    /// with everything that was counted under the old ones. Alerts that are open stay open, and
    /// close by the new cooldown. Only keys of the pipeline and of its detectors are looked at; one
    /// that is missing in `config` takes its default.
    ///
    /// What windows make of a change is told at their `reconfigure`, such as
    /// [`EventWindow::reconfigure`](crate::window::EventWindow::reconfigure): they never count too
    /// much, and a lower threshold holds from a host's next packet on.
    ///
    /// May take memory and, with many hosts remembered, some milliseconds.
    ///
    /// # Errors
    ///
    /// When a key has a wrong type or is out of range. Nothing at all has changed then.
    pub fn reconfigure(&mut self, config: &Config) -> Result<Reconfigured, ConfigError> {
        reconfigure(&mut self.settings, &mut self.front, &mut [&mut self.panel], config)
    }
}

/// Goes on with `config` in place of `settings` and what the detectors of all `panels` have.
///
/// # Errors
///
/// When a key has a wrong type or is out of range. Nothing at all has changed then.
pub(super) fn reconfigure(
    settings: &mut PipelineSettings,
    front: &mut Front,
    panels: &mut [&mut Panel],
    config: &Config,
) -> Result<Reconfigured, ConfigError> {
    switches::check_seats(panels.iter().flat_map(|panel| &panel.seats), &config.pipeline)?;
    let seats = panels.iter_mut().flat_map(|panel| &mut panel.seats);
    let prepared = seats.map(|seat| prepare(seat, config));
    let prepared = prepared.collect::<Result<Vec<_>, ConfigError>>()?;
    // Nothing can fail from here on.
    let mut outcome = Reconfigured::default();
    for (prepared, held) in prepared {
        outcome.detector(prepared, held);
    }
    let wanted = &config.pipeline;
    for key in changed(&object_of(settings), &object_of(wanted)) {
        let fixed = FIXED.contains(&key.as_str());
        if fixed { &mut outcome.needs_restart } else { &mut outcome.applied }.push(key);
    }
    let PipelineSettings { profile, max_hosts, max_flows, memory_limit, .. } = *settings;
    *settings = PipelineSettings { profile, max_hosts, max_flows, memory_limit, ..wanted.clone() };
    front.conversations.site = settings.site();
    for panel in panels {
        panel.ledger.episodes.set_cooldown(settings.alert_cooldown.duration());
        panel.site = settings.site();
        for seat in &mut panel.seats {
            seat.account.switches = Switches::new(seat.account.descriptor, settings);
        }
    }
    for keys in [&mut outcome.applied, &mut outcome.needs_restart] {
        keys.sort_unstable();
        // A divided detector has them in every part.
        keys.dedup();
    }
    Ok(outcome)
}

impl Reconfigured {
    /// Applies what is prepared for a detector where its keys, so far `held`, have changed.
    fn detector(&mut self, prepared: Prepared<'_>, held: &mut Map<String, Value>) {
        let mut keys = changed(held, &prepared.keys);
        if keys.is_empty() {
            return;
        }
        match (prepared.apply)() {
            Ok(()) => {
                *held = prepared.keys;
                self.applied.append(&mut keys);
            }
            Err(_) => self.needs_restart.append(&mut keys),
        }
    }
}

type Pending<'s> = (Prepared<'s>, &'s mut Map<String, Value>);

fn prepare<'s>(seat: &'s mut Seat, config: &Config) -> Result<Pending<'s>, ConfigError> {
    Ok((seat.detector.prepare(config, seat.setup)?, &mut seat.keys))
}

/// The keys that have another value in `new` than in `old`.
fn changed(old: &Map<String, Value>, new: &Map<String, Value>) -> Vec<String> {
    let all = old.keys().chain(new.keys().filter(|key| !old.contains_key(*key)));
    all.filter(|key| old.get(*key) != new.get(*key)).cloned().collect()
}
