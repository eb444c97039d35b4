//! A running detector with its kind erased, which can still be given its settings anew.

use serde_json::{Map, Value};

use super::{Detector, DetectorKind, NeedsRestart, Setup};
use crate::config::{Config, ConfigError, object_of};

/// Any detector, as a pipeline holds it.
pub(crate) trait Seated: Detector {
    /// Reads the detector's settings from `config`. The detector itself changes only when what is
    /// prepared is applied, which can not fail for a wrong value any more.
    fn prepare<'d>(
        &'d mut self,
        config: &Config,
        setup: Setup,
    ) -> Result<Prepared<'d>, ConfigError>;
}

/// Settings that have been read, and the detector that they are for.
pub(crate) struct Prepared<'d> {
    /// Every key of the detector with its new value.
    pub(crate) keys: Map<String, Value>,
    pub(crate) apply: Apply<'d>,
}

type Apply<'d> = Box<dyn FnOnce() -> Result<(), NeedsRestart> + 'd>;

impl<D: DetectorKind> Seated for D {
    fn prepare<'d>(
        &'d mut self,
        config: &Config,
        setup: Setup,
    ) -> Result<Prepared<'d>, ConfigError> {
        let settings: D::Settings = config.section()?;
        let keys = object_of(&settings);
        Ok(Prepared { keys, apply: Box::new(move || self.reconfigure(settings, &setup)) })
    }
}
