//! TLS for both sides: version 1.2 and 1.3, *ring* as the one provider of cryptography.
//!
//! A client trusts the authorities of the file it is given and no other, and there is no way to make
//! it trust without looking. Renewing the server's certificate needs nothing on the agents' side:
//! they trust the authority, so the new certificate and the old one are both accepted until each
//! ends.

mod client;
mod error;
mod explain;
mod facts;
mod files;
mod reloadable;
mod server;
#[cfg(test)]
#[cfg(feature = "pki")]
mod tests;

use std::sync::Arc;

use rustls::crypto::CryptoProvider;

pub use client::client_config;
pub use error::TlsError;
pub use explain::explain;
#[cfg(feature = "pki")]
pub(crate) use facts::COMMON_NAME_MAX;
pub use facts::{CertificateFacts, NotACertificate, Validity, common_name, is_signed_by};
pub use files::{Role, certificates, certified_key, roots};
pub use reloadable::ReloadableCert;
pub use server::{ClientAuth, server_config};

/// The one provider of cryptography, for whoever builds a configuration of their own.
pub fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}
