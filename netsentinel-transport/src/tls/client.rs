//! The agent's side.

use std::path::Path;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::sign::SingleCertAndKey;

use super::files::{Role, certified_key, roots};
use super::{TlsError, provider};

/// How a client connects: it trusts the authorities in the file `ca` only, and shows the certificate
/// and key of `identity`, in this order, to a server that asks for one.
///
/// HTTP/1.1 is the one protocol it offers.
///
/// # Errors
///
/// When a file can not be read or is not what it should be, and when everybody may read the key; the
/// message names the file and what to do.
pub fn client_config(
    ca: &Path,
    identity: Option<(&Path, &Path)>,
) -> Result<ClientConfig, TlsError> {
    let builder = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Setup)?
        .with_root_certificates(roots(ca)?);
    let mut config = match identity {
        None => builder.with_no_client_auth(),
        Some((cert, key)) => {
            let shown = SingleCertAndKey::from(certified_key(cert, key, Role::Client)?);
            builder.with_client_cert_resolver(Arc::new(shown))
        }
    };
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}
