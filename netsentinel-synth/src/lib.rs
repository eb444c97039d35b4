//! Synthetic packets for tests, benches and the simulator.
//!
//! Two layers, each usable alone:
//!
//! - [`Frame`] writes one whole frame, layer by layer, with right lengths and checksums;
//! - [`SCENARIOS`] names runs of traffic whose effect on the seed rules is known, each a stream that
//!   is made packet by packet and never held as a whole; a [`Run`] is a [`netsentinel_core::Source`].
//!
//! The same scenario, options and seed give the same bytes on every platform and in every release:
//! the generator is our own ([`Rng`]), and no floating point takes part.
//!
//! Addresses are private or reserved for documentation and benchmarks, hardware addresses locally
//! administered, so that no capture made here points at anybody.
//!
//! ```
//! use netsentinel_core::Source as _;
//! use netsentinel_synth::{Options, scenario};
//!
//! let entry = scenario::find("port_scan-above").ok_or("unknown scenario")?;
//! let mut run = entry.run(&Options { seed: 7, ..Options::default() })?;
//! while let Ok(Some(record)) = run.next_record() {
//!     assert!(record.wire_len as usize >= record.data.len());
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

mod checksum;
pub mod frame;
mod rng;
pub mod scenario;
mod timeline;
mod traffic;

pub use frame::{Dns, Frame, Segment};
pub use rng::Rng;
pub use scenario::{Error, Options, Run, SCENARIOS, ScenarioEntry, SynthPacket};
