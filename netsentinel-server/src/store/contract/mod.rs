//! What every store must do, as functions over `dyn Store`, so that each store is held to the same.

pub(crate) mod alerts;
pub(crate) mod model;
pub(crate) mod order;
pub(crate) mod people;
mod sample;

pub(crate) use sample::{Sample, agent, alert, at};
