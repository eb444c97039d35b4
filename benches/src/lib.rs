//! What is measured: traffic made in memory, the same in every run.
#![forbid(unsafe_code)]

mod attacks;
#[cfg(feature = "services")]
pub mod known;
#[cfg(feature = "services")]
mod lists;
mod pipelines;
mod traffic;

pub use attacks::attack;
#[cfg(feature = "services")]
pub use lists::{indicator, put, write_list};
pub use pipelines::{Ignore, pipeline, pipeline_knowing, pipeline_of};
pub use traffic::{INPUTS, Traffic};
