//! What is measured: traffic made in memory, the same in every run.
#![forbid(unsafe_code)]

mod attacks;
mod pipelines;
mod traffic;

pub use attacks::attack;
pub use pipelines::{Ignore, pipeline};
pub use traffic::Traffic;
