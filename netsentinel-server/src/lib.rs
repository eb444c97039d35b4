//! The central server of NetSentinel: takes alerts from agents, keeps them, and shows them live.
//!
//! ```text
//! agents ─ HTTPS ─► listen ─► access ─► ingest ─► Store (commit) ─► live ─► WebSocket
//!                     ▲         │                    │
//! people ─ HTTPS ─────┘         └──────► api ◄───────┘
//! ```
//!
//! - [`Server`]: starts all of it, stops it, reloads it
//! - `listen`: sockets, TLS, the accept loop, the redirect from plain HTTP
//! - `access`: who asks and what they may: agents' keys, sessions, tokens, roles
//! - `ingest`: enrolment, alerts, heartbeats; limits and validation
//! - [`store`]: what is kept, behind [`store::Store`]; SQLite by default
//! - `api`: what people and scripts ask, and the OpenAPI document that tells it
//! - `live`: what is pushed as it changes
//! - `reputation`: what is known of addresses and domains, for agents and people
//! - `metrics`: what is counted, and whether the server is well
//! - `upkeep`: what must be done from time to time
#![forbid(unsafe_code)]

mod access;
mod api;
mod app;
mod backup;
mod error;
#[doc(hidden)]
pub mod fuzzing;
mod ingest;
mod listen;
mod live;
mod metrics;
mod refusal;
mod reputation;
mod server;
pub mod store;
#[cfg(test)]
mod testing;
mod upkeep;

pub use access::{AccountError, Accounts, MadeToken};
pub use api::openapi;
pub use backup::backup;
pub use error::ServerError;
pub use reputation::reputation_dir;
pub use server::{Addresses, Server, ServerSetup};
