//! How long a client may take for each step.

use std::time::Duration;

/// How long a client may take for each step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// For its first byte.
    pub(crate) first_byte: Duration,
    /// For the TLS handshake.
    pub(crate) handshake: Duration,
    /// For the head of a request, from the end of the one before. Longer than the pause between two
    /// heartbeats, so that agents keep their connection.
    pub(crate) head: Duration,
    /// For the body of a request.
    pub(crate) body: Duration,
    /// For its next request over HTTP/2, where the head has no limit of its own.
    pub(crate) idle: Duration,
    /// To take something of what is sent to it.
    pub(crate) taking: Duration,
    /// To end by itself once it was told to.
    pub(crate) ending: Duration,
    /// The port that the redirect leads to; filled in when the ports are bound.
    pub(super) gui_port: u16,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            first_byte: Duration::from_secs(5),
            handshake: Duration::from_secs(10),
            head: Duration::from_secs(40),
            body: Duration::from_secs(30),
            idle: Duration::from_secs(120),
            taking: Duration::from_secs(30),
            ending: Duration::from_secs(6),
            gui_port: 0,
        }
    }
}
