//! Why the server can not start.

use std::net::SocketAddr;

use netsentinel_transport::tls::TlsError;
use netsentinel_vt::ReputationSetupError;

use crate::store::StoreError;

/// Why the server can not start or take a new configuration.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    /// Agents have no key to enrol with.
    #[error(
        "no api_key is set, so no agent could ever enrol: run `sentinel-certs init`, or set api_key or NETSENTINEL_API_KEY"
    )]
    NoApiKey,
    /// A port can not be listened on.
    #[error(
        "can not listen on {address} for {what}: {reason}; set {key} to another port, or stop what holds it"
    )]
    Listen {
        /// What it is for.
        what: &'static str,
        /// The configuration's key.
        key: &'static str,
        /// The address.
        address: SocketAddr,
        /// Why.
        reason: std::io::Error,
    },
    /// Certificate or key can not be used.
    #[error(transparent)]
    Certificate(#[from] TlsError),
    /// The database can not be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Reputation can not be set up.
    #[error(transparent)]
    Reputation(#[from] ReputationSetupError),
    /// A password or key could not be made.
    #[error("the system gives no random numbers")]
    NoRandomness,
    /// A password could not be hashed.
    #[error("the password can not be hashed: {0}")]
    Hash(String),
    /// A part of the server could not run.
    #[error("the server can not run: {0}")]
    Task(String),
}
