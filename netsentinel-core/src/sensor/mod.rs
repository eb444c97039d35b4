//! What the sensor tells of itself: alerts that no detector raises, because no packet shows their
//! cause.
//!
//! They are alerts like any, with `sensor` as their detector, without a source, a target, a frame
//! or a technique of ATT&CK. Nothing here reads a counter or a clock: whoever captures hands both
//! in.

mod packet_loss;

pub use packet_loss::{CaptureCounters, Loss, PACKET_LOSS, PacketLoss};

use crate::Rule;

/// The id that these alerts have where others name their detector.
pub const DETECTOR: &str = "sensor";
/// Their category.
pub const CATEGORY: &str = "Sensor";
/// Their rules. Signatures 1000901 to 1000999 are reserved for them.
pub const RULES: &[Rule] = &[PACKET_LOSS];
