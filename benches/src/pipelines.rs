//! Pipelines to measure.

use std::sync::Arc;

use netsentinel_core::alert::Sink;
use netsentinel_core::config::Config;
use netsentinel_core::{Alert, Clean, Pipeline, Registration, Reputation};

/// Takes alerts and forgets them.
#[derive(Clone, Copy, Debug)]
pub struct Ignore;

impl Sink for Ignore {
    fn alert(&mut self, alert: Alert) {
        drop(alert);
    }
}

/// A pipeline with the default configuration.
///
/// # Panics
///
/// When the defaults are no configuration.
pub fn pipeline(detectors: &[Registration]) -> Pipeline {
    pipeline_of(&Config::default(), detectors)
}

/// A pipeline that `config` configures, with nobody to ask.
///
/// # Panics
///
/// When the configuration is wrong.
pub fn pipeline_of(config: &Config, detectors: &[Registration]) -> Pipeline {
    build(config, detectors, Arc::new(Clean))
}

/// A pipeline with the default configuration, and `reputation` to ask.
///
/// # Panics
///
/// When the defaults are no configuration.
pub fn pipeline_knowing(detectors: &[Registration], reputation: Arc<dyn Reputation>) -> Pipeline {
    build(&Config::default(), detectors, reputation)
}

#[expect(clippy::panic, reason = "a measurement without its pipeline is worth nothing")]
fn build(config: &Config, detectors: &[Registration], reputation: Arc<dyn Reputation>) -> Pipeline {
    match Pipeline::builder(config).detectors(detectors).reputation(reputation).build() {
        Ok(pipeline) => pipeline,
        Err(error) => panic!("{error}"),
    }
}
