//! What is pushed over `/ws` as it changes.
//!
//! ```text
//! Store ─ Observer ─► Hub ─ feed (broadcast, bounded) ──────────────► one task a client ─► WebSocket
//!                      │ marks                                              ▲
//!                      └───────► summaries (once a second) ─ watch (latest) ┘
//! ```
//!
//! Alerts come as they are stored, each with its revision. A client that can not keep up is told to
//! resync and asks `/api/alerts/changes` for what came after the last revision it was sent.

mod client;
mod hub;
mod message;
mod socket;
mod summaries;
#[cfg(test)]
mod tests;

pub(crate) use hub::Hub;
pub(crate) use message::Message;
pub(crate) use socket::{operations, routes};
pub(crate) use summaries::push_summaries;
