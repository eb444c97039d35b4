//! Pipelines to measure.

use netsentinel_core::alert::Sink;
use netsentinel_core::config::Config;
use netsentinel_core::{Alert, Pipeline, Registration};

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
#[expect(clippy::panic, reason = "a measurement without its pipeline is worth nothing")]
pub fn pipeline(detectors: &[Registration]) -> Pipeline {
    match Pipeline::builder(&Config::default()).detectors(detectors).build() {
        Ok(pipeline) => pipeline,
        Err(error) => panic!("{error}"),
    }
}
