//! What the integration tests share.
#![forbid(unsafe_code)]

pub mod capture;
pub mod corpus;
pub mod late;
pub mod program;
pub mod replay;
pub mod shared;

/// The example in the README compiles.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
