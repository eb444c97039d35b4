//! What is measured: traffic made in memory, the same in every run.
#![forbid(unsafe_code)]

mod attacks;
pub mod known;
mod lists;
mod pipelines;
mod traffic;

pub use attacks::attack;
pub use lists::{indicator, put, write_list};
pub use pipelines::{Ignore, pipeline, pipeline_knowing};
pub use traffic::Traffic;
