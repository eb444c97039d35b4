//! Registering detectors: a list of constants, no macro and no magic.

use std::fmt;

use serde_json::{Map, Value};

use super::{Asks, Descriptor, Detector, DetectorKind, Seated, Setup};
use crate::Interest;
use crate::config::{Config, ConfigError, Profile, object_of};

/// A kind of detector with its type erased: what a registry is a list of.
///
/// ```
/// use netsentinel_core::{
///     Context, Descriptor, Detector, DetectorKind, Interest, Packet, Party, Registration, Setup,
///     Severity, Usage,
/// };
///
/// struct Everything;
///
/// impl Detector for Everything {
///     fn on_packet(&mut self, _: &Packet<'_>, _: &mut Context<'_>) {}
///     fn usage(&self) -> Usage {
///         Usage::default()
///     }
/// }
///
/// #[derive(Default, serde::Serialize, serde::Deserialize)]
/// struct Settings {}
///
/// impl DetectorKind for Everything {
///     type Settings = Settings;
///     const DESCRIPTOR: Descriptor = Descriptor {
///         id: "everything",
///         category: "Everything",
///         severity: Severity::Low,
///         attack: &[],
///         interest: Interest::IP,
///         judges: Party::Source,
///         summary: "sees every packet and minds none",
///         rules: &[],
///         guards: &[],
///     };
///     fn new(_: Settings, _: &Setup) -> Self {
///         Self
///     }
/// }
///
/// const OWN: &[Registration] = &[Registration::of::<Everything>()];
/// assert_eq!(OWN[0].descriptor().id, "everything");
/// ```
#[derive(Clone, Copy)]
pub struct Registration {
    descriptor: &'static Descriptor,
    asks: fn(Profile) -> Asks,
    watches: fn(Profile) -> Interest,
    cost: u32,
    divided: bool,
    defaults: fn() -> Map<String, Value>,
    read: fn(&Config) -> Result<Map<String, Value>, ConfigError>,
    build: Build,
}

type Build = fn(&Config, &Setup) -> Result<Box<dyn Seated>, ConfigError>;

impl Registration {
    /// The registration of `D`.
    pub const fn of<D: DetectorKind>() -> Self {
        Self {
            descriptor: const { &D::DESCRIPTOR },
            asks: D::asks,
            watches: D::watches,
            cost: D::COST,
            divided: D::DIVIDED,
            defaults: || object_of(&D::Settings::default()),
            read: |config| Ok(object_of(&config.section::<D::Settings>()?)),
            build: |config, setup| Ok(Box::new(D::new(config.section()?, setup))),
        }
    }

    /// What is known of the detector before it runs.
    pub const fn descriptor(&self) -> &'static Descriptor {
        self.descriptor
    }

    /// Which packets the detector asks to see under `profile`, and whose behaviour it judges then.
    pub fn asks(&self, profile: Profile) -> Asks {
        (self.asks)(profile)
    }

    /// Which kinds of packet the detector may watch besides under `profile`.
    pub(crate) fn watches(&self, profile: Profile) -> Interest {
        (self.watches)(profile)
    }

    /// What a packet costs the detector: [`DetectorKind::COST`].
    pub(crate) const fn cost(&self) -> u32 {
        self.cost
    }

    /// Whether several workers divide its hosts: [`DetectorKind::DIVIDED`].
    pub(crate) const fn is_divided(&self) -> bool {
        self.divided
    }

    /// The keys that the detector reads, with their defaults.
    pub fn defaults(&self) -> Map<String, Value> {
        (self.defaults)()
    }

    /// The keys that the detector reads, with their values as `config` has them.
    ///
    /// # Errors
    ///
    /// As [`build`](Self::build).
    pub(crate) fn read(&self, config: &Config) -> Result<Map<String, Value>, ConfigError> {
        (self.read)(config)
    }

    /// Makes the detector, in a form that can be reconfigured.
    pub(crate) fn seat(
        &self,
        config: &Config,
        setup: &Setup,
    ) -> Result<Box<dyn Seated>, ConfigError> {
        (self.build)(config, setup)
    }

    /// Makes the detector from the keys in `config`.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Key`] when one of its keys has a wrong type or is out of range.
    pub fn build(&self, config: &Config, setup: &Setup) -> Result<Box<dyn Detector>, ConfigError> {
        Ok(self.seat(config, setup)?)
    }
}

impl fmt::Debug for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Registration").field(&self.descriptor.id).finish()
    }
}
