//! How agents and server speak: what goes over the wire, the TLS it goes over, and the spool that
//! holds an alert until the server has answered for it.
//!
//! ```text
//! Pipeline ─► Spool (disk, fsync) ─► Uplink ─► HTTPS, TLS 1.2+ ─► server: commit, then answer
//!                 ▲                                                      │
//!                 └── settle: accepted · duplicate · rejected (dead letter) ◄┘
//! ```
//!
//! - [`wire`]: the messages, their limits and headers
//! - [`tls`]: configurations for both sides; ours always verify
//! - [`identity`]: who an agent is: an id and a key of its own, made once and kept
//! - [`secret_file`]: files that only their owner may read
//! - [`spool`]: the durable queue
//! - [`uplink`]: sends what the spool holds, and heartbeats
//! - [`uplink::Client::ask`]: what the server knows of addresses and domains
//! - `pki`: makes certificates (feature `pki`)
#![forbid(unsafe_code)]

mod ask;
pub mod identity;
#[cfg(feature = "pki")]
pub mod pki;
pub mod secret_file;
mod server_url;
pub mod spool;
pub mod tls;
pub mod uplink;
pub mod wire;

pub use ask::{AskError, VERDICTS_MAX};
pub use server_url::{InvalidServerUrl, ServerUrl};
