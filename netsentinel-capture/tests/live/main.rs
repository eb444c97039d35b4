//! Live capture on pairs of virtual interfaces, each test in a network namespace of its own. Needs
//! root and `ip`; says so where it must skip.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test may fail it")]

mod errors;
mod flood;
mod namespace;
mod packets;
mod rings;
mod ups_and_downs;
mod watch;
