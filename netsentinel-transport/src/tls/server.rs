//! The server's side.

use std::fmt;
use std::sync::Arc;

use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoClientAuth, WebPkiClientVerifier};
use rustls::{RootCertStore, ServerConfig};

use super::{ReloadableCert, TlsError, provider};

/// What a client must show.
#[derive(Clone, Default)]
pub enum ClientAuth {
    /// Nothing; it is not even asked.
    #[default]
    None,
    /// A certificate of these authorities, or none. One of another authority is refused.
    Optional(Arc<RootCertStore>),
    /// A certificate of these authorities.
    Required(Arc<RootCertStore>),
}

impl fmt::Debug for ClientAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Optional(_) => "Optional",
            Self::Required(_) => "Required",
        })
    }
}

/// How a server answers: with the certificate that `cert` holds at that moment, over HTTP/2 or
/// HTTP/1.1.
///
/// Who comes back within half a day may resume its session without a full handshake. Such a ticket is
/// valid for this one configuration, holds the client's certificate, and dies with the process;
/// nothing is kept on the server's side. Data before the handshake's end is never taken.
///
/// # Errors
///
/// When the authorities that clients are held to are none, or the system gives no random numbers.
pub fn server_config(
    cert: Arc<ReloadableCert>,
    client_auth: &ClientAuth,
) -> Result<ServerConfig, TlsError> {
    let verifier: Arc<dyn ClientCertVerifier> = match client_auth {
        ClientAuth::None => Arc::new(NoClientAuth),
        ClientAuth::Optional(roots) => verifier(roots).allow_unauthenticated().build()?,
        ClientAuth::Required(roots) => verifier(roots).build()?,
    };
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Setup)?
        .with_client_cert_verifier(verifier)
        .with_cert_resolver(cert);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config.ticketer = rustls::crypto::ring::Ticketer::new().map_err(TlsError::Setup)?;
    Ok(config)
}

fn verifier(roots: &Arc<RootCertStore>) -> rustls::server::ClientCertVerifierBuilder {
    WebPkiClientVerifier::builder_with_provider(Arc::clone(roots), provider())
}
